import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { all, any, argmax, argmin, cast, max, min, mul, sum, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, distinct, offset, TestRandom, type NdArray } from './array.js';
import { describeOp } from './harness.js';
import { reduceCase, reduceCases, reduceOver, type Settings } from './reduce_reference.js';

const cases = [...reduceCases(distinct), reduceCase('a long axis', [1500], {}, [0], distinct)];

describeOp<'x', Settings>({
  name: 'max',
  cases,
  run: ({ x }, { options }) => max(x as Tensor, options),
  reference: ({ x }, settings) => reduceOver(x as NdArray, settings, (elements) => Math.max(...elements)),
  sixteenBit: true,
  errors: [
    {
      name: 'nothing to reduce',
      act: (on) => max(zeros([2, 0], { device: on })),
      message: 'max: expected x to have elements along the reduced axes, but got shape [2,0]',
    },
  ],
});

describeOp<'x', Settings>({
  name: 'min',
  cases,
  run: ({ x }, { options }) => min(x as Tensor, options),
  reference: ({ x }, settings) => reduceOver(x as NdArray, settings, (elements) => Math.min(...elements)),
  sixteenBit: true,
});

describe.each(testDevices)('extremes on %s', (device) => {
  test.each([
    { shape: [2, 3, 4], axis: undefined },
    { shape: [2, 3, 4], axis: 0 },
    { shape: [2, 3, 4], axis: 1 },
    { shape: [7], axis: -1 },
    { shape: [3, 1], axis: 1 },
    { shape: [0, 3], axis: 1 },
    { shape: [3000], axis: 0 },
    { shape: [1100, 3], axis: 0 },
  ])('argmax and argmin of $shape along $axis', async ({ shape, axis }) => {
    const x = distinct(shape)(new TestRandom(5));
    const along = axis === undefined || axis < 0 ? shape.length - 1 : axis;
    const rest = shape.filter((_, i) => i !== along);
    const expected = (best: (...values: number[]) => number) =>
      compute(rest, (index) => {
        const column = Array.from({ length: shape[along]! }, (_, i) => x.data[offset(shape, [...index.slice(0, along), i, ...index.slice(along)])]!);
        return column.indexOf(best(...column));
      });
    const on = tensor(Float32Array.from(x.data), { shape, device });
    const largest = argmax(on, axis), smallest = argmin(on, axis, { keepDims: true });
    expect(largest.shape).toEqual(rest);
    expect(smallest.shape).toEqual(shape.map((extent, i) => (i === along ? 1 : extent)));
    expect(await largest.data()).toEqual(Int32Array.from(expected(Math.max).data));
    expect(await smallest.data()).toEqual(Int32Array.from(expected(Math.min).data));
  });

  /** Three rows of eighteen, or three columns. */
  const rows = [
    [1, 3, 3, ...Array<number>(15).fill(2)],
    [5, NaN, 7, ...Array<number>(14).fill(0), NaN],
    Array<number>(18).fill(-Infinity),
  ];
  test.each([
    { shape: [3, 18], axis: 1, values: rows.flat() },
    { shape: [18, 3], axis: 0, values: rows[0]!.flatMap((_, i) => rows.map((row) => row[i]!)) },
  ])('the first of equals wins, and NaN over all: $shape', async ({ shape, axis, values }) => {
    const x = tensor(values, { shape, device });
    expect(await argmax(x, axis).data()).toEqual(Int32Array.of(1, 1, 0));
    expect(await argmin(x, axis).data()).toEqual(Int32Array.of(0, 1, 0));
    expect(await max(x, { axes: axis }).data()).toEqual(Float32Array.of(3, NaN, -Infinity));
    expect(await min(x, { axes: axis }).data()).toEqual(Float32Array.of(1, NaN, -Infinity));
  });

  test('the gradient goes to the first of equals in the order of memory', async () => {
    const x = tensor([1, 3, 3, /**/ 3, 0, 3], { shape: [2, 3], device, requiresGrad: true });
    sum(mul(max(x), 5)).backward();
    expect(await x.grad!.data()).toEqual(Float32Array.of(0, 5, 0, 0, 0, 0));
  });

  test('argmax refuses an empty axis', () => {
    expect(() => argmax(zeros([2, 0], { device }))).toThrow('argmax: expected x to have elements along axis 1, but got shape [2,0]');
  });

  test('any and all bytes over some axes', async () => {
    const x = tensor(Uint8Array.of(0, 7, 0, /**/ 1, 255, 3, /**/ 0, 0, 0), { shape: [3, 3], device });
    expect(await any(x, { axes: 1 }).data()).toEqual(Uint8Array.of(1, 1, 0));
    expect(await all(x, { axes: 1 }).data()).toEqual(Uint8Array.of(0, 1, 0));
    expect(await any(x, { axes: 0, keepDims: true }).data()).toEqual(Uint8Array.of(1, 1, 1));
    expect(await all(x).data()).toEqual(Uint8Array.of(0));
    const apart = x.reshape([3, 1, 3]);
    expect(await any(apart, { axes: [0, 2] }).data()).toEqual(Uint8Array.of(1));
    const nothing = cast(zeros([0, 2], { device }), 'uint8');
    expect(await any(nothing, { axes: 0 }).data()).toEqual(Uint8Array.of(0, 0));
    expect(await all(nothing, { axes: 0 }).data()).toEqual(Uint8Array.of(1, 1));
  });
});
