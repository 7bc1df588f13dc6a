import { describe, expect, test } from 'vitest';

import { scope } from '../../lib/core/scope.js';
import { grad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { cast, mul, sum, where, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { ndarray, normal, type NdArray } from './array.js';
import { broadcast3 } from './broadcast_reference.js';
import { describeOp, thrownBy, type OpCase } from './harness.js';

/** A condition of its own for each shape: two of three. */
const conditionOf = (shape: readonly number[]) => ndarray(shape, (i) => (i % 3 === 1 ? 0 : 1 + (i % 200)));

function shapes(condition: readonly number[], a: readonly number[], b: readonly number[]): OpCase<'a' | 'b', readonly number[]> {
  const name = [condition, a, b].map((shape) => `[${shape.join(',')}]`).join(' ');
  return { name, inputs: { a: normal(a), b: normal(b) }, options: condition };
}

describeOp<'a' | 'b', readonly number[]>({
  name: 'where',
  cases: [
    shapes([2, 3], [2, 3], [2, 3]),
    shapes([4, 1, 1], [3, 2], [2]),
    shapes([], [3], []),
    shapes([2, 5], [], []),
    shapes([3], [2, 3], [2, 1]),
    shapes([0, 3], [3], [1]),
    shapes([3], [0, 3], [1]),
    shapes([600], [600], [1]),
    shapes([2, 530], [2, 1], [530]),
  ],
  run: ({ a, b }, condition) => {
    const bytes = Uint8Array.from(conditionOf(condition).data);
    return scope(() => where(tensor(bytes, { shape: condition, device: (a as Tensor).device }), a as Tensor, b as Tensor));
  },
  reference: ({ a, b }, condition) => broadcast3(conditionOf(condition), a as NdArray, b as NdArray, (c, a, b) => (c === 0 ? b : a)),
});

describe.each(testDevices)('where on %s', (device) => {
  const condition = tensor(Uint8Array.of(1, 0, 2), { device });

  test('numbers', async () => {
    const x = tensor([1, 2, 3], { device });
    expect(await where(condition, x, -1).data()).toEqual(Float32Array.of(1, -1, 3));
    expect(await where(condition, -1, x).data()).toEqual(Float32Array.of(-1, 2, -1));
  });

  test('what is not chosen does not matter, nor does its gradient', async () => {
    const x = tensor([1, NaN, 3], { device, requiresGrad: true });
    const y = where(condition, x, 0);
    sum(y).backward();
    expect(await y.data()).toEqual(Float32Array.of(1, 0, 3));
    expect(await x.grad!.data()).toEqual(Float32Array.of(1, 0, 1));
  });

  test('the gradient has a gradient', async () => {
    const a = tensor([2, 3, 4], { device, requiresGrad: true });
    const y = where(condition, a, 1);
    const [da] = grad(sum(mul(y, y)), [a], { createGraph: true });
    sum(da!).backward();
    expect(await a.grad!.data()).toEqual(Float32Array.of(2, 0, 2));
  });

  test.each(['bfloat16', 'float16'] as const)('%s', async (dtype) => {
    const y = where(condition, cast(tensor([1.5, 2.5, 3.5], { device }), dtype), 0.25);
    expect(y.dtype).toBe(dtype);
    expect(await y.data()).toEqual(Float32Array.of(1.5, 0.25, 3.5));
  });

  test('errors', () => {
    const x = zeros([3], { device }), floats: unknown = x, number: unknown = 2;
    const message = (act: () => unknown) => thrownBy(act).message;
    expect(message(() => where(floats as Tensor<'uint8'>, x, 0))).toBe('where: expected condition to be of type uint8, but got float32 [3]');
    expect(message(() => where(condition, 1, number as Tensor))).toBe('where: expected a or b to be a tensor, but got 1 and 2');
    expect(message(() => where(condition, x, zeros([2], { device })))).toBe(
      'where: expected b to broadcast with condition and a [3], with extents equal or 1 from the last axis on, but got b [2]',
    );
  });
});
