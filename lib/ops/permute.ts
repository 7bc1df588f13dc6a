/** Axes in another order. */
import type { DType } from '../core/dtype.js';
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkAnyTensor, isList, resolveAxis, valueText } from './arguments.js';
import { denseStrides, readView, recorded } from './copy.js';

/**
 * The axes of x in another order: axis i of the result is axis `order[i]` of x. Elements are copied, as tensors are dense.
 *
 * @param x of any type and shape.
 * @param order each axis of x once; negative ones count from the end.
 * @returns the extents of x in that order, of the type of x.
 * @throws ERR_ARGUMENT if order does not name each axis once, or more than six axes stay apart, neighbours that move
 *   together counting as one.
 */
export function permute<D extends DType>(x: Tensor<D>, order: readonly number[]): Tensor<D> {
  checkAnyTensor('permute', 'x', x);
  const axes = isList(order) ? order.map((axis) => resolveAxis('permute', 'order', axis, x)) : [];
  if (axes.length !== x.shape.length || new Set(axes).size !== axes.length) {
    throw argumentError('permute', `expected order to name each axis of x ${shapeText(x.shape)} once, but got ${valueText(order)}`);
  }
  return permuted('permute', x, axes);
}

function permuted<D extends DType>(op: string, x: Tensor<D>, axes: readonly number[]): Tensor<D> {
  const strides = denseStrides(x.shape);
  const view = { offset: 0, shape: axes.map((axis) => x.shape[axis]!), strides: axes.map((axis) => strides[axis]!) };
  return recorded(op, readView(op, x, view), [x], (dy) => permuted(op, dy, axes.map((_, axis) => axes.indexOf(axis))));
}

/**
 * Two axes exchanged.
 *
 * @param x of any type and shape.
 * @param first default the last but one.
 * @param second default the last.
 * @returns the extents of x with the two exchanged, of the type of x.
 * @throws ERR_ARGUMENT if x has no such axes.
 */
export function transpose<D extends DType>(x: Tensor<D>, first = -2, second = -1): Tensor<D> {
  checkAnyTensor('transpose', 'x', x);
  const a = resolveAxis('transpose', 'first', first, x), b = resolveAxis('transpose', 'second', second, x);
  return permuted('transpose', x, x.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis)));
}
