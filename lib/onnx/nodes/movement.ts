/**
 * Ops that move elements. convolt slices, permutes, flips and stretches with one copy; concatenates and pads by writing
 * into new memory.
 */
import { ConvoltError } from '../../core/errors.js';
import { sameShape } from '../../core/shape.js';
import type { Extents, Graph, HeldValue, Value } from '../graph.js';
import { inPlace } from '../order.js';
import type { Assembly, NodeCall, NodeTable } from './call.js';
import { scaled } from './elementwise.js';
import { axisWalk, type NativeWalk, type Range } from './walk.js';

/** Of ONNX's Slice: to the front, and that element itself. */
const beforeFirst = -(2 ** 31);

function isWhole({ start, count, step }: Range, extent: number): boolean {
  return start === 0 && step === 1 && count === extent;
}

/** The ranges of a value, in the order in which it is held. */
function sliced(call: NodeCall<'copy' | 'affine'>, value: HeldValue, ranges: readonly Range[]): HeldValue {
  const cut = value.order.flatMap((axis, at) => {
    const range = ranges[axis]!, extent = value.shape[axis]!;
    if (isWhole(range, extent) && !range.reversed) return [];
    const last = range.start + (range.count - 1) * range.step;
    if (value.perImage[axis]! > 0 && !isWhole(range, extent)) throw call.unsupported('a slice of the batch');
    const end = range.reversed ? (range.start === 0 ? beforeFirst : range.start - 1) : last + 1;
    const start = range.reversed ? (value.perImage[axis]! > 0 ? -1 : last) : range.start;
    return [{ at, start, end, step: range.reversed ? -range.step : range.step }];
  });
  if (cut.length === 0) return value;
  const { graph } = call;
  const lists = [cut.map(({ start }) => start), cut.map(({ end }) => end), cut.map(({ at }) => at), cut.map(({ step }) => step)];
  const name = graph.node('Slice', [value.name, ...lists.map((list) => graph.integers(list))]);
  return { ...value, name, shape: ranges.map(({ count }) => count) };
}

/** The axes of a value in the order of a walk, those that it does not go along behind them with extent 1. */
function permuted(value: HeldValue, axes: readonly number[]): HeldValue {
  const all = [...axes, ...inPlace(value.shape.length).filter((axis) => !axes.includes(axis))];
  return {
    ...value,
    shape: all.map((axis) => value.shape[axis]!),
    perImage: all.map((axis) => value.perImage[axis]!),
    order: value.order.map((axis) => all.indexOf(axis)),
  };
}

/** A value with axes of extent 1 stretched. */
function stretched(graph: Graph, value: Value, to: Extents): HeldValue {
  const held = graph.inMemory(value);
  if (sameShape(held.shape, to.shape)) return held;
  const shape = graph.shapeOf({ shape: held.order.map((axis) => to.shape[axis]!), perImage: held.order.map((axis) => to.perImage[axis]!) });
  return { ...held, ...{ shape: to.shape, perImage: to.perImage }, name: graph.node('Expand', [held.name, shape]) };
}

/** What a walk over the input x gives. */
function walkedValue(call: NodeCall<'copy' | 'affine'>, walk: NativeWalk): HeldValue {
  const { graph } = call, y = call.output('y'), { value, offset } = call.whole('x');
  const found = axisWalk(value, offset, walk, y.shape);
  if (!found) throw call.unsupported('a copy that does not go along axes');
  const cut = sliced(call, graph.inMemory(graph.reshaped(value, found.extents)), found.ranges);
  const moved = permuted(cut, found.axes.filter((axis) => axis !== undefined));
  const isStretched = found.axes.map((axis, at) => axis === undefined && y.shape[at] !== 1);
  const kept = { shape: y.shape.map((extent, at) => (isStretched[at] ? 1 : extent)), perImage: y.perImage.map((slope, at) => (isStretched[at] ? 0 : slope)) };
  return stretched(graph, graph.reshaped(moved, kept), y);
}

function copy(call: NodeCall<'copy'>): void {
  call.writeReshaped('y', walkedValue(call, call.params));
}

/** scale * x + shift, of which x may be a part of a tensor. */
function affine(call: NodeCall<'affine'>): void {
  const { graph, params: { scale, shift, ...walk } } = call;
  const x = walkedValue(call, walk);
  call.writeReshaped('y', { ...x, name: scaled(graph, x.name, scale, shift) });
}

/** The axes of `whole` that a piece covers only in part. */
function partialAxes(whole: Extents, { value }: Assembly['pieces'][number]): number[] {
  return whole.shape.flatMap((extent, axis) => (value.shape[axis] === extent ? [] : [axis]));
}

/** The pieces of an assembly side by side, or one with a margin around it. */
export function assembled({ whole, fill, pieces, op }: Assembly, graph: Graph): HeldValue {
  const { shape, perImage } = whole, [first] = pieces;
  if (!first) return { shape, perImage, order: inPlace(shape.length), type: 'float', name: graph.node('Expand', [graph.float(fill ?? 0), graph.shapeOf(whole)]) };
  const partial = [...new Set(pieces.flatMap((piece) => partialAxes(whole, piece)))], along = partial[0] ?? 0;
  const { order, type } = graph.inMemory(first.value);
  const names = pieces.map(({ value }) => graph.held(value, order));
  if (pieces.length === 1 && partial.length === 0) return { ...graph.inMemory(first.value), shape, perImage };
  const starts = pieces.map((piece) => piece.starts[along]!), sizes = pieces.map(({ value }) => value.shape[along]!);
  const isConcat = partial.length <= 1 && starts.every((start, i) => start === sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  if (isConcat && sizes.reduce((sum, size) => sum + size, 0) === shape[along]) {
    return { shape, perImage, order, type, name: graph.node('Concat', names, { axis: order.indexOf(along) }) };
  }
  if (pieces.length > 1 || fill === undefined) {
    throw new ConvoltError('ERR_ARGUMENT', `exportOnnx: expected ops that ONNX has, but got ${op} of layer "${graph.layer}" that fills a tensor in several places`);
  }
  const before = order.map((axis) => first.starts[axis]!);
  const after = order.map((axis) => shape[axis]! - first.starts[axis]! - first.value.shape[axis]!);
  return { shape, perImage, order, type, name: graph.node('Pad', [names[0]!, graph.integers([...before, ...after]), graph.float(fill)]) };
}

/** New memory: what is written into it comes later. */
function created(call: NodeCall<'empty_like' | 'full_like' | 'fill'>): void {
  const whole = call.output('y'), { params } = call;
  call.known.set(whole.storage, { whole, fill: 'value' in params ? params.value : undefined, pieces: [], op: call.op.name });
}

/** Writes x into a part of memory that has been made for that. */
function place(call: NodeCall<'place'>): void {
  const { whole = call.traced('target'), offset = 0 } = call.traced('target').within ?? {};
  const assembly = call.known.get(whole.storage), x = call.value('x');
  const found = axisWalk(whole, offset, call.params, x.shape);
  const isBlock = found?.ranges.every(({ step, reversed }) => step === 1 && !reversed) === true;
  const axes = found?.axes.filter((axis) => axis !== undefined) ?? [];
  const isInOrder = axes.every((axis, i) => i === 0 || axis > axes[i - 1]!) && sameShape(found?.extents.shape ?? [], whole.shape);
  if (!assembly || !('pieces' in assembly) || !isBlock || !isInOrder) throw call.unsupported('a write into a tensor that does not go along axes');
  const shape = found.ranges.map(({ count }) => count);
  const perImage = shape.map((count, axis) => (count === whole.shape[axis] ? whole.perImage[axis]! : 0));
  assembly.pieces.push({ starts: found.ranges.map(({ start }) => start), value: call.graph.reshaped(x, { shape, perImage }) });
}

export const movement: NodeTable = { copy, affine, empty_like: created, full_like: created, fill: created, place };
