import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { Adam, AdamW, SGD, type Optimizer } from '../../lib/optim/index.js';
import { testDevices } from '../devices.js';
import golden from '../golden/optim.json' with { type: 'json' };
import { readGolden } from '../golden/read.js';

interface TorchArguments {
  lr: number;
  momentum?: number;
  dampening?: number;
  nesterov?: boolean;
  weight_decay?: number;
  betas?: number[];
  eps?: number;
  amsgrad?: boolean;
}

const stored = readGolden('optim.safetensors');

function values(name: string): Float32Array {
  const found = stored.get(name)?.data;
  if (!(found instanceof Float32Array))
    throw new Error(`test/golden/optim.safetensors has no float32 ${name}`);
  return found;
}

function make(name: string, parameters: Tensor[], args: TorchArguments): Optimizer {
  const { weight_decay, betas, ...rest } = args;
  const [beta1, beta2] = betas ?? [0.9, 0.999];
  const decay = weight_decay === undefined ? {} : { weightDecay: weight_decay };
  if (name === 'SGD') return new SGD(parameters, { ...rest, ...decay });
  return new (name === 'Adam' ? Adam : AdamW)(parameters, { ...rest, ...decay, betas: [beta1!, beta2!] });
}

describe.each(testDevices)('optimisers on %s', (deviceName) => {
  const makeParameters = () =>
    golden.params.map((shape, i) =>
      tensor(values(`p${i}/init`), { shape, device: deviceName, requiresGrad: true }),
    );

  function setGradients(parameters: Tensor[], step: number): void {
    for (const [i, parameter] of parameters.entries()) {
      parameter.grad!.write(values(`p${i}/grad${step}`));
      parameter.gradIsStale = false;
    }
  }

  // The trajectories are computed in float64. A float32 step rounds p, v and m by at most 6e-8 of their size;
  // six steps of numbers around 1 stay within 2e-6.
  test.each(golden.cases)('$id follows torch: $args', async ({ optimizer: name, args, trajectory }) => {
    const parameters = makeParameters();
    using optimizer = make(name, parameters, args);
    for (let step = 0; step < golden.steps; step++) {
      setGradients(parameters, step);
      optimizer.step();
      for (const [i, parameter] of parameters.entries()) {
        const expected = values(trajectory[i]!).subarray(
          step * parameter.numel,
          (step + 1) * parameter.numel,
        );
        for (const [j, value] of (await parameter.data()).entries()) {
          expect(Math.abs(value - expected[j]!), `step ${step}, parameter ${i}, element ${j}`).toBeLessThan(
            2e-6,
          );
        }
      }
    }
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
  using optimizer = new Adam(parameters, {});
  expect(() => {
    optimizer.loadStateDict(new Map([['n', new Float32Array(1)]]));
  }).toThrow(
    'loadStateDict: expected the state of Adam for these parameters, ' +
      'but got unexpected n; missing lr; missing step; missing m; missing v',
  );
});
