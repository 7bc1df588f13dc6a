import { describe, expect, test } from 'vitest';

import { scope } from '../../lib/core/scope.js';
import { tensor } from '../../lib/core/tensor.js';
import { concat, stack, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, normal, offset, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';

type Names = 'a' | 'b' | 'c';

function joined(arrays: readonly NdArray[], axis: number): NdArray {
  const shape = arrays[0]!.shape.map((size, at) => (at === axis ? arrays.reduce((sum, array) => sum + array.shape[axis]!, 0) : size));
  return compute(shape, (index) => {
    const from = [...index];
    for (const array of arrays) {
      if (from[axis]! < array.shape[axis]!) return array.data[offset(array.shape, from)]!;
      from[axis]! -= array.shape[axis]!;
    }
    throw new RangeError('outside of all arrays');
  });
}

function shapesCase(axis: number, a: readonly number[], b: readonly number[], c: readonly number[]): OpCase<Names, number> {
  return { name: `[${a.join(',')}], [${b.join(',')}], [${c.join(',')}] along ${axis}`, inputs: { a: normal(a), b: normal(b), c: normal(c) }, options: axis };
}

describeOp<Names, number>({
  name: 'concat',
  cases: [
    shapesCase(0, [1, 3], [2, 3], [1, 3]),
    shapesCase(3, [2, 3, 2, 1], [2, 3, 2, 4], [2, 3, 2, 8]),
    shapesCase(1, [2, 1, 8], [2, 2, 8], [2, 0, 8]),
    shapesCase(-2, [3, 2], [1, 2], [2, 2]),
    shapesCase(0, [0], [0], [3]),
    shapesCase(1, [0, 1], [0, 2], [0, 3]),
  ],
  run: ({ a, b, c }, axis) => concat([a!, b!, c!], axis),
  reference: ({ a, b, c }, axis) => joined([a!, b!, c!], axis < 0 ? axis + a!.shape.length : axis),
  errors: [
    {
      name: 'other shapes',
      act: (on) => concat([zeros([2, 3], { device: on }), zeros([2, 4], { device: on })]),
      message: 'concat: expected tensors[1] to have the shape of tensors[0] [2,3] but along axis 0, but got [2,4]',
    },
    {
      name: 'another type',
      act: (on) => concat([zeros([2], { device: on }), tensor(Float32Array.of(1), { dtype: 'float16', device: on })]),
      message: 'concat: expected tensors[1] to be of type float32, but got float16 [1]',
    },
    {
      name: 'nothing to put together',
      act: () => concat([]),
      message: 'concat: expected tensors to be a list of at least one tensor, but got []',
    },
  ],
});

describeOp<'a' | 'b', number>({
  name: 'stack',
  cases: [0, 1, -1].map((axis) => ({ name: `along ${axis}`, inputs: { a: normal([2, 3]), b: normal([2, 3]) }, options: axis })),
  run: ({ a, b }, axis) => stack([a!, b!], axis),
  reference: ({ a, b }, axis) => {
    const at = axis < 0 ? axis + 3 : axis;
    const shape = [2, 3];
    shape.splice(at, 0, 2);
    return compute(shape, (index) => (index[at] === 0 ? a! : b!).data[offset([2, 3], index.filter((_, i) => i !== at))]!);
  },
  errors: [
    {
      name: 'other shapes',
      act: (on) => stack([zeros([2], { device: on }), zeros([3], { device: on })]),
      message: 'stack: expected tensors[1] to have the shape of tensors[0] [2], but got [3]',
    },
  ],
});

describe.each(testDevices)('concat on %s', (device) => {
  test('bytes and whole numbers', async () => {
    const bytes = [1, 2, 3].map((value) => tensor(Uint8Array.of(value, value + 10), { shape: [2, 1], device }));
    const labels = tensor(Int32Array.of(2 ** 30 + 1), { device });
    const [image, twice] = scope(() => [concat(bytes, 1), concat([labels, labels])] as const);
    expect(await image.data()).toEqual(Uint8Array.of(1, 2, 3, 11, 12, 13));
    expect(await twice.data()).toEqual(Int32Array.of(2 ** 30 + 1, 2 ** 30 + 1));
  });
});
