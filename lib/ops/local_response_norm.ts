/** Local response normalisation. */
import { op } from '../core/op.js';
import { run } from '../core/run.js';
import { extent, numel, shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkNumber, checkSameFloats, valueText } from './arguments.js';
import { mostStep } from './window.js';

export interface LocalResponseNormOptions {
  /** How many neighbouring channels are summed: size / 2 below, rounded down, and the rest above. */
  size: number;
  /** Default 1e-4. */
  alpha?: number | undefined;
  /** Default 0.75. */
  beta?: number | undefined;
  /** Default 1. */
  k?: number | undefined;
}

const localResponseNormOp = op('localResponseNorm', 'local_response_norm_forward', {
  saves: ['x', 'y', 'scale'],
  gradients: {
    x: (dy, { saved: { x, y, scale }, params, shapes }) => run('local_response_norm_grad', { x, y, scale, dy }, params, { dx: shapes.x }).dx,
  },
});

/**
 * Each element divided by a power of the squares of its neighbours in other channels:
 *
 *     y[…,c] = x[…,c] / (k + alpha / size * sum of x[…,j]^2 over c - floor(size / 2) <= j <= c + floor((size - 1) / 2))^beta
 *
 * where channels that are not there count as 0. A. Krizhevsky et al., "ImageNet classification with deep convolutional
 * networks", 2012; as in torch, alpha is divided by size.
 *
 * @param x […,C], at least two axes.
 * @returns the shape and type of x.
 * @throws ERR_ARGUMENT if x is not of a float type or has fewer axes, or an option is out of its range.
 */
export function localResponseNorm(x: Tensor, { size, alpha = 1e-4, beta = 0.75, k = 1 }: LocalResponseNormOptions): Tensor {
  checkSameFloats('localResponseNorm', { x });
  if (x.shape.length < 2) throw argumentError('localResponseNorm', `expected x to have at least 2 axes, channels last, but got shape ${shapeText(x.shape)}`);
  if (!Number.isSafeInteger(size) || size < 1 || size > mostStep) {
    throw argumentError('localResponseNorm', `expected size to be a whole number from 1 to ${mostStep}, but got ${valueText(size)}`);
  }
  checkNumber('localResponseNorm', 'alpha', alpha, -Infinity, Infinity);
  checkNumber('localResponseNorm', 'beta', beta, -Infinity, Infinity);
  checkNumber('localResponseNorm', 'k', k, -Infinity, Infinity);
  const c = extent(x.shape, -1), rows = numel(x.shape.slice(0, -1));
  const { y, scale } = localResponseNormOp({ x }, { rows, c, size, alpha: alpha / size, beta, k }, { y: x.shape, scale: x.shape });
  scale.dispose();
  return y;
}
