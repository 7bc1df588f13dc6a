import { afterEach, describe, expect, test } from 'vitest';

import { autocast } from '../../lib/core/autocast.js';
import { observeRuns } from '../../lib/core/run.js';
import { scope } from '../../lib/core/scope.js';
import { grad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { allowTf32 } from '../../lib/core/tf32.js';
import { runLayers } from '../../lib/ops/conv_batch_norm.js';
import { add, batchNorm, cast, conv1d, conv2d, conv3d, convBatchNorm, mul, sum, zeros, type ConvOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { awayFromZero, compute, count, normal, TestRandom, type NdArray } from './array.js';
import { describeOp, expectClose, float32Tolerance } from './harness.js';
import { convolution, window } from './window_reference.js';

/** Mean and biased variance of each channel. */
function statistics({ shape, data }: NdArray) {
  const channels = shape.at(-1)!, rows = count(shape.slice(0, -1));
  const mean = new Float64Array(channels), variance = new Float64Array(channels);
  for (const [i, value] of data.entries()) mean[i % channels]! += value / rows;
  for (const [i, value] of data.entries()) variance[i % channels]! += (value - mean[i % channels]!) ** 2 / rows;
  return { mean, variance };
}

type Name = 'x' | 'filters1' | 'gamma1' | 'beta1' | 'filters2' | 'gamma2' | 'beta2' | 'residual';

describeOp<Name, object>({
  name: 'convBatchNorm',
  cases: [
    {
      name: 'two layers, a residual and ReLU',
      inputs: {
        x: normal([2, 4, 3, 2]), filters1: normal([3, 3, 3, 2]), gamma1: awayFromZero([3]), beta1: normal([3]),
        filters2: normal([4, 1, 1, 3]), gamma2: awayFromZero([4]), beta2: normal([4]), residual: normal([2, 4, 3, 4]),
      },
      options: {},
    },
  ],
  run: ({ x, filters1, gamma1, beta1, filters2, gamma2, beta2, residual }) => convBatchNorm(x!, [
    { weight: filters1!, conv: { padding: 1 }, norm: { training: true, weight: gamma1, bias: beta1, activation: 'relu' } },
    { weight: filters2!, norm: { training: true, weight: gamma2, bias: beta2, residual, activation: 'relu' } },
  ]),
  reference: ({ x, filters1, gamma1, beta1, filters2, gamma2, beta2, residual }) => {
    const normalised = (y: NdArray, gamma: NdArray, beta: NdArray, added?: NdArray) => {
      const { mean, variance } = statistics(y), channels = y.shape.at(-1)!;
      return compute(y.shape, (_, i) => {
        const c = i % channels;
        return Math.max(0, ((y.data[i]! - mean[c]!) / Math.sqrt(variance[c]! + 1e-5)) * gamma.data[c]! + beta.data[c]! + (added?.data[i] ?? 0));
      });
    };
    const padded = { ...window(2, { padding: [[1, 1], [1, 1]] }), groups: 1 }, still = { ...window(2), groups: 1 };
    const hidden = normalised(convolution(x!, filters1!, undefined, padded), gamma1!, beta1!);
    return normalised(convolution(hidden, filters2!, undefined, still), gamma2!, beta2!, residual);
  },
  errors: [
    {
      name: 'no layers',
      act: (on) => convBatchNorm(zeros([1, 4, 4, 2], { device: on }), []),
      message: 'convBatchNorm: expected layers to be a list of at least one layer, but got []',
    },
    {
      name: 'rank',
      act: (on) => convBatchNorm(zeros([4, 2], { device: on }), [{ weight: zeros([2, 2], { device: on }), norm: { training: true } }]),
      message: 'convBatchNorm: expected x to have the axes [N,...,C] with 1 to 3 spatial ones, but got shape [4,2]',
    },
    {
      name: 'channels',
      act: (on) => convBatchNorm(zeros([1, 4, 4, 2], { device: on }), [{ weight: zeros([2, 3, 3, 1], { device: on }), norm: { training: true } }]),
      message: 'convBatchNorm: expected weight to have 2 input channels, like x [1,4,4,2], but got 1 (weight [2,3,3,1])',
    },
    {
      name: 'gamma, of 16 bits',
      act: (on) => autocast('bfloat16', () => convBatchNorm(zeros([1, 4, 4, 2], { device: on }), [
        { weight: zeros([3, 3, 3, 2], { device: on }), norm: { training: true, weight: zeros([2], { device: on }) } },
      ])),
      message: 'batchNorm: expected weight to have shape [3], one for each channel of x [1,2,2,3], but got [2]',
    },
    {
      name: 'residual, of 16 bits',
      act: (on) => autocast('bfloat16', () => convBatchNorm(zeros([1, 4, 4, 2], { device: on }), [
        { weight: zeros([3, 3, 3, 2], { device: on }), norm: { training: true, residual: zeros([1, 4, 4, 3], { device: on }) } },
      ])),
      message: 'batchNorm: expected residual to have the shape of x, [1,2,2,3], but got [1,4,4,3]',
    },
  ],
});

type Half = 'bfloat16' | 'float16';

/** Numbers of 8 or 11 bits that are rounded the other way. */
const tolerances = { bfloat16: 2 ** -7, float16: 2 ** -10 };

interface Case {
  name: string;
  x: readonly number[];
  weight: readonly number[];
  hasBias?: boolean;
  options?: ConvOptions;
}

const cases: readonly Case[] = [
  { name: 'several tiles each way', x: [2, 9, 10, 24], weight: [136, 3, 3, 24], options: { padding: 1 } },
  { name: 'one tile, hardly used', x: [1, 2, 2, 8], weight: [8, 1, 2, 8] },
  { name: 'a depth in splits', x: [1, 4, 4, 128], weight: [16, 3, 3, 128], options: { padding: 1 } },
  { name: 'stride and dilation', x: [2, 11, 12, 16], weight: [24, 3, 3, 16], options: { stride: 2, padding: 2, dilation: 2 } },
  { name: 'a stem', x: [2, 15, 16, 3], weight: [16, 7, 7, 3], options: { stride: 2, padding: 3 } },
  { name: 'odd extents', x: [2, 7, 6, 20], weight: [27, 3, 3, 20], options: { padding: 1 } },
  { name: 'pointwise', x: [2, 9, 9, 72], weight: [136, 1, 1, 72] },
  { name: 'pointwise of odd extents', x: [1, 5, 5, 13], weight: [7, 1, 1, 13] },
  { name: 'groups in packs', x: [2, 9, 10, 64], weight: [64, 3, 3, 4], options: { padding: 1, groups: 16 } },
  { name: 'groups that need no pack', x: [1, 9, 9, 128], weight: [80, 3, 3, 64], options: { groups: 2 } },
  { name: 'groups that are no product', x: [2, 5, 4, 10], weight: [6, 3, 2, 5], options: { groups: 2 } },
  { name: 'depthwise', x: [2, 6, 5, 40], weight: [40, 3, 3, 1], options: { padding: 1, groups: 40 } },
  { name: '1-D', x: [3, 40, 16], weight: [8, 5, 16], options: { stride: 3, padding: 2 } },
  { name: '3-D', x: [1, 5, 6, 7, 8], weight: [16, 3, 2, 3, 8], options: { stride: [2, 1, 2], padding: 1 } },
  { name: 'with a bias, several tiles each way', x: [2, 9, 10, 24], weight: [136, 3, 3, 24], hasBias: true, options: { padding: 1 } },
  { name: 'with a bias, a stem', x: [2, 15, 16, 3], weight: [18, 7, 7, 3], hasBias: true, options: { stride: 2, padding: 3 } },
  { name: 'with a bias, groups in packs', x: [2, 9, 10, 64], weight: [64, 3, 3, 4], hasBias: true, options: { padding: 1, groups: 16 } },
  { name: 'with a bias, a depth in splits', x: [1, 4, 4, 128], weight: [16, 3, 3, 128], hasBias: true, options: { padding: 1 } },
  // What these kernels do not take goes to the others; on a GPU they are for compute capability 9.0.
  { name: 'by warpgroups, several tiles each way', x: [2, 9, 9, 64], weight: [136, 3, 2, 64], options: { padding: 1, algorithm: 'wgmma' } },
  { name: 'by warpgroups, one tile, hardly used', x: [1, 3, 4, 64], weight: [8, 2, 2, 64], options: { algorithm: 'wgmma' } },
  { name: 'by warpgroups, rows for one of two', x: [1, 8, 8, 128], weight: [13, 1, 2, 128], options: { stride: [1, 2], algorithm: 'wgmma' } },
  { name: 'by warpgroups, with a bias', x: [1, 9, 10, 64], weight: [24, 3, 3, 64], hasBias: true, options: { padding: 1, algorithm: 'wgmma' } },
  { name: 'by warpgroups, pointwise', x: [2, 9, 9, 72], weight: [136, 1, 1, 72], options: { algorithm: 'wgmma' } },
  { name: 'by warpgroups, a depth in splits', x: [1, 4, 4, 128], weight: [16, 3, 3, 128], options: { padding: 1, algorithm: 'wgmma' } },
  { name: 'by warpgroups, in groups that they do not take', x: [1, 9, 9, 128], weight: [80, 3, 3, 64], options: { groups: 2, algorithm: 'wgmma' } },
];

/** Large enough for the larger tiles, of which there have to be some 128: in forward passes alone. */
const large: readonly Case[] = [
  { name: 'tiles of 128 by 128', x: [1, 91, 91, 8], weight: [136, 1, 3, 8], options: { padding: [0, 1] } },
  { name: 'tiles of 128 by 64', x: [2, 91, 91, 8], weight: [40, 1, 1, 8] },
  { name: 'tiles of 128 by 32', x: [4, 64, 65, 8], weight: [24, 1, 1, 8] },
  { name: 'packs of 32', x: [1, 92, 92, 64], weight: [64, 1, 1, 4], options: { groups: 16 } },
];

const convs = [conv1d, conv2d, conv3d];

describe.each(testDevices)('convBatchNorm in 16 bits on %s', (device) => {
  afterEach(() => allowTf32(false));

  const values = (random: TestRandom, shape: readonly number[], scale = 1, shift = 0) =>
    tensor(Float32Array.from({ length: count(shape) }, () => random.normal() * scale + shift), { shape, device });

  const convOf = (testCase: Case, { x, weight, bias }: { x: Tensor; weight: Tensor; bias?: Tensor | undefined }) =>
    convs[testCase.x.length - 3]!(x, weight, { ...testCase.options, bias });

  /** The native ops that fn runs. */
  function opsOf(fn: () => unknown): string[] {
    const names: string[] = [];
    observeRuns(({ name }) => void names.push(name), fn);
    return names;
  }

  // The kernels are one source for both types: every third case in float16, too.
  const halves = cases.flatMap((testCase, i) =>
    (i % 3 === 0 ? (['bfloat16', 'float16'] as const) : (['bfloat16'] as const)).map((dtype) => ({ dtype, testCase, name: testCase.name })));

  test.each([...halves, ...large.map((testCase) => ({ dtype: 'bfloat16' as const, testCase, name: testCase.name }))])('statistics of what is stored, in $dtype: $name', async ({ dtype, testCase }) => {
    const random = new TestRandom(31), { options } = testCase, k = testCase.weight[0]!;
    const x = cast(values(random, testCase.x, 1, 3), dtype), weight = cast(values(random, testCase.weight), dtype); // a mean of several deviations
    const conv = { ...options, bias: testCase.hasBias ? cast(values(random, [k], 4), dtype) : undefined };
    const runningMean = zeros([k], { device }), runningVar = zeros([k], { device });
    convBatchNorm(x, [{ weight, conv, norm: { training: true, momentum: 1, runningMean, runningVar } }]);
    const stored = convOf(testCase, { x, weight, bias: conv.bias });
    const found = statistics({ shape: stored.shape, data: Float64Array.from(await stored.data()) }), rows = stored.numel / k;
    const deviation = Math.sqrt(Math.max(...found.variance));
    expectClose(await runningMean.data(), { shape: [k], data: found.mean }, float32Tolerance, 'mean', deviation);
    const unbiased = found.variance.map((value) => (value * rows) / (rows - 1));
    expectClose(await runningVar.data(), { shape: [k], data: unbiased }, float32Tolerance, 'variance');
  });

  interface Behind {
    residual?: boolean;
    activation?: 'relu';
  }

  /** y, the gradients of all inputs and what is left of the running statistics, by convBatchNorm or by the separate ops. */
  async function results(testCase: Case, dtype: Half, isFused: boolean, { residual: isAdded = false, activation }: Behind) {
    const random = new TestRandom(7), k = testCase.weight[0]!;
    const leaf = (shape: readonly number[], type: Half | 'float32', scale = 1, shift = 0): Tensor => {
      const made = cast(values(random, shape, scale, shift), type).detach();
      made.requiresGrad = true;
      return made;
    };
    const x = leaf(testCase.x, dtype), weight = leaf(testCase.weight, dtype), gamma = leaf([k], 'float32', 0.3, 1), beta = leaf([k], 'float32');
    const runningMean = zeros([k], { device }), runningVar = zeros([k], { device });
    const shape = scope(() => convOf(testCase, { x, weight }).shape);
    const residual = isAdded ? leaf(shape, dtype) : undefined, bias = testCase.hasBias ? leaf([k], dtype) : undefined;
    const norm = { training: true, weight: gamma, bias: beta, runningMean, runningVar, residual, activation };
    const y = scope(() => {
      const made = isFused ? convBatchNorm(x, [{ weight, conv: { ...testCase.options, bias }, norm }]) : batchNorm(convOf(testCase, { x, weight, bias }), norm);
      sum(mul(cast(made, 'float32'), values(random, shape))).backward();
      return made;
    });
    // That of the bias is nothing but rounding: the mean takes the bias away again.
    if (bias) expectClose(await cast(bias.grad!, 'float32').data(), { shape: [k], data: new Float64Array(k) }, tolerances[dtype], 'gradient of bias', 16);
    const found = [y.detach(), ...[x, weight, gamma, beta, ...(residual ? [residual] : [])].map((input) => input.grad!), runningMean, runningVar];
    return Promise.all(found.map((each) => cast(each, 'float32').data()));
  }

  const names = ['y', 'gradient of x', 'gradient of weight', 'gradient of gamma', 'gradient of beta'];

  function expectSame(found: readonly Float32Array[], expected: readonly Float32Array[], tolerance: number): void {
    for (const [i, result] of found.entries()) {
      expectClose(result, { shape: [result.length], data: Float64Array.from(expected[i]!) }, tolerance, names[i] ?? `result ${i}`);
    }
  }

  test.each(halves)('values and gradients of the separate ops, in $dtype: $name', async ({ dtype, testCase }) => {
    const found = await results(testCase, dtype, true, {});
    expectSame(found, await results(testCase, dtype, false, {}), tolerances[dtype]);
    expect(await results(testCase, dtype, true, {}), 'the same bits again').toEqual(found);
  });

  test.each([{ activation: 'relu' }, { residual: true }, { residual: true, activation: 'relu' }] as const)('with %o behind', async (behind) => {
    for (const dtype of ['bfloat16', 'float16'] as const) {
      expectSame(await results(cases[0]!, dtype, true, behind), await results(cases[0]!, dtype, false, behind), tolerances[dtype]);
    }
  });

  test('a mean of many deviations costs no precision', async () => {
    // Filters with one tap of 1 copy x, whose values from 4096 on lie 16 apart in bfloat16.
    const random = new TestRandom(5), x = cast(values(random, [2, 24, 24, 8], 32, 6000), 'bfloat16');
    const weight = cast(tensor(Float32Array.from({ length: 64 }, (_, i) => Number(i % 9 === 0)), { shape: [8, 1, 1, 8], device }), 'bfloat16');
    const runningMean = zeros([8], { device }), runningVar = zeros([8], { device });
    convBatchNorm(x, [{ weight, norm: { training: true, momentum: 1, runningMean, runningVar } }]);
    const { mean, variance } = statistics({ shape: x.shape, data: Float64Array.from(await x.data()) }), rows = x.numel / 8;
    expectClose(await runningMean.data(), { shape: [8], data: mean }, 2 ** -22, 'mean');
    expectClose(await runningVar.data(), { shape: [8], data: variance.map((value) => (value * rows) / (rows - 1)) }, 1e-5, 'variance');
  });

  test('the gradients of gradients are those of the separate ops', async () => {
    const second = (isFused: boolean) => scope(() => {
      const random = new TestRandom(11), x = cast(values(random, [2, 5, 4, 8]), 'bfloat16').detach(), weight = cast(values(random, [8, 3, 3, 8], 0.2), 'bfloat16').detach();
      const gamma = values(random, [8], 0.3, 1), leaves = [x, weight, gamma];
      for (const input of leaves) input.requiresGrad = true;
      const norm = { training: true, weight: gamma, activation: 'relu' } as const;
      const y = isFused ? convBatchNorm(x, [{ weight, norm }]) : batchNorm(conv2d(x, weight), norm);
      const [dx] = grad(sum(mul(cast(y, 'float32'), values(random, y.shape))), [x], { createGraph: true });
      return grad(sum(mul(cast(dx!, 'float32'), values(random, x.shape))), leaves).map((each) => cast(each, 'float32'));
    });
    const [found, expected] = [second(true), second(false)];
    for (const [i, result] of found.entries()) expectSame([await result.data()], [await expected[i]!.data()], 2 ** -6);
  });

  const pairs: readonly (Case & { then: Pick<Case, 'weight' | 'hasBias' | 'options'> })[] = [
    { name: '1 × 1', x: [2, 7, 6, 16], weight: [24, 3, 3, 16], then: { weight: [40, 1, 1, 24] } },
    { name: 'several tiles, padded', x: [2, 6, 7, 8], weight: [40, 1, 1, 8], then: { weight: [72, 3, 3, 40], options: { padding: 1 } } },
    { name: 'stride and dilation', x: [2, 9, 10, 8], weight: [16, 1, 1, 8], then: { weight: [24, 3, 3, 16], options: { stride: 2, padding: 2, dilation: 2 } } },
    { name: 'odd extents', x: [2, 5, 6, 8], weight: [13, 1, 1, 8], then: { weight: [7, 3, 2, 13], options: { padding: 1 } } },
    { name: 'groups in packs', x: [2, 6, 5, 8], weight: [64, 1, 1, 8], then: { weight: [64, 3, 3, 4], options: { padding: 1, groups: 16 } } },
    { name: 'groups that are no product', x: [2, 5, 4, 8], weight: [10, 1, 1, 8], then: { weight: [6, 3, 2, 5], options: { groups: 2 } } },
    { name: 'biases', x: [2, 5, 6, 8], weight: [16, 1, 1, 8], hasBias: true, then: { weight: [24, 1, 1, 16], hasBias: true } },
    { name: 'rows in splits', x: [6, 14, 14, 8], weight: [8, 1, 1, 8], then: { weight: [16, 1, 1, 8] } },
    { name: '1-D', x: [3, 40, 8], weight: [16, 3, 8], then: { weight: [8, 5, 16], options: { stride: 3, padding: 2 } } },
  ];

  /** y and the gradients of two layers: the second normalises what it reads, or has it normalised by a pass of its own. */
  function twoLayers(pair: (typeof pairs)[number], dtype: Half, onTheWay: boolean, { isAffine = true, createGraph = false } = {}) {
    return scope(() => {
      const random = new TestRandom(17), k = pair.weight[0]!;
      const leaf = (shape: readonly number[], type: Half | 'float32', scale = 1, shift = 0): Tensor => {
        const made = cast(values(random, shape, scale, shift), type).detach();
        made.requiresGrad = true;
        return made;
      };
      const x = leaf(pair.x, dtype), weight = leaf(pair.weight, dtype, 0.3), then = leaf(pair.then.weight, dtype, 0.3);
      const affine = isAffine ? { weight: leaf([k], 'float32', 0.3, 1), bias: leaf([k], 'float32') } : {};
      const layers = [
        { weight, conv: { ...pair.options, bias: pair.hasBias ? leaf([k], dtype) : undefined }, norm: { training: true, activation: 'relu', ...affine } },
        { weight: then, conv: { ...pair.then.options, bias: pair.then.hasBias ? leaf([then.shape[0]!], dtype) : undefined }, norm: { training: true } },
      ] as const;
      const y = runLayers(x, layers, () => onTheWay), inputs = [x, weight, then, ...Object.values(affine)];
      const gradients = grad(sum(mul(cast(y, 'float32'), values(random, y.shape))), inputs, { createGraph });
      if (!createGraph) return [y.detach(), ...gradients].map((each) => cast(each, 'float32'));
      const again = gradients.map((each) => sum(mul(cast(each, 'float32'), values(random, each.shape))));
      return grad(again.reduce((total, each) => add(total, each)), inputs).map((each) => cast(each, 'float32'));
    });
  }

  const read = (found: readonly Tensor[]) => Promise.all(found.map((each) => each.data()));

  test.each((['bfloat16', 'float16'] as const).flatMap((dtype) => pairs.map((pair) => ({ dtype, pair, name: pair.name }))))(
    'normalised on the way has the bits of a pass of its own, in $dtype: $name',
    async ({ dtype, pair }) => {
      const names = opsOf(() => twoLayers(pair, dtype, true));
      expect(names.includes('conv_batch_norm_weight_grad')).toBe(device !== 'cpu');
      for (const isAffine of [true, false]) {
        const found = await read(twoLayers(pair, dtype, true, { isAffine }));
        expect(found).toEqual(await read(twoLayers(pair, dtype, false, { isAffine })));
      }
    },
  );

  test.each([
    { name: 'tiles of 128 by 128', x: [1, 91, 91, 8], filters: [136, 1, 3, 8] },
    { name: 'tiles of 128 by 64', x: [2, 91, 91, 8], filters: [40, 1, 1, 8] },
    { name: 'tiles of 128 by 32', x: [4, 64, 65, 8], filters: [24, 1, 1, 8] },
  ])('normalised on the way in $name', async ({ x: shape, filters }) => {
    const random = new TestRandom(29), x = cast(values(random, shape), 'bfloat16');
    const layers = [
      { weight: cast(values(random, [8, 1, 1, 8]), 'bfloat16'), norm: { training: true, activation: 'relu' } },
      { weight: cast(values(random, filters), 'bfloat16'), conv: { padding: [0, Math.floor(filters[2]! / 2)] }, norm: { training: true } },
    ] as const;
    const [found, expected] = [true, false].map((onTheWay) => runLayers(x, layers, () => onTheWay));
    const [bits, others] = [await found!.data(), await expected!.data()];
    expect(bits.filter((value, i) => value !== others[i])).toEqual(new Float32Array());
  });

  test('normalised on the way: the gradients of gradients are those of the separate ops', async () => {
    const [found, expected] = [true, false].map((onTheWay) => twoLayers(pairs[0]!, 'bfloat16', onTheWay, { createGraph: true }));
    expectSame(await read(found!), await read(expected!), 2 ** -6);
  });

  test('a convolution of one element and few filters normalises what it reads, if ReLU stands between', () => {
    const random = new TestRandom(19), x = cast(values(random, [2, 6, 5, 8]), 'bfloat16');
    const filters = (...shape: number[]) => cast(values(random, shape), 'bfloat16');
    const applied = (then: Tensor, activation: 'relu' | undefined, residual?: Tensor) => {
      const layers = [{ weight: filters(16, 1, 1, 8), norm: { training: true, activation, residual } }, { weight: then, norm: { training: true } }];
      return opsOf(() => convBatchNorm(x, layers)).filter((name) => name === 'batch_norm_apply').length;
    };
    const once = device === 'cpu' ? 0 : 1, twice = 2 * once;
    expect(applied(filters(512, 1, 1, 16), 'relu')).toBe(once);
    expect(applied(filters(520, 1, 1, 16), 'relu')).toBe(twice);
    expect(applied(filters(8, 3, 3, 16), 'relu')).toBe(twice);
    expect(applied(filters(8, 1, 1, 16), undefined)).toBe(twice);
    expect(applied(filters(8, 1, 1, 16), 'relu', filters(2, 6, 5, 16))).toBe(twice);
  });

  test('runs fused where tensor cores take it, and elsewhere has the bits of the separate ops', async () => {
    const random = new TestRandom(13), x = values(random, [2, 6, 5, 16]), weight = values(random, [8, 3, 3, 16]), bias = values(random, [8]);
    const running = { runningMean: zeros([8], { device }), runningVar: values(random, [8], 0, 1) };
    const wide = { weight, norm: { training: true } }, half = cast(x, 'bfloat16'), narrow = { ...wide, weight: cast(weight, 'bfloat16') };
    const fused = [
      ['in 16 bits', () => convBatchNorm(half, [narrow])],
      ['with a bias', () => convBatchNorm(half, [{ ...narrow, conv: { bias: cast(bias, 'bfloat16') } }])],
      ['under autocast', () => autocast('float16', () => convBatchNorm(x, [wide]))],
    ] as const;
    for (const [name, fn] of fused) expect(opsOf(fn).includes('conv_batch_norm_forward'), name).toBe(device !== 'cpu');
    const separate = [
      ['in float32', () => convBatchNorm(x, [wide]), () => batchNorm(conv2d(x, weight), wide.norm)],
      ['with a bias, in float32', () => convBatchNorm(x, [{ ...wide, conv: { bias } }]), () => batchNorm(conv2d(x, weight, { bias }), wide.norm)],
      ['in evaluation', () => convBatchNorm(half, [{ ...narrow, norm: { training: false, ...running } }]), () => batchNorm(conv2d(half, narrow.weight), { training: false, ...running })],
      ['by a named algorithm', () => convBatchNorm(half, [{ ...narrow, conv: { algorithm: 'im2col' } }]), () => batchNorm(conv2d(half, narrow.weight, { algorithm: 'im2col' }), wide.norm)],
    ] as const;
    for (const [name, fn, expected] of separate) {
      expect(opsOf(fn), name).not.toContain('conv_batch_norm_forward');
      expect(await fn().data(), name).toEqual(await expected().data());
    }
  });
});
