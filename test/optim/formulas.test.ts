/** Optimisers that torch 1.13 does not have, against their papers' formulas in float64. */
import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { Random } from '../../lib/core/random.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { EMA, LAMB, LARS, Lion, Lookahead, Muon, SAM, SGD, SWA, type Optimizer, type OptimizedParameters } from '../../lib/optim/index.js';
import { testDevices } from '../devices.js';

/** A convolution's weight, a tall matrix, a bias longer than one piece of the sums, and a weight that is 0. */
const shapes = [[4, 3, 3, 2], [70, 5], [130], [2, 2]];
const steps = 4;
const random = new Random(7);
const normals = (count: number, scale: number) => Float32Array.from({ length: count }, () => scale * random.normal());
const sizes = shapes.map((shape) => shape.reduce((size, extent) => size * extent, 1));
const initial = sizes.map((size, i) => normals(size, i === 3 ? 0 : 0.5));
const gradients = Array.from({ length: steps }, () => sizes.map((size) => normals(size, 0.1)));

const normOf = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));

/** One parameter's state in float64, and its step t = 1, 2, …, on gradient g. */
type Rule = (shape: readonly number[]) => (p: Float64Array, g: Float32Array, t: number) => void;

const lr = 0.05, weightDecay = 0.1, maximize = true;

const lion: Rule = () => {
  const [beta1, beta2] = [0.9, 0.99];
  let m: number[] = [];
  return (p, g) => {
    for (const [i, gradient] of g.entries()) {
      const down = -gradient;
      p[i]! -= lr * (Math.sign(beta1 * (m[i] ?? 0) + (1 - beta1) * down) + weightDecay * p[i]!);
      m = Object.assign(m, { [i]: beta2 * (m[i] ?? 0) + (1 - beta2) * down });
    }
  };
};

const lars: Rule = (shape) => {
  const momentum = 0.9, trust = 0.02, eps = 1e-9;
  let v: Float64Array | undefined;
  return (p, g) => {
    v ??= new Float64Array(p.length);
    const weight = normOf(p), gradient = normOf(g);
    const scaled = shape.length >= 2 && weight > 0 && gradient > 0;
    const ratio = scaled ? (trust * weight) / (gradient + weightDecay * weight + eps) : 1;
    for (const i of p.keys()) {
      v[i] = momentum * v[i]! + lr * ratio * (-g[i]! + weightDecay * p[i]!);
      p[i]! -= v[i];
    }
  };
};

const lamb: Rule = (shape) => {
  const [beta1, beta2] = [0.9, 0.999], eps = 1e-6;
  let m: Float64Array | undefined, v: Float64Array | undefined;
  return (p, g, t) => {
    const mean = (m ??= new Float64Array(p.length)), square = (v ??= new Float64Array(p.length));
    const update = p.map((value, i) => {
      mean[i] = beta1 * mean[i]! - (1 - beta1) * g[i]!;
      square[i] = beta2 * square[i]! + (1 - beta2) * g[i]! ** 2;
      return mean[i] / (1 - beta1 ** t) / (Math.sqrt(square[i] / (1 - beta2 ** t)) + eps) + weightDecay * value;
    });
    const weight = normOf(p), change = normOf(update);
    const ratio = shape.length >= 2 && weight > 0 && change > 0 ? weight / change : 1;
    for (const [i, value] of update.entries()) p[i]! -= lr * ratio * value;
  };
};

/** Plain loops over rows and columns. */
function product(a: number[][], b: number[][]): number[][] {
  return a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
}
const transposed = (a: number[][]) => a[0]!.map((_, j) => a.map((row) => row[j]!));
const combined = (a: number[][], x: number, b: number[][], y: number) => a.map((row, i) => row.map((value, j) => x * value + y * b[i]![j]!));

const muon: Rule = (shape) => {
  const momentum = 0.95, vectorRate = 0.01, [beta1, beta2] = [0.9, 0.999], eps = 1e-8;
  let m: Float64Array | undefined, v: Float64Array | undefined;
  return (p, g, t) => {
    const mean = (m ??= new Float64Array(p.length)), square = (v ??= new Float64Array(p.length));
    if (shape.length < 2) {
      for (const i of p.keys()) {
        mean[i] = beta1 * mean[i]! - (1 - beta1) * g[i]!;
        square[i] = beta2 * square[i]! + (1 - beta2) * g[i]! ** 2;
        p[i] = p[i]! * (1 - vectorRate * weightDecay) - (vectorRate * (mean[i] / (1 - beta1 ** t))) / (Math.sqrt(square[i] / (1 - beta2 ** t)) + eps);
      }
      return;
    }
    const update = p.map((_, i) => {
      mean[i] = momentum * mean[i]! - (1 - momentum) * g[i]!;
      return -(1 - momentum) * g[i]! + momentum * mean[i];
    });
    const rows = shape[0]!, columns = p.length / rows, size = normOf(update) + 1e-7;
    let x = Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) => update[r * columns + c]! / size));
    if (rows > columns) x = transposed(x);
    for (let i = 0; i < 5; i++) {
      const a = product(x, transposed(x));
      x = combined(x, 3.4445, product(combined(a, -4.775, product(a, a), 2.0315), x), 1);
    }
    if (rows > columns) x = transposed(x);
    for (const i of p.keys()) {
      p[i] = p[i]! * (1 - lr * weightDecay) - lr * Math.sqrt(Math.max(1, rows / columns)) * x[Math.floor(i / columns)]![i % columns]!;
    }
  };
};

const kinds: { name: string; rule: Rule; make: (parameters: OptimizedParameters) => Optimizer; tolerance: number }[] = [
  { name: 'Lion', rule: lion, make: (parameters) => new Lion(parameters, { lr, weightDecay, maximize }), tolerance: 1e-6 },
  { name: 'LARS', rule: lars, make: (parameters) => new LARS(parameters, { lr, weightDecay, trust: 0.02, maximize }), tolerance: 1e-6 },
  { name: 'LAMB', rule: lamb, make: (parameters) => new LAMB(parameters, { lr, weightDecay, maximize }), tolerance: 1e-6 },
  // The iteration's polynomial spreads roundings of small singular values fifty-fold.
  { name: 'Muon', rule: muon, make: (parameters) => new Muon(parameters, { lr, weightDecay, maximize, vectors: { lr: 0.01 } }), tolerance: 1e-4 },
];

describe.each(testDevices)('on %s', (deviceName) => {
  const makeParameters = () => shapes.map((shape, i) => tensor(initial[i]!, { shape, device: deviceName, requiresGrad: true }));

  function setGradients(parameters: Tensor[], step: number): void {
    for (const [i, parameter] of parameters.entries()) {
      parameter.grad!.write(gradients[step]![i]!);
      parameter.gradIsStale = false;
    }
  }

  const apart = async (parameter: Tensor, expected: ArrayLike<number>) =>
    (await parameter.data()).reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);

  test.each(kinds)('$name follows its formula', async ({ rule, make, tolerance }) => {
    const parameters = makeParameters();
    using optimizer = make(parameters);
    const expected = initial.map((values) => Float64Array.from(values));
    const rules = shapes.map((shape) => rule(shape));
    for (let step = 0; step < steps; step++) {
      setGradients(parameters, step);
      optimizer.step();
      for (const [i, values] of expected.entries()) {
        rules[i]!(values, gradients[step]![i]!, step + 1);
        expect(await apart(parameters[i]!, values), `parameter ${i}, step ${step}`).toBeLessThan(tolerance);
      }
    }
    expect(await apart(parameters[0]!, initial[0]!)).toBeGreaterThan(0.001);
  });

  test.each(kinds)('$name continues bit for bit from a saved state, in groups', async ({ make }) => {
    const grouped = (parameters: Tensor[]) => [{ parameters: parameters.slice(0, 2) }, { parameters: parameters.slice(2), lrScale: 0.5, weightDecay: 0 }];
    const parameters = makeParameters(), others = makeParameters();
    using optimizer = make(grouped(parameters));
    using resumed = make(grouped(others));
    for (const step of [0, 1]) {
      setGradients(parameters, step);
      optimizer.step();
    }
    for (const [i, other] of others.entries()) other.write(await parameters[i]!.data());
    resumed.loadStateDict(await optimizer.stateDict());
    for (const [all, one] of [[parameters, optimizer], [others, resumed]] as const) {
      one.lr = 0.01;
      setGradients(all, 2);
      one.step();
    }
    for (const [i, other] of others.entries()) expect(await other.data()).toEqual(await parameters[i]!.data());
  });

  test.each([false, true])('SAM climbs, comes back and steps (adaptive: %s)', async (adaptive) => {
    const parameters = makeParameters();
    using optimizer = new SGD(parameters, { lr: 0.5 });
    using sam = new SAM(optimizer, { radius: 0.2, adaptive });
    setGradients(parameters, 0);
    sam.climb();
    const scaled = initial.map((values, i) => values.map((value, k) => gradients[0]![i]![k]! * (adaptive ? Math.abs(value) : 1)));
    const norm = normOf(scaled.flatMap((values) => [...values]));
    for (const [i, parameter] of parameters.entries()) {
      const up = initial[i]!.map((value, k) => value + (0.2 * scaled[i]![k]! * (adaptive ? Math.abs(value) : 1)) / norm);
      expect(await apart(parameter, up)).toBeLessThan(1e-6);
    }
    optimizer.zeroGrad();
    setGradients(parameters, 1);
    sam.step();
    for (const [i, parameter] of parameters.entries()) {
      expect(await apart(parameter, initial[i]!.map((value, k) => value - 0.5 * gradients[1]![i]![k]!))).toBeLessThan(1e-6);
    }
  });

  test('Lookahead follows its formula', async () => {
    const parameters = makeParameters();
    using optimizer = new SGD(parameters, { lr });
    using lookahead = new Lookahead(optimizer, { every: 2, part: 0.25 });
    const fast = initial.map((values) => Float64Array.from(values)), slow = initial.map((values) => Float64Array.from(values));
    for (let step = 0; step < steps; step++) {
      setGradients(parameters, step);
      lookahead.step();
      for (const [i, values] of fast.entries()) {
        for (const k of values.keys()) {
          values[k]! -= lr * gradients[step]![i]![k]!;
          if (step % 2 === 1) values[k] = slow[i]![k] = slow[i]![k]! + 0.25 * (values[k]! - slow[i]![k]!);
        }
        expect(await apart(parameters[i]!, values)).toBeLessThan(1e-6);
      }
    }
  });

  test.each([
    { name: 'EMA', make: (optimizer: Optimizer) => new EMA(optimizer, { decay: 0.3 }), weight: (t: number) => 1 - Math.min(0.3, (1 + t) / (10 + t)) },
    { name: 'EMA without warm-up', make: (optimizer: Optimizer) => new EMA(optimizer, { decay: 0.3, warmup: false }), weight: () => 0.7 },
    { name: 'SWA', make: (optimizer: Optimizer) => new SWA(optimizer), weight: (t: number) => 1 / (t + 1) },
  ])('$name follows its formula, and steps aside again', async ({ make, weight }) => {
    const parameters = makeParameters();
    using optimizer = new SGD(parameters, { lr: 1 });
    using average = make(optimizer);
    const expected = initial.map((values) => Float64Array.from(values)), now = initial.map((values) => Float64Array.from(values));
    for (let step = 0; step < steps; step++) {
      setGradients(parameters, step);
      optimizer.step();
      average.update();
      for (const [i, values] of now.entries()) {
        for (const k of values.keys()) {
          values[k]! -= gradients[step]![i]![k]!;
          expected[i]![k] = (1 - weight(step)) * expected[i]![k]! + weight(step) * values[k]!;
        }
      }
    }
    await average.whileUsed(async () => {
      for (const [i, parameter] of parameters.entries()) expect(await apart(parameter, expected[i]!)).toBeLessThan(1e-6);
    });
    for (const [i, parameter] of parameters.entries()) expect(await apart(parameter, now[i]!)).toBeLessThan(1e-6);
    using another = make(optimizer);
    another.loadStateDict(await average.stateDict());
    another.update();
    average.update();
    expect(await another.stateDict()).toEqual(await average.stateDict());
    expect(() => another.loadStateDict(new Map())).toThrow(/^loadStateDict: expected an average of \d+ numbers, but got none$/);
  });
});

test('nothing is left on the device', async () => {
  const on = device('cpu'), before = on.memory().tensors;
  const parameters = shapes.map((shape, i) => tensor(initial[i]!, { shape, device: 'cpu', requiresGrad: true }));
  for (const { make } of kinds) {
    const optimizer = make(parameters);
    for (const parameter of parameters) parameter.gradIsStale = false;
    optimizer.step();
    optimizer.dispose();
  }
  await on.synchronize();
  expect(on.memory().tensors).toBe(before + parameters.length);
});

test('wrong options are told', () => {
  const parameters = [tensor([1], { device: 'cpu', requiresGrad: true })];
  expect(() => new Lion(parameters, { betas: [1, 0] })).toThrow('Lion: expected betas[0] to be a number from 0 to below 1, but got 1');
  expect(() => new Muon(parameters, { iterations: 0 })).toThrow('Muon: expected iterations to be a number from 1 to 100, but got 0');
  using optimizer = new SGD(parameters, { lr: 1 });
  expect(() => new EMA(optimizer, { decay: 2 })).toThrow('EMA: expected decay to be a number from 0 to 1, but got 2');
  expect(() => new SAM(optimizer, { radius: -1 })).toThrow('SAM: expected radius to be a finite number of at least 0, but got -1');
  expect(() => new Lookahead(optimizer, { every: 0 })).toThrow('Lookahead: expected every to be a whole number of at least 1, but got 0');
});
