import { describe, expect, test } from 'vitest';

import { autocast, type HalfType } from '../../lib/core/autocast.js';
import { device } from '../../lib/core/device.js';
import { scope } from '../../lib/core/scope.js';
import { grad } from '../../lib/core/tape.js';
import { Tensor, tensor } from '../../lib/core/tensor.js';
import { isFloat, type DType } from '../../lib/core/dtype.js';
import * as ops from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { count, TestRandom } from '../ops/array.js';
import { calls, isSpec, make, type OpName } from '../property/calls.js';

const { add, cast, concat, conv2d, crossEntropy, linear, matmul, mul, relu, sum } = ops;

const isTensor = (value: unknown): value is Tensor<DType> => value instanceof Tensor;

describe.each(testDevices)('autocast on %s', (deviceName) => {
  const on = device(deviceName);
  const random = new TestRandom(11);
  const normal = (...shape: number[]) =>
    tensor(Float32Array.from({ length: count(shape) }, () => random.normal()), { shape, device: on, requiresGrad: true });

  test.each<HalfType>(['bfloat16', 'float16'])('a convolution is that of its rounded inputs, in %s, and its gradients are float32', async (dtype) => {
    const x = normal(2, 5, 5, 3), weight = normal(4, 3, 3, 3), bias = normal(4);
    const both = [
      () => autocast(dtype, () => conv2d(x, weight, { bias })),
      () => conv2d(cast(x, dtype), cast(weight, dtype), { bias: cast(bias, dtype) }),
    ].map((forward) =>
      scope(() => {
        const y = forward();
        return { y: y.detach(), gradients: grad(sum(cast(y, 'float32')), [x, weight, bias]) };
      }),
    );
    const [{ y, gradients }, explicit] = both as [(typeof both)[0], (typeof both)[0]];
    expect(y.dtype).toBe(dtype);
    expect(await y.data()).toEqual(await explicit.y.data());
    for (const [i, gradient] of gradients.entries()) {
      expect(gradient.dtype).toBe('float32');
      expect(await gradient.data()).toEqual(await explicit.gradients[i]!.data());
    }
  });

  test('products are 16 bits wide, losses 32; where types meet, the wider one wins', () => {
    scope(() =>
      autocast('bfloat16', () => {
        const a = normal(4, 6), product = matmul(a, normal(6, 5));
        expect(product.dtype).toBe('bfloat16');
        expect(linear(relu(product), normal(3, 5)).dtype).toBe('bfloat16');
        expect(crossEntropy(product, tensor(Int32Array.of(0, 1, 2, 3), { device: on })).dtype).toBe('float32');
        expect(add(product, normal(5)).dtype).toBe('float32');
        expect(mul(product, product).dtype).toBe('bfloat16');
        expect(concat([product, normal(4, 2)], 1).dtype).toBe('float32');
      }),
    );
  });

  test('outside, types are as strict as before, also behind an error', () => {
    scope(() => {
      const x = normal(2, 3), half = cast(x, 'bfloat16');
      expect(() => autocast('float16', () => autocast('bfloat16', () => matmul(x, normal(2, 2))))).toThrow('matmul: expected b to have 3 rows');
      expect(() => add(x, half)).toThrow('add: expected b to be of type float32, like a, but got bfloat16 [2,3]');
      expect(matmul(x, normal(3, 2)).dtype).toBe('float32');
    });
  });

  test('integers are refused as before', () => {
    const labels: Tensor<DType> = tensor(Int32Array.of(1, 2), { device: on });
    expect(() => autocast('bfloat16', () => add(labels as Tensor, 1))).toThrow('add: expected');
  });

  test('a type that is none, and a promise', () => {
    expect(() => autocast('int32' as HalfType, () => 0)).toThrow("autocast: expected dtype to be 'bfloat16' or 'float16', but got int32");
    expect(() => autocast('bfloat16', () => Promise.resolve())).toThrow('autocast: expected fn to return when it is done, but got a promise');
  });

  test('leaves no tensor behind', () => {
    const x = normal(2, 4, 4, 3), weight = normal(2, 3, 3, 3), target = tensor(Int32Array.of(0, 1), { device: on });
    const before = on.memory().tensors;
    scope(() => {
      const loss = autocast('bfloat16', () => crossEntropy(sum(conv2d(x, weight), { axes: [1, 2] }), target));
      grad(loss, [x, weight]);
    });
    expect(on.memory().tensors).toBe(before);
    autocast('bfloat16', () => conv2d(x, weight)).dispose();
    expect(on.memory().tensors).toBe(before);
  });

  // Whatever takes float32 takes 16 bits where some op before has made them.
  test.each(Object.keys(calls) as OpName[])('%s takes bfloat16', async (name) => {
    const made: Tensor<DType>[] = [];
    const given = (value: unknown, half: boolean): unknown => {
      if (isSpec(value)) {
        const full = make(value, on);
        const result = half && isFloat(full.dtype) ? cast(full, 'bfloat16') : half ? full : isFloat(full.dtype) ? cast(cast(full, 'bfloat16'), 'float32') : full;
        made.push(result);
        return result;
      }
      if (Array.isArray(value)) return value.map((element) => given(element, half));
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, given(element, half)]));
    };
    const call = (half: boolean): unknown => {
      const args = calls[name].map((argument) => given(argument, half));
      return (ops[name] as (...args: unknown[]) => unknown)(...args);
    };
    const results = scope(() => {
      let narrow: unknown;
      autocast('bfloat16', () => void (narrow = call(true)));
      return [call(false), narrow];
    });
    const [wide, narrow] = await Promise.all(results);
    if (!isTensor(wide) || !isTensor(narrow)) return;
    expect(narrow.shape).toEqual(wide.shape);
    const [expected, got] = [await wide.data(), await narrow.data()];
    if (!isFloat(wide.dtype)) return;
    const size = Math.max(0, ...[...expected].filter(Number.isFinite).map(Math.abs));
    for (const [i, value] of expected.entries()) {
      if (Number.isFinite(value)) expect(Math.abs(got[i]! - value), `element ${i}: ${got[i]} for ${value}`).toBeLessThanOrEqual(0.05 * size + 1e-3);
      else expect(got[i]).toBe(value);
    }
  });
});
