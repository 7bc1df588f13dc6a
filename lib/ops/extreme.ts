/** The largest and the smallest elements over any axes, and their places along one. */
import { op, type GradientRule, type Op } from '../core/op.js';
import { run } from '../core/run.js';
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkSameFloats, resolveAxis } from './arguments.js';
import { aroundAxis, scatterAddOp } from './gather.js';
import { reduceAxes, resolveReduction, type ReduceOptions } from './reduce.js';

const rule: GradientRule<'max' | 'min', 'index', never> = {
  saves: ['index'],
  gradients: {
    x: (dy, { saved: { index }, params, shapes }) => scatterAddOp({ dy, index }, { ...params, count: 1 }, { dx: shapes.x }).dx,
  },
};
const extremes: { max: Op<'max' | 'min'>; min: Op<'max' | 'min'> } = { max: op('max', 'max', rule), min: op('min', 'min', rule) };

function extreme(name: 'max' | 'min', x: Tensor, options: ReduceOptions): Tensor {
  checkSameFloats(name, { x });
  const axes = resolveReduction(name, x, options);
  if (axes.count === 0) throw argumentError(name, `expected x to have elements along the reduced axes, but got shape ${shapeText(x.shape)}`);
  return reduceAxes(x, axes, (from, step, y) => {
    const found = extremes[name]({ x: from }, step, { y, index: y });
    found.index.dispose();
    return found.y;
  });
}

/**
 * The largest element over some axes. NaN counts as largest; the gradient goes to the first of equals.
 *
 * @param x float, any shape.
 * @returns the type of x, and its shape without the reduced axes, or with 1 in their places.
 * @throws ERR_ARGUMENT if x is not a live float tensor, an axis is not one of its, or there is nothing to reduce.
 */
export function max(x: Tensor, options: ReduceOptions = {}): Tensor {
  return extreme('max', x, options);
}

/**
 * The smallest element over some axes. NaN counts as smallest; the gradient goes to the first of equals.
 *
 * @param x float, any shape.
 * @returns the type of x, and its shape without the reduced axes, or with 1 in their places.
 * @throws ERR_ARGUMENT if x is not a live float tensor, an axis is not one of its, or there is nothing to reduce.
 */
export function min(x: Tensor, options: ReduceOptions = {}): Tensor {
  return extreme('min', x, options);
}

export interface ArgOptions {
  /** Whether the axis stays, with extent 1. Default false. */
  keepDims?: boolean | undefined;
}

function placeOfExtreme(name: string, native: 'max' | 'min', x: Tensor, axis: number, keepDims: boolean): Tensor<'int32'> {
  checkSameFloats(name, { x });
  const along = resolveAxis(name, 'axis', axis, x);
  if (x.shape[along] === 0) {
    throw argumentError(name, `expected x to have elements along axis ${along}, but got shape ${shapeText(x.shape)}`);
  }
  const shape = [...x.shape.slice(0, along), ...(keepDims ? [1] : []), ...x.shape.slice(along + 1)];
  const { y, index } = run(native, { x }, aroundAxis(x.shape, along), { y: shape, index: shape });
  y.dispose();
  return index;
}

/**
 * The place of the largest element along one axis, of equals the first; NaN counts as largest. Has no gradient.
 *
 * @param x float, any shape but [].
 * @param axis negative ones count from the end. Default the last.
 * @returns int32, the shape of x without that axis, or with 1 in its place.
 * @throws ERR_ARGUMENT if x is not a live float tensor, the axis is not one of its, or is empty.
 */
export function argmax(x: Tensor, axis = -1, { keepDims = false }: ArgOptions = {}): Tensor<'int32'> {
  return placeOfExtreme('argmax', 'max', x, axis, keepDims);
}

/**
 * The place of the smallest element along one axis, of equals the first; NaN counts as smallest. Has no gradient.
 *
 * @param x float, any shape but [].
 * @param axis negative ones count from the end. Default the last.
 * @returns int32, the shape of x without that axis, or with 1 in its place.
 * @throws ERR_ARGUMENT if x is not a live float tensor, the axis is not one of its, or is empty.
 */
export function argmin(x: Tensor, axis = -1, { keepDims = false }: ArgOptions = {}): Tensor<'int32'> {
  return placeOfExtreme('argmin', 'min', x, axis, keepDims);
}
