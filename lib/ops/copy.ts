/**
 * Copies between dense tensors and parts of them. A part is a {@link View}: what slicing, permuting, flipping and
 * stretching have in common.
 */
import type { DType } from '../core/dtype.js';
import { ConvoltError } from '../core/errors.js';
import { call } from '../core/run.js';
import { numel, shapeText, type Shape } from '../core/shape.js';
import { OpNode, wantsGradient } from '../core/tape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError } from './arguments.js';

/** Elements of a dense tensor in the order of a shape: `offset` is the first one's place, strides may be 0 or negative. */
export interface View {
  offset: number;
  shape: Shape;
  strides: readonly number[];
}

/** Most axes that a native walk has, kMaxRank of native/params.h, and the largest extent and stride. */
const mostAxes = 6;
const mostStep = 2 ** 31 - 1;

/** How far apart neighbours along each axis of a dense tensor are. */
export function denseStrides(shape: Shape): number[] {
  const strides = Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** All of a dense tensor. */
export function wholeView(shape: Shape): View {
  return { offset: 0, shape, strides: denseStrides(shape) };
}

/**
 * A view as native ops have it: neighbouring axes that are walked like one are merged, and axes of extent 1 left out.
 *
 * @returns the parameters, and the range of elements that the walk lies in.
 * @throws ERR_ARGUMENT if more than six axes remain, or one of more than 2^31 - 1 elements.
 */
function walkOf(op: string, { offset, shape, strides }: View) {
  const extents: number[] = [], steps: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis]!, step = strides[axis]!, inner = extents[0];
    if (extent === 1) continue;
    if (inner !== undefined && step === steps[0]! * inner && inner * extent <= mostStep) {
      extents[0] = inner * extent;
    } else {
      extents.unshift(extent);
      steps.unshift(step);
    }
  }
  if (extents.length > mostAxes) {
    throw argumentError(op, `expected at most ${mostAxes} separate groups of axes, but got ${extents.length} (shape ${shapeText(shape)})`);
  }
  const largest = Math.max(0, ...extents, ...steps.map(Math.abs));
  if (largest > mostStep) throw argumentError(op, `expected extents and strides below 2^31, but got ${largest}`);
  while (extents.length < mostAxes) {
    extents.unshift(1);
    steps.unshift(0);
  }
  let first = offset, last = offset;
  for (const [axis, step] of steps.entries()) {
    const reach = step * (extents[axis]! - 1);
    if (step < 0) first += reach;
    else last += reach;
  }
  return {
    params: { shape: extents, stride: steps.map(Math.abs), reversed: steps.map((step) => Number(step < 0)) },
    first,
    extent: last - first + 1,
  };
}

/** Says to the compiler that a tensor has the type of another, which the native op gave it. */
function typedLike<D extends DType>(tensor: Tensor<DType>, like: Tensor<D>): Tensor<D> {
  const hasType = (value: Tensor<DType>): value is Tensor<D> => value.dtype === like.dtype;
  if (!hasType(tensor)) throw new ConvoltError('ERR_INTERNAL', `internal: expected ${like.dtype}, but got ${tensor.dtype}`);
  return tensor;
}

/** Calls `use` with the part of x that a walk lies in. */
function withRange<T>(x: Tensor<DType>, first: number, extent: number, use: (range: Tensor<DType>) => T): T {
  if (extent === x.numel) return use(x);
  const range = x.view(first, [extent]);
  const result = use(range);
  range.dispose();
  return result;
}

/** The elements of a view of x, without a gradient. */
export function readView<D extends DType>(op: string, x: Tensor<D>, view: View): Tensor<D> {
  if (numel(view.shape) === 0) return uninitialised(x, view.shape);
  const { params, first, extent } = walkOf(op, view);
  return typedLike(withRange(x, first, extent, (range) => call('copy', { x: range }, params, { y: view.shape }).y), x);
}

/** Overwrites a view of `target`, in place and without a gradient. Its elements have to be different ones. */
export function writeView<D extends DType>(op: string, target: Tensor<D>, view: View, x: Tensor<D>): void {
  if (numel(view.shape) === 0) return;
  const { params, first, extent } = walkOf(op, view);
  withRange(target, first, extent, (range) => call('place', { target: range, x }, params, {}));
}

/** Memory of the type and device of x, for {@link writeView} to fill. */
export function uninitialised<D extends DType>(x: Tensor<D>, shape: Shape): Tensor<D> {
  return typedLike(call('empty_like', { like: x }, { shape: flat(shape) }, { y: shape }).y, x);
}

/** A tensor of one value, of the type and device of x. */
export function filledLike<D extends DType>(x: Tensor<D>, shape: Shape, value: number): Tensor<D> {
  return typedLike(call('full_like', { like: x }, { shape: flat(shape), value }, { y: shape }).y, x);
}

/** A count of elements as six extents, none of which is above 2^31 - 1. */
function flat(shape: Shape): number[] {
  const count = numel(shape);
  return count <= mostStep ? [1, 1, 1, 1, 1, count] : [...Array<number>(mostAxes).fill(1), ...shape].slice(-mostAxes);
}

/** Puts a result on the tape: `gradient` gives the gradient of input number `input`. Returns it. */
export function recorded<D extends DType>(
  op: string,
  y: Tensor<D>,
  inputs: readonly Tensor<DType>[],
  gradient: (dy: Tensor, input: number) => Tensor,
): Tensor<D> {
  if (inputs.some((x) => wantsGradient({ x }, ['x']))) {
    y.node = new OpNode(op, inputs.map((x) => x.node), (input, dy) => gradient(dy, input), []);
  }
  return y;
}

/** The elements of a view of x, all different ones. */
export function gather<D extends DType>(op: string, x: Tensor<D>, view: View): Tensor<D> {
  const from = x.shape;
  return recorded(op, readView(op, x, view), [x], (dy) => scatter(op, dy, view, from));
}

/** A tensor of the given shape, `value` but for a view, which has the elements of x. The reverse of {@link gather}. */
export function scatter<D extends DType>(op: string, x: Tensor<D>, view: View, shape: Shape, value = 0): Tensor<D> {
  const y = filledLike(x, shape, value);
  writeView(op, y, view, x);
  return recorded(op, y, [x], (dy) => gather(op, dy, view));
}
