/** Norms of vectors, over any axes. */
import { op } from '../core/op.js';
import { run } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkFloats, valueText } from './arguments.js';
import { add, div, mul } from './elementwise.js';
import { reduceAxes, resolveReduction, type ReduceOptions } from './reduce.js';

/** Added to a norm before a division by it: changes none but 0. */
const tiny = 1e-30;

const vectorNorm = op('norm', 'vector_norm', {
  saves: ['x', 'y'],
  gradients: {
    x: (dy, { saved: { x, y }, params, shapes }) => {
      if (params.p !== 2) return run('vector_norm_grad', { x, y, dy }, params, { dx: shapes.x }).dx;
      const { outer, size, inner } = params;
      const direction = div(x.reshape([outer, size, inner]), add(y.reshape([outer, 1, inner]), tiny));
      return mul(direction, dy.reshape([outer, 1, inner])).reshape(shapes.x);
    },
  },
});

export interface NormOptions extends ReduceOptions {
  /** A number above 0; Infinity is the largest |x|. Default 2. */
  p?: number | undefined;
}

/**
 * The p-norm over some axes, sum(|x|^p)^(1/p), or the largest |x|; of no elements it is 0. Its gradient is 0 where it is
 * 0 itself, and is shared by elements that are largest together. Only p = 2 has a gradient of its gradient.
 *
 * @param x float32, any shape.
 * @returns the shape of x without the reduced axes, or with 1 in their places.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor, an axis is not one of its, or p is not above 0.
 */
export function norm(x: Tensor, { p = 2, ...options }: NormOptions = {}): Tensor {
  checkFloats('norm', { x });
  if (typeof p !== 'number' || !(p > 0)) throw argumentError('norm', `expected p to be a number above 0, but got ${valueText(p)}`);
  return reduceAxes(x, resolveReduction('norm', x, options), (from, axes, y) => vectorNorm({ x: from }, { ...axes, p }, { y }).y);
}
