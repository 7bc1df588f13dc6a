import { describe, expect, test } from 'vitest';

import { grad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { pow, sum, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { ndarray, normal, type Generator, type NdArray } from './array.js';
import { broadcast } from './broadcast_reference.js';
import { describeOp, thrownBy } from './harness.js';
import { describeUnary } from './unary_harness.js';

for (const exponent of [4, 3, 2, 1, 0, -1, -2]) {
  describeUnary({ name: 'pow', run: (x) => pow(x, exponent), value: (x) => x ** exponent, range: [-3, -0.3] });
}
for (const exponent of [0.5, -0.5, 1 / 3, 1.5, 2.5]) {
  describeUnary({ name: 'pow', run: (x) => pow(x, exponent), value: (x) => x ** Math.fround(exponent), range: [0.2, 5] });
}

const positive = (shape: readonly number[]): Generator => (random) => ndarray(shape, () => 0.3 + 2 * random.uniform());

describeOp<'a' | 'b', null>({
  name: 'pow of tensors',
  cases: [
    { name: 'equal shapes', inputs: { a: positive([3, 4]), b: normal([3, 4]) }, options: null },
    { name: 'broadcast', inputs: { a: positive([3, 1]), b: normal([2, 1, 4]) }, options: null },
    { name: 'no elements', inputs: { a: positive([0, 4]), b: normal([4]) }, options: null },
  ],
  run: ({ a, b }) => pow(a as Tensor, b as Tensor),
  reference: ({ a, b }) => broadcast(a as NdArray, b as NdArray, (a, b) => a ** b),
});

describeOp<'x', number>({
  name: 'pow of a number',
  cases: [{ name: '1.7', inputs: { x: normal([5]) }, options: 1.7 }],
  run: ({ x }, base) => pow(base, x as Tensor),
  reference: ({ x }, base) => ({ shape: (x as NdArray).shape, data: (x as NdArray).data.map((each) => base ** each) }),
});

describe.each(testDevices)('pow on %s', (device) => {
  test('at zero', async () => {
    const a = tensor([0, 0, 0, 2], { device, requiresGrad: true }), b = tensor([0, 1, 2, 0], { device, requiresGrad: true });
    const y = pow(a, b);
    expect(await y.data()).toEqual(Float32Array.of(1, 0, 0, 1));
    sum(y).backward();
    expect(await a.grad!.data()).toEqual(Float32Array.of(0, 1, 0, 0));
    expect(await b.grad!.data()).toEqual(Float32Array.of(0, 0, 0, Math.fround(Math.log(2))));
  });

  test('the gradient has a gradient', async () => {
    const a = tensor([1.5, 2], { device, requiresGrad: true }), b = tensor([3, -1.5], { device, requiresGrad: true });
    const [da] = grad(sum(pow(a, b)), [a], { createGraph: true });
    sum(da!).backward();
    const byA = [6 * 1.5, -1.5 * -2.5 * 2 ** -3.5], byB = [1.5 ** 2 * (1 + 3 * Math.log(1.5)), 2 ** -2.5 * (1 - 1.5 * Math.log(2))];
    for (const [i, value] of (await a.grad!.data()).entries()) expect(value).toBeCloseTo(byA[i]!, 5);
    for (const [i, value] of (await b.grad!.data()).entries()) expect(value).toBeCloseTo(byB[i]!, 5);
  });

  test('errors', () => {
    const x = zeros([2], { device }), number: unknown = 3;
    expect(thrownBy(() => pow(x, NaN)).message).toBe('pow: expected exponent to be a finite number, but got NaN');
    expect(thrownBy(() => pow(2, number as Tensor)).message).toBe('pow: expected base or exponent to be a tensor, but got 2 and 3');
    expect(thrownBy(() => pow(x, zeros([3], { device }))).message).toBe(
      'pow: expected exponent to broadcast with base [2], with extents equal or 1 from the last axis on, but got exponent [3]',
    );
  });
});
