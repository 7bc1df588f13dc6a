/** Sums and means over any axes, and what all reductions share: which axes, in which steps. */
import { op, type Op } from '../core/op.js';
import { scope } from '../core/scope.js';
import { numel, sameShape, shapeText, type Shape } from '../core/shape.js';
import type { DType } from '../core/dtype.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, axisList, checkSameFloats, resolveAxis } from './arguments.js';
import { cast } from './cast.js';

export interface ReduceOptions {
  /** Axes to reduce; negative ones count from the end. Default all. */
  axes?: number | readonly number[] | undefined;
  /** Whether reduced axes stay, with extent 1. Default false. */
  keepDims?: boolean | undefined;
}

/** x as [outer,size,inner], of which `size` is reduced. */
export interface AxisReduction {
  outer: number;
  size: number;
  inner: number;
}

// Linear, and each other's gradient.
const sumOp: Op<'sum'> = op('sum', 'sum', {
  saves: [],
  gradients: { x: (dy, { params, shapes }) => sumGrad({ dy }, params, { dx: shapes.x }).dx },
});

const sumGrad: Op<'sum_grad'> = op('the gradient of sum', 'sum_grad', {
  saves: [],
  gradients: { dy: (ddx, { params, shapes }) => sumOp({ x: ddx }, params, { y: shapes.dy }).y },
});

/**
 * The reductions of a tensor's marked axes one after another, from the last group of neighbouring axes to
 * the first. There is at least one, which may be of one element only.
 */
function reductions(shape: Shape, reduced: readonly boolean[]): AxisReduction[] {
  const found: AxisReduction[] = [];
  let inner = 1; // of the axes that stay, behind the current group
  for (let axis = shape.length - 1; axis >= 0; ) {
    let size = 1;
    for (; axis >= 0 && reduced[axis]; axis--) size *= shape[axis]!;
    if (size !== 1) found.push({ outer: numel(shape.slice(0, axis + 1)), size, inner });
    for (; axis >= 0 && !reduced[axis]; axis--) inner *= shape[axis]!;
  }
  return found.length > 0 ? found : [{ outer: 1, size: 1, inner: numel(shape) }];
}

/** Which axes of x an op reduces, and the shape of what remains. */
export interface AxesReduction {
  reduced: readonly boolean[];
  shape: Shape;
}

/** Reduces the marked axes step by step. What `step` makes of a last group of axes has the shape `y`. */
export function reduceAxes<D extends DType>(
  x: Tensor<D>,
  { reduced, shape }: AxesReduction,
  step: (x: Tensor<D>, axes: AxisReduction, y: Shape, last: boolean) => Tensor<D>,
): Tensor<D> {
  const steps = reductions(x.shape, reduced);
  let result = x;
  for (const [i, axes] of steps.entries()) {
    const last = i === steps.length - 1;
    const next = step(result, axes, last ? shape : [axes.outer, axes.inner], last);
    if (result !== x) result.dispose();
    result = next;
  }
  return result;
}

/** Sums of x over the marked axes, times scale. */
function sumAxes(x: Tensor, axes: AxesReduction, scale: number): Tensor {
  if (x.dtype !== 'float32' && reductions(x.shape, axes.reduced).length > 1) return sumWide(x, axes, scale);
  return reduceAxes(x, axes, (from, step, y, last) => sumOp({ x: from }, { ...step, scale: last ? scale : 1 }, { y }).y);
}

/** The same with float32 between the steps. */
function sumWide(x: Tensor, axes: AxesReduction, scale: number): Tensor {
  const wide = cast(x, 'float32'), sums = sumAxes(wide, axes, scale), result = cast(sums, x.dtype);
  wide.dispose();
  sums.dispose();
  return result;
}

/** The axes of `to` along which `from` is stretched by broadcasting. */
function stretchedAxes(from: Shape, to: Shape): boolean[] {
  const missing = to.length - from.length;
  return to.map((extent, axis) => axis < missing || extent !== from[axis - missing]);
}

/** The sum of a gradient over the axes along which `shape` was stretched by broadcasting. */
export function sumTo(dy: Tensor, shape: Shape): Tensor {
  if (sameShape(dy.shape, shape)) return dy;
  return sumAxes(dy, { reduced: stretchedAxes(shape, dy.shape), shape }, 1);
}

/** Copies of x along the axes that broadcasting stretches: what {@link sumTo} is the gradient of. */
export function spreadTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const steps = reductions(shape, stretchedAxes(x.shape, shape)).reverse();
  return scope(() =>
    steps.reduce((from, { outer, size, inner }, i) => {
      const dx = i === steps.length - 1 ? shape : [outer, size, inner];
      return sumGrad({ dy: from }, { outer, size, inner, scale: 1 }, { dx }).dx;
    }, x),
  );
}

/** Resolves the options of a reduction of x, and counts the elements of each result. */
export function resolveReduction(name: string, x: Tensor<DType>, { axes, keepDims = false }: ReduceOptions): AxesReduction & { count: number } {
  const listed = axes === undefined ? x.shape.map((_, axis) => axis) : axisList(name, 'axes', axes);
  const resolved = listed.map((axis) => resolveAxis(name, 'axes', axis, x));
  const reduced = x.shape.map((_, axis) => resolved.includes(axis));
  if (new Set(resolved).size !== resolved.length) {
    throw argumentError(name, `expected axes to name each axis of x ${shapeText(x.shape)} once, but got [${listed.join(',')}]`);
  }
  const shape = keepDims
    ? x.shape.map((extent, axis) => (reduced[axis] ? 1 : extent))
    : x.shape.filter((_, axis) => !reduced[axis]);
  const count = numel(x.shape.filter((_, axis) => reduced[axis]));
  return { reduced, shape, count };
}

/**
 * The sum over some axes, in float32; over none of a size-0 axis' elements it is 0.
 *
 * @param x float, any shape.
 * @returns the type of x, and its shape without the reduced axes, or with 1 in their places.
 * @throws ERR_ARGUMENT if x is not a live float tensor or an axis is not one of its.
 */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkSameFloats('sum', { x });
  return sumAxes(x, resolveReduction('sum', x, options), 1);
}

/**
 * The mean over some axes, in float32; of no elements it is NaN.
 *
 * @param x float, any shape.
 * @returns the type of x, and its shape without the reduced axes, or with 1 in their places.
 * @throws ERR_ARGUMENT if x is not a live float tensor or an axis is not one of its.
 */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkSameFloats('mean', { x });
  const axes = resolveReduction('mean', x, options);
  return sumAxes(x, axes, 1 / axes.count);
}
