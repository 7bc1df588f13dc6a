/**
 * Convolution and matrix products on tensor cores, at shapes of several tiles: in 16 bits and TF32 against float32 by other
 * kernels, which the tests of those ops compare with float64.
 */
import { afterEach, describe, expect, test } from 'vitest';

import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { allowTf32 } from '../../lib/core/tf32.js';
import { cast, conv1d, conv2d, conv3d, linear, matmul, mul, sum, type ConvOptions, type MatmulOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { count, TestRandom } from './array.js';
import { expectClose, float32Tolerance } from './harness.js';

type Half = 'bfloat16' | 'float16';

/** Results are rounded to 8 or 11 bits; the roundings of inputs are in the reference, too. */
const tolerances = { bfloat16: 2 ** -8, float16: 2 ** -11 };

/** Operands are rounded to 11 bits: twice that for a product, and sums of them err less. */
const tf32Tolerance = 2 ** -10;

interface Case {
  name: string;
  x: readonly number[];
  weight: readonly number[];
  options?: ConvOptions;
}

const cases: readonly Case[] = [
  { name: 'several tiles each way', x: [2, 9, 10, 24], weight: [136, 3, 3, 24], options: { padding: 1 } },
  { name: 'one tile', x: [1, 5, 5, 8], weight: [8, 3, 3, 8] },
  { name: 'a depth of many tiles', x: [1, 4, 4, 128], weight: [16, 3, 3, 128], options: { padding: 1 } },
  { name: 'rows in splits for the weight gradient', x: [6, 14, 14, 8], weight: [16, 3, 3, 8], options: { padding: 1 } },
  { name: 'stride 2', x: [2, 11, 12, 16], weight: [24, 3, 3, 16], options: { stride: 2, padding: 1 } },
  { name: 'stride 2 of one element', x: [2, 8, 7, 16], weight: [32, 1, 1, 16], options: { stride: 2 } },
  { name: 'stride over the kernel, in more than one launch', x: [1, 23, 17, 8], weight: [8, 2, 3, 8], options: { stride: [9, 6] } },
  { name: 'stride and dilation with a common factor', x: [1, 17, 19, 8], weight: [16, 3, 4, 8], options: { stride: [4, 6], dilation: [2, 9], padding: [3, 8] } },
  { name: 'dilation', x: [2, 10, 9, 16], weight: [16, 3, 2, 16], options: { dilation: [2, 3], padding: 2 } },
  { name: 'asymmetric padding', x: [2, 6, 7, 8], weight: [8, 4, 3, 8], options: { padding: [[3, 0], [1, 2]] } },
  { name: 'a stem', x: [2, 15, 16, 3], weight: [16, 7, 7, 3], options: { stride: 2, padding: 3 } },
  { name: 'patches of an image', x: [2, 32, 32, 3], weight: [24, 16, 16, 3], options: { stride: 16 } },
  { name: 'patches that overlap', x: [1, 12, 16, 4], weight: [8, 4, 4, 4], options: { stride: 2 } },
  { name: 'channels that are no multiple of 8', x: [2, 7, 6, 20], weight: [27, 3, 3, 20], options: { padding: 1 } },
  { name: 'filters that are no multiple of 8', x: [2, 7, 6, 16], weight: [19, 3, 3, 16] },
  { name: 'pointwise', x: [2, 9, 9, 72], weight: [136, 1, 1, 72] },
  { name: 'pointwise of odd extents', x: [1, 5, 5, 13], weight: [7, 1, 1, 13] },
  { name: 'groups of 4 in two packs', x: [2, 9, 10, 64], weight: [64, 3, 3, 4], options: { padding: 1, groups: 16 } },
  { name: 'groups of 8 channels and 16 filters at stride 2', x: [2, 8, 7, 32], weight: [64, 3, 3, 8], options: { stride: 2, padding: 1, groups: 4 } },
  { name: 'groups of 16 channels and 4 filters', x: [1, 6, 5, 64], weight: [16, 2, 3, 16], options: { stride: [1, 2], groups: 4 } },
  { name: 'as many groups as no full pack divides', x: [2, 6, 7, 24], weight: [24, 3, 3, 8], options: { dilation: 2, padding: 2, groups: 3 } },
  { name: 'groups that need no pack', x: [1, 5, 5, 128], weight: [80, 3, 3, 64], options: { padding: 1, groups: 2 } },
  { name: 'groups of a depth in splits', x: [1, 4, 4, 256], weight: [16, 3, 3, 128], options: { padding: 1, groups: 2 } },
  { name: 'groups of odd extents', x: [2, 5, 4, 10], weight: [6, 3, 2, 5], options: { groups: 2 } },
  { name: 'depthwise, taken together', x: [2, 6, 5, 40], weight: [40, 3, 3, 1], options: { padding: 1, groups: 40 } },
  { name: 'pointwise groups', x: [2, 5, 5, 64], weight: [64, 1, 1, 8], options: { groups: 8 } },
  { name: 'groups in 1-D', x: [3, 40, 32], weight: [32, 5, 4], options: { stride: 3, padding: 2, groups: 8 } },
  { name: 'groups in 3-D', x: [1, 5, 6, 7, 16], weight: [32, 3, 2, 3, 4], options: { stride: [2, 1, 2], padding: 1, groups: 4 } },
  { name: '1-D', x: [3, 40, 16], weight: [8, 5, 16], options: { stride: 3, padding: 2 } },
  { name: '3-D', x: [1, 5, 6, 7, 8], weight: [16, 3, 2, 3, 8], options: { stride: [2, 1, 2], padding: 1 } },
];

/** Images of few channels, which have kernels of their own in 16 bits. */
const stems: readonly Case[] = [
  { name: 'a stem of several tiles each way', x: [1, 20, 36, 3], weight: [72, 7, 7, 3], options: { stride: 2, padding: 3 } },
  { name: 'a stem of one channel', x: [3, 12, 13, 1], weight: [6, 5, 5, 1] },
  { name: 'a stem at stride 1, whose windows begin at odd places', x: [2, 10, 16, 3], weight: [40, 3, 3, 3], options: { padding: 1 } },
  { name: 'a stem of rows in no whole chunks', x: [2, 17, 17, 3], weight: [32, 3, 3, 3], options: { stride: 2 } },
  { name: 'a stem of long windows', x: [1, 35, 32, 3], weight: [16, 11, 11, 3], options: { stride: 4, padding: 2 } },
  { name: 'a stem with a dilation of rows and asymmetric padding', x: [1, 11, 8, 4], weight: [9, 3, 2, 4], options: { dilation: [2, 1], padding: [[3, 0], [1, 2]] } },
  { name: 'a stem of one row of outputs', x: [2, 3, 150, 2], weight: [8, 3, 4, 2], options: { stride: [1, 1] } },
  { name: 'a stem in 1-D', x: [2, 300, 1], weight: [24, 9, 1], options: { stride: 2, padding: 4 } },
  { name: 'taps of a stem in more than one block', x: [1, 9, 9, 20], weight: [8, 5, 5, 20] },
];

const byRank = [conv1d, conv2d, conv3d];

/** y [N,P,Q,K] of conv2d without bias in float64, with the gradients of x and weight for dy, by definition. */
function naive(x: Float32Array, weight: Float32Array, dy: Float32Array, { x: xShape, weight: wShape, options = {} }: Case, y: readonly number[]) {
  const [n, h, w, c] = xShape as [number, number, number, number], [k, r, s, channels] = wShape as [number, number, number, number];
  const [, p, q] = y as [number, number, number];
  const [stepH, stepW] = [options.stride ?? 1].flat() as [number, number?], [pad, dilation] = [options.padding ?? 0, options.dilation ?? 1] as [number, number];
  const found = { y: new Float64Array(dy.length), dx: new Float64Array(x.length), dw: new Float64Array(weight.length) };
  const filters = k / (options.groups ?? 1);
  for (let i = 0; i < dy.length * r * s * channels; i++) {
    const channel = i % channels, tap = Math.floor(i / channels) % (r * s), at = Math.floor(i / (channels * r * s));
    const filter = at % k, column = Math.floor(at / k) % q, row = Math.floor(at / (k * q)) % p, image = Math.floor(at / (k * q * p));
    const high = row * stepH - pad + Math.floor(tap / s) * dilation, wide = column * (stepW ?? stepH) - pad + (tap % s) * dilation;
    if (high < 0 || high >= h || wide < 0 || wide >= w || image >= n) continue;
    const from = ((image * h + high) * w + wide) * c + Math.floor(filter / filters) * channels + channel, by = (filter * r * s + tap) * channels + channel;
    found.y[at]! += x[from]! * weight[by]!;
    found.dx[from]! += dy[at]! * weight[by]!;
    found.dw[by]! += dy[at]! * x[from]!;
  }
  return [found.y, found.dx, found.dw];
}

describe.each(testDevices)('implicit GEMM on %s', (device) => {
  afterEach(() => allowTf32(false));

  const values = (random: TestRandom, shape: readonly number[]) =>
    tensor(Float32Array.from({ length: count(shape) }, () => random.normal()), { shape, device });

  /** y and the gradients of x, weight and bias, in float32; inputs hold what `dtype` can. */
  async function results({ x, weight, options }: Case, dtype: 'float32' | Half, algorithm: ConvOptions['algorithm'], rounded: Half | 'float32' = dtype) {
    const found = scope(() => {
      const random = new TestRandom(7);
      const inputs = [x, weight, [weight[0]!]].map((shape) => {
        const input = cast(cast(values(random, shape), rounded), dtype).detach();
        input.requiresGrad = true;
        return input;
      }) as [Tensor, Tensor, Tensor];
      const y = byRank[x.length - 3]!(inputs[0], inputs[1], { ...options, bias: inputs[2], algorithm });
      sum(mul(cast(y, 'float32'), cast(cast(values(random, y.shape), rounded), 'float32'))).backward();
      return [cast(y, 'float32').detach(), ...inputs.map(({ grad }) => cast(grad!, 'float32'))];
    });
    const arrays = await Promise.all(found.map((result) => result.data()));
    for (const result of found) result.dispose();
    return arrays;
  }

  function expectSame(found: readonly Float32Array[], expected: readonly Float32Array[], tolerance: number): void {
    for (const [i, result] of found.entries()) {
      const reference = { shape: [result.length], data: Float64Array.from(expected[i]!) };
      expectClose(result, reference, tolerance, ['y', 'gradient of x', 'gradient of weight', 'gradient of bias'][i]!);
    }
  }

  // The kernels are one source for both types: every third case in float16, too.
  const inHalves = (all: readonly Case[]) =>
    all.flatMap((testCase, i) =>
      (i % 3 === 0 ? (['bfloat16', 'float16'] as const) : (['bfloat16'] as const)).map((dtype) => ({ dtype, testCase, name: testCase.name })));

  test.each(inHalves([...cases, ...stems]))('in $dtype: $name', async ({ dtype, testCase }) => {
    const found = await results(testCase, dtype, 'implicit_gemm');
    expectSame(found, await results(testCase, 'float32', 'im2col', dtype), tolerances[dtype]);
    expect(await results(testCase, dtype, 'implicit_gemm'), 'the same bits again').toEqual(found);
  });

  test.each(cases)('in TF32: $name', async (testCase) => {
    const exact = await results(testCase, 'float32', 'im2col');
    expectSame(await results(testCase, 'float32', 'implicit_gemm'), exact, float32Tolerance);
    allowTf32();
    const found = await results(testCase, 'float32', 'implicit_gemm');
    expectSame(found, exact, tf32Tolerance);
    if (device !== 'cpu') expect(found[0], 'TF32 is what ran').not.toEqual(exact[0]);
  });

  test.each(inHalves(cases.filter(({ x, options }) => options?.groups && x.length === 4)))('in $dtype against float64: $name', async ({ dtype, testCase }) => {
    const random = new TestRandom(19), rounded = (shape: readonly number[]) => cast(values(random, shape), dtype).detach();
    const x = rounded(testCase.x), weight = rounded(testCase.weight);
    x.requiresGrad = weight.requiresGrad = true;
    const y = conv2d(x, weight, { ...testCase.options, algorithm: 'implicit_gemm' }), dy = rounded(y.shape);
    sum(cast(mul(y, dy), 'float32')).backward();
    const expected = naive(await x.data(), await weight.data(), await dy.data(), testCase, y.shape);
    for (const [i, result] of [y.detach(), x.grad!, weight.grad!].entries()) {
      expectClose(await result.data(), { shape: result.shape, data: expected[i]! }, tolerances[dtype], ['y', 'gradient of x', 'gradient of weight'][i]!);
    }
  });

  test('groups of few channels take these kernels by themselves, others those that are made for them', async () => {
    const random = new TestRandom(23), made = (...shape: number[]) => cast(values(random, shape), 'bfloat16');
    for (const [x, weight, groups, algorithm] of [
      [made(1, 6, 6, 64), made(64, 3, 3, 4), 16, 'implicit_gemm'],
      [made(1, 6, 6, 32), made(32, 3, 3, 2), 16, 'direct'],
      [made(1, 6, 6, 10), made(10, 3, 3, 5), 2, 'direct'],
      [made(1, 6, 6, 20), made(20, 3, 3, 10), 2, 'im2col'],
    ] as const) {
      const [automatic, named] = await Promise.all((['auto', algorithm] as const).map((each) => cast(conv2d(x, weight, { groups, algorithm: each }), 'float32').data()));
      expect(automatic).toEqual(named);
    }
  });

  test.each([1, 2])('a stem at stride %i keeps NaN and infinities to the windows that have them', async (stride) => {
    const random = new TestRandom(29), pixels = Float32Array.from({ length: 20 * 22 * 3 }, () => random.normal());
    for (const [row, column, value] of [[2, 4, NaN], [9, 14, Infinity], [4, 21, -Infinity]] as const) pixels.fill(value, (row * 22 + column) * 3, (row * 22 + column + 1) * 3);
    const x = cast(tensor(pixels, { shape: [1, 20, 22, 3], device }), 'bfloat16'), weight = cast(values(random, [8, 3, 3, 3]), 'bfloat16').detach();
    weight.requiresGrad = true;
    const bits = await Promise.all((['implicit_gemm', 'im2col'] as const).map(async (algorithm) => {
      weight.grad = null;
      const y = conv2d(x, weight, { stride, algorithm }); // at stride 2 the last column lies in no window
      sum(cast(y, 'float32')).backward();
      const found = await Promise.all([y.detach(), weight.grad!].map((result) => cast(result, 'float32').data()));
      return found.map((result) => Array.from(result, (value) => (Number.isFinite(value) ? 'finite' : String(value))));
    }));
    expect(bits[0]).toEqual(bits[1]);
    expect(new Set(bits[0]![0])).toContain('finite');
    expect(new Set(bits[0]![0]).size).toBeGreaterThan(1);
  });

  // What these kernels do not take goes to the others; on a GPU they are for compute capability 9.0.
  const forWarpgroups: readonly Case[] = [
    { name: 'several tiles each way, in several steps', x: [2, 9, 9, 72], weight: [136, 1, 1, 72] },
    { name: 'a tile that is hardly used', x: [1, 3, 3, 8], weight: [5, 1, 1, 8] },
    { name: 'more steps than stages', x: [1, 2, 4, 400], weight: [16, 1, 1, 400] },
    { name: 'windows', x: [2, 6, 7, 64], weight: [24, 3, 3, 64], options: { padding: 1 } },
    { name: 'windows at stride 2', x: [3, 9, 8, 64], weight: [16, 3, 2, 64], options: { stride: [2, 3], padding: [1, [0, 1]] } },
    { name: 'dilated windows of two steps a tap', x: [1, 8, 7, 128], weight: [8, 2, 2, 128], options: { dilation: [3, 2], padding: 1 } },
    { name: 'windows of one element at stride 2', x: [1, 7, 8, 64], weight: [8, 1, 1, 64], options: { stride: 2 } },
    { name: 'rows of images', x: [2, 40, 64], weight: [8, 5, 64], options: { stride: 3, padding: 2 } },
    { name: 'several tiles of filters and of channels', x: [1, 5, 6, 192], weight: [136, 2, 2, 192] },
    { name: 'filters in two steps a tap, the second not full', x: [1, 5, 6, 64], weight: [72, 2, 3, 64], options: { padding: 1 } },
    { name: 'channels that only the input gradient takes', x: [1, 5, 6, 24], weight: [64, 3, 3, 24], options: { padding: 1 } },
    { name: 'more padding than the windows reach', x: [1, 4, 5, 64], weight: [8, 2, 3, 64], options: { padding: [[3, 0], [2, 5]] } },
    { name: 'stride and dilation with a common factor', x: [1, 17, 19, 64], weight: [16, 3, 4, 64], options: { stride: [4, 6], dilation: [2, 9], padding: [3, 8] } },
    { name: 'rows of the weight gradient in splits', x: [6, 14, 14, 64], weight: [16, 2, 2, 64], options: { padding: 1 } },
    { name: 'rows of a matrix in splits', x: [5, 15, 15, 40], weight: [24, 1, 1, 40] },
  ];
  test.each(forWarpgroups)('by warpgroups in bfloat16: $name', async (testCase) => {
    expectSame(await results(testCase, 'bfloat16', 'wgmma'), await results(testCase, 'float32', 'im2col', 'bfloat16'), tolerances.bfloat16);
  });

  test.each([...forWarpgroups.slice(1, 4), ...forWarpgroups.slice(-1)])('by warpgroups in float16: $name', async (testCase) => {
    const found = await results(testCase, 'float16', 'wgmma');
    expectSame(found, await results(testCase, 'float32', 'im2col', 'float16'), tolerances.float16);
    expect(await results(testCase, 'float16', 'wgmma'), 'the same bits again').toEqual(found);
  });

  test('by warpgroups with residual and ReLU', async () => {
    const random = new TestRandom(17), x = cast(values(random, [1, 6, 7, 64]), 'bfloat16');
    for (const weight of [values(random, [24, 1, 1, 64]), values(random, [24, 3, 3, 64])].map((each) => cast(each, 'bfloat16'))) {
      const residual = cast(values(random, [1, 6, 7, 24]), 'bfloat16'), options = { padding: 'same', activation: 'relu' } as const;
      const wide = conv2d(cast(x, 'float32'), cast(weight, 'float32'), { ...options, residual: cast(residual, 'float32'), algorithm: 'im2col' });
      expectSame([await cast(conv2d(x, weight, { ...options, residual, algorithm: 'wgmma' }), 'float32').data()], [await wide.data()], tolerances.bfloat16);
    }
  });

  const products: { name: string; m: number; n: number; k: number; options?: MatmulOptions }[] = [
    { name: 'several tiles', m: 150, n: 136, k: 72 },
    { name: 'a transposed', m: 72, n: 136, k: 40, options: { transposeA: true } },
    { name: 'b transposed', m: 70, n: 72, k: 40, options: { transposeB: true } },
    { name: 'both transposed', m: 24, n: 16, k: 40, options: { transposeA: true, transposeB: true } },
    { name: 'a depth in splits', m: 8, n: 16, k: 2100 },
    { name: 'odd extents', m: 67, n: 13, k: 131 },
  ];
  test.each(products)('matmul: $name', async ({ m, n, k, options = {} }) => {
    const random = new TestRandom(11);
    const a = values(random, options.transposeA ? [k, m] : [m, k]), b = values(random, options.transposeB ? [n, k] : [k, n]);
    for (const dtype of ['bfloat16', 'float16'] as const) {
      const [half, wide] = scope(() => {
        const inputs = [cast(a, dtype), cast(b, dtype)] as const;
        return [cast(matmul(...inputs, options), 'float32'), matmul(cast(inputs[0], 'float32'), cast(inputs[1], 'float32'), options)] as const;
      });
      expectSame([await half.data()], [await wide.data()], tolerances[dtype]);
    }
  });

  test('linear with a bias and a weight off the alignment of vectors', async () => {
    const random = new TestRandom(13), x = cast(values(random, [9, 16]), 'bfloat16'), bias = cast(values(random, [24]), 'bfloat16');
    const weight = cast(values(random, [1 + 24 * 16]), 'bfloat16').view(1, [24, 16]);
    const wide = [x, weight, bias].map((input) => cast(input, 'float32')) as [Tensor, Tensor, Tensor];
    expectSame([await cast(linear(x, weight, bias), 'float32').data()], [await linear(...wide).data()], tolerances.bfloat16);
  });
});
