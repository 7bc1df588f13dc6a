/** Whether any or all bytes are set. */
import { run } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor } from './arguments.js';
import { reduceAxes, resolveReduction, type ReduceOptions } from './reduce.js';

function reduceBytes(name: 'any' | 'all', x: Tensor<'uint8'>, options: ReduceOptions): Tensor<'uint8'> {
  checkTensor(name, 'x', x, 'uint8');
  return reduceAxes(x, resolveReduction(name, x, options), (from, axes, y) => run(name, { x: from }, axes, { y }).y);
}

/**
 * 1 where any of the bytes over some axes is not 0, else 0; of no bytes it is 0.
 *
 * @param x uint8, any shape.
 * @returns uint8, the shape of x without the reduced axes, or with 1 in their places.
 * @throws ERR_ARGUMENT if x is not a live uint8 tensor or an axis is not one of its.
 */
export function any(x: Tensor<'uint8'>, options: ReduceOptions = {}): Tensor<'uint8'> {
  return reduceBytes('any', x, options);
}

/**
 * 1 where none of the bytes over some axes is 0, else 0; of no bytes it is 1.
 *
 * @param x uint8, any shape.
 * @returns uint8, the shape of x without the reduced axes, or with 1 in their places.
 * @throws ERR_ARGUMENT if x is not a live uint8 tensor or an axis is not one of its.
 */
export function all(x: Tensor<'uint8'>, options: ReduceOptions = {}): Tensor<'uint8'> {
  return reduceBytes('all', x, options);
}
