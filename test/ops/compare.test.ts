import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { cast, eq, ge, gt, le, logicalAnd, logicalNot, logicalOr, logicalXor, lt, ne, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { thrownBy } from './harness.js';

const relations = [
  { name: 'eq', run: eq, value: (a: number, b: number) => a === b },
  { name: 'ne', run: ne, value: (a: number, b: number) => a !== b },
  { name: 'lt', run: lt, value: (a: number, b: number) => a < b },
  { name: 'le', run: le, value: (a: number, b: number) => a <= b },
  { name: 'gt', run: gt, value: (a: number, b: number) => a > b },
  { name: 'ge', run: ge, value: (a: number, b: number) => a >= b },
];
const bits = (values: readonly boolean[]) => Uint8Array.from(values, Number);

describe.each(testDevices)('comparisons on %s', (device) => {
  describe.each(relations)('$name', ({ name, run, value }) => {
    const a = [1, 2, 3, NaN, -0, Infinity], b = [3, 2, 1, NaN, 0, 5];

    test.each(['float32', 'bfloat16', 'float16'] as const)('%s', async (dtype) => {
      const y = run(cast(tensor(a, { device }), dtype), cast(tensor(b, { device }), dtype));
      expect(y.dtype).toBe('uint8');
      expect(await y.data()).toEqual(bits(a.map((each, i) => value(each, b[i]!))));
    });

    test('whole numbers, exactly', async () => {
      const large = [2 ** 30, 2 ** 30 + 1, -5, 0], other = [2 ** 30 + 1, 2 ** 30, -5, 1];
      const y = run(tensor(Int32Array.from(large), { device }), tensor(Int32Array.from(other), { device }));
      expect(await y.data()).toEqual(bits(large.map((each, i) => value(each, other[i]!))));
      expect(await run(tensor(Uint8Array.of(0, 7, 255), { device }), 7).data()).toEqual(bits([0, 7, 255].map((each) => value(each, 7))));
      expect(await run(tensor(Int32Array.of(0, 7, -7), { device }), 7).data()).toEqual(bits([0, 7, -7].map((each) => value(each, 7))));
    });

    test('a number, and broadcasting', async () => {
      expect(await run(tensor([1, 2, 3], { device }), 2).data()).toEqual(bits([1, 2, 3].map((each) => value(each, 2))));
      const y = run(tensor([1, 2], { device, shape: [2, 1] }), tensor([1, 2, 3], { device }));
      expect(y.shape).toEqual([2, 3]);
      expect(await y.data()).toEqual(bits([1, 2].flatMap((each) => [1, 2, 3].map((other) => value(each, other)))));
      expect(run(zeros([0, 3], { device }), zeros([3], { device })).shape).toEqual([0, 3]);
    });

    test('errors', () => {
      const floats = zeros([2], { device }), whole: unknown = tensor(Int32Array.of(1, 2), { device });
      expect(thrownBy(() => run(floats, whole as Tensor)).message).toBe(`${name}: expected b to be of type float32, like a, but got int32`);
      expect(thrownBy(() => run(tensor(Int32Array.of(1), { device }), 1.5)).message).toBe(
        `${name}: expected b to be a whole number of 32 bits, as a is int32, but got 1.5`,
      );
    });
  });

  test('logic', async () => {
    const a = tensor(Uint8Array.of(0, 0, 5, 5), { device }), b = tensor(Uint8Array.of(0, 3, 0, 3), { device });
    expect(await logicalAnd(a, b).data()).toEqual(Uint8Array.of(0, 0, 0, 1));
    expect(await logicalOr(a, b).data()).toEqual(Uint8Array.of(0, 1, 1, 1));
    expect(await logicalXor(a, b).data()).toEqual(Uint8Array.of(0, 1, 1, 0));
    expect(await logicalNot(a).data()).toEqual(Uint8Array.of(1, 1, 0, 0));
    expect(logicalNot(tensor(new Uint8Array(0), { device, shape: [0, 2] })).shape).toEqual([0, 2]);
    expect(await logicalAnd(a, tensor(Uint8Array.of(1), { device })).data()).toEqual(Uint8Array.of(0, 0, 1, 1));
    const floats: unknown = zeros([4], { device });
    expect(() => logicalOr(a, floats as Tensor<'uint8'>)).toThrow('logicalOr: expected b to be of type uint8, but got float32 [4]');
  });
});
