import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { argmax, mean, sum, zeros, type ReduceOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, count, distinct, forEachIndex, normal, offset, TestRandom, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';

/** The sum over axes counted from the front, with the number of elements in each sum. */
function sumOver(x: NdArray, axes: readonly number[], keepDims: boolean): { total: NdArray; each: number } {
  const kept = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const total = compute(kept, () => 0);
  forEachIndex(x.shape, (index, at) => {
    const target = index.map((value, axis) => (axes.includes(axis) ? 0 : value));
    total.data[offset(kept, target)]! += x.data[at]!;
  });
  const shape = keepDims ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
  return { total: { shape, data: total.data }, each: count(axes.map((axis) => x.shape[axis]!)) };
}

interface Settings {
  options: ReduceOptions;
  /** What `options.axes` means, from the front. */
  axes: readonly number[];
}

function reduceCase(name: string, shape: readonly number[], options: ReduceOptions, axes: readonly number[]): OpCase<'x', Settings> {
  return { name, inputs: { x: normal(shape, 1, 0.5) }, options: { options, axes } };
}

const cases = [
  reduceCase('all axes', [2, 3, 4], {}, [0, 1, 2]),
  reduceCase('all axes, kept', [2, 3], { keepDims: true }, [0, 1]),
  reduceCase('the last axis', [3, 2, 5], { axes: -1 }, [2]),
  reduceCase('the first axis', [4, 3, 2], { axes: 0 }, [0]),
  reduceCase('a middle axis, kept', [2, 3, 4], { axes: [1], keepDims: true }, [1]),
  reduceCase('H and W', [2, 3, 4, 5], { axes: [1, 2] }, [1, 2]),
  reduceCase('axes apart', [2, 3, 2, 3], { axes: [0, 2] }, [0, 2]),
  reduceCase('axes apart, kept, in any order', [2, 3, 2, 3, 2], { axes: [-1, 0, 2], keepDims: true }, [0, 2, 4]),
  reduceCase('no axes', [2, 3], { axes: [] }, []),
  reduceCase('of one element', [], {}, []),
  reduceCase('extents of 1', [1, 3, 1], { axes: [0, 2] }, [0, 2]),
  reduceCase('long', [3000], {}, [0]),
  reduceCase('long columns', [700, 3], { axes: 0 }, [0]),
  reduceCase('an empty result', [0, 3], { axes: 1 }, [1]),
  reduceCase('an empty result, behind', [3, 0], { axes: 0 }, [0]),
];

describeOp<'x', Settings>({
  name: 'sum',
  cases: [...cases, reduceCase('over no elements', [0, 3], { axes: 0 }, [0])],
  run: ({ x }, { options }) => sum(x as Tensor, options),
  reference: ({ x }, { options, axes }) => sumOver(x as NdArray, axes, options.keepDims ?? false).total,
  errors: [
    {
      name: 'an axis that is not there',
      act: (on) => sum(zeros([2, 3], { device: on }), { axes: 2 }),
      message: 'sum: expected axes to be a whole number from -2 to 1 for x [2,3], but got 2',
    },
    {
      name: 'an axis twice',
      act: (on) => sum(zeros([2, 3], { device: on }), { axes: [1, -1] }),
      message: 'sum: expected axes to name each axis of x [2,3] once, but got [1,-1]',
    },
  ],
});

describeOp<'x', Settings>({
  name: 'mean',
  cases,
  run: ({ x }, { options }) => mean(x as Tensor, options),
  reference: ({ x }, { options, axes }) => {
    const { total, each } = sumOver(x as NdArray, axes, options.keepDims ?? false);
    return { shape: total.shape, data: total.data.map((value) => value / each) };
  },
});

describe.each(testDevices)('reductions on %s', (device) => {
  test('the mean of nothing is NaN, as torch has it', async () => {
    expect(await mean(zeros([0], { device })).item()).toBeNaN();
  });

  test.each([
    { shape: [2, 3, 4], axis: undefined },
    { shape: [2, 3, 4], axis: 0 },
    { shape: [2, 3, 4], axis: 1 },
    { shape: [7], axis: -1 },
    { shape: [3, 1], axis: 1 },
    { shape: [0, 3], axis: 1 },
  ])('argmax of $shape along $axis', async ({ shape, axis }) => {
    const x = distinct(shape)(new TestRandom(5));
    const along = axis === undefined || axis < 0 ? shape.length - 1 : axis;
    const rest = shape.filter((_, i) => i !== along);
    const expected = compute(rest, (index) => {
      const column = Array.from({ length: shape[along]! }, (_, i) => x.data[offset(shape, [...index.slice(0, along), i, ...index.slice(along)])]!);
      return column.indexOf(Math.max(...column));
    });
    const found = argmax(tensor(Float32Array.from(x.data), { shape, device }), axis);
    expect(found.shape).toEqual(rest);
    expect(await found.data()).toEqual(Int32Array.from(expected.data));
  });

  test('argmax takes the first of equals, and NaN for the largest', async () => {
    const x = tensor([1, 3, 3, /**/ 5, NaN, 7, /**/ -Infinity, -Infinity, -Infinity], { shape: [3, 3], device });
    expect(await argmax(x).data()).toEqual(Int32Array.of(1, 1, 0));
  });

  test('argmax refuses an empty axis', () => {
    expect(() => argmax(zeros([2, 0], { device }))).toThrow('argmax: expected x to have elements along axis 1, but got shape [2,0]');
  });
});
