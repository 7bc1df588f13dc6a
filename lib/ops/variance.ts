/** Variance and standard deviation over any axes. */
import { scope } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';
import { checkFloats, checkNumber } from './arguments.js';
import { mul, sub } from './elementwise.js';
import { mean, resolveReduction, type ReduceOptions } from './reduce.js';
import { norm } from './vector_norm.js';

export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the number of elements that the squares' sum is divided by: 0 for that of the elements themselves. Default 1. */
  correction?: number | undefined;
}

function deviation(name: string, x: Tensor, { correction = 1, ...options }: VarianceOptions): Tensor {
  checkFloats(name, { x });
  checkNumber(name, 'correction', correction, 0, Infinity);
  const { count } = resolveReduction(name, x, options);
  const centred = sub(x, mean(x, { ...options, keepDims: true }));
  return mul(norm(centred, options), 1 / Math.sqrt(Math.max(0, count - correction)));
}

/**
 * The standard deviation over some axes, sqrt(sum((x - mean)^2) / (n - correction)); NaN or infinity where n does not
 * exceed the correction. The mean is subtracted first, so a large one costs no digits.
 *
 * @param x float32, any shape.
 * @returns the shape of x without the reduced axes, or with 1 in their places.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor, an axis is not one of its, or correction is below 0.
 */
export function std(x: Tensor, options: VarianceOptions = {}): Tensor {
  return scope(() => deviation('std', x, options));
}

/**
 * The variance over some axes, sum((x - mean)^2) / (n - correction): the square of {@link std}.
 *
 * @param x float32, any shape.
 * @returns the shape of x without the reduced axes, or with 1 in their places.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor, an axis is not one of its, or correction is below 0.
 */
export function variance(x: Tensor, options: VarianceOptions = {}): Tensor {
  return scope(() => {
    const root = deviation('variance', x, options);
    return mul(root, root);
  });
}
