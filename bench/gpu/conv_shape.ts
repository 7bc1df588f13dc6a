/** The geometry of one convolution, and what follows from it: parameters, arithmetic, bytes. */

export type Triple = readonly [number, number, number];

/** A convolution of x [N, ...extent, c] with k filters; axes are D, H, W, of which leading ones have an extent of 1. */
export interface ConvShape {
  extent: Triple;
  c: number;
  k: number;
  kernel: Triple;
  stride: Triple;
  /** Zeros before and behind x. */
  before: Triple;
  after: Triple;
  dilation: Triple;
  groups: number;
}

export interface ConvShapeOptions {
  /** Default 1. */
  stride?: number;
  /** Zeros before and behind. Default what leaves the extents as they are at stride 1. */
  padding?: number | readonly [before: number, after: number];
  /** Default 1. */
  dilation?: number;
  /** Default 1. */
  groups?: number;
}

/** The same along the last `axes` axes. */
function shape(axes: number, extent: Triple, c: number, k: number, kernel: number, options: ConvShapeOptions): ConvShape {
  const { stride = 1, dilation = 1, groups = 1, padding = (dilation * (kernel - 1)) / 2 } = options;
  const [before, after] = typeof padding === 'number' ? [padding, padding] : padding;
  const along = (value: number, otherwise: number): Triple => [axes > 2 ? value : otherwise, axes > 1 ? value : otherwise, value];
  return {
    extent, c, k,
    kernel: along(kernel, 1),
    stride: along(stride, 1),
    before: along(before, 0),
    after: along(after, 0),
    dilation: along(dilation, 1),
    groups,
  };
}

/** Over square images: of size x size x c, by k filters of kernel x kernel. */
export const image = (size: number, c: number, k: number, kernel: number, options: ConvShapeOptions = {}): ConvShape =>
  shape(2, [1, size, size], c, k, kernel, options);

/** A filter of kernel x kernel for each of c channels. */
export const depthwise = (size: number, c: number, kernel: number, options: ConvShapeOptions = {}): ConvShape =>
  image(size, c, c, kernel, { ...options, groups: c });

/** Over sequences: a filter of `kernel` for each of c channels. */
export const depthwiseLine = (length: number, c: number, kernel: number, options: ConvShapeOptions = {}): ConvShape =>
  shape(1, [1, 1, length], c, c, kernel, { ...options, groups: c });

/** Over clips of `frames` images. */
export const clip = (frames: number, size: number, c: number, k: number, kernel: number, options: ConvShapeOptions = {}): ConvShape =>
  shape(3, [frames, size, size], c, k, kernel, options);

const product = (values: readonly number[]) => values.reduce((all, value) => all * value, 1);

export function outputExtent({ extent, kernel, stride, before, after, dilation }: ConvShape): Triple {
  const along = (i: 0 | 1 | 2) => Math.floor((extent[i] + before[i] + after[i] - dilation[i] * (kernel[i] - 1) - 1) / stride[i]) + 1;
  return [along(0), along(1), along(2)];
}

/** Numbers of elements of x, the filters and y. */
export function elements(of: ConvShape, batch: number): { x: number; w: number; y: number } {
  return {
    x: batch * product(of.extent) * of.c,
    w: (product(of.kernel) * of.c * of.k) / of.groups,
    y: batch * product(outputExtent(of)) * of.k,
  };
}

/** Multiplications and additions of each of the three products: forward, input gradient, weight gradient. */
export function flops(of: ConvShape, batch: number): number {
  return (2 * elements(of, batch).y * product(of.kernel) * of.c) / of.groups;
}

/** The fewest bytes that each of the three products moves: both of its operands and its result, once. */
export function leastBytes(of: ConvShape, batch: number, bytesPerElement: number): number {
  const { x, w, y } = elements(of, batch);
  return (x + w + y) * bytesPerElement;
}

/** The parameters of the native ops of convolutions. */
export function convParams(of: ConvShape, batch: number) {
  const [d, h, w] = of.extent, [t, r, s] = of.kernel, [z, p, q] = outputExtent(of);
  const [strideD, strideH, strideW] = of.stride, [padD, padH, padW] = of.before, [dilationD, dilationH, dilationW] = of.dilation;
  return {
    n: batch, d, h, w, c: of.c, k: of.k, t, r, s, z, p, q, strideD, strideH, strideW, padD, padH, padW, dilationD, dilationH, dilationW,
    groups: of.groups, algorithm: 0, tf32: 0, activation: 0,
  };
}

/** What kind of kernel a convolution asks for: what the goals tell apart. */
export type ConvKind = 'dense' | 'depthwise' | 'grouped' | 'small channels';

export function kindOf({ c, k, groups }: ConvShape): ConvKind {
  if (groups === c && groups > 1 && k % c === 0) return 'depthwise';
  if (groups > 1) return 'grouped';
  return c <= 4 ? 'small channels' : 'dense';
}

const byX = (values: readonly number[]) => (new Set(values).size === 1 ? `${values[0]}x${values[0]}` : values.join('x'));

/** Like `3x3/2 64>128 @56x56 groups 32`: kernel and stride, channels and filters, extents, and what is unusual. */
export function shapeName(of: ConvShape): string {
  const axes = of.kernel[0] > 1 || of.extent[0] > 1 ? 3 : of.extent[1] > 1 || of.kernel[1] > 1 || of.extent[2] === 1 ? 2 : 1;
  const last = (values: Triple) => values.slice(3 - axes);
  const stride = of.stride[2] > 1 ? `/${of.stride[2]}` : '', text = axes === 2 ? byX : (values: readonly number[]) => values.join('x');
  const groups = of.groups === 1 ? '' : of.groups === of.c ? ' depthwise' : ` groups ${of.groups}`;
  const dilation = of.dilation[2] > 1 ? ` dilation ${of.dilation[2]}` : '';
  return `${text(last(of.kernel))}${stride} ${of.c}>${of.k} @${text(last(of.extent))}${groups}${dilation}`;
}
