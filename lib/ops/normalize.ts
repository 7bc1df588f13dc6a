/** Vectors of length 1. */
import { scope } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';
import { checkFloats, checkNumber, resolveAxis } from './arguments.js';
import { div } from './elementwise.js';
import { clamp } from './math.js';
import { norm } from './vector_norm.js';

export interface NormalizeOptions {
  /** Which norm becomes 1; above 0, Infinity for the largest size. Default 2. */
  p?: number | undefined;
  /** The axis of the vectors; negative ones count from the end. Default the last. */
  axis?: number | undefined;
  /** The least norm that is divided by. Default 1e-12. */
  eps?: number | undefined;
}

/**
 * x / max(norm(x), eps): vectors along an axis, scaled to the p-norm 1. `torch.nn.functional.normalize`.
 *
 * @param x float32, any shape but [].
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor with that axis, or an option is malformed.
 */
export function normalize(x: Tensor, { p = 2, axis = -1, eps = 1e-12 }: NormalizeOptions = {}): Tensor {
  checkFloats('normalize', { x });
  checkNumber('normalize', 'p', p, Number.MIN_VALUE, Infinity);
  checkNumber('normalize', 'eps', eps, 0, Infinity, true);
  const axes = resolveAxis('normalize', 'axis', axis, x);
  return scope(() => div(x, clamp(norm(x, { p, axes, keepDims: true }), { min: eps })));
}
