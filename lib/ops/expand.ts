/** Tensors repeated along axes. */
import type { DType } from '../core/dtype.js';
import { scope } from '../core/scope.js';
import { extent, numel, shapeText, type Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkAnyTensor, isList, resolveAxis, valueText } from './arguments.js';
import { readView, recorded } from './copy.js';
import { stretchedStrides } from './broadcast.js';
import { sumTo } from './reduce.js';

function isExtent(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/**
 * x repeated to a shape, as broadcasting does: shapes are aligned at the last axis, and an extent of 1 stretches.
 *
 * @param x of any type; a gradient flows to float types.
 * @param shape whole numbers; -1 keeps the extent of x.
 * @returns that shape, of the type of x.
 * @throws ERR_ARGUMENT if x does not stretch to the shape.
 */
export function expand<D extends DType>(x: Tensor<D>, shape: Shape): Tensor<D> {
  return expandFor('expand', x, shape);
}

function expandFor<D extends DType>(name: string, x: Tensor<D>, shape: Shape): Tensor<D> {
  checkAnyTensor(name, 'x', x);
  const from = x.shape, missing = isList(shape) ? shape.length - from.length : -1;
  const to = missing < 0 ? [] : shape.map((size, axis) => (size === -1 ? (from[axis - missing] ?? -1) : size));
  const fits = missing >= 0 && to.every(isExtent) && from.every((size, axis) => size === 1 || size === to[axis + missing]);
  if (!fits) {
    throw argumentError(name, `expected shape to be one that x ${shapeText(from)} stretches to, but got ${valueText(shape)}`);
  }
  const view = { offset: 0, shape: to, strides: stretchedStrides(from, to) };
  return recorded(name, readView(name, x, view), [x], (dy) => sumTo(dy, from));
}

/** Axes that one copy can repeat: each is two of the six groups of axes that a walk has. */
const mostTiled = 3;

/**
 * x several times along each axis, all of it one behind the other.
 *
 * @param x of any type; a gradient flows to float types.
 * @param counts a whole number for each axis; more of them than axes put new ones in front.
 * @returns each extent of x times its count, of the type of x.
 * @throws ERR_ARGUMENT if counts are not whole numbers of at least 0, or fewer than the axes of x.
 */
export function tile<D extends DType>(x: Tensor<D>, counts: readonly number[]): Tensor<D> {
  checkAnyTensor('tile', 'x', x);
  if (!isList(counts) || counts.length < x.shape.length || !counts.every(isExtent)) {
    throw argumentError('tile', `expected counts to be a whole number of at least 0 for each axis of x ${shapeText(x.shape)}, but got ${valueText(counts)}`);
  }
  const shape = [...Array<number>(counts.length - x.shape.length).fill(1), ...x.shape];
  const repeated = counts.flatMap((count, axis) => (count === 1 ? [] : [axis]));
  if (repeated.length > mostTiled) {
    const only = (front: boolean) => counts.map((count, axis) => (axis < repeated[mostTiled]! === front ? count : 1));
    return scope(() => tile(tile(x, only(true)), only(false)));
  }
  return scope(() => {
    const apart = x.reshape(shape.flatMap((size) => [1, size]));
    return expandFor('tile', apart, shape.flatMap((size, axis) => [counts[axis]!, size])).reshape(shape.map((size, axis) => size * counts[axis]!));
  });
}

/**
 * Each element of x several times in a row along one axis.
 *
 * @param x of any type; a gradient flows to float types.
 * @param count a whole number of at least 0.
 * @param axis negative ones count from the end.
 * @returns the shape of x with that extent times count, of the type of x.
 * @throws ERR_ARGUMENT if count is no such number, or x has no such axis.
 */
export function repeat<D extends DType>(x: Tensor<D>, count: number, axis: number): Tensor<D> {
  checkAnyTensor('repeat', 'x', x);
  const along = resolveAxis('repeat', 'axis', axis, x);
  if (!isExtent(count)) throw argumentError('repeat', `expected count to be a whole number of at least 0, but got ${valueText(count)}`);
  const before = x.shape.slice(0, along), behind = x.shape.slice(along + 1), size = extent(x.shape, along);
  return scope(() => {
    const apart = x.reshape([numel(before) * size, 1, numel(behind)]);
    return expandFor('repeat', apart, [numel(before) * size, count, numel(behind)]).reshape([...before, size * count, ...behind]);
  });
}
