/**
 * Broadcasting as numpy has it: shapes are aligned at their last axes, and an axis of extent 1, or one that is
 * missing in front, stretches to the other shape's extent. Native ops walk operands by strides, 0 along a
 * stretched axis, over at most six axes; so neighbours that all operands cross alike are merged into one.
 */
import type { DType, Float } from '../core/dtype.js';
import { filled } from '../core/gradient_memory.js';
import { scope } from '../core/scope.js';
import { numel, shapeText, type Shape } from '../core/shape.js';
import { OpNode, wantsGradient } from '../core/tape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError } from './arguments.js';

/** Most axes that a native walk has, kMaxRank of native/params.h. */
const mostAxes = 6;

function stretchedShape(op: string, names: string, a: Shape, name: string, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const fromA = a[axis - rank + a.length] ?? 1, fromB = b[axis - rank + b.length] ?? 1;
    if (fromA !== fromB && fromA !== 1 && fromB !== 1) {
      throw argumentError(
        op,
        `expected ${name} to broadcast with ${names} ${shapeText(a)}, with extents equal or 1 from the last axis on, but got ${name} ${shapeText(b)}`,
      );
    }
    return fromA === 1 ? fromB : fromA;
  });
}

/** The shape that all operands stretch to. @throws ERR_ARGUMENT if there is none. */
export function commonShape(op: string, operands: Readonly<Record<string, Shape>>): Shape {
  let names = '', common: Shape = [];
  for (const [name, shape] of Object.entries(operands)) {
    common = names === '' ? shape : stretchedShape(op, names, common, name, shape);
    names += names === '' ? name : ` and ${name}`;
  }
  return common;
}

/** A dense tensor's strides along the axes of a shape that it stretches to. */
export function stretchedStrides(from: Shape, to: Shape): number[] {
  const strides = Array<number>(to.length).fill(0);
  let stride = 1;
  for (let axis = to.length - 1, own = from.length - 1; own >= 0; axis--, own--) {
    if (from[own] !== 1) strides[axis] = stride;
    stride *= from[own]!;
  }
  return strides;
}

/** Extents and, for each operand, strides of a walk, padded in front to the axes that native ops have. */
export interface Walk {
  shape: number[]; // 6 extents
  strides: number[][];
}

/**
 * The walk of dense operands over the shape that they stretch to.
 *
 * @param operands at least one.
 * @throws ERR_ARGUMENT if more than six axes remain after merging.
 */
export function broadcastWalk(op: string, operands: Readonly<Record<string, Shape>>, shape: Shape): Walk {
  const full = Object.values(operands).map((operand) => stretchedStrides(operand, shape));
  const walk: Walk = { shape: [], strides: full.map(() => []) };
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis]!;
    if (extent === 1) continue;
    const inner = walk.shape[0];
    if (inner !== undefined && full.every((strides, k) => strides[axis] === walk.strides[k]![0]! * inner)) {
      walk.shape[0] = inner * extent;
    } else {
      walk.shape.unshift(extent);
      for (const [k, strides] of full.entries()) walk.strides[k]!.unshift(strides[axis]!);
    }
  }
  if (walk.shape.length > mostAxes) {
    const shapes = Object.entries(operands).map(([name, operand]) => `${name} ${shapeText(operand)}`);
    throw argumentError(
      op,
      `expected shapes that broadcast along at most ${mostAxes} separate groups of axes, but got ${walk.shape.length} (${shapes.join(', ')})`,
    );
  }
  const missing = mostAxes - walk.shape.length;
  walk.shape.unshift(...Array<number>(missing).fill(1));
  for (const strides of walk.strides) strides.unshift(...Array<number>(missing).fill(0));
  return walk;
}

/** The parameters of native ops of two operands. */
export function pairWalk(op: string, a: Shape, b: Shape, shape: Shape): { shape: number[]; strideA: number[]; strideB: number[] } {
  const { shape: extents, strides: [strideA = [], strideB = []] } = broadcastWalk(op, { a, b }, shape);
  return { shape: extents, strideA, strideB };
}

/** The walk of one dense operand over its own elements, for ops that go element by element. */
export function denseWalk(shape: Shape): { shape: number[]; stride: number[] } {
  return { shape: [1, 1, 1, 1, 1, numel(shape)], stride: [0, 0, 0, 0, 0, 1] };
}

/** An operand of an empty result: x without its elements. Its gradient is zeros. */
function emptied<D extends DType>(x: Tensor<D>, shape: Shape): Tensor<D> {
  const result = x.view(0, shape);
  const { shape: from, device, dtype } = x;
  if (wantsGradient({ x }, ['x'])) result.node = new OpNode('broadcast', [x.node], () => filled(from, 0, device, dtype as Float), []);
  return result;
}

/**
 * Calls `compute` with operands and the shape y that they stretch to. Native ops read no more of an operand than the
 * result needs: where that is empty, the operands are as well.
 */
export function overCommonShape<D extends DType, A extends DType, B extends DType>(
  y: Shape,
  a: Tensor<A>,
  b: Tensor<B>,
  compute: (a: Tensor<A>, b: Tensor<B>) => Tensor<D>,
): Tensor<D> {
  return numel(y) > 0 ? compute(a, b) : scope(() => compute(emptied(a, y), emptied(b, y)));
}
