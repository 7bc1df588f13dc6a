import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import {
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  globalMaxPool1d,
  globalMaxPool2d,
  globalMaxPool3d,
  sum,
  zeros,
  type OutputSize,
} from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, distinct, forEachIndex, offset, TestRandom, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';
import { expectIndices } from './indices.js';

const byRank = { 1: adaptiveMaxPool1d, 2: adaptiveMaxPool2d, 3: adaptiveMaxPool3d };
const globals = { 1: globalMaxPool1d, 2: globalMaxPool2d, 3: globalMaxPool3d };

interface Settings {
  rank: 1 | 2 | 3;
  outputSize: OutputSize;
  outputs: readonly number[];
}

function poolCase(name: string, x: readonly number[], outputSize: OutputSize, outputs: readonly number[]): OpCase<'x', Settings> {
  return { name, inputs: { x: distinct(x) }, options: { rank: (x.length - 2) as 1 | 2 | 3, outputSize, outputs }, tolerance: 0 };
}

/** Element i of an axis belongs to window o of `outputs` if o / outputs < (i + 1) / input and i / input < (o + 1) / outputs. */
function adaptive(x: NdArray, outputs: readonly number[]): NdArray {
  const spatial = x.shape.slice(1, -1);
  return compute([x.shape[0]!, ...outputs, x.shape.at(-1)!], (index) => {
    let most = -Infinity;
    forEachIndex(spatial, (at) => {
      const holds = at.every((i, axis) => {
        const o = index[axis + 1]!, input = spatial[axis]!, count = outputs[axis]!;
        return o * input < (i + 1) * count && i * count < (o + 1) * input;
      });
      if (holds) most = Math.max(most, x.data[offset(x.shape, [index[0]!, ...at, index.at(-1)!])]!);
    });
    return most;
  });
}

describeOp<'x', Settings>({
  name: 'adaptive max pooling',
  cases: [
    poolCase('1-D', [2, 13, 3], 5, [5]),
    poolCase('2-D', [2, 10, 7, 3], [3, 4], [3, 4]),
    poolCase('more outputs than inputs', [1, 2, 2, 2], 7, [7, 7]),
    poolCase('one output', [2, 5, 9, 3], 1, [1, 1]),
    poolCase("x's own extent", [1, 11, 5, 2], [null, 2], [11, 2]),
    poolCase('3-D', [1, 5, 6, 7, 2], [2, 3, 3], [2, 3, 3]),
    poolCase('blocks of channels', [1, 5, 4, 31], 2, [2, 2]),
    poolCase('one pixel', [1, 1, 1, 1], 1, [1, 1]),
    poolCase('no images', [0, 4, 4, 2], 2, [2, 2]),
    poolCase('no channels', [2, 4, 4, 0], 2, [2, 2]),
  ],
  run: ({ x }, { rank, outputSize }) => byRank[rank](x as Tensor, outputSize),
  reference: ({ x }, { outputs }) => adaptive(x as NdArray, outputs),
  errors: [
    {
      name: 'no elements',
      act: (on) => adaptiveMaxPool2d(zeros([1, 0, 3, 1], { device: on }), 2),
      message: 'adaptiveMaxPool2d: expected x to have elements along each spatial axis, but got shape [1,0,3,1]',
    },
    {
      name: 'output size',
      act: (on) => adaptiveMaxPool2d(zeros([1, 3, 3, 1], { device: on }), [2, 0]),
      message: 'adaptiveMaxPool2d: expected outputSize to be a whole number of at least 1, or one (or null) for each of the 2 spatial axes, but got [2,0]',
    },
    {
      name: 'too large an output',
      act: (on) => adaptiveMaxPool1d(zeros([1, 3, 1], { device: on }), 2 ** 31),
      message: 'adaptiveMaxPool1d: expected outputSize to be at most 1048576 along an axis, but got [2147483648]',
    },
    {
      name: 'rank',
      act: (on) => adaptiveMaxPool3d(zeros([1, 3, 3, 1], { device: on }), 2),
      message: 'adaptiveMaxPool3d: expected x to have the 5 axes [N,D,H,W,C], but got shape [1,3,3,1]',
    },
  ],
});

describeOp<'x', 1 | 2 | 3>({
  name: 'global max pooling',
  cases: [
    { name: '1-D', inputs: { x: distinct([2, 7, 3]) }, options: 1, tolerance: 0 },
    { name: '2-D', inputs: { x: distinct([3, 4, 5, 6]) }, options: 2, tolerance: 0 },
    { name: '3-D', inputs: { x: distinct([2, 2, 3, 4, 3]) }, options: 3, tolerance: 0 },
    { name: 'one pixel', inputs: { x: distinct([2, 1, 1, 3]) }, options: 2, tolerance: 0 },
    { name: 'no images', inputs: { x: distinct([0, 2, 2, 3]) }, options: 2, tolerance: 0 },
  ],
  run: ({ x }, rank) => globals[rank](x as Tensor),
  reference: ({ x }, rank) => {
    const { data, shape } = adaptive(x as NdArray, Array<number>(rank).fill(1));
    return { data, shape: [shape[0]!, shape.at(-1)!] };
  },
  errors: [
    {
      name: 'no elements',
      act: (on) => globalMaxPool1d(zeros([1, 0, 1], { device: on })),
      message: 'globalMaxPool1d: expected x to have elements along each spatial axis, but got shape [1,0,1]',
    },
  ],
});

describe.each(testDevices)('adaptive max pooling on %s', (device) => {
  test('indices', async () => {
    const x = distinct([2, 4, 5, 6, 3])(new TestRandom(1));
    const input = tensor(Float32Array.from(x.data), { shape: x.shape, device });
    await expectIndices(x, adaptiveMaxPool3d(input, [2, 3, 4], { returnIndices: true }));
  });

  test('NaN wins, of equals the first', async () => {
    const x = tensor([1, 5, 5, /**/ 2, NaN, 3, /**/ -Infinity, -Infinity, -Infinity], { shape: [3, 3, 1], device, requiresGrad: true });
    const { y, indices } = adaptiveMaxPool1d(x, 1, { returnIndices: true });
    expect(await y.data()).toEqual(Float32Array.of(5, NaN, -Infinity));
    expect(await indices.data()).toEqual(Int32Array.of(1, 1, 0));
    sum(y).backward();
    expect(await x.grad?.data()).toEqual(Float32Array.of(0, 1, 0, /**/ 0, 1, 0, /**/ 1, 0, 0));
  });
});
