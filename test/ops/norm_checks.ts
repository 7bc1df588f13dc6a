/** Checks that every normalisation passes, beside those of describeOp. */
import { expect } from 'vitest';

import { gradientCheck } from '../../lib/core/gradient_check.js';
import { scope } from '../../lib/core/scope.js';
import { grad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { cast, mul, sum } from '../../lib/ops/index.js';
import { TestRandom } from './array.js';

/** Normal numbers as a tensor with a gradient. */
export function leaf(shape: readonly number[], device: string, seed: number, scale = 1, shift = 0): Tensor {
  const random = new TestRandom(seed);
  const values = Array.from({ length: shape.reduce((product, extent) => product * extent, 1) }, () => random.normal() * scale + shift);
  return tensor(values, { shape: [...shape], device, requiresGrad: true });
}

/** sum(y * r) with fixed random numbers r. */
function projected(y: Tensor, seed: number): Tensor {
  return sum(mul(y, leaf(y.shape, y.device.name, seed).detach()));
}

/**
 * The gradients under createGraph are those without, and their own gradients agree with central differences.
 *
 * @param constant gradients that depend on none of the inputs, by place.
 */
export async function checkSecondOrder(fn: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[], constant: readonly number[] = []): Promise<void> {
  const gradients = (createGraph: boolean) => scope(() => grad(projected(fn(...inputs), 5005), inputs, { createGraph }));
  const plain = gradients(false), recorded = gradients(true);
  for (const [i, expected] of plain.entries()) {
    const values = await expected.data(), largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const found = await recorded[i]!.data();
    for (const [at, value] of values.entries()) {
      expect(Math.abs(found[at]! - value), `gradient of input ${i} at ${at}`).toBeLessThanOrEqual(2e-5 * largest);
    }
    if (constant.includes(i)) continue;
    const gradient = () => grad(projected(fn(...inputs), 5005), inputs, { createGraph: true })[i]!;
    expect(await gradientCheck(gradient, inputs, { samples: 12 })).toBeLessThan(1e-2);
  }
}

/**
 * With 16-bit x the output and the gradient are those of float32 on the rounded x, rounded.
 *
 * @param fn gets the leaf x, and makes any other 16-bit input from it.
 */
export async function checkHalves(fn: (x: Tensor) => Tensor, shape: readonly number[], device: string): Promise<void> {
  for (const [dtype, roundings] of [['bfloat16', 2 ** -7], ['float16', 2 ** -10]] as const) {
    const rounded = cast(leaf(shape, device, 11, 2, 1).detach(), dtype);
    const evaluate = (x: Tensor) => {
      x.requiresGrad = true;
      const y = fn(x), cotangent = cast(cast(leaf(shape, device, 12).detach(), dtype), 'float32');
      sum(mul(cast(y, 'float32'), cotangent)).backward();
      return { y, dx: x.grad! };
    };
    const narrow = evaluate(rounded.detach()), wide = evaluate(cast(rounded, 'float32'));
    for (const key of ['y', 'dx'] as const) {
      expect(narrow[key].dtype).toBe(dtype);
      const expected = await cast(wide[key], dtype).data(), found = await narrow[key].data();
      for (const [i, value] of expected.entries()) {
        expect(Math.abs(found[i]! - value), `${key} in ${dtype} at ${i}`).toBeLessThanOrEqual(roundings * Math.abs(value) + 1e-6);
      }
    }
  }
}
