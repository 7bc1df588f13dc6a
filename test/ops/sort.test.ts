import { describe, expect, test } from 'vitest';

import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { argsort, mul, oneHot, sort, sum, topK, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, distinct, forEachIndex, ndarray, offset, TestRandom, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';

interface Settings {
  axis: number;
  descending: boolean;
  /** All elements if left out. */
  k?: number;
}

/** The places along an axis of the elements in order, one list for each index without the axis. */
function orderOf({ shape, data }: NdArray, { axis, descending, k }: Settings): NdArray {
  const order = compute(shape.map((extent, at) => (at === axis ? (k ?? extent) : extent)), () => 0);
  const compare = (a: number, b: number) => (a === b ? 0 : a < b || (Number.isNaN(b) && !Number.isNaN(a)) ? -1 : 1);
  forEachIndex(shape.map((extent, at) => (at === axis ? 1 : extent)), (start) => {
    const at = (place: number) => start.map((value, i) => (i === axis ? place : value));
    const column = Array.from({ length: shape[axis]! }, (_, place) => data[offset(shape, at(place))]!);
    const places = Array.from(column.keys()); // Array.prototype.sort is stable
    places.sort((a, b) => (Number.isNaN(column[a]) && Number.isNaN(column[b]) ? 0 : compare(column[a]!, column[b]!) * (descending ? -1 : 1)));
    places.slice(0, k).forEach((place, i) => (order.data[offset(order.shape, at(i))] = place));
  });
  return order;
}

function inOrder(x: NdArray, settings: Settings): NdArray {
  const order = orderOf(x, settings);
  return compute(order.shape, (index, at) => x.data[offset(x.shape, index.map((place, i) => (i === settings.axis ? order.data[at]! : place)))]!);
}

function sortCases(shape: readonly number[], axis: number, k?: number): OpCase<'x', Settings>[] {
  return [false, true].map((descending) => ({
    name: `[${shape.join(',')}] along ${axis}${descending ? ', descending' : ''}${k === undefined ? '' : `, the first ${k}`}`,
    inputs: { x: distinct(shape) },
    options: { axis, descending, ...(k !== undefined && { k }) },
  }));
}

describeOp<'x', Settings>({
  name: 'sort',
  cases: [
    ...sortCases([4, 7], 1),
    ...sortCases([7, 4], 0),
    ...sortCases([2, 5, 3], 1),
    ...sortCases([1], 0),
    ...sortCases([520], 0), // by the radix sort
    ...sortCases([0, 3], 1),
    ...sortCases([3, 0], 1),
  ],
  run: ({ x }, { axis, descending }) => {
    const { values, indices } = sort(x as Tensor, axis, { descending });
    indices.dispose();
    return values;
  },
  reference: ({ x }, settings) => inOrder(x as NdArray, settings),
  errors: [
    {
      name: 'an axis that is not there',
      act: (on) => sort(zeros([2, 3], { device: on }), 2),
      message: 'sort: expected axis to be a whole number from -2 to 1 for x [2,3], but got 2',
    },
  ],
});

describeOp<'x', Settings>({
  name: 'topK',
  cases: [
    ...sortCases([4, 7], 1, 3),
    ...sortCases([7, 4], 0, 1),
    ...sortCases([2, 5, 3], 1, 5),
    ...sortCases([5], 0, 0),
    ...sortCases([515], 0, 4),
  ],
  run: ({ x }, { axis, descending, k }) => {
    const { values, indices } = topK(x as Tensor, k!, axis, { largest: descending });
    indices.dispose();
    return values;
  },
  reference: ({ x }, settings) => inOrder(x as NdArray, settings),
  errors: [
    {
      name: 'k',
      act: (on) => topK(zeros([2, 3], { device: on }), 4),
      message: 'topK: expected k to be a whole number from 0 to 3, axis 1 of x [2,3], but got 4',
    },
  ],
});

describe.each(testDevices)('sorting on %s', (device) => {
  /** Few values, many times, among them NaN, infinities and both zeros. */
  function crowded(shape: readonly number[]): NdArray {
    const random = new TestRandom(3), values = [NaN, -Infinity, Infinity, 0, -0, 1.5, -1.5, 3e-39];
    return ndarray(shape, () => values[random.integer(0, values.length)]!);
  }

  test.each([
    [[3, 50], 1],
    [[50, 3], 0],
    [[2, 2100], 1],
    [[700, 2], 0],
  ])('equals stay in their order, and NaN is largest: %j along %i', async (shape, axis) => {
    const x = crowded(shape), on = tensor(Float32Array.from(x.data), { shape, device });
    for (const descending of [false, true]) {
      const expected = orderOf(x, { axis, descending });
      expect(await argsort(on, axis, { descending }).data()).toEqual(Int32Array.from(expected.data));
      const first = orderOf(x, { axis, descending, k: 7 });
      expect(await topK(on, 7, axis, { largest: descending }).indices.data()).toEqual(Int32Array.from(first.data));
    }
  });

  test('the gradient goes to where the elements were', async () => {
    const x = tensor([1, 3, 2], { device, requiresGrad: true });
    scope(() => {
      sum(mul(topK(x, 2).values, tensor([10, 20], { device }))).backward();
    });
    expect(await x.grad!.data()).toEqual(Float32Array.of(0, 10, 20));
  });

  test('one-hot rows', async () => {
    const y = oneHot(tensor(Int32Array.of(2, 0, -1, 3), { shape: [2, 2], device }), 3);
    expect(y.shape).toEqual([2, 2, 3]);
    expect(await y.data()).toEqual(Float32Array.of(0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0));
    expect(oneHot(tensor(new Int32Array(0), { device }), 3).shape).toEqual([0, 3]);
    expect(() => oneHot(tensor(Int32Array.of(1), { device }), 0)).toThrow(
      'oneHot: expected classes to be a whole number from 1 to below 2^31, but got 0',
    );
  });
});
