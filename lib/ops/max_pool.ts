/** Max pooling over one, two or three spatial axes. */
import { op, type Op } from '../core/op.js';
import { numel, shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError } from './arguments.js';
import { pooledShape, poolParams, poolWindows } from './pool.js';
import type { Padding, PerAxis } from './window.js';

export interface MaxPoolOptions {
  /** Extent of a window along each spatial axis; at most 256 elements in all. */
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

/** The gradient's memory of a window's maximum is one byte: its place in the window. */
const mostElements = 256;

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

function maxPool(name: string, axes: number, x: Tensor, options: MaxPoolOptions): Tensor {
  const windows = poolWindows(name, axes, x, options, options.ceilMode);
  const kernel = windows.map((window) => window.kernel);
  if (numel(kernel) > mostElements) {
    throw argumentError(name, `expected a window of at most ${mostElements} elements, but got kernel ${shapeText(kernel)}`);
  }
  const shape = pooledShape(x, windows);
  const { y, index } = pool({ x }, poolParams(x, windows), { y: shape, index: shape });
  index.dispose();
  return y;
}

/**
 * Max pooling over one axis: {@link maxPool2d} without H.
 *
 * @param x [N,W,C].
 * @returns [N,Q,C].
 * @throws ERR_ARGUMENT as {@link maxPool2d} does.
 */
export function maxPool1d(x: Tensor, options: MaxPoolOptions): Tensor {
  return maxPool('maxPool1d', 1, x, options);
}

/**
 * Max pooling: the largest element under each window, for each channel. NaN counts as largest; among equals
 * the gradient goes to the first in the order of rows. An output axis is
 * floor((n + before + after - dilation * (kernel - 1) - 1) / stride) + 1 long (rounded up with `ceilMode`).
 *
 * M. Riesenhuber, T. Poggio, "Hierarchical models of object recognition in cortex", 1999.
 *
 * @param x [N,H,W,C].
 * @returns [N,P,Q,C].
 * @throws ERR_ARGUMENT if x is not float32 with four axes, an option is malformed, the window has more than
 *   256 elements or does not fit into the padded input, or padding exceeds half of it.
 */
export function maxPool2d(x: Tensor, options: MaxPoolOptions): Tensor {
  return maxPool('maxPool2d', 2, x, options);
}

/**
 * Max pooling over three axes: {@link maxPool2d} with a third one, D, in front.
 *
 * @param x [N,D,H,W,C].
 * @returns [N,Z,P,Q,C].
 * @throws ERR_ARGUMENT as {@link maxPool2d} does.
 */
export function maxPool3d(x: Tensor, options: MaxPoolOptions): Tensor {
  return maxPool('maxPool3d', 3, x, options);
}
