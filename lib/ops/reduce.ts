/** Reductions: sum and mean over any axes, the place of the largest element along one. */
import { filled } from '../core/gradient_memory.js';
import { op, type Op } from '../core/op.js';
import { run } from '../core/run.js';
import { numel, sameShape, shapeText, type Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, axisList, checkFloats, resolveAxis } from './arguments.js';

export interface ReduceOptions {
  /** Axes to reduce; negative ones count from the end. Default all. */
  axes?: number | readonly number[] | undefined;
  /** Whether reduced axes stay, with extent 1. Default false. */
  keepDims?: boolean | undefined;
}

/** x as [outer,size,inner], of which `size` is reduced. */
interface Reduction {
  outer: number;
  size: number;
  inner: number;
}

const sumOp: Op<'sum'> = op('sum', 'sum', {
  saves: [],
  gradients: {
    x: (dy, { params: { outer, size, inner, scale }, shapes }) => {
      if (outer * size * inner === 0) return filled(shapes.x, 0, dy.device);
      const walk = { shape: [1, 1, 1, outer, size, inner], stride: [0, 0, 0, inner, 0, 1] };
      return stretch({ x: dy }, { ...walk, scale, shift: 0 }, { y: shapes.x }).y;
    },
  },
});

/** [outer,inner] repeated along a middle axis: what a gradient of sums does. */
const stretch: Op<'affine'> = op('the gradient of sum', 'affine', {
  saves: [],
  gradients: {
    x: (ddx, { params: { shape, scale }, shapes }) => {
      const [outer = 1, size = 1, inner = 1] = shape.slice(-3);
      return sumOp({ x: ddx }, { outer, size, inner, scale }, { y: shapes.x }).y;
    },
  },
});

/**
 * The reductions of a tensor's marked axes one after another, from the last group of neighbouring axes to
 * the first. There is at least one, which may be of one element only.
 */
function reductions(shape: Shape, reduced: readonly boolean[]): Reduction[] {
  const found: Reduction[] = [];
  let inner = 1; // of the axes that stay, behind the current group
  for (let axis = shape.length - 1; axis >= 0; ) {
    let size = 1;
    for (; axis >= 0 && reduced[axis]; axis--) size *= shape[axis]!;
    if (size !== 1) found.push({ outer: numel(shape.slice(0, axis + 1)), size, inner });
    for (; axis >= 0 && !reduced[axis]; axis--) inner *= shape[axis]!;
  }
  return found.length > 0 ? found : [{ outer: 1, size: 1, inner: numel(shape) }];
}

/** Sums of x over the marked axes, times scale, in the given shape. */
function sumMarked(x: Tensor, reduced: readonly boolean[], scale: number, shape: Shape): Tensor {
  const steps = reductions(x.shape, reduced);
  let result = x;
  for (const [i, step] of steps.entries()) {
    const last = i === steps.length - 1;
    const y = last ? shape : [step.outer, step.inner];
    const next = sumOp({ x: result }, { ...step, scale: last ? scale : 1 }, { y }).y;
    if (result !== x) result.dispose();
    result = next;
  }
  return result;
}

/** The sum of a gradient over the axes along which `shape` was stretched by broadcasting. */
export function sumTo(dy: Tensor, shape: Shape): Tensor {
  if (sameShape(dy.shape, shape)) return dy;
  const missing = dy.shape.length - shape.length;
  const stretched = dy.shape.map((extent, axis) => extent !== (shape[axis - missing] ?? 1) || axis < missing);
  return sumMarked(dy, stretched, 1, shape);
}

/** Checks the options of a reduction and gives the axes to reduce and the shape of the result. */
function resolveReduction(name: string, x: Tensor, { axes, keepDims = false }: ReduceOptions) {
  checkFloats(name, { x });
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
 * The sum over some axes; over none of a size-0 axis' elements it is 0.
 *
 * @param x float32, any shape.
 * @returns the shape of x without the reduced axes, or with 1 in their places.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor or an axis is not one of its.
 */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  const { reduced, shape } = resolveReduction('sum', x, options);
  return sumMarked(x, reduced, 1, shape);
}

/**
 * The mean over some axes; of no elements it is NaN.
 *
 * @param x float32, any shape.
 * @returns the shape of x without the reduced axes, or with 1 in their places.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor or an axis is not one of its.
 */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  const { reduced, shape, count } = resolveReduction('mean', x, options);
  return sumMarked(x, reduced, 1 / count, shape);
}

/**
 * The place of the largest element along one axis, of equals the first; NaN counts as largest. Has no gradient.
 *
 * @param x float32, any shape but [].
 * @param axis negative ones count from the end. Default the last.
 * @returns int32, the shape of x without that axis.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor, the axis is not one of its, or is empty.
 */
export function argmax(x: Tensor, axis = -1): Tensor<'int32'> {
  checkFloats('argmax', { x });
  const along = resolveAxis('argmax', 'axis', axis, x);
  const size = x.shape[along]!;
  if (size === 0) {
    throw argumentError('argmax', `expected x to have elements along axis ${along}, but got shape ${shapeText(x.shape)}`);
  }
  const before = x.shape.slice(0, along), behind = x.shape.slice(along + 1);
  const params = { outer: numel(before), size, inner: numel(behind), scale: 1 };
  return run('argmax', { x }, params, { index: [...before, ...behind] }).index;
}
