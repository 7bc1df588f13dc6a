/** The elements under sliding windows as a tensor of their own (im2col), and back (col2im). */
import { op, type Op } from '../core/op.js';
import { shapeText, type Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkSameFloats, isList, valueText } from './arguments.js';
import { perAxis, windowAxes, windowParams, type Padding, type PerAxis } from './window.js';

export interface FoldOptions {
  /** Extents of the image along the spatial axes. */
  size: readonly number[];
  /** Default 1. */
  stride?: PerAxis | undefined;
  /** Zeros around the image. Default 0. */
  padding?: Padding | undefined;
  /** Distance between the elements of one window. Default 1. */
  dilation?: PerAxis | undefined;
}

export interface UnfoldOptions extends Omit<FoldOptions, 'size'> {
  /** Extent of a window along each spatial axis. */
  kernel: PerAxis;
}

// Each is the transpose of the other.
const unfoldOp: Op<'unfold'> = op('unfold', 'unfold', {
  saves: [],
  gradients: { x: (dy, { params, shapes }) => foldOp({ y: dy }, params, { x: shapes.x }).x },
});

const foldOp: Op<'fold'> = op('fold', 'fold', {
  saves: [],
  gradients: { y: (dx, { params, shapes }) => unfoldOp({ x: dx }, params, { y: shapes.y }).y },
});

/**
 * The elements under each window, window by window (im2col): for an image
 *
 *     y[n,p,q,r,s,c] = x[n, p * stride + r * dilation - before, q * stride + s * dilation - before, c]
 *
 * with zeros where x is read outside. (Torch has the same elements as [N, C*R*S, P*Q].)
 *
 * @param x [N,W,C], [N,H,W,C] or [N,D,H,W,C].
 * @returns [N,Q,S,C], [N,P,Q,R,S,C] or [N,Z,P,Q,T,R,S,C], of the type of x.
 * @throws ERR_ARGUMENT if x has other axes, an option is malformed, or the padded input is smaller than the kernel.
 */
export function unfold(x: Tensor, options: UnfoldOptions): Tensor {
  checkSameFloats('unfold', { x });
  const axes = x.shape.length - 2;
  if (axes < 1 || axes > 3) {
    throw argumentError('unfold', `expected x to have the axes [N,W,C], [N,H,W,C] or [N,D,H,W,C], but got shape ${shapeText(x.shape)}`);
  }
  const kernel = perAxis('unfold', 'kernel', options.kernel, axes);
  const windows = windowAxes('unfold', { spatial: x.shape.slice(1, -1), kernel, x: x.shape }, options);
  const n = x.shape[0]!, c = x.shape[axes + 1]!;
  const y = [n, ...windows.map(({ output }) => output), ...kernel, c];
  return unfoldOp({ x }, { ...windowParams(windows), n, c }, { y }).y;
}

/**
 * The sum of windows where they lie in an image (col2im): the transpose of {@link unfold}, whose windows overlap, so
 * that unfolding and folding again multiplies each element by the number of windows that it lies in.
 *
 * @param y [N,Q,S,C], [N,P,Q,R,S,C] or [N,Z,P,Q,T,R,S,C], what unfold makes of an image of `size`.
 * @param options.size W, H and W, or D, H and W of the image.
 * @returns [N,…size,C], of the type of y.
 * @throws ERR_ARGUMENT if an option is malformed, or y has not as many windows as an image of that size.
 */
export function fold(y: Tensor, options: FoldOptions): Tensor {
  checkSameFloats('fold', { y });
  const { size } = options;
  const axes = (y.shape.length - 2) / 2;
  if (axes !== 1 && axes !== 2 && axes !== 3) {
    throw argumentError('fold', `expected y to have the axes [N,Q,S,C], [N,P,Q,R,S,C] or [N,Z,P,Q,T,R,S,C], but got shape ${shapeText(y.shape)}`);
  }
  if (!isList(size) || size.length !== axes || !size.every((value) => Number.isSafeInteger(value) && value >= 0)) {
    throw argumentError('fold', `expected size to be a whole number of at least 0 for each of the ${axes} spatial axes, but got ${valueText(size)}`);
  }
  const n = y.shape[0]!, c = y.shape.at(-1)!;
  const kernel: Shape = y.shape.slice(1 + axes, -1);
  if (kernel.includes(0)) throw argumentError('fold', `expected y to have windows of at least one element, but got shape ${shapeText(y.shape)}`);
  const x = [n, ...size, c];
  const windows = windowAxes('fold', { spatial: size, kernel, x }, options);
  const expected = windows.map(({ output }) => output);
  if (expected.some((output, axis) => output !== y.shape[axis + 1])) {
    throw argumentError('fold', `expected y to have the ${shapeText(expected)} windows of an image of size ${shapeText(size)}, but got shape ${shapeText(y.shape)}`);
  }
  return foldOp({ y }, { ...windowParams(windows), n, c }, { x }).x;
}
