import { describe, expect, test } from 'vitest';

import { scope } from '../../lib/core/scope.js';
import { tensor } from '../../lib/core/tensor.js';
import { permute, transpose, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, normal, offset, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';

function reordered(x: NdArray, order: readonly number[]): NdArray {
  return compute(order.map((axis) => x.shape[axis]!), (index) => {
    const from = Array<number>(order.length);
    for (const [i, axis] of order.entries()) from[axis] = index[i]!;
    return x.data[offset(x.shape, from)]!;
  });
}

function orderCase(shape: readonly number[], order: readonly number[]): OpCase<'x', readonly number[]> {
  return { name: `[${shape.join(',')}] by ${order.join(',')}`, inputs: { x: normal(shape) }, options: order };
}

describeOp<'x', readonly number[]>({
  name: 'permute',
  cases: [
    orderCase([2, 3], [1, 0]),
    orderCase([9, 35], [1, 0]), // in tiles, with a rest on both sides
    orderCase([2, 33, 40], [0, 2, 1]),
    orderCase([2, 9, 3, 10], [3, 1, 2, 0]),
    orderCase([2, 8, 8, 3], [0, 3, 1, 2]),
    orderCase([2, 3, 8, 8], [0, 2, 3, 1]),
    orderCase([3, 4, 8], [1, 0, 2]), // rows stay whole: wide words
    orderCase([3, 4, 6], [1, 0, 2]),
    orderCase([2, 1, 3], [1, 2, 0]),
    orderCase([2, 3, 2, 3, 2, 2], [5, 3, 1, 4, 2, 0]),
    orderCase([2, 2, 2, 1, 2, 2, 2], [6, 2, 3, 4, 5, 1, 0]),
    orderCase([2, 0, 3], [2, 1, 0]),
    orderCase([4], [0]),
    orderCase([], []),
  ],
  run: ({ x }, order) => permute(x!, order),
  reference: ({ x }, order) => reordered(x!, order),
  errors: [
    {
      name: 'an axis twice',
      act: (on) => permute(zeros([2, 3], { device: on }), [1, 1]),
      message: 'permute: expected order to name each axis of x [2,3] once, but got [1,1]',
    },
    {
      name: 'an axis that is not there',
      act: (on) => permute(zeros([2, 3], { device: on }), [0, 2]),
      message: 'permute: expected order to be a whole number from -2 to 1 for x [2,3], but got 2',
    },
    {
      name: 'too many axes that move apart',
      act: (on) => permute(zeros([2, 2, 2, 2, 2, 2, 2], { device: on }), [6, 5, 4, 3, 2, 1, 0]),
      message: 'permute: expected at most 6 separate groups of axes, but got 7 (shape [2,2,2,2,2,2,2])',
    },
  ],
});

describe.each(testDevices)('transpose on %s', (device) => {
  test('exchanges two axes of any type', async () => {
    const bytes = tensor(Uint8Array.from({ length: 40 }, (_, i) => i), { shape: [2, 20], device });
    const whole = tensor(Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8), { shape: [2, 2, 2], device });
    const half = tensor(Float32Array.of(1, 2, 3, 4, 5, 6), { shape: [3, 2], dtype: 'bfloat16', device });
    const results = scope(() => [transpose(bytes), transpose(whole, 0, -2), transpose(half)] as const);
    expect(results.map(({ shape }) => shape)).toEqual([[20, 2], [2, 2, 2], [2, 3]]);
    expect(results.map(({ dtype }) => dtype)).toEqual(['uint8', 'int32', 'bfloat16']);
    expect(await results[0].data()).toEqual(Uint8Array.from({ length: 40 }, (_, i) => (i % 2) * 20 + (i >> 1)));
    expect(await results[1].data()).toEqual(Int32Array.of(1, 2, 5, 6, 3, 4, 7, 8));
    expect(await results[2].data()).toEqual(Float32Array.of(1, 3, 5, 2, 4, 6));
  });
});
