import { describe, expect, test } from 'vitest';

import { scope } from '../../lib/core/scope.js';
import { tensor } from '../../lib/core/tensor.js';
import { chunk, concat, flip, roll, slice, split, zeros, type SliceOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, normal, offset, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';

/** A case whose reference takes listed places of each axis. */
interface Places {
  options: SliceOptions;
  places: readonly (readonly number[])[];
}

function taken(x: NdArray, places: readonly (readonly number[])[]): NdArray {
  return compute(places.map((list) => list.length), (index) => {
    return x.data[offset(x.shape, index.map((at, axis) => places[axis]![at]!))]!;
  });
}

function sliceCase(name: string, shape: readonly number[], options: SliceOptions, places: Places['places']): OpCase<'x', Places> {
  return { name, inputs: { x: normal(shape) }, options: { options, places } };
}

const all = (size: number) => Array.from({ length: size }, (_, i) => i);

describeOp<'x', Places>({
  name: 'slice',
  cases: [
    sliceCase('the first axis', [5, 3], { start: 1, end: 4 }, [[1, 2, 3], all(3)]),
    sliceCase('the last axis, from the end', [4, 6], { axis: -1, start: -4, end: -1 }, [all(4), [2, 3, 4]]),
    sliceCase('wide words', [3, 4, 8], { axis: 1, start: 1, end: 3 }, [all(3), [1, 2], all(8)]),
    sliceCase('two axes', [2, 5, 6], { axis: [1, 2], start: [1, 0], end: [5, 5], step: [2, 3] }, [all(2), [1, 3], [0, 3]]),
    sliceCase('backwards', [2, 5], { axis: 1, step: -1 }, [all(2), [4, 3, 2, 1, 0]]),
    sliceCase('backwards by two, from 3', [7, 2], { axis: 0, start: 3, end: -Infinity, step: -2 }, [[3, 1], all(2)]),
    sliceCase('ends far outside', [4], { start: -100, end: 100 }, [all(4)]),
    sliceCase('nothing', [4, 2], { start: 3, end: 1 }, [[], all(2)]),
    sliceCase('of nothing', [0, 2], { start: 0, end: 5 }, [[], all(2)]),
    sliceCase('everything', [3, 2], {}, [all(3), all(2)]),
  ],
  run: ({ x }, { options }) => slice(x!, options),
  reference: ({ x }, { places }) => taken(x!, places),
  errors: [
    {
      name: 'step 0',
      act: (on) => slice(zeros([3], { device: on }), { step: 0 }),
      message: 'slice: expected step to be a whole number other than 0 for each of 1 axes, but got 0',
    },
    {
      name: 'fewer starts than ends',
      act: (on) => slice(zeros([3, 3], { device: on }), { start: [1], end: [2, 2] }),
      message: 'slice: expected start to be a whole number for each of 2 axes, but got [1]',
    },
    {
      name: 'an axis twice',
      act: (on) => slice(zeros([3, 3], { device: on }), { axis: [1, -1], start: [1, 1] }),
      message: 'slice: expected axis to name each axis once, but got [1,-1]',
    },
  ],
});

interface Move {
  shifts: readonly number[];
  axes: readonly number[];
}

describeOp<'x', Move>({
  name: 'roll',
  cases: [
    { name: 'one axis', inputs: { x: normal([5, 2]) }, options: { shifts: [2], axes: [0] } },
    { name: 'two axes, one backwards and around', inputs: { x: normal([2, 3, 4]) }, options: { shifts: [-1, 9], axes: [1, 2] } },
    { name: 'by nothing', inputs: { x: normal([3]) }, options: { shifts: [3], axes: [0] } },
    { name: 'nothing', inputs: { x: normal([0, 3]) }, options: { shifts: [1], axes: [0] } },
  ],
  run: ({ x }, { shifts, axes }) => roll(x!, shifts, axes),
  reference: ({ x }, { shifts, axes }) =>
    compute(x!.shape, (index) => {
      const from = [...index];
      for (const [i, axis] of axes.entries()) {
        const size = x!.shape[axis]!;
        from[axis] = (((index[axis]! - shifts[i]!) % size) + size) % size;
      }
      return x!.data[offset(x!.shape, from)]!;
    }),
  errors: [
    {
      name: 'half a place',
      act: (on) => roll(zeros([3], { device: on }), 0.5, 0),
      message: 'roll: expected shifts to be a whole number for each of 1 axes, but got 0.5',
    },
  ],
});

describeOp<'x', readonly number[]>({
  name: 'flip',
  cases: [
    { name: 'the last axis', inputs: { x: normal([2, 3]) }, options: [1] },
    { name: 'two axes', inputs: { x: normal([2, 3, 4]) }, options: [0, -1] },
    { name: 'no axis', inputs: { x: normal([2]) }, options: [] },
    { name: 'nothing', inputs: { x: normal([0, 3]) }, options: [0] },
  ],
  run: ({ x }, axes) => flip(x!, axes),
  reference: ({ x }, axes) =>
    compute(x!.shape, (index) => {
      const reversed = axes.map((axis) => (axis < 0 ? axis + index.length : axis));
      return x!.data[offset(x!.shape, index.map((at, axis) => (reversed.includes(axis) ? x!.shape[axis]! - 1 - at : at)))]!;
    }),
});

describeOp<'x', null>({
  name: 'split, put together again in another order',
  cases: [{ name: '[2,7]', inputs: { x: normal([2, 7]) }, options: null }],
  run: ({ x }) => scope(() => concat(split(x!, [1, 0, 4, 2], 1).reverse(), 1)),
  reference: ({ x }) => taken(x!, [all(2), [5, 6, 1, 2, 3, 4, 0]]),
  errors: [
    {
      name: 'sizes that do not add up',
      act: (on) => split(zeros([2, 7], { device: on }), [3, 3], 1),
      message: 'split: expected sizes to add up to 7, the extent of axis 1 of x [2,7], but got [3,3]',
    },
    {
      name: 'a size of 0',
      act: (on) => split(zeros([7], { device: on }), 0),
      message: 'split: expected sizes to be a whole number of at least 1, or a list, but got 0',
    },
    {
      name: 'no chunks',
      act: (on) => chunk(zeros([7], { device: on }), 0),
      message: 'chunk: expected chunks to be a whole number of at least 1, but got 0',
    },
  ],
});

describe.each(testDevices)('parts on %s', (device) => {
  test('split and chunk give the extents that torch gives', () => {
    const x = zeros([7, 2], { device });
    scope(() => {
      expect(split(x, 3).map(({ shape }) => shape)).toEqual([[3, 2], [3, 2], [1, 2]]);
      expect(chunk(x, 4).map(({ shape }) => shape)).toEqual([[2, 2], [2, 2], [2, 2], [1, 2]]);
      expect(chunk(x, 5, -1).map(({ shape }) => shape)).toEqual([[7, 1], [7, 1]]);
      expect(split(zeros([0], { device }), 3).map(({ shape }) => shape)).toEqual([[0]]);
    });
  });

  test('bytes, whole numbers and 16-bit floats', async () => {
    const bytes = tensor(Uint8Array.from(all(24)), { shape: [2, 3, 4], device });
    const labels = tensor(Int32Array.of(7, -8, 2 ** 30 + 1), { device });
    const half = tensor(Float32Array.of(1, 2, 3), { dtype: 'float16', device, requiresGrad: true });
    const [part, label, floats] = scope(() => [slice(bytes, { axis: 2, start: 1, end: 3 }), flip(labels, 0), slice(half, { start: 1 })] as const);
    expect(await part.data()).toEqual(Uint8Array.of(1, 2, 5, 6, 9, 10, 13, 14, 17, 18, 21, 22));
    expect(await label.data()).toEqual(Int32Array.of(2 ** 30 + 1, -8, 7));
    expect(floats.dtype).toBe('float16');
    expect(await floats.data()).toEqual(Float32Array.of(2, 3));
  });
});
