/**
 * Which part of a network's input one element of its output depends on, found by following the native ops of a forward
 * pass from tensor to tensor. Along one axis, a window of `kernel` elements, `stride` and `dilation` makes of a field
 *
 *     size' = size + dilation * (kernel - 1) * jump
 *     jump' = jump * stride
 *     start' = start + (dilation * (kernel - 1) / 2 - padding) * jump
 *
 * where jump is how far the fields of neighbours are apart and start is the centre of the first one. What a layer reads of a
 * whole image for its statistics, as group normalisation does, does not count.
 *
 * A. Araujo, W. Norris, J. Sim, "Computing receptive fields of convolutional neural networks", Distill, 2019.
 */
import type { DType } from '../core/dtype.js';
import type { Params, RunRecord } from '../core/run.js';
import type { Shape } from '../core/shape.js';
import type { Storage } from '../core/storage.js';
import type { Tensor } from '../core/tensor.js';

/** Along one spatial axis, in elements of the input. */
export interface ReceptiveField {
  /** How many elements of the input one element of the output depends on. */
  size: number;
  /** How far apart the fields of neighbours are. */
  jump: number;
  /** The middle of the first element's field; the first element of the input is 0. Below it lies padding. */
  start: number;
}

/** The same as the two ends of the first element's field, with the number of elements that there are. */
interface Axis {
  first: number;
  last: number;
  jump: number;
  extent: number;
}

/** One for each spatial axis. */
type Field = readonly Axis[];

/** The extents of windows as the parameters of convolution and pooling have them, from D to W. */
interface WindowParams {
  d: number;
  h: number;
  w: number;
  t: number;
  r: number;
  s: number;
  z: number;
  p: number;
  q: number;
  strideD: number;
  strideH: number;
  strideW: number;
  padD: number;
  padH: number;
  padW: number;
  dilationD: number;
  dilationH: number;
  dilationW: number;
}

/** A window along one axis. */
interface Window {
  kernel: number;
  stride: number;
  dilation: number;
  padding: number;
  input: number;
  output: number;
}

function hasWindows(params: object): params is WindowParams {
  return 'padW' in params && 'strideW' in params;
}

/** The windows along the last `axes` axes of D, H and W. */
function windowsOf(params: WindowParams, axes: number): Window[] {
  const { d, h, w, t, r, s, z, p, q } = params;
  const all: Window[] = [
    { kernel: t, stride: params.strideD, dilation: params.dilationD, padding: params.padD, input: d, output: z },
    { kernel: r, stride: params.strideH, dilation: params.dilationH, padding: params.padH, input: h, output: p },
    { kernel: s, stride: params.strideW, dilation: params.dilationW, padding: params.padW, input: w, output: q },
  ];
  return all.slice(all.length - axes);
}

function throughWindow({ first, last, jump }: Axis, { kernel, stride, dilation, padding, output }: Window): Axis {
  return {
    first: first - padding * jump,
    last: last + (dilation * (kernel - 1) - padding) * jump,
    jump: jump * stride,
    extent: output,
  };
}

/** What the gradient of a convolution does: element i of its output is touched by windows around (i + padding) / stride. */
function throughTransposed({ first, last, jump }: Axis, { kernel, stride, dilation, padding, input }: Window): Axis {
  const reach = dilation * (kernel - 1);
  const lowest = Math.ceil((padding - reach) / stride), highest = Math.floor(padding / stride);
  return { first: first + lowest * jump, last: last + Math.max(lowest, highest) * jump, jump: jump / stride, extent: input };
}

/** One field that is all of them. */
function whole({ first, last, jump, extent }: Axis): Axis {
  return { first, last: last + Math.max(extent - 1, 0) * jump, jump: jump * Math.max(extent, 1), extent: 1 };
}

/** What depends on both; the finer one says where the neighbours are. */
function union(a: Field, b: Field): Field {
  return a.map((axis, i) => {
    const other = b[i]!, finer = axis.extent >= other.extent ? axis : other;
    return { ...finer, first: Math.min(axis.first, other.first), last: Math.max(axis.last, other.last) };
  });
}

const positions = (field: Field) => field.reduce((product, { extent }) => product * extent, 1);

/** Whether an op that is neither a convolution nor a pooling works on each position alone. */
function isPositionwise({ params }: RunRecord, elements: number, output: number): boolean {
  if ('transposeA' in params) return !('batch' in params) && params.m % elements === 0;
  return ('outer' in params ? params.outer : output) % elements === 0;
}

/** Interpolation along the axis that has `size` elements behind `outer` others: each output is a sum of some neighbours. */
function throughResampling(field: Field, { outer, size, count, terms }: Params<'resample'>, batch: number): Field {
  let before = batch;
  return field.map((axis) => {
    const isAlong = before === outer && axis.extent === size;
    before *= axis.extent;
    if (!isAlong) return axis;
    const step = size / count, reach = (Math.ceil(terms / count) - 1) / 2, shift = (step - 1) / 2;
    const { first, last, jump } = axis;
    return { first: first + (shift - reach) * jump, last: last + (shift + reach) * jump, jump: jump * step, extent: count };
  });
}

/** Follows the fields of tensors through native ops. */
export class ReceptiveFields {
  private readonly fields = new WeakMap<Storage, Field>();
  private readonly batch: number;

  /** @param x the network's input [N,...,C]. */
  constructor(x: Tensor) {
    this.batch = x.shape[0] ?? 1;
    this.fields.set(x.storage.base, spatialExtents(x.shape).map((extent) => ({ first: 0, last: 0, jump: 1, extent })));
  }

  /** To be told of every native op, in their order. An op without outputs writes to its first input. */
  observe(record: RunRecord): void {
    const inputs = Object.values(record.inputs).filter((input) => input !== undefined);
    const fields = inputs.map((input) => this.fields.get(input.storage.base)).filter((field) => field !== undefined);
    const outputs = Object.values(record.outputs), isInPlace = outputs.length === 0;
    for (const output of isInPlace ? inputs.slice(0, 1) : outputs) {
      const throughAll = fields.map((field) => (isInPlace ? field : this.through(record, field, output)));
      const [found, ...rest] = throughAll;
      if (found) this.fields.set(output.storage.base, rest.reduce(union, found));
    }
  }

  private through(record: RunRecord, field: Field, { shape, numel }: Tensor<DType>): Field {
    const { name, params } = record;
    if (hasWindows(params)) {
      const windows = windowsOf(params, field.length);
      const isTransposed = name.endsWith('_grad');
      return field.map((axis, i) => (isTransposed ? throughTransposed(axis, windows[i]!) : throughWindow(axis, windows[i]!)));
    }
    if (name === 'resample') return throughResampling(field, params as Params<'resample'>, this.batch);
    const isSlice = name === 'copy' && shape.length === field.length + 2;
    // An axis of extent 1 is one where each place depends on all: so do those of a slice.
    if (isSlice) return field.map((axis, i) => (axis.extent === 1 ? axis : { ...axis, extent: shape[i + 1]! }));
    return isPositionwise(record, this.batch * positions(field), numel) ? field : field.map(whole);
  }

  /** Of a tensor; undefined if it does not depend on the input, as far as could be followed. */
  of(tensor: Tensor<DType>): ReceptiveField[] | undefined {
    return this.fields.get(tensor.storage.base)?.map(({ first, last, jump }) => ({ size: last - first + 1, jump, start: (first + last) / 2 }));
  }
}

function spatialExtents(shape: Shape): Shape {
  return shape.slice(1, -1);
}
