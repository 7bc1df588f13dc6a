import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { conv2d, convTranspose1d, convTranspose2d, convTranspose3d, mul, sum, zeros, type ConvTransposeOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { count, forEachIndex, normal, offset, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';

const byRank = { 1: convTranspose1d, 2: convTranspose2d, 3: convTranspose3d };
type Rank = keyof typeof byRank;
type Name = 'x' | 'weight' | 'bias';

/** As the docstring says it: each element of x puts the kernel, times itself, down on the result. */
function reference(x: NdArray, weight: NdArray, bias: NdArray | undefined, options: ConvTransposeOptions): NdArray {
  const spatial = x.shape.slice(1, -1), kernel = weight.shape.slice(1, -1), axes = spatial.length;
  const perAxis = (value: number | readonly number[] | undefined, otherwise: number) =>
    typeof value === 'number' || value === undefined ? Array<number>(axes).fill(value ?? otherwise) : [...value];
  const stride = perAxis(options.stride, 1), dilation = perAxis(options.dilation, 1), added = perAxis(options.outputPadding, 0);
  const given = options.padding === 'valid' ? 0 : (options.padding ?? 0);
  const padding = (typeof given === 'number' ? Array<number>(axes).fill(given) : [...given]).map((pad) => (typeof pad === 'number' ? [pad, pad] : [...pad]));
  const groups = options.groups ?? 1, c = x.shape.at(-1)!, perGroup = weight.shape.at(-1)!;
  const outer = spatial.map((size, axis) => (size - 1) * stride[axis]! + dilation[axis]! * (kernel[axis]! - 1) + 1 - padding[axis]![0]! - padding[axis]![1]! + added[axis]!);
  const shape = [x.shape[0]!, ...outer, perGroup * groups];
  const data = Float64Array.from({ length: count(shape) }, (_, i) => (bias ? bias.data[i % (perGroup * groups)]! : 0));
  forEachIndex(x.shape, (from, at) => {
    const group = Math.floor(from.at(-1)! / (c / groups));
    forEachIndex(kernel, (tap) => {
      const to = tap.map((step, axis) => from[axis + 1]! * stride[axis]! + step * dilation[axis]! - padding[axis]![0]!);
      if (!to.every((value, axis) => value >= 0 && value < outer[axis]!)) return;
      for (let k = 0; k < perGroup; k++) {
        data[offset(shape, [from[0]!, ...to, group * perGroup + k])]! += x.data[at]! * weight.data[offset(weight.shape, [from.at(-1)!, ...tap, k])]!;
      }
    });
  });
  return { shape, data };
}

function transposeCase(name: string, x: readonly number[], weight: readonly number[], options: ConvTransposeOptions = {}): OpCase<Name, ConvTransposeOptions> {
  const channels = weight.at(-1)! * (options.groups ?? 1);
  return { name: `${name}: ${x.join('x')} by ${weight.join('x')}`, inputs: { x: normal(x), weight: normal(weight), bias: normal([channels]) }, options };
}

describeOp<Name, ConvTransposeOptions>({
  name: 'transposed convolution',
  secondOrder: true,
  cases: [
    transposeCase('plain', [2, 3, 4, 2], [2, 3, 2, 3]),
    transposeCase('stride 2, as a generator has it', [1, 3, 2, 2], [2, 4, 4, 3], { stride: 2, padding: 1 }),
    transposeCase('output padding', [1, 3, 3, 2], [2, 3, 3, 1], { stride: [2, 3], padding: 1, outputPadding: [1, 2] }),
    transposeCase('stride over the kernel', [1, 3, 2, 1], [1, 2, 2, 2], { stride: 3, outputPadding: 2 }),
    transposeCase('dilation', [1, 3, 4, 2], [2, 2, 3, 2], { dilation: [2, 1] }),
    transposeCase('output padding below the dilation', [1, 3, 3, 1], [1, 2, 2, 1], { dilation: 3, outputPadding: 2 }),
    transposeCase('asymmetric padding', [1, 4, 4, 1], [1, 3, 3, 2], { padding: [[0, 2], [1, 0]] }),
    transposeCase('groups', [1, 3, 3, 4], [4, 2, 2, 3], { groups: 2, stride: 2 }),
    transposeCase('depthwise', [2, 3, 3, 5], [5, 3, 3, 1], { groups: 5, padding: 1 }),
    transposeCase('one element', [1, 1, 1, 1], [1, 1, 1, 1]),
    transposeCase('no images', [0, 3, 3, 2], [2, 3, 3, 2]),
    transposeCase('1-D', [2, 5, 3], [3, 4, 2], { stride: 2, padding: 1 }),
    transposeCase('3-D', [1, 2, 3, 2, 2], [2, 3, 2, 3, 1], { stride: [1, 2, 2], padding: [1, 0, 1], outputPadding: [0, 1, 0] }),
  ],
  run: ({ x, weight, bias }, options) => byRank[(x!.shape.length - 2) as Rank](x as Tensor, weight as Tensor, { ...options, bias }),
  reference: ({ x, weight, bias }, options) => reference(x as NdArray, weight as NdArray, bias, options),
  errors: [
    {
      name: 'channels',
      act: (on) => convTranspose2d(zeros([1, 3, 3, 2], { device: on }), zeros([3, 2, 2, 2], { device: on })),
      message: 'convTranspose2d: expected weight to have 2 input channels in front, like x [1,3,3,2], but got 3 (weight [3,2,2,2])',
    },
    {
      name: 'groups',
      act: (on) => convTranspose2d(zeros([1, 3, 3, 3], { device: on }), zeros([3, 2, 2, 2], { device: on }), { groups: 2 }),
      message: 'convTranspose2d: expected groups to divide the 3 channels of x [1,3,3,3], but got 2',
    },
    {
      name: 'output padding',
      act: (on) => convTranspose2d(zeros([1, 3, 3, 2], { device: on }), zeros([2, 2, 2, 2], { device: on }), { stride: 2, outputPadding: 2 }),
      message:
        'convTranspose2d: expected outputPadding to be a whole number of at least 0 and below stride [2,2] or dilation [1,1] ' +
        'for each of the 2 spatial axes, but got 2',
    },
    {
      name: 'padding that cuts everything off',
      act: (on) => convTranspose1d(zeros([1, 2, 1], { device: on }), zeros([1, 3, 1], { device: on }), { padding: 2 }),
      message: 'convTranspose1d: expected padding to leave some of the 4 elements along axis 1, but got 2 and 2',
    },
    {
      name: 'bias',
      act: (on) => convTranspose1d(zeros([1, 2, 2], { device: on }), zeros([2, 3, 2], { device: on }), { groups: 2, bias: zeros([2], { device: on }) }),
      message: 'convTranspose1d: expected bias to have shape [4], one for each output channel of weight [2,3,2] in 2 groups, but got [2]',
    },
  ],
});

describe.each(testDevices)('transposed convolution on %s', (device) => {
  test('is the adjoint of the convolution: <conv(x), y> = <x, convTranspose(y)>', async () => {
    const values = (length: number, seed: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * seed + 1));
    const x = tensor(values(2 * 7 * 6 * 3, 0.7), { shape: [2, 7, 6, 3], device });
    const weight = tensor(values(4 * 3 * 3 * 3, 1.3), { shape: [4, 3, 3, 3], device });
    const there = conv2d(x, weight, { stride: 2, padding: 1 });
    const y = tensor(values(there.numel, 0.3), { shape: there.shape, device });
    const back = convTranspose2d(y, weight, { stride: 2, padding: 1, outputPadding: [0, 1] });
    expect(back.shape).toEqual(x.shape);
    const left = await sum(mul(there, y)).item(), right = await sum(mul(x, back)).item();
    expect(Math.abs(left - right)).toBeLessThan(1e-5 * Math.abs(left) + 1e-4);
  });
});
