import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { grad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { cast, conv1d, conv2d, conv3d, mul, ones, relu6, sum, zeros, type ConvOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { count, normal, TestRandom, type NdArray } from './array.js';
import { describeOp, expectClose, float32Tolerance, type OpCase } from './harness.js';
import { convolution, window, type ReferenceWindow } from './window_reference.js';

const byRank = { 1: conv1d, 2: conv2d, 3: conv3d };

interface Settings {
  rank: 1 | 2 | 3;
  /** As users give it. */
  options: ConvOptions;
  /** What that means, spelled out for the reference. */
  window: ReferenceWindow & { groups: number };
}

type Name = 'x' | 'weight' | 'bias';

/** A case: x [N,...,C] and weight [K,...,C/groups]; `meaning` spells `options` out where it says more than 1 or 0. */
function convCase(
  name: string,
  x: readonly number[],
  weight: readonly number[],
  options: ConvOptions = {},
  meaning: Partial<ReferenceWindow> = {},
  bias = true,
): OpCase<Name, Settings> {
  const rank = (x.length - 2) as 1 | 2 | 3;
  const scale = 1 / Math.sqrt(Math.max(count(weight.slice(1)), 1));
  return {
    name: `${name}: ${x.join('x')} by ${weight.join('x')}`,
    inputs: { x: normal(x), weight: normal(weight, scale), ...(bias ? { bias: normal([weight[0]!]) } : {}) },
    options: { rank, options, window: { ...window(rank, meaning), groups: options.groups ?? 1 } },
  };
}

const pads = (...pairs: [number, number][]) => ({ padding: pairs });
const strides = (...stride: number[]) => ({ stride });
const dilations = (...dilation: number[]) => ({ dilation });

const cases = [
  convCase('plain', [2, 5, 4, 3], [4, 3, 3, 3]),
  convCase('no bias', [1, 4, 4, 2], [3, 3, 3, 2], {}, {}, false),
  convCase('pointwise', [3, 3, 2, 5], [4, 1, 1, 5]),
  convCase('batch 1, one channel in and out', [1, 4, 5, 1], [1, 2, 3, 1]),
  convCase('padding', [2, 4, 5, 3], [2, 3, 3, 3], { padding: 1 }, pads([1, 1], [1, 1])),
  convCase('padding per axis', [1, 3, 4, 2], [3, 3, 2, 2], { padding: [2, 0] }, pads([2, 2], [0, 0])),
  convCase('asymmetric padding', [1, 4, 3, 2], [3, 3, 2, 2], { padding: [[2, 0], [0, 3]] }, pads([2, 0], [0, 3])),
  convCase("padding 'valid'", [1, 4, 4, 1], [2, 3, 3, 1], { padding: 'valid' }),
  convCase("padding 'same', odd kernel", [1, 4, 5, 2], [2, 3, 3, 2], { padding: 'same' }, pads([1, 1], [1, 1])),
  convCase("padding 'same', even kernel", [1, 5, 4, 2], [2, 4, 2, 2], { padding: 'same' }, pads([1, 2], [0, 1])),
  convCase("padding 'same', stride 2", [1, 5, 6, 1], [2, 3, 3, 1], { padding: 'same', stride: 2 }, { ...pads([1, 1], [0, 1]), ...strides(2, 2) }),
  convCase("padding 'full'", [1, 3, 2, 2], [2, 2, 3, 2], { padding: 'full' }, pads([1, 1], [2, 2])),
  convCase('stride', [2, 7, 6, 2], [3, 3, 3, 2], { stride: [2, 3] }, strides(2, 3)),
  convCase('stride over the kernel', [1, 7, 8, 2], [2, 2, 1, 2], { stride: [4, 3] }, strides(4, 3)),
  convCase('dilation', [1, 6, 7, 2], [2, 3, 2, 2], { dilation: [2, 3] }, dilations(2, 3)),
  convCase('dilation, stride and padding', [1, 6, 5, 3], [4, 3, 3, 3], { dilation: 2, stride: 2, padding: 2 }, { ...dilations(2, 2), ...strides(2, 2), ...pads([2, 2], [2, 2]) }),
  convCase('kernel as large as the input', [2, 3, 4, 2], [3, 3, 4, 2]),
  convCase('kernel larger than the input, in padding', [1, 2, 1, 2], [2, 4, 3, 2], { padding: [1, 1] }, pads([1, 1], [1, 1])),
  convCase('extents of 1', [1, 1, 1, 1], [1, 1, 1, 1]),
  convCase('groups', [2, 4, 3, 6], [4, 3, 2, 3], { groups: 2 }),
  convCase('three groups with padding', [1, 3, 3, 6], [9, 2, 2, 2], { groups: 3, padding: 1 }, pads([1, 1], [1, 1])),
  convCase('depthwise', [2, 4, 4, 5], [5, 3, 3, 1], { groups: 5, padding: 1 }, pads([1, 1], [1, 1])),
  convCase('depthwise by vectors of channels', [1, 3, 6, 16], [16, 3, 3, 1], { groups: 16, padding: 1 }, pads([1, 1], [1, 1])),
  convCase('depthwise by vectors, stride 2', [1, 5, 6, 8], [8, 3, 2, 1], { groups: 8, stride: 2, padding: 1 }, { ...pads([1, 1], [1, 1]), ...strides(2, 2) }),
  convCase('1-D, depthwise, a kernel of 7', [2, 12, 8], [8, 7, 1], { groups: 8, padding: 3 }, pads([3, 3])),
  convCase('3-D, depthwise', [1, 3, 4, 5, 8], [8, 2, 3, 3, 1], { groups: 8, dilation: [1, 1, 2] }, dilations(1, 1, 2)),
  convCase('depthwise with multiplier 3', [1, 4, 3, 2], [6, 2, 2, 1], { groups: 2 }),
  convCase('odd channels', [1, 3, 3, 7], [5, 2, 2, 7]),
  convCase('no images', [0, 4, 4, 2], [3, 3, 3, 2]),
  convCase('1-D', [2, 7, 3], [4, 3, 3], { padding: 1, stride: 2 }, { ...pads([1, 1]), ...strides(2) }),
  convCase('1-D, dilation and groups', [1, 9, 4], [6, 3, 2], { dilation: 3, groups: 2 }, dilations(3)),
  convCase('3-D', [1, 3, 4, 3, 2], [3, 2, 3, 2, 2], { padding: [1, 0, 1] }, pads([1, 1], [0, 0], [1, 1])),
  convCase('3-D, stride and groups', [1, 4, 3, 4, 2], [4, 1, 2, 3, 1], { stride: [2, 1, 2], groups: 2 }, strides(2, 1, 2)),
];

describeOp<Name, Settings>({
  name: 'convolution',
  secondOrder: true,
  sixteenBit: true,
  cases,
  run: ({ x, weight, bias }, { rank, options }) => byRank[rank](x as Tensor, weight as Tensor, { ...options, bias }),
  reference: ({ x, weight, bias }, settings) => convolution(x as NdArray, weight as NdArray, bias, settings.window),
  errors: [
    {
      name: 'channels differ',
      act: (on) => conv2d(zeros([8, 16, 16, 32], { device: on }), zeros([64, 3, 3, 16], { device: on })),
      message: 'conv2d: expected weight to have 32 input channels, like x [8,16,16,32], but got 16 (weight [64,3,3,16])',
    },
    {
      name: 'channels differ, with groups',
      act: (on) => conv1d(zeros([2, 9, 8], { device: on }), zeros([4, 3, 8], { device: on }), { groups: 2 }),
      message: 'conv1d: expected weight to have 4 input channels, like x [2,9,8] divided by groups 2, but got 8 (weight [4,3,8])',
    },
    {
      name: 'rank of x',
      act: (on) => conv2d(zeros([8, 16, 32], { device: on }), zeros([64, 3, 3, 32], { device: on })),
      message: 'conv2d: expected x to have the 4 axes [N,H,W,C], but got shape [8,16,32]',
    },
    {
      name: 'rank of weight',
      act: (on) => conv3d(zeros([1, 2, 2, 2, 3], { device: on }), zeros([4, 3], { device: on })),
      message: 'conv3d: expected weight to have the 5 axes [K,T,R,S,C/groups], but got shape [4,3]',
    },
    {
      name: 'length of bias',
      act: (on) => conv2d(zeros([1, 3, 3, 2], { device: on }), zeros([4, 3, 3, 2], { device: on }), { bias: zeros([2], { device: on }) }),
      message: 'conv2d: expected bias to have shape [4], one for each filter of weight [4,3,3,2], but got [2]',
    },
    {
      name: 'type',
      act: (on) => {
        const bytes: unknown = tensor(new Uint8Array(9), { shape: [1, 3, 3, 1], device: on });
        return conv2d(bytes as Tensor, zeros([1, 3, 3, 1], { device: on }));
      },
      message: 'conv2d: expected x to be of type float32, bfloat16 or float16, but got uint8 [1,3,3,1]',
    },
    {
      name: 'disposed',
      act: (on) => {
        const x = zeros([1, 3, 3, 1], { device: on });
        x.dispose();
        return conv2d(x, zeros([1, 3, 3, 1], { device: on }));
      },
      message: 'conv2d: expected x to be a live tensor, but got [1,3,3,1] that was disposed',
    },
    {
      name: 'kernel does not fit',
      act: (on) => conv2d(zeros([1, 5, 4, 1], { device: on }), zeros([1, 3, 3, 1], { device: on }), { dilation: 2 }),
      message: 'conv2d: expected x to be at least 5 long with its padding along axis 2, as kernel [3,3] reaches over that, but got 4 (x [1,5,4,1])',
    },
    {
      name: 'groups',
      act: (on) => conv2d(zeros([1, 4, 4, 3], { device: on }), zeros([4, 3, 3, 1], { device: on }), { groups: 2 }),
      message: 'conv2d: expected groups to divide the 3 channels and 4 filters, but got 2 (x [1,4,4,3], weight [4,3,3,1])',
    },
    ...[0, 1.5, -1, NaN].flatMap((value) => [
      {
        name: `groups ${value}`,
        act: (on: ReturnType<typeof device>) => conv2d(zeros([1, 4, 4, 2], { device: on }), zeros([2, 3, 3, 2], { device: on }), { groups: value }),
        message: `conv2d: expected groups to be a whole number of at least 1, but got ${value}`,
      },
      {
        name: `stride ${value}`,
        act: (on: ReturnType<typeof device>) => conv2d(zeros([1, 4, 4, 2], { device: on }), zeros([2, 3, 3, 2], { device: on }), { stride: value }),
        message: `conv2d: expected stride to be a whole number of at least 1, or one for each of the 2 spatial axes, but got ${value}`,
      },
    ]),
    {
      name: 'number of strides',
      act: (on) => conv1d(zeros([1, 4, 2], { device: on }), zeros([2, 3, 2], { device: on }), { stride: [1, 2] }),
      message: 'conv1d: expected stride to be a whole number of at least 1, but got [1,2]',
    },
    {
      name: 'too large a stride',
      act: (on) => conv1d(zeros([1, 40_000, 1], { device: on }), zeros([1, 3, 1], { device: on }), { stride: 33_000 }),
      message: 'conv1d: expected stride to be at most 32768, but got 33000',
    },
    {
      name: 'too large a padding',
      act: (on) => conv1d(zeros([1, 40_000, 1], { device: on }), zeros([1, 3, 1], { device: on }), { padding: 33_000 }),
      message: 'conv1d: expected padding to be at most 32768 on each side, but got 33000',
    },
    {
      name: 'padding',
      act: (on) => conv2d(zeros([1, 4, 4, 2], { device: on }), zeros([2, 3, 3, 2], { device: on }), { padding: [[1, -1], 0] }),
      message:
        "conv2d: expected padding to be 'valid', 'same', 'full', a whole number of at least 0, or a list with such a number or " +
        'a pair [before,after] for each of the 2 spatial axes, but got [[1,-1],0]',
    },
    {
      name: 'empty kernel',
      act: (on) => conv2d(zeros([1, 4, 4, 2], { device: on }), zeros([2, 0, 3, 2], { device: on })),
      message: 'conv2d: expected weight to have a kernel of at least 1 along each axis, but got [2,0,3,2]',
    },
    {
      name: 'not a tensor',
      act: (on) => {
        const nothing: unknown = undefined;
        return conv2d(zeros([1, 4, 4, 2], { device: on }), nothing as Tensor);
      },
      message: 'conv2d: expected weight to be a tensor, but got undefined',
    },
  ],
});

const activations = {
  none: (value: number) => value,
  relu: (value: number) => Math.max(value, 0),
  relu6: (value: number) => Math.min(Math.max(value, 0), 6),
};

interface Behind {
  options: ConvOptions;
  activation: keyof typeof activations;
}

function behindCase(name: string, x: readonly number[], weight: readonly number[], y: readonly number[], activation: keyof typeof activations, options: ConvOptions = {}): OpCase<Name | 'residual', Behind> {
  const inputs = { x: normal(x), weight: normal(weight), bias: normal([weight[0]!]), residual: normal(y) };
  return { name, inputs, options: { activation, options: { ...options, ...(activation !== 'none' && { activation }) } } };
}

const runBehind = ({ x, weight, bias, residual }: { [K in Name | 'residual']?: Tensor }, { options }: Behind) =>
  conv2d(x as Tensor, weight as Tensor, { ...options, bias, residual });

function referenceBehind({ x, weight, bias, residual }: { [K in Name | 'residual']?: NdArray }, { activation, options }: Behind): NdArray {
  const y = convolution(x as NdArray, weight as NdArray, bias, { ...window(2), groups: options.groups ?? 1 });
  const data = y.data.map((value, i) => value + (residual?.data[i] ?? 0));
  return { shape: y.shape, data: data.map(activations[activation]) };
}

describeOp<Name | 'residual', Behind>({
  name: 'convolution with a residual and an activation',
  sixteenBit: true,
  cases: [
    behindCase('both', [2, 5, 4, 3], [4, 3, 3, 3], [2, 3, 2, 4], 'relu'),
    behindCase('a residual alone', [2, 5, 4, 3], [4, 3, 3, 3], [2, 3, 2, 4], 'none'),
    behindCase('of whole vectors', [1, 4, 4, 8], [16, 3, 3, 8], [1, 2, 2, 16], 'relu'),
    behindCase('pointwise', [1, 3, 3, 8], [8, 1, 1, 8], [1, 3, 3, 8], 'relu'),
    behindCase('groups', [1, 4, 3, 6], [4, 3, 2, 3], [1, 2, 2, 4], 'relu', { groups: 2 }),
    { name: 'ReLU alone', inputs: { x: normal([1, 4, 4, 8]), weight: normal([8, 2, 2, 8]) }, options: { activation: 'relu', options: { activation: 'relu' } } },
  ],
  run: runBehind,
  reference: referenceBehind,
  errors: [
    {
      name: 'shape of residual',
      act: (on) => conv2d(zeros([1, 4, 4, 2], { device: on }), zeros([3, 3, 3, 2], { device: on }), { residual: zeros([1, 4, 4, 3], { device: on }) }),
      message: 'conv2d: expected residual to have the shape of the result, [1,2,2,3], but got [1,4,4,3]',
    },
    {
      name: 'activation',
      act: (on) => {
        const activation: string = 'tanh';
        return conv2d(zeros([1, 4, 4, 2], { device: on }), zeros([3, 3, 3, 2], { device: on }), { activation: activation as 'relu' });
      },
      message: "conv2d: expected activation to be 'relu' or 'relu6', but got 'tanh'",
    },
  ],
});

// In 16 bits sums just below 6 are 6, which has another gradient.
describeOp<Name | 'residual', Behind>({
  name: 'convolution with a residual and ReLU6',
  cases: [
    behindCase('dense', [2, 5, 4, 3], [4, 3, 3, 3], [2, 3, 2, 4], 'relu6'),
    behindCase('of whole vectors', [1, 4, 4, 8], [16, 3, 3, 8], [1, 2, 2, 16], 'relu6'),
    behindCase('depthwise', [1, 4, 5, 8], [8, 3, 2, 1], [1, 2, 4, 8], 'relu6', { groups: 8 }),
    behindCase('depthwise of five channels', [1, 4, 5, 5], [5, 3, 2, 1], [1, 2, 4, 5], 'relu6', { groups: 5 }),
    behindCase('one channel', [1, 4, 4, 1], [3, 2, 2, 1], [1, 3, 3, 3], 'relu6'),
    behindCase('no images', [0, 4, 4, 2], [3, 3, 3, 2], [0, 2, 2, 3], 'relu6'),
  ],
  run: runBehind,
  reference: referenceBehind,
});

test.each(testDevices.flatMap((on) => (['bfloat16', 'float16'] as const).map((dtype) => [dtype, on] as const)))('ReLU6 in %s rounds once on %s', async (dtype, on) => {
  const random = new TestRandom(7);
  const [x, weight] = [[1, 5, 5, 16], [16, 3, 3, 16]].map((shape) => cast(tensor(Float32Array.from(normal(shape)(random).data), { shape, device: on }), dtype));
  const fused = conv2d(x!, weight!, { activation: 'relu6' });
  expect(await fused.data()).toEqual(await relu6(conv2d(x!, weight!)).data()); // 0 and 6 are floats of any size
});

// Each of these is wrong with the kernels of oneDNN 2.6.3: where blocks of its rows end within an image, where taps only ever see
// padding, where there is padding in front and the last window ends in front of the last element. The last two spoil memory.
const wrongInOnednn: { x: readonly number[]; weight: readonly number[]; options?: ConvOptions }[] = [
  { x: [2, 1, 30, 3], weight: [3, 1, 1, 3] },
  { x: [2, 1, 59, 16], weight: [5, 1, 1, 16] },
  { x: [2, 1, 90, 5], weight: [17, 1, 1, 5] },
  { x: [1, 3, 31, 21], weight: [17, 1, 4, 21], options: { dilation: 2, padding: [0, 4] } },
  { x: [3, 4, 57, 20], weight: [22, 2, 4, 10], options: { dilation: 2, padding: [[0, 1], [0, 2]], groups: 2 } },
  { x: [2, 9, 1, 12], weight: [104, 4, 3, 3], options: { stride: [1, 3], dilation: [2, 1], padding: [[2, 1], [0, 3]], groups: 4 } },
  { x: [1, 5, 9, 28], weight: [40, 2, 5, 28], options: { stride: [2, 4], padding: [[3, 0], [3, 0]] } },
  { x: [1, 4, 24, 29], weight: [16, 3, 5, 29], options: { stride: [4, 5], dilation: [3, 2], padding: [[3, 0], [4, 0]] } },
];
test.each(testDevices.flatMap((device) => wrongInOnednn.map((problem) => ({ device, ...problem }))))('in bfloat16 as in float32, x $x by $weight, on $device', async ({ device, x, weight, options }) => {
  const random = new TestRandom(x[2]!);
  const made = (shape: readonly number[]) => cast(tensor(Float32Array.from(normal(shape)(random).data), { shape, device }), 'bfloat16');
  const inputs = [made(x), made(weight)] as const, dy = made(conv2d(...inputs, options).shape);
  const results = (dtype: 'bfloat16' | 'float32') => {
    const leaves = inputs.map((input) => cast(input, dtype).detach());
    for (const leaf of leaves) leaf.requiresGrad = true;
    const y = conv2d(leaves[0]!, leaves[1]!, options);
    return [y.detach(), ...grad(sum(mul(y, cast(dy, dtype))), leaves)];
  };
  const expected = results('float32');
  for (const [i, found] of results('bfloat16').entries()) {
    const { shape } = found, data = Float64Array.from(await expected[i]!.data());
    expectClose(await cast(found, 'float32').data(), { shape, data }, 2 ** -7, ['y', 'dx', 'dweight'][i]!);
  }
});

describe.each(testDevices)('algorithms of convolution on %s', (deviceName) => {
  const on = { device: deviceName };
  const values = (shape: readonly number[], seed: number, requiresGrad = true) =>
    tensor(Float32Array.from({ length: count(shape) }, (_, i) => Math.sin(seed * i + seed)), { shape, ...on, requiresGrad });

  /** y and the gradients of x and weight. */
  async function results(x: readonly number[], weight: readonly number[], options: ConvOptions): Promise<Float32Array[]> {
    const inputs = [values(x, 0.37), values(weight, 0.91)] as const;
    const y = conv2d(...inputs, options);
    sum(mul(y, values(y.shape, 0.53, false))).backward();
    return Promise.all([y.data(), inputs[0].grad!.data(), inputs[1].grad!.data()]);
  }

  test.each([
    { x: [2, 5, 4, 6], weight: [6, 3, 3, 1], options: { groups: 6, padding: 1 } },
    { x: [2, 6, 11, 16], weight: [16, 3, 5, 1], options: { groups: 16, padding: 2 } },
    { x: [1, 9, 12, 8], weight: [8, 4, 2, 1], options: { groups: 8, stride: [2, 3], dilation: [3, 2], padding: [1, [2, 0]] } },
    { x: [1, 9, 12, 8], weight: [8, 3, 3, 1], options: { groups: 8, stride: 2, padding: 1 } },
    { x: [1, 5, 9, 8], weight: [8, 1, 4, 1], options: { groups: 8, stride: [1, 2], dilation: [1, 2] } },
    { x: [1, 6, 5, 4], weight: [8, 3, 2, 2], options: { groups: 2, stride: 2, dilation: [1, 2] } },
    { x: [2, 5, 4, 3], weight: [5, 3, 3, 3], options: { padding: [[1, 2], 0] } },
    { x: [3, 3, 2, 5], weight: [4, 1, 1, 5], options: {} },
  ] as const)('all give the same: x $x, weight $weight', async ({ x, weight, options }) => {
    const automatic = await results(x, weight, options);
    const still = count(weight.slice(1, 3)) === 1;
    for (const algorithm of ['im2col', 'direct', 'implicit_gemm', ...(still ? (['pointwise'] as const) : [])] as const) {
      for (const [i, found] of (await results(x, weight, { ...options, algorithm })).entries()) {
        const expected = automatic[i]!;
        expectClose(found, { shape: [expected.length], data: Float64Array.from(expected) }, float32Tolerance, `${algorithm}, result ${i}`);
      }
    }
  });

  test('unknown or unfit ones are refused', () => {
    const x = zeros([1, 3, 3, 1], on), weight = zeros([1, 2, 2, 1], on);
    const unknown: string = 'winograd';
    expect(() => conv2d(x, weight, { algorithm: unknown as 'auto' })).toThrow(
      "conv2d: expected algorithm to be 'auto' or 'im2col' or 'direct' or 'pointwise' or 'implicit_gemm' or 'wgmma', but got 'winograd'",
    );
    expect(() => conv2d(x, weight, { algorithm: 'pointwise' })).toThrow(
      "conv2d: expected a kernel of one element without stride and padding for algorithm 'pointwise', but got kernel [2,2], stride [1,1]",
    );
  });
});

describe.each(testDevices)('convolution without channels on %s', (deviceName) => {
  const options = { device: deviceName };

  test('from no channels, gives the bias', async () => {
    const y = conv2d(ones([1, 2, 2, 0], options), ones([2, 1, 1, 0], options), { bias: tensor([3, 4], options) });
    expect(await y.data()).toEqual(Float32Array.of(3, 4, 3, 4, 3, 4, 3, 4));
  });

  test('to no filters, gives nothing', async () => {
    const y = conv2d(ones([1, 2, 2, 3], options), ones([0, 1, 1, 3], options));
    expect(y.shape).toEqual([1, 2, 2, 0]);
    expect(await y.data()).toEqual(new Float32Array(0));
  });
});

test('devices must agree', () => {
  const act = () => conv2d(zeros([1, 3, 3, 1], { device: 'cpu' }), zeros([1, 3, 3, 1], { device: 'emu' }));
  expect(act).toThrow('conv2d: expected weight to be on cpu, like x, but got emu');
});
