import { describe, expect, test } from 'vitest';

import { tensor } from '../../lib/core/tensor.js';
import { expand, repeat, tile, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, normal, offset, type NdArray } from './array.js';
import { describeOp } from './harness.js';

function stretched(x: NdArray, shape: readonly number[]): NdArray {
  const missing = shape.length - x.shape.length;
  return compute(shape, (index) => x.data[offset(x.shape, x.shape.map((size, axis) => (size === 1 ? 0 : index[axis + missing]!)))]!);
}

describeOp<'x', readonly number[]>({
  name: 'expand',
  cases: [
    { name: '[3] to [2,3]', inputs: { x: normal([3]) }, options: [2, 3] },
    { name: '[2,1,3] to [2,4,3]', inputs: { x: normal([2, 1, 3]) }, options: [2, 4, 3] },
    { name: '[2,1] to [3,2,5]', inputs: { x: normal([2, 1]) }, options: [3, 2, 5] },
    { name: '[] to [4]', inputs: { x: normal([]) }, options: [4] },
    { name: '[1] to [0]', inputs: { x: normal([1]) }, options: [0] },
    { name: '[2,3] to itself', inputs: { x: normal([2, 3]) }, options: [2, 3] },
  ],
  run: ({ x }, shape) => expand(x!, shape),
  reference: ({ x }, shape) => stretched(x!, shape),
  errors: [
    {
      name: 'a shape that x does not stretch to',
      act: (on) => expand(zeros([2, 3], { device: on }), [2, 6]),
      message: 'expand: expected shape to be one that x [2,3] stretches to, but got [2,6]',
    },
    {
      name: 'fewer axes',
      act: (on) => expand(zeros([2, 3], { device: on }), [3]),
      message: 'expand: expected shape to be one that x [2,3] stretches to, but got [3]',
    },
  ],
});

describeOp<'x', readonly number[]>({
  name: 'tile',
  cases: [
    { name: '[2,3] by [2,3]', inputs: { x: normal([2, 3]) }, options: [2, 3] },
    { name: '[3] by [2,1]', inputs: { x: normal([3]) }, options: [2, 1] },
    { name: '[2] by [0]', inputs: { x: normal([2]) }, options: [0] },
  ],
  run: ({ x }, counts) => tile(x!, counts),
  reference: ({ x }, counts) => {
    const shape = [...Array<number>(counts.length - x!.shape.length).fill(1), ...x!.shape];
    return compute(shape.map((size, axis) => size * counts[axis]!), (index) => x!.data[offset(shape, index.map((at, axis) => at % shape[axis]!))]!);
  },
  errors: [
    {
      name: 'fewer counts than axes',
      act: (on) => tile(zeros([2, 3], { device: on }), [2]),
      message: 'tile: expected counts to be a whole number of at least 0 for each axis of x [2,3], but got [2]',
    },
  ],
});

describeOp<'x', { count: number; axis: number }>({
  name: 'repeat',
  cases: [
    { name: 'the first axis', inputs: { x: normal([2, 3]) }, options: { count: 3, axis: 0 } },
    { name: 'the last axis', inputs: { x: normal([2, 3]) }, options: { count: 2, axis: -1 } },
    { name: 'not at all', inputs: { x: normal([2, 3]) }, options: { count: 0, axis: 1 } },
  ],
  run: ({ x }, { count, axis }) => repeat(x!, count, axis),
  reference: ({ x }, { count, axis }) => {
    const along = axis < 0 ? axis + x!.shape.length : axis;
    const shape = x!.shape.map((size, at) => (at === along ? size * count : size));
    return compute(shape, (index) => x!.data[offset(x!.shape, index.map((at, i) => (i === along ? Math.floor(at / count) : at)))]!);
  },
  errors: [
    {
      name: 'half a time',
      act: (on) => repeat(zeros([2], { device: on }), 0.5, 0),
      message: 'repeat: expected count to be a whole number of at least 0, but got 0.5',
    },
  ],
});

describe.each(testDevices)('tile on %s', (device) => {
  test('bytes', async () => {
    const y = tile(tensor(Uint8Array.of(1, 2), { device }), [2]);
    expect(await y.data()).toEqual(Uint8Array.of(1, 2, 1, 2));
  });
});
