/** Products over any axes. */
import { op } from '../core/op.js';
import { run } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkFloats } from './arguments.js';
import { reduceAxes, resolveReduction, type ReduceOptions } from './reduce.js';

const product = op('prod', 'product', {
  saves: ['x'],
  gradients: { x: (dy, { saved: { x }, params, shapes }) => run('product_grad', { x, dy }, params, { dx: shapes.x }).dx },
});

/**
 * The product over some axes; of no elements it is 1. The gradient of an element is the product of the others, zeros
 * among them or not.
 *
 * @param x float32, any shape.
 * @returns the shape of x without the reduced axes, or with 1 in their places.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor or an axis is not one of its.
 */
export function prod(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkFloats('prod', { x });
  return reduceAxes(x, resolveReduction('prod', x, options), (from, axes, y) => product({ x: from }, axes, { y }).y);
}
