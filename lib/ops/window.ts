/**
 * Windows that slide over one, two or three spatial axes: from the options of a convolution or pooling to
 * its geometry. Output size and padding modes follow Dumoulin & Visin, "A guide to convolution arithmetic
 * for deep learning" (arXiv:1603.07285).
 */
import { shapeText, type Shape } from '../core/shape.js';
import { argumentError, isList, valueText } from './arguments.js';

/** One whole number for all spatial axes, or one for each. */
export type PerAxis = number | readonly number[];

/**
 * Zeros (max pooling: minus infinity) around the input, before and after each spatial axis:
 * - a number: as many on each side of each axis; a list: for each axis a number or a pair [before, after];
 * - `'valid'`: none;
 * - `'same'`: as many as make the output ceil(input / stride) long; the odd one goes behind;
 * - `'full'`: dilation * (kernel - 1) on each side, so each overlap of kernel and input gives an output.
 */
export type Padding = 'valid' | 'same' | 'full' | number | readonly (number | readonly [before: number, after: number])[];

export interface WindowOptions {
  stride?: PerAxis | undefined;
  padding?: Padding | undefined;
  dilation?: PerAxis | undefined;
}

/** A window on one spatial axis. */
export interface WindowAxis {
  input: number;
  kernel: number;
  stride: number;
  dilation: number;
  before: number;
  after: number;
  output: number;
}

/** The extents of x and the kernel along the spatial axes, and x for messages. */
export interface WindowInput {
  spatial: Shape;
  kernel: Shape;
  x: Shape;
}

/** Largest step of a window, as native/params.h has it: positions are counted in 32 bits. */
export const mostStep = 2 ** 15;

/** Resolves an option that is one number or one for each of `axes` spatial axes. */
export function perAxis(op: string, name: string, value: PerAxis, axes: number): readonly number[] {
  const list = typeof value === 'number' ? Array<number>(axes).fill(value) : value;
  if (!isList(list) || list.length !== axes || !list.every((item) => Number.isSafeInteger(item) && item >= 1)) {
    const forEach = axes === 1 ? '' : `, or one for each of the ${axes} spatial axes`;
    throw argumentError(op, `expected ${name} to be a whole number of at least 1${forEach}, but got ${valueText(value)}`);
  }
  if (Math.max(...list) > mostStep) {
    throw argumentError(op, `expected ${name} to be at most ${mostStep}, but got ${valueText(value)}`);
  }
  return list;
}

/** What a window reaches over: its first element, its last one, and what dilation skips between. */
export function span(kernel: number, dilation: number): number {
  return dilation * (kernel - 1) + 1;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Explicit padding as a pair for each axis. */
export function paddingPairs(op: string, padding: Exclude<Padding, string>, axes: number): (readonly [number, number])[] {
  const list = typeof padding === 'number' ? Array<number>(axes).fill(padding) : padding;
  const pairs = isList(list) ? list.map((item) => (typeof item === 'number' ? [item, item] as const : item)) : [];
  const valid = pairs.every((pair: unknown) => isList(pair) && pair.length === 2 && pair.every(isCount));
  if (pairs.length !== axes || !valid) {
    throw argumentError(
      op,
      `expected padding to be 'valid', 'same', 'full', a whole number of at least 0, or a list with such a number or ` +
        `a pair [before,after] for each of the ${axes} spatial axes, but got ${valueText(padding)}`,
    );
  }
  return pairs;
}

/** Padding before and after one axis. */
function resolvePadding(
  padding: 'valid' | 'same' | 'full' | readonly [number, number],
  input: number,
  windowSpan: number,
  stride: number,
): readonly [number, number] {
  switch (padding) {
    case 'valid':
      return [0, 0];
    case 'full':
      return [windowSpan - 1, windowSpan - 1];
    case 'same': {
      const total = Math.max((Math.ceil(input / stride) - 1) * stride + windowSpan - input, 0);
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    }
    default:
      return padding;
  }
}

function outputSize(padded: number, windowSpan: number, stride: number): number {
  return Math.floor((padded - windowSpan) / stride) + 1;
}

/**
 * The geometry of a window along each spatial axis; along one,
 * output = floor((input + before + after - dilation * (kernel - 1) - 1) / stride) + 1.
 *
 * @param ceilMode adds a last window for the rest of the input, if it starts inside it or the padding before.
 * @throws ERR_ARGUMENT if an option is malformed or the kernel does not fit into the padded input.
 */
export function windowAxes(
  op: string,
  { spatial, kernel, x }: WindowInput,
  options: WindowOptions,
  ceilMode = false,
): WindowAxis[] {
  const axes = spatial.length;
  const strides = perAxis(op, 'stride', options.stride ?? 1, axes);
  const dilations = perAxis(op, 'dilation', options.dilation ?? 1, axes);
  const padding = options.padding ?? 0;
  const named = padding === 'valid' || padding === 'same' || padding === 'full';
  const pairs = named ? Array<typeof padding>(axes).fill(padding) : paddingPairs(op, padding, axes);
  return spatial.map((input, axis) => {
    const size = kernel[axis]!, stride = strides[axis]!, dilation = dilations[axis]!;
    const reach = span(size, dilation);
    const [before, after] = resolvePadding(pairs[axis]!, input, reach, stride);
    if (Math.max(before, after) > mostStep) {
      throw argumentError(op, `expected padding to be at most ${mostStep} on each side, but got ${Math.max(before, after)}`);
    }
    const padded = input + before + after;
    if (padded < reach) {
      throw argumentError(
        op,
        `expected x to be at least ${reach} long with its padding along axis ${axis + 1}, ` +
          `as kernel ${shapeText(kernel)} reaches over that, but got ${padded} (x ${shapeText(x)})`,
      );
    }
    let output = outputSize(padded, reach, stride);
    const leavesRest = (padded - reach) % stride !== 0;
    if (ceilMode && leavesRest && output * stride < input + before) output++;
    return { input, kernel: size, stride, dilation, before, after, output };
  });
}

/** An axis of which there is only one element: what 1-D and 2-D windows lack to 3-D ones. */
const point: WindowAxis = { input: 1, kernel: 1, stride: 1, dilation: 1, before: 0, after: 0, output: 1 };

/** The fields that convolution and pooling parameters share, for 1 to 3 spatial axes. */
export function windowParams(axes: readonly WindowAxis[]) {
  const w = axes.at(-1) ?? point, h = axes.at(-2) ?? point, d = axes.at(-3) ?? point;
  return {
    d: d.input, h: h.input, w: w.input,
    t: d.kernel, r: h.kernel, s: w.kernel,
    z: d.output, p: h.output, q: w.output,
    strideD: d.stride, strideH: h.stride, strideW: w.stride,
    padD: d.before, padH: h.before, padW: w.before,
    dilationD: d.dilation, dilationH: h.dilation, dilationW: w.dilation,
  };
}

/** Layouts of x by the number of spatial axes, for messages. */
export function inputLayout(axes: number): string {
  return `[N,${['W', 'H,W', 'D,H,W'][axes - 1]},C]`;
}
