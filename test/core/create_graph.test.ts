import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { op } from '../../lib/core/op.js';
import { run } from '../../lib/core/run.js';
import { scope } from '../../lib/core/scope.js';
import { grad, noGrad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { add, mul, sum } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

describe.each(testDevices)('gradients of gradients on %s', (name) => {
  const on = device(name);
  const leaf = (...values: number[]) => tensor(values, { device: on, requiresGrad: true });
  const cube = (x: Tensor) => sum(mul(x, mul(x, x)));

  test('of a cube, three times over', async () => {
    const x = leaf(2, -1);
    const [first] = grad(cube(x), [x], { createGraph: true });
    expect([...(await first!.data())]).toEqual([12, 3]);
    const [second] = grad(sum(first!), [x], { createGraph: true });
    expect([...(await second!.data())]).toEqual([12, -6]);
    const [third] = grad(sum(second!), [x]);
    expect([...(await third!.data())]).toEqual([6, 6]);
  });

  test('a penalty on the gradient reaches the weights', async () => {
    const x = leaf(3), w = leaf(5);
    const [slope] = grad(sum(mul(w, mul(x, x))), [x], { createGraph: true }); // 2 w x
    sum(mul(slope!, slope!)).backward(); // 4 w^2 x^2
    expect([...(await w.grad!.data())]).toEqual([8 * 5 * 9]);
    expect([...(await x.grad!.data())]).toEqual([8 * 25 * 3]);
  });

  test('backward with createGraph leaves gradients that have gradients', async () => {
    const x = leaf(2);
    cube(x).backward({ createGraph: true });
    const first = x.grad!;
    expect(first.requiresGrad).toBe(true);
    const [second] = grad(sum(first), [x]);
    expect([...(await second!.data())]).toEqual([12]);
  });

  test('a plain backward leaves gradients without', () => {
    const x = leaf(2);
    cube(x).backward();
    expect(x.grad!.requiresGrad).toBe(false);
  });

  test('are recorded inside of noGrad too', async () => {
    const x = leaf(2), y = cube(x);
    const [first] = noGrad(() => grad(y, [x], { createGraph: true }));
    const [second] = grad(sum(first!), [x]);
    expect([...(await second!.data())]).toEqual([12]);
  });

  test('the graph is kept, and can be used again', async () => {
    const x = leaf(2), y = cube(x);
    grad(y, [x], { createGraph: true });
    const [again] = grad(y, [x]);
    expect([...(await again!.data())]).toEqual([12]);
  });

  test('a value that is used twice', async () => {
    const x = leaf(3), square = mul(x, x);
    const [first] = grad(sum(mul(square, square)), [x], { createGraph: true }); // 4 x^3
    const [second] = grad(sum(add(first!, first!)), [x]); // 24 x^2
    expect([...(await second!.data())]).toEqual([216]);
  });

  test('name the op that has none', () => {
    const once = op('once', 'cast_f32', {
      saves: ['x'],
      gradients: { x: (dy, { saved: { x } }) => run('add', { a: dy, b: x as Tensor }, { shape: [1, 1, 1, 1, 1, 1], strideA: [], strideB: [] }, { y: dy.shape }).y },
    });
    const x = leaf(2), before = on.memory().tensors;
    const y = scope(() => sum(once({ x: mul(x, x) }, {}, { y: [1] }).y));
    expect(() => scope(() => grad(y, [x], { createGraph: true }))).toThrow(
      'backward: expected createGraph only through ops whose gradient has a gradient, but got once',
    );
    scope(() => void grad(y, [x]));
    y.dispose();
    expect(on.memory().tensors).toBe(before);
  });

  test('leave no tensor behind', () => {
    const x = leaf(2), before = on.memory().tensors;
    scope(() => {
      const [first] = grad(cube(x), [x], { createGraph: true });
      sum(mul(first!, first!)).backward();
      x.grad!.dispose();
      x.grad = null;
    });
    expect(on.memory().tensors).toBe(before);
  });
});

describe.each(testDevices)('hooks on %s', (name) => {
  const on = device(name);
  const leaf = (...values: number[]) => tensor(values, { device: on, requiresGrad: true });

  test('see the whole gradient of a value, and of a leaf', async () => {
    const x = leaf(3), y = mul(x, 2), seen: Promise<Float32Array>[] = [];
    y.registerHook((gradient) => void seen.push(gradient.data()));
    x.registerHook((gradient) => void seen.push(gradient.data()));
    sum(add(mul(y, y), y)).backward(); // dy = 2 y + 1
    expect((await Promise.all(seen)).map((values) => values[0])).toEqual([13, 26]);
  });

  test('replace it for what lies behind, in the order of their registration', async () => {
    const x = leaf(3), y = mul(x, 2);
    y.registerHook((gradient) => mul(gradient, 10));
    y.registerHook((gradient) => add(gradient, 1));
    sum(y).backward();
    expect([...(await x.grad!.data())]).toEqual([22]);
  });

  test('can be removed', async () => {
    const x = leaf(3), y = mul(x, 2);
    const remove = y.registerHook((gradient) => mul(gradient, 10));
    remove();
    remove();
    sum(y).backward();
    expect([...(await x.grad!.data())]).toEqual([2]);
  });

  test('must keep the shape', () => {
    const x = leaf(3, 4), y = mul(x, 2), before = on.memory().tensors;
    y.registerHook((gradient) => sum(gradient));
    expect(() => scope(() => sum(y).backward())).toThrow('backward: expected the hook of affine to return a gradient of shape [2], but got []');
    y.dispose();
    expect(on.memory().tensors).toBe(before - 1);
  });

  test('are for tensors that a gradient flows to', () => {
    expect(() => tensor([1], { device: on }).registerHook(() => undefined)).toThrow(
      'registerHook: expected a tensor that a gradient flows to, but got one without',
    );
  });
});
