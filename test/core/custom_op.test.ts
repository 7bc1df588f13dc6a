import { describe, expect, test } from 'vitest';

import { customOp, type CustomOp } from '../../lib/core/custom_op.js';
import { device } from '../../lib/core/device.js';
import { scope } from '../../lib/core/scope.js';
import { grad } from '../../lib/core/tape.js';
import { tensor } from '../../lib/core/tensor.js';
import { add, mul, sigmoid, sum } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

describe.each(testDevices)('customOp on %s', (name) => {
  const on = device(name);
  const leaf = (...values: number[]) => tensor(values, { device: on, requiresGrad: true });

  /** a^2 b, with the gradients written down. */
  const product = customOp({
    name: 'product',
    forward: ([a, b], save) => {
      save(a!, b!);
      return mul(mul(a!, a!), b!);
    },
    backward: (dy, [a, b]) => [mul(dy, mul(2, mul(a!, b!))), mul(dy, mul(a!, a!))],
  });

  test('has the gradients that its backward function gives', async () => {
    const a = leaf(1, 2, 3), b = leaf(4, 5, 6);
    const y = product(a, b);
    expect(await y.data()).toEqual(Float32Array.of(4, 20, 54));
    const [da, db] = grad(sum(mul(y, 10)), [a, b]);
    expect(await da!.data()).toEqual(Float32Array.of(80, 200, 360));
    expect(await db!.data()).toEqual(Float32Array.of(10, 40, 90));
  });

  test('has gradients of gradients through saved inputs and the saved output', async () => {
    const a = leaf(1, 2, 3), b = leaf(4, 5, 6);
    const [da] = grad(sum(product(a, b)), [a], { createGraph: true });
    const [daa, dab] = grad(sum(da!), [a, b]);
    expect(await daa!.data()).toEqual(Float32Array.of(8, 10, 12));
    expect(await dab!.data()).toEqual(Float32Array.of(2, 4, 6));

    const logistic = customOp({
      name: 'logistic',
      forward: ([x], save) => {
        const y = sigmoid(x!);
        save(y);
        return y;
      },
      backward: (dy, [y]) => [mul(dy, add(y!, mul(-1, mul(y!, y!))))],
    });
    const x = leaf(0.5), y = 1 / (1 + Math.exp(-0.5));
    const [first] = grad(sum(logistic(x)), [x], { createGraph: true });
    const [second] = grad(sum(first!), [x]);
    expect(await second!.item()).toBeCloseTo(y * (1 - y) * (1 - 2 * y), 6);
  });

  test('null is no gradient, and an output that is an input is one of its own', async () => {
    const first = customOp({ name: 'first', forward: ([a]) => a!, backward: (dy) => [dy, null] });
    const a = leaf(1, 2), b = leaf(3, 4);
    const y = first(a, b);
    expect(y).not.toBe(a);
    const [da, db] = grad(sum(mul(y, 3)), [a, b]);
    expect(await da!.data()).toEqual(Float32Array.of(3, 3));
    expect(await db!.data()).toEqual(Float32Array.of(0, 0));
  });

  test('leaves no tensor behind', () => {
    const a = leaf(1, 2), b = tensor([3, 4], { device: on }), before = on.memory().tensors;
    scope(() => {
      product(a, b);
      product(b, b);
      grad(sum(product(a, b)), [a]);
    });
    expect(on.memory().tensors).toBe(before);
    a.dispose();
    b.dispose();
  });

  test.each<[string, Partial<CustomOp>, string]>([
    ['no output', { forward: () => undefined as never }, 'wrong: expected forward to return a tensor, but got undefined'],
    ['no list', { backward: (dy) => dy as never }, 'wrong: expected backward to return a list of 2 gradients, one for each input, but got float32 [3]'],
    ['too few', { backward: (dy) => [dy] }, 'wrong: expected backward to return a list of 2 gradients, one for each input, but got 1'],
    ['shape', { backward: (dy) => [dy, sum(dy)] }, 'wrong: expected the gradient of input 1 to be float32 [3], like the input, but got float32 []'],
    ['type', { backward: (dy) => [3 as never, dy] }, 'wrong: expected the gradient of input 0 to be float32 [3], like the input, but got number'],
  ])('tells mistakes: %s', (_, parts, message) => {
    const wrong = customOp({ name: 'wrong', forward: ([a, b]) => mul(a!, b!), backward: (dy) => [dy, dy], ...parts });
    expect(() => sum(wrong(leaf(1, 2, 3), leaf(4, 5, 6))).backward()).toThrow(message);
  });
});
