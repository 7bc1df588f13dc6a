/** Sorting along an axis, and the largest elements of one. */
import { op } from '../core/op.js';
import { run } from '../core/run.js';
import { shapeText, type Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkFloats, resolveAxis, valueText } from './arguments.js';
import { aroundAxis, scatterAddOp } from './gather.js';

const sortOp = op('sort', 'sort', {
  saves: ['index'],
  gradients: {
    x: (dy, { saved: { index }, params: { outer, size, inner, count }, shapes }) =>
      scatterAddOp({ dy, index }, { outer, size, inner, count }, { dx: shapes.x }).dx,
  },
});

/** Elements in order, and where they were. */
export interface Sorted {
  /** The gradient goes back to where they were. */
  values: Tensor;
  /** Places along the axis. */
  indices: Tensor<'int32'>;
}

export interface SortOptions {
  /** Largest first. Default false. */
  descending?: boolean | undefined;
}

function sortParams(shape: Shape, axis: number, count: number, descending: boolean) {
  return { ...aroundAxis(shape, axis), count, descending: Number(descending) };
}

/**
 * The elements along an axis from the smallest to the largest, or the other way. Equals stay in their order; NaN is
 * larger than all numbers.
 *
 * @param x float32, any shape but [].
 * @param axis negative ones count from the end. Default the last.
 * @returns values and int32 indices, of the shape of x.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor, or the axis is not one of its.
 */
export function sort(x: Tensor, axis = -1, { descending = false }: SortOptions = {}): Sorted {
  checkFloats('sort', { x });
  const along = resolveAxis('sort', 'axis', axis, x);
  const { y, index } = sortOp({ x }, sortParams(x.shape, along, x.shape[along]!, descending), { y: x.shape, index: x.shape });
  return { values: y, indices: index };
}

/**
 * The places of the elements along an axis in the order of {@link sort}. Has no gradient.
 *
 * @param x float32, any shape but [].
 * @param axis negative ones count from the end. Default the last.
 * @returns int32, the shape of x.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor, or the axis is not one of its.
 */
export function argsort(x: Tensor, axis = -1, { descending = false }: SortOptions = {}): Tensor<'int32'> {
  checkFloats('argsort', { x });
  const along = resolveAxis('argsort', 'axis', axis, x);
  const { y, index } = run('sort', { x }, sortParams(x.shape, along, x.shape[along]!, descending), { y: x.shape, index: x.shape });
  y.dispose();
  return index;
}

export interface TopKOptions {
  /** False for the smallest elements. Default true. */
  largest?: boolean | undefined;
}

/**
 * The k largest elements along an axis, largest first; or the k smallest, smallest first. Of equals the first come
 * first; NaN is larger than all numbers.
 *
 * @param x float32, any shape but [].
 * @param k from 0 to the extent of the axis.
 * @param axis negative ones count from the end. Default the last.
 * @returns values and int32 indices, of the shape of x with k along the axis.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor, the axis is not one of its, or k is out of range.
 */
export function topK(x: Tensor, k: number, axis = -1, { largest = true }: TopKOptions = {}): Sorted {
  checkFloats('topK', { x });
  const along = resolveAxis('topK', 'axis', axis, x), size = x.shape[along]!;
  if (!Number.isSafeInteger(k) || k < 0 || k > size) {
    throw argumentError('topK', `expected k to be a whole number from 0 to ${size}, axis ${along} of x ${shapeText(x.shape)}, but got ${valueText(k)}`);
  }
  const shape = x.shape.map((extent, at) => (at === along ? k : extent));
  const { y, index } = sortOp({ x }, sortParams(x.shape, along, k, largest), { y: shape, index: shape });
  return { values: y, indices: index };
}
