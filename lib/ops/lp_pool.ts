/** Lp pooling over one, two or three spatial axes. */
import { op } from '../core/op.js';
import { run } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, valueText } from './arguments.js';
import type { SumPoolOptions } from './avg_pool.js';
import { pooledShape, poolParams, poolWindows } from './pool.js';

export interface LpPoolOptions extends SumPoolOptions {
  /** p, above 0. Default 2. */
  norm?: number | undefined;
}

const pool = op('lpPool', 'lp_pool_forward', {
  saves: ['x', 'y'],
  gradients: {
    x: (dy, { saved: { x, y }, params, shapes }) => run('lp_pool_grad', { x, y, dy }, params, { dx: shapes.x }).dx,
  },
});

/** The pooling for `axes` spatial axes, under the name that messages give it. @internal */
export function lpPool(name: string, axes: number, x: Tensor, { norm = 2, ...options }: LpPoolOptions): Tensor {
  const windows = poolWindows(name, axes, x, options, options.ceilMode);
  if (!(Number.isFinite(norm) && Math.fround(norm) > 0)) {
    throw argumentError(name, `expected norm to be a finite number above 0, but got ${valueText(norm)}`);
  }
  return pool({ x }, { ...poolParams(x, windows), norm }, { y: pooledShape(x, windows) }).y;
}

/**
 * Lp pooling over one axis: {@link lpPool2d} without H.
 *
 * @param x [N,W,C].
 * @returns [N,Q,C].
 * @throws ERR_ARGUMENT as {@link lpPool2d} does.
 */
export function lpPool1d(x: Tensor, options: LpPoolOptions): Tensor {
  return lpPool('lpPool1d', 1, x, options);
}

/**
 * Lp pooling: (sum |x|^p)^(1/p) under each window, for each channel; p = 1 sums sizes, a large p comes close to max
 * pooling. Windows are those of {@link sumPool2d}; one that `ceilMode` cuts short counts as if it went on likewise: its
 * sum is multiplied by (elements of the kernel) / (those before the end of the padding). An element that is 0 has the
 * gradient 0.
 *
 * P. Sermanet et al., "Convolutional neural networks applied to house numbers digit classification", arXiv:1204.3968.
 *
 * @param x [N,H,W,C].
 * @returns [N,P,Q,C].
 * @throws ERR_ARGUMENT if x is not a float tensor with four axes, an option is malformed, the window does not fit into
 *   the padded input, or padding exceeds half of it.
 */
export function lpPool2d(x: Tensor, options: LpPoolOptions): Tensor {
  return lpPool('lpPool2d', 2, x, options);
}

/**
 * Lp pooling over three axes: {@link lpPool2d} with a third one, D, in front.
 *
 * @param x [N,D,H,W,C].
 * @returns [N,Z,P,Q,C].
 * @throws ERR_ARGUMENT as {@link lpPool2d} does.
 */
export function lpPool3d(x: Tensor, options: LpPoolOptions): Tensor {
  return lpPool('lpPool3d', 3, x, options);
}
