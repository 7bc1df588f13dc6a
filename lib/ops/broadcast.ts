/**
 * Broadcasting as numpy has it: shapes are aligned at their last axes, and an axis of extent 1, or one that is
 * missing in front, stretches to the other shape's extent. Native ops walk operands by strides, 0 along a
 * stretched axis, over at most six axes; so neighbours that all operands cross alike are merged into one.
 */
import { filled } from '../core/gradient_memory.js';
import { numel, shapeText, type Shape } from '../core/shape.js';
import { OpNode, wantsGradient } from '../core/tape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError } from './arguments.js';

/** Most axes that a native walk has, kMaxRank of native/params.h. */
const mostAxes = 6;

/** The shape that both stretch to. */
export function broadcastShape(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const fromA = a[axis - rank + a.length] ?? 1, fromB = b[axis - rank + b.length] ?? 1;
    if (fromA !== fromB && fromA !== 1 && fromB !== 1) {
      throw argumentError(
        op,
        `expected b to broadcast with a ${shapeText(a)}, with extents equal or 1 from the last axis on, but got b ${shapeText(b)}`,
      );
    }
    return fromA === 1 ? fromB : fromA;
  });
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

/** Extents and strides of a walk of two operands, padded in front to the axes that native ops have. */
export interface Walk {
  shape: number[]; // 6 extents
  strideA: number[];
  strideB: number[];
}

/**
 * The walk of two dense operands over the shape that they stretch to.
 *
 * @throws ERR_ARGUMENT if more than six axes remain after merging.
 */
export function broadcastWalk(op: string, a: Shape, b: Shape, shape: Shape): Walk {
  const fullA = stretchedStrides(a, shape), fullB = stretchedStrides(b, shape);
  const walk: Walk = { shape: [], strideA: [], strideB: [] };
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis]!, strideA = fullA[axis]!, strideB = fullB[axis]!;
    if (extent === 1) continue;
    const inner = walk.shape[0];
    if (inner !== undefined && strideA === walk.strideA[0]! * inner && strideB === walk.strideB[0]! * inner) {
      walk.shape[0] = inner * extent;
    } else {
      walk.shape.unshift(extent);
      walk.strideA.unshift(strideA);
      walk.strideB.unshift(strideB);
    }
  }
  if (walk.shape.length > mostAxes) {
    throw argumentError(
      op,
      `expected shapes that broadcast along at most ${mostAxes} separate groups of axes, but got ${walk.shape.length} ` +
        `(a ${shapeText(a)}, b ${shapeText(b)})`,
    );
  }
  while (walk.shape.length < mostAxes) {
    walk.shape.unshift(1);
    walk.strideA.unshift(0);
    walk.strideB.unshift(0);
  }
  return walk;
}

/** The walk of one dense operand over its own elements, for ops that go element by element. */
export function denseWalk(shape: Shape): { shape: number[]; stride: number[] } {
  return { shape: [1, 1, 1, 1, 1, numel(shape)], stride: [0, 0, 0, 0, 0, 1] };
}

/** An operand of an empty result: x without its elements. Its gradient is zeros. */
export function emptied(x: Tensor, shape: Shape): Tensor {
  const result = x.view(0, shape);
  const { shape: from, device } = x;
  if (wantsGradient({ x }, ['x'])) result.node = new OpNode('broadcast', [x.node], () => filled(from, 0, device), []);
  return result;
}
