/** Images in another size: nearest neighbour, linear and cubic interpolation, and means of areas, one axis after another. */
import { scope } from '../core/scope.js';
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { adaptiveMap } from './adaptive_avg_pool.js';
import { argumentError, checkChoice, checkMapped, checkSameFloats, isList, valueText } from './arguments.js';
import { resampleAxes, type AxisMap, type Term } from './resample.js';
import type { PerAxis } from './window.js';

export type InterpolateMode = 'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'trilinear' | 'bicubic' | 'area';

export interface InterpolateOptions {
  /** Extents of the result along the spatial axes. Either this or scaleFactor. */
  size?: PerAxis | undefined;
  /** The extents are floor(extent * scaleFactor): one for all spatial axes, or one for each. */
  scaleFactor?: number | readonly number[] | undefined;
  /** 'linear' is for any number of spatial axes, 'bilinear' and 'bicubic' for two, 'trilinear' for three. Default 'nearest'. */
  mode?: InterpolateMode | undefined;
  /** Whether the centres of the corner elements keep their places, instead of the corners. Linear and cubic. Default false. */
  alignCorners?: boolean | undefined;
  /** Whether an axis that shrinks is filtered by a kernel as wide as its step. Linear and cubic. Default false. */
  antialias?: boolean | undefined;
  /** Whether the step is input / output extent, instead of 1 / scaleFactor. Default false. */
  recomputeScaleFactor?: boolean | undefined;
}

const modes: readonly InterpolateMode[] = ['nearest', 'nearest-exact', 'linear', 'bilinear', 'trilinear', 'bicubic', 'area'];

/** The number of spatial axes that a mode is for; others take any. */
const axesOf: { [M in InterpolateMode]?: number } = { bilinear: 2, bicubic: 2, trilinear: 3 };

/** One axis: its extents, and the step in the input from one output to the next. */
interface AxisScale {
  input: number;
  output: number;
  step: number;
}

const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);

/** Steps and places in float32, as torch computes them: a place on the edge of two elements falls to the same one. */
function nearestRow({ input, output, step }: AxisScale, exact: boolean): AxisMap['row'] {
  const single = Math.fround(step);
  return (at) => {
    if (input === output) return [{ index: at, weight: 1 }];
    const place = exact ? Math.fround(Math.fround(at + 0.5) * single) : Math.fround(at * single);
    return [{ index: Math.min(Math.floor(place), input - 1), weight: 1 }];
  };
}

/** The place in the input, counted in elements from the centre of the first, of an output's centre. */
function sourcePlace({ step }: AxisScale, at: number, alignCorners: boolean): number {
  return alignCorners ? at * step : (at + 0.5) * step - 0.5;
}

function linearRow(scale: AxisScale, alignCorners: boolean): AxisMap['row'] {
  const { input, output } = scale;
  return (at) => {
    if (input === output) return [{ index: at, weight: 1 }];
    const place = Math.max(0, sourcePlace(scale, at, alignCorners));
    const index = Math.min(Math.floor(place), input - 1), share = clamp(place - index, 0, 1);
    if (index === input - 1) return [{ index, weight: 1 }];
    return [{ index, weight: 1 - share }, { index: index + 1, weight: share }];
  };
}

/**
 * The cubic kernel, R. Keys, "Cubic convolution interpolation for digital image processing", 1981.
 *
 * @param a its slope at distance 1.
 */
function cubicKernel(distance: number, a: number): number {
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0;
}

function cubicRow(scale: AxisScale, alignCorners: boolean): AxisMap['row'] {
  return (at) => {
    const place = sourcePlace(scale, at, alignCorners);
    const index = Math.min(Math.floor(place), scale.input - 1), share = clamp(place - index, 0, 1);
    return [-1, 0, 1, 2].map((tap) => ({ index: clamp(index + tap, 0, scale.input - 1), weight: cubicKernel(share - tap, -0.75) }));
  };
}

/** A kernel that reaches `radius` elements, widened to the step where the axis shrinks. Weights add up to 1. */
function filterRow({ input, step }: AxisScale, kernel: (distance: number) => number, radius: number): AxisMap['row'] {
  const width = Math.max(step, 1), support = radius * width;
  return (at) => {
    const centre = step * (at + 0.5);
    const first = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), input);
    const terms: Term[] = [];
    for (let index = first; index < end; index++) terms.push({ index, weight: kernel((index - centre + 0.5) / width) });
    const total = terms.reduce((sum, { weight }) => sum + weight, 0);
    return terms.map(({ index, weight }) => ({ index, weight: weight / total }));
  };
}

function rowOf(scale: AxisScale, mode: Exclude<InterpolateMode, 'area'>, alignCorners: boolean, antialias: boolean): AxisMap['row'] {
  switch (mode) {
    case 'nearest':
    case 'nearest-exact':
      return nearestRow(scale, mode === 'nearest-exact');
    case 'bicubic':
      return antialias ? filterRow(scale, (x) => cubicKernel(x, -0.5), 2) : cubicRow(scale, alignCorners);
    case 'linear':
    case 'bilinear':
    case 'trilinear':
      return antialias ? filterRow(scale, (x) => Math.max(0, 1 - Math.abs(x)), 1) : linearRow(scale, alignCorners);
  }
}

/** Resolves size and scaleFactor to the extents of the result and the scale factors that were given. */
function resolveExtents(x: Tensor, { size, scaleFactor }: InterpolateOptions) {
  const spatial = x.shape.slice(1, -1), axes = spatial.length;
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw argumentError('interpolate', `expected either size or scaleFactor, but got ${size === undefined ? 'neither' : 'both'}`);
  }
  const given = size ?? scaleFactor, name = size === undefined ? 'scaleFactor' : 'size';
  const list: readonly number[] = typeof given === 'number' ? Array<number>(axes).fill(given) : (given ?? []);
  const isValid = (value: number) => (size === undefined ? value > 0 && value < Infinity : Number.isSafeInteger(value) && value >= 1);
  if (!isList(list) || list.length !== axes || !list.every(isValid)) {
    const kind = size === undefined ? 'a number above 0' : 'a whole number of at least 1';
    throw argumentError('interpolate', `expected ${name} to be ${kind}, or one for each of the ${axes} spatial axes of x ${shapeText(x.shape)}, but got ${valueText(given)}`);
  }
  const extents = size === undefined ? spatial.map((input, axis) => Math.floor(input * list[axis]!)) : list;
  if (extents.includes(0)) {
    throw argumentError('interpolate', `expected scaleFactor to leave at least one element along each axis of x ${shapeText(x.shape)}, but got ${valueText(given)}`);
  }
  checkMapped('interpolate', name, extents);
  return { extents, factors: size === undefined ? list : undefined };
}

/**
 * x in another size, by the rules of torch. An output element at `i` shows the place s = (i + 0.5) * step - 0.5 of the
 * input, or i * (input - 1) / (output - 1) with alignCorners:
 *
 * - 'nearest': the element floor(i * step); 'nearest-exact': floor((i + 0.5) * step);
 * - 'linear', 'bilinear', 'trilinear': the two elements around s by their distances, along each axis;
 * - 'bicubic': four elements around s by Keys' kernel with a = -0.75;
 * - 'area': the mean of the elements that the output covers, as {@link adaptiveAvgPool2d}.
 *
 * The step is 1 / scaleFactor, or the input's extent over the output's. With antialias the kernel (for cubic with
 * a = -0.5) is stretched by a step above 1 and its weights are divided by their sum.
 *
 * @param x [N,W,C], [N,H,W,C] or [N,D,H,W,C].
 * @returns x with other spatial extents, of its type.
 * @throws ERR_ARGUMENT if x has other axes or none in an extent, or options are malformed or do not go together.
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  const { mode = 'nearest', alignCorners = false, antialias = false, recomputeScaleFactor = false } = options;
  checkSameFloats('interpolate', { x });
  checkChoice('interpolate', 'mode', mode, modes);
  const axes = x.shape.length - 2, expected = axesOf[mode];
  if (axes < 1 || axes > 3 || (expected !== undefined && axes !== expected)) {
    const layout = expected === undefined ? '[N,W,C], [N,H,W,C] or [N,D,H,W,C]' : `[N,${expected === 2 ? 'H,W' : 'D,H,W'},C] for mode '${mode}'`;
    throw argumentError('interpolate', `expected x to have the axes ${layout}, but got shape ${shapeText(x.shape)}`);
  }
  const isSmooth = !mode.startsWith('nearest') && mode !== 'area';
  if ((alignCorners || antialias) && !isSmooth) {
    throw argumentError('interpolate', `expected alignCorners and antialias with linear and cubic modes only, but got mode '${mode}'`);
  }
  const { extents, factors } = resolveExtents(x, options);
  if (x.shape.slice(1, -1).includes(0)) {
    throw argumentError('interpolate', `expected x to have elements along its spatial axes, but got shape ${shapeText(x.shape)}`);
  }
  const maps = extents.flatMap((output, spatial) => {
    const axis = spatial + 1, input = x.shape[axis]!;
    if (mode === 'area') return input === output ? [] : [{ axis, map: adaptiveMap(input, output) }];
    const factor = recomputeScaleFactor ? undefined : factors?.[spatial];
    const aligned = output > 1 ? (input - 1) / (output - 1) : 0;
    const step = alignCorners ? aligned : factor === undefined ? input / output : 1 / factor;
    const row = rowOf({ input, output, step }, mode, alignCorners, antialias);
    const kind = mode === 'bicubic' ? 'cubic' : isSmooth ? 'linear' : mode;
    const map: AxisMap = { key: `${kind} ${step} ${alignCorners} ${antialias}`, size: input, count: output, row };
    const isUnchanged = input === output && (step === 1 || (mode !== 'bicubic' && !antialias));
    return isUnchanged ? [] : [{ axis, map }];
  });
  return scope(() => resampleAxes('interpolate', x, maps));
}
