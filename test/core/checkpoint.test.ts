import { describe, expect, test } from 'vitest';

import { checkpoint } from '../../lib/core/checkpoint.js';
import { device } from '../../lib/core/device.js';
import { scope } from '../../lib/core/scope.js';
import { grad, noGrad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { add, batchNorm, conv2d, dropout, mul, ones, randomState, sum, tanh, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

describe.each(testDevices)('checkpoint on %s', (name) => {
  const on = device(name);

  function leaf(count: number, shape: readonly number[] = [count]): Tensor {
    return tensor(Float32Array.from({ length: count }, (_, i) => Math.sin(i * i + count)), { shape: [...shape], device: on, requiresGrad: true });
  }

  const direct = (fn: (...inputs: Tensor[]) => Tensor, inputs: Tensor[]) => fn(...inputs);

  test('gives output and gradients of inputs, parameters, and what was made before', async () => {
    const x = leaf(32, [2, 4, 4, 1]), weight = leaf(9, [1, 3, 3, 1]), scale = leaf(1);
    const results = [direct, checkpoint].map((way) => {
      for (const each of [x, weight, scale]) each.grad = null;
      const outside = mul(scale, 3);
      const y = way((input) => mul(tanh(conv2d(input, weight, { padding: 1 })), outside), [mul(x, 2)]);
      sum(mul(y, y)).backward();
      return [y, x.grad!, weight.grad!, scale.grad!];
    });
    for (const [i, expected] of results[0]!.entries()) expect(await results[1]![i]!.data()).toEqual(await expected.data());
  });

  test('nested, and with an input that is used on both sides', async () => {
    const x = leaf(4);
    const [plain, nested] = [direct, checkpoint].map((way) => {
      const y = way((a) => tanh(way((b, c) => mul(b, add(c, 1)), [a, mul(a, a)])), [x]);
      const [gradient] = grad(sum(mul(y, x)), [x]);
      return gradient!.data();
    });
    const expected = await plain!, found = await nested!;
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 5); // summed in another order
  });

  test('dropout draws the same again, and the state has moved on once', async () => {
    const x = leaf(200), random = randomState(4, on), twin = randomState(4, on);
    const block = (state: Tensor<'int32'>) => (a?: Tensor) => dropout(dropout(tanh(a!), { training: true, random: state }), { training: true, random: state });
    const y = checkpoint(block(random), [x]);
    const moved = await random.data();
    const [gradient] = grad(sum(y), [x]);
    const [expected] = grad(sum(block(twin)(x)), [x]);
    expect(await gradient!.data()).toEqual(await expected!.data());
    expect(await random.data()).toEqual(moved);
    expect(await twin.data()).toEqual(moved);
  });

  test('running statistics move once', async () => {
    const x = leaf(12, [4, 3]), runningMean = zeros([3], { device: on }), runningVar = ones([3], { device: on });
    const y = checkpoint((a) => batchNorm(a, { training: true, runningMean, runningVar }), [x]);
    const after = [await runningMean.data(), await runningVar.data()];
    sum(mul(y, y)).backward();
    expect([await runningMean.data(), await runningVar.data()]).toEqual(after);
  });

  test('keeps no activations between the passes', () => {
    const memoryBetween = (way: typeof direct) =>
      scope(() => {
        const x = leaf(1024), before = on.memory().inUse;
        const y = scope(() => way((a) => [1, 2, 3, 4, 5, 6].reduce((value) => tanh(value), a), [x]));
        const kept = on.memory().inUse - before;
        sum(y).backward();
        return kept;
      });
    expect(memoryBetween(direct)).toBeGreaterThanOrEqual(6 * 4096);
    expect(memoryBetween(checkpoint)).toBeLessThanOrEqual(2 * 4096);
  });

  test('leaves no tensor behind', () => {
    const x = leaf(8), random = randomState(4, on), before = on.memory().tensors;
    scope(() => {
      checkpoint((a) => dropout(tanh(a), { training: true, random }), [x]);
      const y = checkpoint((a) => dropout(tanh(a), { training: true, random }), [x]);
      grad(sum(y), [x]);
    });
    expect(on.memory().tensors).toBe(before);
    x.dispose();
    random.dispose();
  });

  test('has gradients of gradients, and can be used twice with retainGraph', async () => {
    const x = leaf(5);
    const second = (way: typeof direct) => {
      const [first] = grad(sum(way((a) => mul(a, mul(a, a)), [x])), [x], { createGraph: true });
      return grad(sum(first!), [x])[0]!.data();
    };
    const found = await second(checkpoint), values = await x.data();
    for (const [i, value] of values.entries()) expect(found[i]).toBeCloseTo(6 * value, 5);
    const y = sum(checkpoint((a) => tanh(a), [x]));
    const [once] = grad(y, [x], { retainGraph: true }), [twice] = grad(y, [x]);
    expect(await twice!.data()).toEqual(await once!.data());
  });

  test('does nothing without a gradient', () => {
    const x = leaf(3);
    expect(noGrad(() => checkpoint((a) => tanh(a), [x])).requiresGrad).toBe(false);
    expect(checkpoint((a) => a, [x])).toBe(x);
  });

  test('tells mistakes', () => {
    const x = leaf(2);
    expect(() => checkpoint(() => 3 as never, [x])).toThrow('checkpoint: expected fn to return a tensor, but got number');
    let calls = 0;
    const y = checkpoint((a) => (calls++ === 0 ? mul(a, a) : sum(a)), [x]);
    expect(() => sum(y).backward()).toThrow('checkpoint: expected fn to compute [2] again, but got []');
  });
});
