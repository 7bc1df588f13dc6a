/** Parts of a tensor along its axes: slices, splits, and the same elements in reverse or rotated. */
import type { DType } from '../core/dtype.js';
import { extent, shapeText } from '../core/shape.js';
import { scope } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, axisList, checkAnyTensor, isList, resolveAxis, valueText } from './arguments.js';
import { concat } from './concat.js';
import { denseStrides, gather, readView, recorded, wholeView, type View } from './copy.js';

/** Of each option one number, or one for each axis that is named. */
export interface SliceOptions {
  /** The axes to slice; negative ones count from the end. Default: as many as the other options list, from the first. */
  axis?: number | readonly number[] | undefined;
  /** The first element; a negative one counts from the end. Default the first, or the last if step is negative. */
  start?: number | readonly number[] | undefined;
  /** Behind the last element; a negative one counts from the end. Default the end that step walks to. */
  end?: number | readonly number[] | undefined;
  /** From one element to the next, not 0; a negative one walks backwards. Default 1. */
  step?: number | readonly number[] | undefined;
}

function within(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

/** The elements that a slice takes of one axis, as Python and numpy count them. */
function sliceRange(size: number, start: number | undefined, end: number | undefined, step: number) {
  const forwards = step > 0;
  const least = forwards ? 0 : -1, most = forwards ? size : size - 1;
  const fromFront = (place: number) => within(place < 0 ? place + size : place, least, most);
  const first = start === undefined ? (forwards ? 0 : size - 1) : fromFront(start);
  const limit = end === undefined ? (forwards ? size : -1) : fromFront(end);
  return { first, count: Math.max(0, Math.ceil((limit - first) / step)) };
}

/** Resolves an option that is one number or one for each of `count` axes. */
function listed(name: string, value: number | readonly number[] | undefined, count: number, isValid: (item: number) => boolean, kind: string): readonly (number | undefined)[] {
  const list = value === undefined ? Array<undefined>(count).fill(undefined) : typeof value === 'number' ? [value] : value;
  if (!isList(list) || list.length !== count || !list.every((item) => item === undefined || (typeof item === 'number' && isValid(item)))) {
    throw argumentError('slice', `expected ${name} to be ${kind} for each of ${count} axes, but got ${valueText(value)}`);
  }
  return list;
}

function isPlace(value: number): boolean {
  return Number.isInteger(value) || Math.abs(value) === Infinity;
}

function isStep(value: number): boolean {
  return Number.isSafeInteger(value) && value !== 0;
}

/**
 * Every `step`-th element from `start` up to, but not including, `end`, along the named axes. Places outside of an axis
 * are moved to its ends, as in Python and numpy.
 *
 * @param x of any type and shape.
 * @param options numbers for one axis, or equally long lists for several.
 * @returns ceil((end - start) / step) elements, or none, along each such axis, of the type of x.
 * @throws ERR_ARGUMENT if an option is malformed, x has no such axis, or one is named twice.
 */
export function slice<D extends DType>(x: Tensor<D>, { axis, start, end, step }: SliceOptions): Tensor<D> {
  checkAnyTensor('slice', 'x', x);
  const given = [axis, start, end, step].filter((option) => option !== undefined);
  const lengths = given.map((option) => (isList(option) ? option.length : 1));
  const count = Math.max(1, ...lengths);
  const named = axis === undefined ? Array.from({ length: count }, (_, i) => i) : isList(axis) ? axis : [axis];
  const axes = named.map((item) => resolveAxis('slice', 'axis', item, x));
  if (new Set(axes).size !== axes.length) throw argumentError('slice', `expected axis to name each axis once, but got ${valueText(axis)}`);
  const starts = listed('start', start, axes.length, isPlace, 'a whole number');
  const ends = listed('end', end, axes.length, isPlace, 'a whole number');
  const steps = listed('step', step, axes.length, isStep, 'a whole number other than 0');
  const dense = wholeView(x.shape);
  const shape = [...dense.shape], strides = [...dense.strides];
  let offset = 0;
  for (const [i, along] of axes.entries()) {
    const by = steps[i] ?? 1;
    const { first, count: elements } = sliceRange(extent(x.shape, along), starts[i], ends[i], by);
    offset += first * strides[along]!;
    shape[along] = elements;
    strides[along] = strides[along]! * by;
  }
  return gather('slice', x, { offset, shape, strides });
}

/** `count` elements of x from `first` on along one axis. */
export function range<D extends DType>(op: string, x: Tensor<D>, axis: number, first: number, count: number): Tensor<D> {
  const { shape, strides } = wholeView(x.shape);
  return gather(op, x, { offset: first * strides[axis]!, shape: shape.map((size, at) => (at === axis ? count : size)), strides });
}

/**
 * Parts of x along one axis, one behind the other.
 *
 * @param x of any type and shape.
 * @param sizes the extents of the parts, or one for all of them but the last, which is what remains.
 * @param axis default 0; a negative one counts from the end.
 * @returns the parts, of the type of x.
 * @throws ERR_ARGUMENT if the sizes are not whole numbers that add up to the extent, or x has no such axis.
 */
export function split<D extends DType>(x: Tensor<D>, sizes: number | readonly number[], axis = 0): Tensor<D>[] {
  checkAnyTensor('split', 'x', x);
  const along = resolveAxis('split', 'axis', axis, x), total = extent(x.shape, along);
  if (typeof sizes === 'number' && !(Number.isSafeInteger(sizes) && sizes > 0)) {
    throw argumentError('split', `expected sizes to be a whole number of at least 1, or a list, but got ${valueText(sizes)}`);
  }
  const list = typeof sizes === 'number' ? equalParts(total, sizes) : sizes;
  if (!isList(list) || !list.every((size) => Number.isSafeInteger(size) && size >= 0) || list.reduce((sum, size) => sum + size, 0) !== total) {
    throw argumentError('split', `expected sizes to add up to ${total}, the extent of axis ${along} of x ${shapeText(x.shape)}, but got ${valueText(sizes)}`);
  }
  let first = 0;
  return list.map((size) => range('split', x, along, (first += size) - size, size));
}

/** Parts of one size, and what remains. At least one. */
function equalParts(total: number, size: number): number[] {
  return Array.from({ length: Math.max(1, Math.ceil(total / size)) }, (_, i) => Math.min(size, total - i * size));
}

/**
 * At most `chunks` parts of x along one axis, all of ceil(extent / chunks) but the last.
 *
 * @param x of any type and shape.
 * @param axis default 0; a negative one counts from the end.
 * @returns the parts, of the type of x.
 * @throws ERR_ARGUMENT if chunks is not a whole number of at least 1, or x has no such axis.
 */
export function chunk<D extends DType>(x: Tensor<D>, chunks: number, axis = 0): Tensor<D>[] {
  checkAnyTensor('chunk', 'x', x);
  const along = resolveAxis('chunk', 'axis', axis, x);
  if (!Number.isSafeInteger(chunks) || chunks < 1) {
    throw argumentError('chunk', `expected chunks to be a whole number of at least 1, but got ${valueText(chunks)}`);
  }
  const size = Math.max(1, Math.ceil(extent(x.shape, along) / chunks));
  return split(x, size, along);
}

/**
 * The elements of x in reverse order along some axes.
 *
 * @param x of any type and shape.
 * @param axes negative ones count from the end.
 * @returns the shape and type of x.
 * @throws ERR_ARGUMENT if x has no such axis.
 */
export function flip<D extends DType>(x: Tensor<D>, axes: number | readonly number[]): Tensor<D> {
  checkAnyTensor('flip', 'x', x);
  const reversed = new Set(axisList('flip', 'axes', axes).map((axis) => resolveAxis('flip', 'axes', axis, x)));
  return flipped(x, reversed);
}

function flipped<D extends DType>(x: Tensor<D>, reversed: ReadonlySet<number>): Tensor<D> {
  const dense = denseStrides(x.shape);
  const strides = dense.map((stride, axis) => (reversed.has(axis) ? -stride : stride));
  let offset = 0;
  for (const axis of reversed) offset += (x.shape[axis]! - 1) * dense[axis]!;
  const view: View = { offset, shape: x.shape, strides };
  return recorded('flip', readView('flip', x, view), [x], (dy) => flipped(dy, reversed));
}

/**
 * The elements of x moved along some axes, those that leave at one end coming in at the other:
 * y[i] = x[(i - shift) mod extent].
 *
 * @param x of any type and shape.
 * @param shifts whole numbers, one for each axis.
 * @param axes negative ones count from the end.
 * @returns the shape and type of x.
 * @throws ERR_ARGUMENT if shifts are not whole numbers, one for each axis, or x has no such axis.
 */
export function roll<D extends DType>(x: Tensor<D>, shifts: number | readonly number[], axes: number | readonly number[]): Tensor<D> {
  checkAnyTensor('roll', 'x', x);
  const amounts = typeof shifts === 'number' ? [shifts] : shifts;
  const named = axisList('roll', 'axes', axes).map((axis) => resolveAxis('roll', 'axes', axis, x));
  if (!isList(amounts) || amounts.length !== named.length || !amounts.every(Number.isSafeInteger)) {
    throw argumentError('roll', `expected shifts to be a whole number for each of ${named.length} axes, but got ${valueText(shifts)}`);
  }
  return scope(() => {
    let y = x.reshape(x.shape);
    for (const [i, axis] of named.entries()) {
      const size = extent(x.shape, axis);
      const cut = size === 0 ? 0 : (((-amounts[i]! % size) + size) % size);
      if (cut > 0) y = concat([range('roll', y, axis, cut, size - cut), range('roll', y, axis, 0, cut)], axis);
    }
    return y;
  });
}
