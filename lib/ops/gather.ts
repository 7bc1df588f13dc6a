/** Elements by their places along an axis, and sums of elements into such places. */
import { op, type Op } from '../core/op.js';
import { numel, sameShape, shapeText, type Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkSameFloats, checkTensor, resolveAxis, valueText } from './arguments.js';

// Both are linear, and each other's gradient.
const gatherOp: Op<'gather'> = op('gather', 'gather', {
  saves: ['index'],
  gradients: {
    x: (dy, { saved: { index }, params, shapes }) => scatterAddOp({ dy, index }, params, { dx: shapes.x }).dx,
    index: null,
  },
});

/** Also the gradient of whatever picks one element of an axis. */
export const scatterAddOp: Op<'scatter_add'> = op('scatterAdd', 'scatter_add', {
  saves: ['index'],
  gradients: {
    dy: (ddx, { saved: { index }, params, shapes }) => gatherOp({ x: ddx, index }, params, { y: shapes.dy }).y,
    index: null,
  },
});

/** A shape with another extent along one axis. */
function resized(shape: Shape, axis: number, extent: number): number[] {
  return shape.map((value, at) => (at === axis ? extent : value));
}

/** The extents before an axis, along it, and behind it. */
export function aroundAxis(shape: Shape, axis: number): { outer: number; size: number; inner: number } {
  return { outer: numel(shape.slice(0, axis)), size: shape[axis]!, inner: numel(shape.slice(axis + 1)) };
}

/** {@link gather} of arguments that are known to fit. */
export function gatherAlong(x: Tensor, index: Tensor<'int32'>, axis: number): Tensor {
  return gatherOp({ x, index }, { ...aroundAxis(x.shape, axis), count: index.shape[axis]! }, { y: index.shape }).y;
}

/**
 * Elements by their places along an axis. For the last axis, y[...,i] = x[...,index[...,i]]. An index outside of the
 * axis gives NaN. Gradients of elements that are named more than once are summed in order. `torch.gather`,
 * `numpy.take_along_axis`.
 *
 * @param x float, any shape but [].
 * @param index int32, the shape of x but along the axis.
 * @param axis negative ones count from the end. Default the last.
 * @returns the type of x, the shape of index.
 * @throws ERR_ARGUMENT if types, devices or shapes do not fit together.
 */
export function gather(x: Tensor, index: Tensor<'int32'>, axis = -1): Tensor {
  checkSameFloats('gather', { x });
  checkTensor('gather', 'index', index, 'int32', { name: 'x', device: x.device });
  const along = resolveAxis('gather', 'axis', axis, x);
  const expected = resized(x.shape, along, index.shape[along] ?? 0);
  if (!sameShape(index.shape, expected)) {
    throw argumentError(
      'gather',
      `expected index to have the shape of x ${shapeText(x.shape)} but along axis ${along}, but got ${shapeText(index.shape)}`,
    );
  }
  return gatherAlong(x, index, along);
}

/**
 * Sums of elements into zeros, at their places along an axis. For the last axis, y[...,index[...,i]] += x[...,i], in the
 * order of i. What has an index outside of the axis is left out. It is the gradient of {@link gather}.
 *
 * @param x float, any shape but [].
 * @param index int32, the shape of x.
 * @param size the extent of the result along the axis.
 * @param axis negative ones count from the end. Default the last.
 * @returns the type of x, and its shape but along the axis.
 * @throws ERR_ARGUMENT if types, devices or shapes do not fit together.
 */
export function scatterAdd(x: Tensor, index: Tensor<'int32'>, size: number, axis = -1): Tensor {
  checkSameFloats('scatterAdd', { x });
  checkTensor('scatterAdd', 'index', index, 'int32', { name: 'x', device: x.device });
  const along = resolveAxis('scatterAdd', 'axis', axis, x);
  if (!sameShape(index.shape, x.shape)) {
    throw argumentError('scatterAdd', `expected index to have the shape of x ${shapeText(x.shape)}, but got ${shapeText(index.shape)}`);
  }
  if (!Number.isSafeInteger(size) || size < 0 || size >= 2 ** 31) {
    throw argumentError('scatterAdd', `expected size to be a whole number from 0 to below 2^31, but got ${valueText(size)}`);
  }
  const { outer, size: count, inner } = aroundAxis(x.shape, along);
  return scatterAddOp({ dy: x, index }, { outer, size, inner, count }, { dx: resized(x.shape, along, size) }).dx;
}
