/** Other shapes for the same elements, without a copy. See also {@link Tensor.reshape}. */
import type { DType } from '../core/dtype.js';
import { extent, numel, shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, axisList, checkAnyTensor, resolveAxis, valueText } from './arguments.js';

/**
 * x without axes of extent 1. Shares the memory of x.
 *
 * @param x of any type and shape.
 * @param axes those to leave out; negative ones count from the end. Default all of extent 1.
 * @returns the shape of x without them.
 * @throws ERR_ARGUMENT if x has no such axis, or one has another extent.
 */
export function squeeze<D extends DType>(x: Tensor<D>, axes?: number | readonly number[]): Tensor<D> {
  checkAnyTensor('squeeze', 'x', x);
  if (axes === undefined) return x.reshape(x.shape.filter((size) => size !== 1));
  const left = axisList('squeeze', 'axes', axes).map((axis) => resolveAxis('squeeze', 'axes', axis, x));
  const wide = left.find((axis) => extent(x.shape, axis) !== 1);
  if (wide !== undefined) {
    throw argumentError('squeeze', `expected axes to have extent 1, but got axis ${wide} of ${shapeText(x.shape)}`);
  }
  return x.reshape(x.shape.filter((_, axis) => !left.includes(axis)));
}

/** Checks the place of an axis that x has not got yet. */
export function checkNewAxis(name: string, axis: number, x: Tensor<DType>): void {
  const rank = x.shape.length;
  if (!Number.isInteger(axis) || axis < -rank - 1 || axis > rank) {
    throw argumentError(name, `expected axis to be a whole number from ${-rank - 1} to ${rank} for x ${shapeText(x.shape)}, but got ${valueText(axis)}`);
  }
}

/**
 * x with one more axis, of extent 1. Shares the memory of x.
 *
 * @param x of any type and shape.
 * @param axis its place in the result; a negative one counts from the end.
 * @returns the shape of x with 1 put in at that place.
 * @throws ERR_ARGUMENT if axis is not a whole number from -rank - 1 to rank.
 */
export function unsqueeze<D extends DType>(x: Tensor<D>, axis: number): Tensor<D> {
  checkAnyTensor('unsqueeze', 'x', x);
  checkNewAxis('unsqueeze', axis, x);
  const rank = x.shape.length;
  const at = axis < 0 ? axis + rank + 1 : axis;
  return x.reshape([...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/**
 * x with the axes from `first` to `last` merged into one. Shares the memory of x.
 *
 * @param x of any type and shape.
 * @param first default 0; a negative one counts from the end.
 * @param last default the last.
 * @returns the shape of x with the product of these extents in their place; [1] for x of shape [].
 * @throws ERR_ARGUMENT if x has no such axes, or last is before first.
 */
export function flatten<D extends DType>(x: Tensor<D>, first = 0, last = -1): Tensor<D> {
  checkAnyTensor('flatten', 'x', x);
  if (x.shape.length === 0) return x.reshape([1]);
  const from = resolveAxis('flatten', 'first', first, x), to = resolveAxis('flatten', 'last', last, x);
  if (to < from) throw argumentError('flatten', `expected last to be at least first, ${from}, but got ${to}`);
  return x.reshape([...x.shape.slice(0, from), numel(x.shape.slice(from, to + 1)), ...x.shape.slice(to + 1)]);
}
