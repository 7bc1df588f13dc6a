/** Average pooling over one, two or three spatial axes, and over all of them. */
import { op } from '../core/op.js';
import { run } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkFloats, checkRank } from './arguments.js';
import { poolWindows } from './pool.js';
import { mean } from './reduce.js';
import { inputLayout, windowParams, type Padding, type PerAxis } from './window.js';

export interface AvgPoolOptions {
  /** Extent of a window along each spatial axis. */
  kernel: PerAxis;
  /** Default: the kernel, so that windows lie side by side. */
  stride?: PerAxis | undefined;
  /** Zeros around x, at most half a window on each side. Default 0. */
  padding?: Padding | undefined;
  /** Whether padding counts as elements: divide by the window's extent, not by its part inside x. Default true. */
  countPadding?: boolean | undefined;
}

const pool = op('avgPool', 'avg_pool_forward', {
  saves: [],
  gradients: {
    x: (dy, { params, shapes }) => run('avg_pool_grad', { dy }, params, { dx: shapes.x }).dx,
  },
});

function avgPool(name: string, axes: number, x: Tensor, { countPadding = true, ...window }: AvgPoolOptions): Tensor {
  const windows = poolWindows(name, axes, x, { kernel: window.kernel, stride: window.stride, padding: window.padding });
  const n = x.shape[0]!, c = x.shape[axes + 1]!;
  const y = [n, ...windows.map(({ output }) => output), c];
  return pool({ x }, { ...windowParams(windows), n, c, countPadding: Number(countPadding) }, { y }).y;
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
 * floor((n + before + after - kernel) / stride) + 1 long.
 *
 * Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998 (as subsampling).
 *
 * @param x [N,H,W,C].
 * @returns [N,P,Q,C].
 * @throws ERR_ARGUMENT if x is not float32 with four axes, an option is malformed, the window does not fit
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
 * The mean over H and W, for each image and channel.
 *
 * M. Lin et al., "Network in network", arXiv:1312.4400.
 *
 * @param x [N,H,W,C].
 * @returns [N,C].
 * @throws ERR_ARGUMENT if x is not float32 with four axes.
 */
export function globalAvgPool2d(x: Tensor): Tensor {
  checkFloats('globalAvgPool2d', { x });
  checkRank('globalAvgPool2d', 'x', x, 4, inputLayout(2));
  return mean(x, { axes: [1, 2] });
}
