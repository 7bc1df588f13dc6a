/** Padding around a tensor, with a value or with its own elements. */
import { isFloat, type DType } from '../core/dtype.js';
import { scope } from '../core/scope.js';
import { shapeText, type Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkAnyTensor, checkChoice, isList, valueText } from './arguments.js';
import { denseStrides, gather, scatter, type View } from './copy.js';
import { resampleAxes, type AxisMap } from './resample.js';

/** What padding is made of: one value; the elements mirrored at the border, which is not repeated; the border; the other end. */
export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

const modes: readonly PadMode[] = ['constant', 'reflect', 'replicate', 'circular'];

/** How much is added before and after one axis; negative numbers cut off. */
export type PadPair = readonly [before: number, after: number];

export interface PadOptions {
  /** Default 'constant'. */
  mode?: PadMode | undefined;
  /** Of mode 'constant'. Default 0. */
  value?: number | undefined;
}

/** The place in an axis of extent `size` that a place around it shows. */
const shownPlace: { [M in Exclude<PadMode, 'constant'>]: (place: number, size: number) => number } = {
  reflect: (place, size) => (place < 0 ? -place : place >= size ? 2 * (size - 1) - place : place),
  replicate: (place, size) => Math.min(Math.max(place, 0), size - 1),
  circular: (place, size) => (place + size) % size,
};

/** Most elements that a mode can add on each side. */
function mostPadding(mode: Exclude<PadMode, 'constant'>, size: number): number {
  if (mode === 'replicate') return size === 0 ? 0 : Infinity;
  return mode === 'circular' ? size : Math.max(0, size - 1);
}

/** Pads axes of x with its own elements. */
export function padWithOwn(op: string, x: Tensor, pads: readonly PadPair[], mode: Exclude<PadMode, 'constant'>): Tensor {
  const padded = [...pads.entries()].filter(([, [before, after]]) => before !== 0 || after !== 0);
  const maps = padded.map(([axis, [before, after]]) => {
    const size = x.shape[axis]!, most = mostPadding(mode, size);
    if (Math.max(before, after) > most) {
      throw argumentError(op, `expected ${mode} padding of at most ${most} along axis ${axis} of x ${shapeText(x.shape)}, but got [${before},${after}]`);
    }
    const map: AxisMap = {
      key: `pad ${mode} ${before}`,
      size,
      count: size + before + after,
      row: (output) => [{ index: shownPlace[mode](output - before, size), weight: 1 }],
    };
    return { axis, map };
  });
  return resampleAxes(op, x, maps);
}

/** Cuts x where pads are negative and puts what remains into a tensor of one value. */
function padWithValue<D extends DType>(x: Tensor<D>, pads: readonly PadPair[], value: number): Tensor<D> {
  const cut = pads.map(([before, after]) => [Math.max(0, -before), Math.max(0, -after)] as const);
  const kept = x.shape.map((size, axis) => Math.max(0, size - cut[axis]![0] - cut[axis]![1]));
  const shape = x.shape.map((size, axis) => size + pads[axis]![0] + pads[axis]![1]);
  /** What is kept, in a dense tensor of some shape in which it starts at these places. */
  const view = (whole: Shape, first: (axis: number) => number): View => {
    const strides = denseStrides(whole);
    return { offset: strides.reduce((offset, stride, axis) => offset + stride * first(axis), 0), shape: kept, strides };
  };
  const isCut = cut.some(([before, after]) => before > 0 || after > 0);
  const part = isCut ? gather('pad', x, view(x.shape, (axis) => cut[axis]![0])) : x;
  return scatter('pad', part, view(shape, (axis) => Math.max(0, pads[axis]![0])), shape, value);
}

function isPair(value: unknown): value is PadPair {
  return isList(value) && value.length === 2 && value.every(Number.isSafeInteger);
}

function isReal(x: Tensor<DType>): x is Tensor {
  return isFloat(x.dtype);
}

/**
 * x with more elements, or fewer, before and after each axis.
 *
 * @param x of any type with mode 'constant', else of a float type.
 * @param pads for each axis of x, in their order, what is added on each side: a number, or a pair [before, after].
 *   Negative numbers cut off. (Torch lists its pairs from the last axis to the first.)
 * @returns the extents of x plus before and after, of the type of x.
 * @throws ERR_ARGUMENT if pads are not whole numbers for each axis, cut off more than there is, or are more than the mode
 *   has elements for: the extent - 1 of 'reflect', the extent of 'circular'.
 */
export function pad<D extends DType>(x: Tensor<D>, pads: readonly (number | PadPair)[], options?: PadOptions & { mode?: 'constant' }): Tensor<D>;
export function pad(x: Tensor, pads: readonly (number | PadPair)[], options?: PadOptions): Tensor;
export function pad(x: Tensor<DType>, pads: readonly (number | PadPair)[], { mode = 'constant', value = 0 }: PadOptions = {}): Tensor<DType> {
  checkAnyTensor('pad', 'x', x);
  checkChoice('pad', 'mode', mode, modes);
  const pairs = isList(pads) ? pads.map((item) => (typeof item === 'number' ? [item, item] : item)) : [];
  if (pairs.length !== x.shape.length || !pairs.every(isPair)) {
    throw argumentError('pad', `expected pads to be a whole number or a pair [before,after] for each axis of x ${shapeText(x.shape)}, but got ${valueText(pads)}`);
  }
  if (typeof value !== 'number') throw argumentError('pad', `expected value to be a number, but got ${valueText(value)}`);
  for (const [axis, [before, after]] of pairs.entries()) {
    if (x.shape[axis]! + before + after < 0) {
      throw argumentError('pad', `expected pads to cut off at most the ${x.shape[axis]} elements of axis ${axis}, but got [${before},${after}]`);
    }
  }
  if (mode === 'constant') return scope(() => padWithValue(x, pairs, value));
  if (!isReal(x)) throw argumentError('pad', `expected x to be of a float type for mode '${mode}', but got ${x.dtype} ${shapeText(x.shape)}`);
  return padWithOwn('pad', x, pairs, mode);
}
