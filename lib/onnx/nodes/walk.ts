/**
 * What native ops that copy do, told in axes. They walk over memory in steps, with neighbouring axes merged; here the
 * walk's axes are found again in the shapes of the tensors on both sides.
 */
import { numel, type Shape } from '../../core/shape.js';
import { merged, type Extents } from '../graph.js';

/** A walk as native ops have it, outer axes first. */
export interface NativeWalk {
  shape: readonly number[];
  stride: readonly number[];
  reversed?: readonly number[];
}

/** Along one axis of the memory: from which element on, how many, and how far apart; backwards if `reversed`. */
export interface Range {
  start: number;
  count: number;
  step: number;
  reversed: boolean;
}

/** Which elements of a tensor a walk goes over, and in which order of its axes. */
export interface AxisWalk {
  /** The tensor's extents, finer than they were where the walk needs that. */
  extents: Extents;
  /** For each axis of these. */
  ranges: Range[];
  /** For each axis of the walked shape, which axis of the tensor it goes along; undefined where it stays in place. */
  axes: (number | undefined)[];
}

function denseStrides(shape: Shape): number[] {
  return shape.map((_, axis) => numel(shape.slice(axis + 1)));
}

/** How far apart neighbours along each axis of the walked shape are in memory; 0 for axes of extent 1. */
function stepsOf(walk: NativeWalk, walked: Shape): { step: number; reversed: boolean }[] {
  let at = walk.shape.length - 1, inside = 1;
  const steps = [...walked].reverse().map((extent) => {
    if (extent === 1) return { step: 0, reversed: false };
    while (inside === walk.shape[at]) {
      at--;
      inside = 1;
    }
    const step = walk.stride[at]! * inside;
    inside *= extent;
    return { step, reversed: walk.reversed?.[at] === 1 };
  });
  return steps.reverse();
}

/** Splits axes such that each of the walk's steps is along an axis of its own; of one that grows with the batch, the first part does. */
function refined({ shape, perImage }: Extents, steps: readonly number[]): Extents | undefined {
  const strides = denseStrides(shape), parts: number[][] = [];
  for (const [axis, extent] of shape.entries()) {
    const stride = strides[axis]!;
    const inside = [...new Set(steps.filter((step) => step >= stride && step < stride * extent))].sort((a, b) => b - a);
    const edges = inside.length < 2 ? [stride] : [...inside.filter((step) => step > stride), stride];
    let rest = stride * extent;
    if (edges.some((edge, i) => (i === 0 ? rest : edges[i - 1]!) % edge !== 0)) return undefined;
    parts.push(edges.map((edge) => {
      const part = rest / edge;
      rest = edge;
      return part;
    }));
  }
  return { shape: parts.flat(), perImage: parts.flatMap((split, axis) => split.map((part, i) => (i === 0 ? merged([perImage[axis]!], part) : 0))) };
}

/**
 * Finds the axes of a walk.
 *
 * @param whole the tensor whose memory is walked over.
 * @param offset of the first element of the walk's range in it.
 * @param walked the shape that the walk has for whoever called it.
 * @returns undefined if the walk does not go along axes.
 */
export function axisWalk(whole: Extents, offset: number, walk: NativeWalk, walked: Shape): AxisWalk | undefined {
  const steps = stepsOf(walk, walked);
  const extents = refined(whole, steps.flatMap(({ step }) => (step > 0 ? [step] : [])));
  if (!extents) return undefined;
  const { shape } = extents, strides = denseStrides(shape);
  let rest = offset;
  const ranges = shape.map((extent, axis): Range => {
    const start = Math.floor(rest / strides[axis]!) % extent;
    rest -= start * strides[axis]!;
    return { start, count: 1, step: 1, reversed: false };
  });
  const axes = steps.map(({ step, reversed }, at) => {
    const axis = step === 0 ? -1 : shape.findIndex((extent, i) => extent > 1 && step >= strides[i]! && step < strides[i]! * extent);
    if (axis >= 0) ranges[axis] = { start: ranges[axis]!.start, count: walked[at]!, step: step / strides[axis]!, reversed };
    return axis < 0 ? undefined : axis;
  });
  const isExact = ranges.every(({ start, count, step }, axis) => Number.isInteger(step) && start + (count - 1) * step < shape[axis]!);
  const used = axes.filter((axis) => axis !== undefined);
  return isExact && rest === 0 && new Set(used).size === used.length ? { extents, ranges, axes } : undefined;
}
