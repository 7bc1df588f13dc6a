/** Max pooling over one, two or three spatial axes. */
import { op, type Op } from '../core/op.js';
import { run } from '../core/run.js';
import { numel } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import {
  checkPlane,
  disposeSpans,
  fixedSpans,
  maxWindows,
  pooled,
  type IndicesOption,
  type WantsIndices,
  type WantsNoIndices,
  type WithIndices,
} from './max_windows.js';
import { pooledShape, poolParams, poolWindows } from './pool.js';
import type { Padding, PerAxis, WindowAxis } from './window.js';

export interface MaxPoolOptions {
  /** Extent of a window along each spatial axis. */
  kernel: PerAxis;
  /** Default: the kernel, so that windows lie side by side. */
  stride?: PerAxis | undefined;
  /** Minus infinity around x, at most half a window on each side. Default 0. */
  padding?: Padding | undefined;
  /** Distance between the elements that one window reads. Default 1. */
  dilation?: PerAxis | undefined;
  /** Also pools what is left over at the end of an axis. Default false. */
  ceilMode?: boolean | undefined;
}

/** Most elements of a window whose maximum the gradient remembers in one byte: its place in the window. */
const mostElementsOfByte = 256;

const pool = op('maxPool', 'max_pool_forward', {
  saves: ['index'],
  gradients: {
    x: (dy, { saved: { index }, params, shapes }) => poolGrad({ dy, index }, params, { dx: shapes.x }).dx,
  },
});

const poolGrad: Op<'max_pool_grad'> = op('the gradient of maxPool', 'max_pool_grad', {
  saves: ['index'],
  gradients: {
    dy: (ddx, { saved: { index }, params, shapes }) => gather({ x: ddx, index }, params, { y: shapes.dy }).y,
    index: null,
  },
});

const gather: Op<'max_pool_gather'> = op('the second gradient of maxPool', 'max_pool_gather', {
  saves: ['index'],
  gradients: {
    x: (dy, { saved: { index }, params, shapes }) => poolGrad({ dy, index }, params, { dx: shapes.x }).dx,
    index: null,
  },
});

/** Windows too large for an index of one byte: their elements inside x along one axis. */
function insideSpans(x: Tensor, { input, kernel, stride, dilation, before, output }: WindowAxis) {
  const limits = Array.from({ length: output }, (_, o) => {
    const start = o * stride - before, skipped = Math.ceil(Math.max(-start, 0) / dilation);
    return [start + skipped * dilation, Math.min(start + dilation * (kernel - 1) + 1, input)] as const;
  });
  return fixedSpans(x, limits, dilation);
}

/** The pooling for `axes` spatial axes, under the name that messages give it. @internal */
export function maxPool(name: string, axes: number, x: Tensor, options: MaxPoolOptions): Tensor;
export function maxPool(
  name: string,
  axes: number,
  x: Tensor,
  options: MaxPoolOptions,
  returnIndices: boolean | undefined,
): Tensor | WithIndices;
export function maxPool(name: string, axes: number, x: Tensor, options: MaxPoolOptions, returnIndices = false): Tensor | WithIndices {
  const windows = poolWindows(name, axes, x, options, options.ceilMode);
  const isLarge = numel(windows.map(({ kernel }) => kernel)) > mostElementsOfByte;
  if (returnIndices || isLarge) checkPlane(name, x, axes);
  if (isLarge) {
    const spans = windows.map((window) => insideSpans(x, window));
    const result = maxWindows(x, spans);
    disposeSpans(spans);
    return pooled(result, returnIndices);
  }
  const shape = pooledShape(x, windows), params = poolParams(x, windows);
  const { y, index } = pool({ x }, params, { y: shape, index: shape });
  const indices = returnIndices ? run('max_pool_positions', { index }, params, { position: shape }).position : undefined;
  index.dispose();
  return indices ? { y, indices } : y;
}

/**
 * Max pooling over one axis: {@link maxPool2d} without H.
 *
 * @param x [N,W,C].
 * @returns [N,Q,C], and with `returnIndices` the indices too.
 * @throws ERR_ARGUMENT as {@link maxPool2d} does.
 */
export function maxPool1d(x: Tensor, options: MaxPoolOptions & WantsIndices): WithIndices;
export function maxPool1d(x: Tensor, options: MaxPoolOptions & WantsNoIndices): Tensor;
export function maxPool1d(x: Tensor, options: MaxPoolOptions & IndicesOption): Tensor | WithIndices {
  return maxPool('maxPool1d', 1, x, options, options.returnIndices);
}

/**
 * Max pooling: the largest element under each window, for each channel. NaN counts as largest; among equals
 * the gradient goes to the first in the order of rows. An output axis is
 * floor((n + before + after - dilation * (kernel - 1) - 1) / stride) + 1 long (rounded up with `ceilMode`).
 *
 * M. Riesenhuber, T. Poggio, "Hierarchical models of object recognition in cortex", 1999.
 *
 * @param x [N,H,W,C].
 * @returns [N,P,Q,C], and with `returnIndices` the indices too.
 * @throws ERR_ARGUMENT if x is not a float tensor with four axes, an option is malformed, the window does not fit into the
 *   padded input, or padding exceeds half of it.
 */
export function maxPool2d(x: Tensor, options: MaxPoolOptions & WantsIndices): WithIndices;
export function maxPool2d(x: Tensor, options: MaxPoolOptions & WantsNoIndices): Tensor;
export function maxPool2d(x: Tensor, options: MaxPoolOptions & IndicesOption): Tensor | WithIndices {
  return maxPool('maxPool2d', 2, x, options, options.returnIndices);
}

/**
 * Max pooling over three axes: {@link maxPool2d} with a third one, D, in front.
 *
 * @param x [N,D,H,W,C].
 * @returns [N,Z,P,Q,C], and with `returnIndices` the indices too.
 * @throws ERR_ARGUMENT as {@link maxPool2d} does.
 */
export function maxPool3d(x: Tensor, options: MaxPoolOptions & WantsIndices): WithIndices;
export function maxPool3d(x: Tensor, options: MaxPoolOptions & WantsNoIndices): Tensor;
export function maxPool3d(x: Tensor, options: MaxPoolOptions & IndicesOption): Tensor | WithIndices {
  return maxPool('maxPool3d', 3, x, options, options.returnIndices);
}
