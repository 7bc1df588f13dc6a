/** Reductions that are more than a sum: products, norms, deviations, logarithms of sums; and running sums. */
import { describe, expect, test } from 'vitest';

import { scope } from '../../lib/core/scope.js';
import { grad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { cumsum, logSumExp, mul, norm, prod, std, sum, variance, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { awayFromZero, compute, count, normal, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';
import { reduceCase, reduceCases, reduceOver, total, type Settings } from './reduce_reference.js';

describeOp<'x', Settings>({
  name: 'prod',
  cases: [...reduceCases(), reduceCase('over no elements', [0, 3], { axes: 0 }, [0])],
  run: ({ x }, { options }) => prod(x as Tensor, options),
  reference: ({ x }, settings) => reduceOver(x as NdArray, settings, (elements) => elements.reduce((product, value) => product * value, 1)),
});

describeOp<'x', Settings>({
  name: 'logSumExp',
  cases: reduceCases(),
  run: ({ x }, { options }) => logSumExp(x as Tensor, options),
  reference: ({ x }, settings) => reduceOver(x as NdArray, settings, (elements) => Math.log(total(elements.map(Math.exp)))),
  secondOrder: true,
});

type Norm = Settings & { p?: number };

function normCases(p?: number): OpCase<'x', Norm>[] {
  const label = p === undefined ? '' : `, p ${p}`;
  return reduceCases(awayFromZero).map(({ name, inputs, options }) => ({ name: name + label, inputs, options: { ...options, ...(p && { p }) } }));
}

const normReference = (x: NdArray, settings: Norm) => {
  const { p = 2 } = settings;
  return reduceOver(x, settings, (elements) => {
    const sizes = elements.map(Math.abs);
    return p === Infinity ? Math.max(0, ...sizes) : total(sizes.map((size) => size ** p)) ** (1 / p);
  });
};

describeOp<'x', Norm>({
  name: 'norm',
  cases: normCases(),
  run: ({ x }, { options }) => norm(x as Tensor, options),
  reference: ({ x }, settings) => normReference(x as NdArray, settings),
  secondOrder: true,
  errors: [
    { name: 'p', act: (on) => norm(zeros([2], { device: on }), { p: 0 }), message: 'norm: expected p to be a number above 0, but got 0' },
  ],
});

describeOp<'x', Norm>({
  name: 'norm of another p',
  cases: [1, 3, 0.5, Infinity].flatMap(normCases),
  run: ({ x }, { options, p }) => norm(x as Tensor, { ...options, p }),
  reference: ({ x }, settings) => normReference(x as NdArray, settings),
});

type Deviation = Settings & { correction?: number };

function deviationCases(): OpCase<'x', Deviation>[] {
  const all = reduceCases().filter(({ name }) => !/no axes|one element|extents of 1/.test(name)); // of one number there is none
  const biased = all.map(({ name, inputs, options }) => ({ name: `${name}, biased`, inputs, options: { ...options, correction: 0 } }));
  const large = reduceCase('a mean of 10,000 deviations', [3, 200], { axes: 1 }, [1], (shape) => normal(shape, 1, 1e4));
  return [...all, ...biased, { ...large, gradientTolerance: 1e-4 }];
}

const varianceReference = (x: NdArray, settings: Deviation) =>
  reduceOver(x, settings, (elements) => {
    const mean = total(elements) / elements.length;
    return total(elements.map((value) => (value - mean) ** 2)) / (elements.length - (settings.correction ?? 1));
  });

describeOp<'x', Deviation>({
  name: 'variance',
  cases: deviationCases(),
  run: ({ x }, { options, correction }) => variance(x as Tensor, { ...options, correction }),
  reference: ({ x }, settings) => varianceReference(x as NdArray, settings),
  errors: [
    {
      name: 'correction',
      act: (on) => variance(zeros([2], { device: on }), { correction: -1 }),
      message: 'variance: expected correction to be a number of at least 0, but got -1',
    },
  ],
});

describeOp<'x', Deviation>({
  name: 'std',
  cases: deviationCases(),
  run: ({ x }, { options, correction }) => std(x as Tensor, { ...options, correction }),
  reference: ({ x }, settings) => {
    const { shape, data } = varianceReference(x as NdArray, settings);
    return { shape, data: data.map(Math.sqrt) };
  },
});

describeOp<'x', Deviation>({
  name: 'the square of std',
  cases: deviationCases().filter(({ name }) => !/^an empty|10,000/.test(name)),
  run: ({ x }, { options, correction }) => scope(() => {
    const y = std(x as Tensor, { ...options, correction });
    return mul(y, y);
  }),
  reference: ({ x }, settings) => varianceReference(x as NdArray, settings),
  secondOrder: true,
});

interface Running {
  axis: number;
  reverse?: boolean;
}

function cumsumCase(shape: readonly number[], axis: number, reverse?: boolean): OpCase<'x', Running> {
  const name = `[${shape.join(',')}] along ${axis}${reverse ? ' from the end' : ''}`;
  return { name, inputs: { x: normal(shape) }, options: { axis, ...(reverse && { reverse }) } };
}

const runningCases = [false, true].flatMap((reverse) => [
  cumsumCase([2, 5, 3], 1, reverse),
  cumsumCase([3, 4], 0, reverse),
  cumsumCase([3, 4], 1, reverse),
  cumsumCase([40], 0, reverse),
  cumsumCase([3, 0], 1, reverse),
  cumsumCase([0, 3], 1, reverse),
]);

function runningSums({ shape, data }: NdArray, { axis, reverse = false }: Running): NdArray {
  const inner = count(shape.slice(axis + 1)), size = shape[axis]!;
  return compute(shape, (index, at) => {
    const place = index[axis]!;
    let sum = 0;
    for (let i = reverse ? place : 0; i <= (reverse ? size - 1 : place); i++) sum += data[at + (i - place) * inner]!;
    return sum;
  });
}

describeOp<'x', Running>({
  name: 'cumsum',
  cases: runningCases,
  run: ({ x }, { axis, reverse }) => cumsum(x as Tensor, axis, { reverse }),
  reference: ({ x }, options) => runningSums(x as NdArray, options),
});

describeOp<'x', Running>({
  name: 'the square of cumsum',
  cases: runningCases.slice(0, 4),
  run: ({ x }, { axis, reverse }) => scope(() => {
    const y = cumsum(x as Tensor, axis, { reverse });
    return mul(y, y);
  }),
  reference: ({ x }, options) => {
    const { shape, data } = runningSums(x as NdArray, options);
    return { shape, data: data.map((value) => value * value) };
  },
  secondOrder: true,
});

describe.each(testDevices)('statistics on %s', (device) => {
  test('running sums of a long row', async () => {
    const length = 9000, y = await cumsum(tensor(new Float32Array(length).fill(1), { device })).data();
    expect(y).toEqual(Float32Array.from({ length }, (_, i) => i + 1));
  });

  test('a product with zeros has a gradient', async () => {
    const x = tensor([2, 0, 3, /**/ 0, 5, 0, /**/ 2, 3, 4], { shape: [3, 3], device, requiresGrad: true });
    sum(prod(x, { axes: 1 })).backward();
    expect(await x.grad!.data()).toEqual(Float32Array.of(0, 6, 0, /**/ 0, 0, 0, /**/ 12, 8, 6));
  });

  test('logSumExp of infinities, NaN, large numbers and nothing', async () => {
    const x = tensor([-Infinity, -Infinity, /**/ 1, Infinity, /**/ NaN, 1, /**/ 1000, 1000], { shape: [4, 2], device });
    const y = await logSumExp(x, { axes: 1 }).data();
    expect(y.slice(0, 3)).toEqual(Float32Array.of(-Infinity, Infinity, NaN));
    expect(y[3]).toBeCloseTo(1000 + Math.log(2), 3);
    expect(await logSumExp(zeros([0, 1], { device }), { axes: 0 }).data()).toEqual(Float32Array.of(-Infinity));
  });

  test('a norm of 0 has the gradient 0, and largest elements share theirs', async () => {
    for (const p of [1, 2, 3, Infinity]) {
      const x = tensor([0, 0], { device, requiresGrad: true });
      norm(x, { p }).backward();
      expect(await x.grad!.data(), `p ${p}`).toEqual(Float32Array.of(0, 0));
    }
    const x = tensor([3, -3, 1], { device, requiresGrad: true });
    norm(x, { p: Infinity }).backward();
    expect(await x.grad!.data()).toEqual(Float32Array.of(0.5, -0.5, 0));
    expect(await norm(zeros([0], { device })).item()).toBe(0);
  });

  test('the deviation of one number is NaN, as torch has it', async () => {
    expect(await std(tensor([3], { device })).item()).toBeNaN();
    expect(await variance(tensor([3], { device })).item()).toBeNaN();
    expect(await variance(tensor([3], { device }), { correction: 0 }).item()).toBe(0);
  });

  test('a gradient of a gradient is refused by name where there is none', () => {
    const x = tensor([1, 2], { device, requiresGrad: true });
    expect(() => grad(prod(x), [x], { createGraph: true })).toThrow(/^backward: .*but got prod$/);
    expect(() => grad(sum(mul(norm(x, { p: 1 }), 2)), [x], { createGraph: true })).toThrow(/^backward: .*but got norm$/);
  });
});
