/** Average and sum pooling over one, two or three spatial axes, and over all of them. */
import { op, type Op } from '../core/op.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkFloats, checkRank, valueText } from './arguments.js';
import { pooledShape, poolParams, poolWindows } from './pool.js';
import { mean } from './reduce.js';
import { inputLayout, type Padding, type PerAxis } from './window.js';

export interface SumPoolOptions {
  /** Extent of a window along each spatial axis. */
  kernel: PerAxis;
  /** Default: the kernel, so that windows lie side by side. */
  stride?: PerAxis | undefined;
  /** Zeros around x, at most half a window on each side. Default 0. */
  padding?: Padding | undefined;
  /** Distance between the elements that one window reads. Default 1. */
  dilation?: PerAxis | undefined;
  /** Also pools what is left over at the end of an axis. Default false. */
  ceilMode?: boolean | undefined;
}

export interface AvgPoolOptions extends SumPoolOptions {
  /**
   * Whether padding counts as elements: divide by the window's elements inside x and its padding, not inside x alone.
   * What `ceilMode` reads beyond the padding never counts. Default true.
   */
  countPadding?: boolean | undefined;
  /** Divides each window's sum in place of its count. Default none. */
  divisorOverride?: number | undefined;
}

// The sum over windows is linear: each of the two is the other's gradient.
const pool: Op<'avg_pool_forward'> = op('avgPool', 'avg_pool_forward', {
  saves: [],
  gradients: { x: (dy, { params, shapes }) => poolGrad({ dy }, params, { dx: shapes.x }).dx },
});

const poolGrad: Op<'avg_pool_grad'> = op('the gradient of avgPool', 'avg_pool_grad', {
  saves: [],
  gradients: { dy: (ddx, { params, shapes }) => pool({ x: ddx }, params, { y: shapes.dy }).y },
});

/** The pooling for `axes` spatial axes, under the name that messages give it. @internal */
export function avgPool(name: string, axes: number, x: Tensor, options: AvgPoolOptions): Tensor {
  const { countPadding = true, divisorOverride, ceilMode } = options;
  const windows = poolWindows(name, axes, x, options, ceilMode);
  if (divisorOverride !== undefined && !(Number.isFinite(divisorOverride) && Math.fround(divisorOverride) !== 0)) {
    throw argumentError(name, `expected divisorOverride to be a finite number other than 0, but got ${valueText(divisorOverride)}`);
  }
  const params = { ...poolParams(x, windows), countPadding: Number(countPadding), divisor: divisorOverride ?? 0 };
  return pool({ x }, params, { y: pooledShape(x, windows) }).y;
}

/**
 * Average pooling over one axis: {@link avgPool2d} without H.
 *
 * @param x [N,W,C].
 * @returns [N,Q,C].
 * @throws ERR_ARGUMENT as {@link avgPool2d} does.
 */
export function avgPool1d(x: Tensor, options: AvgPoolOptions): Tensor {
  return avgPool('avgPool1d', 1, x, options);
}

/**
 * Average pooling: the mean under each window, for each channel. An output axis is
 * floor((n + before + after - dilation * (kernel - 1) - 1) / stride) + 1 long (rounded up with `ceilMode`).
 *
 * Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998 (as subsampling).
 *
 * @param x [N,H,W,C].
 * @returns [N,P,Q,C].
 * @throws ERR_ARGUMENT if x is not a float tensor with four axes, an option is malformed, the window does not fit
 *   into the padded input, or padding exceeds half of it.
 */
export function avgPool2d(x: Tensor, options: AvgPoolOptions): Tensor {
  return avgPool('avgPool2d', 2, x, options);
}

/**
 * Average pooling over three axes: {@link avgPool2d} with a third one, D, in front.
 *
 * @param x [N,D,H,W,C].
 * @returns [N,Z,P,Q,C].
 * @throws ERR_ARGUMENT as {@link avgPool2d} does.
 */
export function avgPool3d(x: Tensor, options: AvgPoolOptions): Tensor {
  return avgPool('avgPool3d', 3, x, options);
}

/**
 * Sum pooling over one axis: {@link sumPool2d} without H.
 *
 * @param x [N,W,C].
 * @returns [N,Q,C].
 * @throws ERR_ARGUMENT as {@link avgPool2d} does.
 */
export function sumPool1d(x: Tensor, options: SumPoolOptions): Tensor {
  return avgPool('sumPool1d', 1, x, { ...options, divisorOverride: 1 });
}

/**
 * Sum pooling: the sum under each window, for each channel. Windows are those of {@link avgPool2d}.
 *
 * @param x [N,H,W,C].
 * @returns [N,P,Q,C].
 * @throws ERR_ARGUMENT as {@link avgPool2d} does.
 */
export function sumPool2d(x: Tensor, options: SumPoolOptions): Tensor {
  return avgPool('sumPool2d', 2, x, { ...options, divisorOverride: 1 });
}

/**
 * Sum pooling over three axes: {@link sumPool2d} with a third one, D, in front.
 *
 * @param x [N,D,H,W,C].
 * @returns [N,Z,P,Q,C].
 * @throws ERR_ARGUMENT as {@link avgPool2d} does.
 */
export function sumPool3d(x: Tensor, options: SumPoolOptions): Tensor {
  return avgPool('sumPool3d', 3, x, { ...options, divisorOverride: 1 });
}

function globalAvgPool(name: string, axes: number, x: Tensor): Tensor {
  checkFloats(name, { x });
  checkRank(name, 'x', x, axes + 2, inputLayout(axes));
  return mean(x, { axes: Array.from({ length: axes }, (_, axis) => axis + 1) });
}

/**
 * The mean over W, for each image and channel.
 *
 * @param x [N,W,C].
 * @returns [N,C].
 * @throws ERR_ARGUMENT if x is not float32 with three axes.
 */
export function globalAvgPool1d(x: Tensor): Tensor {
  return globalAvgPool('globalAvgPool1d', 1, x);
}

/**
 * The mean over H and W, for each image and channel.
 *
 * M. Lin et al., "Network in network", arXiv:1312.4400.
 *
 * @param x [N,H,W,C].
 * @returns [N,C].
 * @throws ERR_ARGUMENT if x is not float32 with four axes.
 */
export function globalAvgPool2d(x: Tensor): Tensor {
  return globalAvgPool('globalAvgPool2d', 2, x);
}

/**
 * The mean over D, H and W, for each image and channel.
 *
 * @param x [N,D,H,W,C].
 * @returns [N,C].
 * @throws ERR_ARGUMENT if x is not float32 with five axes.
 */
export function globalAvgPool3d(x: Tensor): Tensor {
  return globalAvgPool('globalAvgPool3d', 3, x);
}
