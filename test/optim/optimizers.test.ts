import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { Adagrad, Adam, AdamW, ASGD, NAdam, RMSprop, Rprop, SGD, decayWeightsOnly, type OptimizedParameters, type Optimizer } from '../../lib/optim/index.js';
import { testDevices } from '../devices.js';
import { goldenOptimizer } from '../golden/cases/optimizers.js';
import { readGolden, readGoldenOptimizers } from '../golden/read.js';
import { floatsOf, runOptimizer } from '../golden/run_optimizer.js';

const golden = readGoldenOptimizers();
const stored = readGolden('optim.safetensors');

const values = (name: string) => floatsOf(stored, name);

function make(name: string, parameters: OptimizedParameters, args: object): Optimizer {
  const optimizer = goldenOptimizer(name, parameters, args, golden.torch);
  if (!optimizer) throw new Error(`there is no optimiser ${name}`);
  return optimizer;
}

/** Each optimiser once. */
const kinds = [...new Map(golden.cases.map((testCase) => [testCase.optimizer, testCase])).values()];

describe.each(testDevices)('optimisers on %s', (deviceName) => {
  const makeParameters = () =>
    golden.params.map((shape, i) =>
      tensor(values(`p${i}/init`), { shape, device: deviceName, requiresGrad: true }),
    );

  function setGradients(parameters: Tensor[], step: number, scale = 1): void {
    for (const [i, parameter] of parameters.entries()) {
      parameter.grad!.write(values(`p${i}/grad${step}`).map((value) => scale * value));
      parameter.gradIsStale = false;
    }
  }

  test.each(golden.cases)('$id follows torch: $args', async (testCase) => {
    const comparisons = await runOptimizer(testCase, golden, stored, deviceName);
    expect(comparisons?.map(({ problem }) => problem)).toEqual(golden.params.map(() => ''));
  });

  test.each(kinds)('$optimizer climbs with maximize as it descends on the negative gradients', async ({ optimizer: name, args }) => {
    const sides = [true, false].map((maximize) => {
      const parameters = makeParameters();
      return { parameters, optimizer: make(name, parameters, { ...args, maximize }), scale: maximize ? 1 : -1 };
    });
    for (const { parameters, optimizer, scale } of sides) {
      for (const step of [0, 1, 2]) {
        setGradients(parameters, step, scale);
        optimizer.step();
      }
      optimizer.dispose();
    }
    const [up, down] = sides;
    for (const [i, parameter] of up!.parameters.entries()) expect(await parameter.data()).toEqual(await down!.parameters[i]!.data());
  });

  test.each(kinds)('$optimizer continues bit for bit from a saved state', async ({ optimizer: name, args }) => {
    const parameters = makeParameters();
    using optimizer = make(name, parameters, args);
    for (const step of [0, 1]) {
      setGradients(parameters, step);
      optimizer.step();
    }
    const others = makeParameters();
    for (const [i, other] of others.entries()) other.write(await parameters[i]!.data());
    using resumed = make(name, others, args);
    resumed.loadStateDict(await optimizer.stateDict());
    for (const step of [2, 3]) {
      for (const [all, one] of [[parameters, optimizer], [others, resumed]] as const) {
        setGradients(all, step);
        one.step();
      }
    }
    for (const [i, other] of others.entries()) expect(await other.data()).toEqual(await parameters[i]!.data());
  });

  test.each(kinds)('$optimizer steps in groups as it steps on each alone', async ({ optimizer: name, args }) => {
    const groupOptions = (i: number) => (i === 0 ? {} : { lrScale: 0.5, ...(name !== 'Rprop' && { weightDecay: 0.25 }) });
    const alone = makeParameters(), together = makeParameters();
    const optimizers = [
      make(name, together.map((parameter, i) => ({ parameters: [parameter], ...groupOptions(i) })), args),
      ...alone.map((parameter, i) => make(name, [{ parameters: [parameter], ...groupOptions(i) }], args)),
    ];
    for (const step of [0, 1, 2]) {
      setGradients(together, step);
      setGradients(alone, step);
      for (const optimizer of optimizers) optimizer.step();
    }
    for (const [i, parameter] of together.entries()) expect(await parameter.data()).toEqual(await alone[i]!.data());

    const [grouped] = optimizers;
    const others = makeParameters();
    for (const [i, other] of others.entries()) other.write(await together[i]!.data());
    using resumed = make(name, others.map((parameter, i) => ({ parameters: [parameter], ...groupOptions(i) })), args);
    resumed.loadStateDict(await grouped!.stateDict());
    for (const [all, one] of [[together, grouped!], [others, resumed]] as const) {
      one.lr = 0.003;
      setGradients(all, 3);
      one.step();
    }
    for (const [i, other] of others.entries()) expect(await other.data()).toEqual(await together[i]!.data());
    const live = device(deviceName).memory().tensors;
    for (const optimizer of optimizers) optimizer.dispose();
    expect(device(deviceName).memory().tensors).toBeLessThan(live);
  });

  test('groups have their own rate and weight decay', async () => {
    const parameters = [1, 1, 1].map((value) => tensor([value], { device: deviceName, requiresGrad: true }));
    const [a, b, c] = parameters as [Tensor, Tensor, Tensor];
    using optimizer = new SGD([{ parameters: [a] }, { parameters: [b], lrScale: 0.5 }, { parameters: [c], weightDecay: 0 }], { lr: 0.5, weightDecay: 0.5 });
    for (const parameter of parameters) {
      parameter.grad!.write(Float32Array.of(1));
      parameter.gradIsStale = false;
    }
    optimizer.step();
    expect(await Promise.all(parameters.map((parameter) => parameter.item()))).toEqual([0.25, 0.625, 0.5]);
  });

  test('a saved state continues bit for bit', async () => {
    const parameters = makeParameters();
    using optimizer = new Adam(parameters, { lr: 0.01, amsgrad: true });
    setGradients(parameters, 0);
    optimizer.step();
    const state = await optimizer.stateDict();

    const others = makeParameters();
    for (const [i, other] of others.entries()) other.write(await parameters[i]!.data());
    using resumed = new Adam(others, { lr: 1, amsgrad: true });
    resumed.loadStateDict(state);
    expect(resumed.lr).toBeCloseTo(0.01, 8);
    for (const [all, one] of [
      [parameters, optimizer],
      [others, resumed],
    ] as const) {
      setGradients(all, 1);
      one.step();
    }
    for (const [i, other] of others.entries())
      expect(await other.data()).toEqual(await parameters[i]!.data());
  });

  test('the learning rate can be set between steps', async () => {
    const parameter = tensor([1], { device: device(deviceName), requiresGrad: true });
    using optimizer = new SGD([parameter], { lr: 0.5 });
    for (const lr of [0.5, 0.25]) {
      optimizer.lr = lr;
      parameter.grad!.write(Float32Array.of(1));
      parameter.gradIsStale = false;
      optimizer.step();
    }
    expect(await parameter.item()).toBe(0.25);
  });

  /** A parameter, at first 1, after a step with each of these gradients. */
  async function after(make: (parameters: Tensor[]) => Optimizer, gradients: readonly number[]): Promise<number> {
    const parameter = tensor([1], { device: deviceName, requiresGrad: true });
    using optimizer = make([parameter]);
    for (const gradient of gradients) {
      parameter.grad!.write(Float32Array.of(gradient));
      parameter.gradIsStale = false;
      optimizer.step();
    }
    return parameter.item();
  }

  test('NAdam corrects the momentum by the product up to the next step', async () => {
    const [lr, beta1, beta2, decay] = [0.1, 0.9, 0.999, 4e-3];
    let p = 1, m = 0, v = 0, product = 1;
    for (const [i, g] of [0.5, -1, 2].entries()) {
      const mu = (t: number) => beta1 * (1 - 0.5 * 0.96 ** (t * decay));
      product *= mu(i + 1);
      m = beta1 * m + (1 - beta1) * g;
      v = beta2 * v + (1 - beta2) * g * g;
      const next = mu(i + 2), u = ((1 - mu(i + 1)) / (1 - product)) * g + (next / (1 - product * next)) * m;
      p -= (lr * u) / (Math.sqrt(v / (1 - beta2 ** (i + 1))) + 1e-8);
    }
    expect(await after((parameters) => new NAdam(parameters, { lr }), [0.5, -1, 2])).toBeCloseTo(p, 6);
  });

  test('Adagrad begins with the sum that is asked for', async () => {
    const lr = 0.5, gradient = 2, initialSum = 12;
    expect(await after((parameters) => new Adagrad(parameters, { lr, initialSum }), [gradient])).toBeCloseTo(1 - (lr * gradient) / 4, 6);
  });

  test('centered RMSprop takes steps of a finite size where the gradient never changes', async () => {
    expect(await after((parameters) => new RMSprop(parameters, { centered: true, lr: 1e-9, alpha: 0.5 }), Array<number>(60).fill(3))).toBeLessThan(1);
  });

  test('Rprop grows, shrinks and bounds its steps', async () => {
    const rprop = (parameters: Tensor[]) => new Rprop(parameters, { lr: 0.125, etas: [0.5, 2], stepSizes: [0.01, 0.4] });
    expect(await after(rprop, [1])).toBe(0.875);
    expect(await after(rprop, [1, 7])).toBe(0.625);
    expect(await after(rprop, [1, 7, 1])).toBeCloseTo(0.225, 6);
    expect(await after(rprop, [1, -1])).toBe(0.875);
    expect(await after(rprop, [1, -1, -1])).toBe(0.9375);
  });

  test('ASGD averages from the step that is asked for, and can go on from the average', async () => {
    const parameter = tensor([1], { device: deviceName, requiresGrad: true });
    using optimizer = new ASGD([parameter], { lr: 0.5, lambda: 0, averageFrom: 1 });
    for (const gradient of [1, 1, 1, 1]) {
      parameter.grad!.write(Float32Array.of(gradient));
      parameter.gradIsStale = false;
      optimizer.step();
    }
    expect(await parameter.item()).toBe(-1);
    optimizer.useAverage();
    expect(await parameter.item()).toBe(-0.75); // the mean of the last two of 0.5, 0, -0.5, -1
  });
});

test('wrong options are told', () => {
  const parameters = [tensor([1], { device: 'cpu', requiresGrad: true })];
  expect(() => new SGD(parameters, { lr: -1 })).toThrow(
    'SGD: expected lr to be a finite number of at least 0, but got -1',
  );
  expect(() => new SGD(parameters, { lr: 1, nesterov: true })).toThrow(
    'SGD: expected momentum above 0 and dampening 0 with nesterov, but got momentum 0 and dampening 0',
  );
  expect(() => new AdamW(parameters, { betas: [0.9, 1] })).toThrow(
    'AdamW: expected betas[1] to be a number from 0 to below 1, but got 1',
  );
  expect(() => new RMSprop(parameters, { alpha: 1 })).toThrow('RMSprop: expected alpha to be a number from 0 to below 1, but got 1');
  expect(() => new Rprop(parameters, { etas: [0.5, 0.9] })).toThrow(
    'Rprop: expected etas[1] to be a finite number of at least 1, but got 0.9',
  );
  const [parameter] = parameters as [Tensor];
  expect(() => new SGD([{ parameters, lrScale: 0 }], { lr: 1 })).toThrow('SGD: expected lrScale of group 0 to be a finite number above 0, but got 0');
  expect(() => new SGD([{ parameters }, { parameters }], { lr: 1 })).toThrow(
    `SGD: expected each parameter in one group, but got ${parameter.toString()} in group 1 and one before`,
  );
  expect(() => new Rprop([{ parameters, weightDecay: 1 }], { lr: 1 })).toThrow('Rprop: expected no weightDecay in group 0, as this optimiser has none, but got 1');
  using optimizer = new Adam(parameters, {});
  expect(() => {
    optimizer.loadStateDict(new Map([['n', new Float32Array(1)]]));
  }).toThrow(
    'loadStateDict: expected the state of Adam for these parameters, ' +
      'but got unexpected n; missing lr; missing step; missing m; missing v',
  );
});

test('biases and normalisations are spared weight decay', () => {
  const shapes = [[4, 3, 3, 2], [4], [10, 4], []];
  const parameters = shapes.map((shape) => tensor(new Float32Array(shape.reduce((size, extent) => size * extent, 1)), { shape, device: 'cpu', requiresGrad: true }));
  const groups = decayWeightsOnly(parameters);
  expect(groups.map((group) => [group.parameters.map(({ shape }) => shape), group.weightDecay])).toEqual([
    [[[4, 3, 3, 2], [10, 4]], undefined],
    [[[4], []], 0],
  ]);
  new SGD(decayWeightsOnly(parameters.slice(0, 1)), { lr: 1 }).dispose(); // a group may be empty
});
