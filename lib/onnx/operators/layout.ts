/** Operators that move elements. */
import type { Tensor } from '../../core/tensor.js';
import {
  add,
  affine,
  cast,
  concat,
  depthToSpace,
  expand,
  full,
  gather,
  indexSelect,
  lt,
  oneHot,
  pad,
  permute,
  slice,
  spaceToDepth,
  split,
  tile,
  topK,
  where,
  type BlockOrder,
  type PadMode,
} from '../../ops/index.js';
import { image, type Call, type Operators } from '../call.js';
import { Unsupported } from '../model.js';
import { between, inPlace } from '../order.js';

const padModes: Readonly<Record<string, PadMode>> = { constant: 'constant', reflect: 'reflect', edge: 'replicate' };

/** Indices into an axis, counted from its front. */
function indicesFrom(call: Call, input: number, size: number): Tensor<'int32'> {
  if (!call.isOnHost(input)) {
    const index = call.floats(input);
    return cast(where(lt(index, 0), add(index, size), index), 'int32');
  }
  const { shape, data, type } = call.host(input);
  return call.upload32({ type, shape, data: data.map((index) => (index < 0 ? index + size : index)) });
}

/** x stretched, or left as it is where the shape has less than x. */
function expanded(x: Tensor, wanted: readonly number[]): Tensor {
  const rank = Math.max(x.shape.length, wanted.length);
  const at = (shape: readonly number[], axis: number) => shape[axis - rank + shape.length] ?? 1;
  return expand(x, Array.from({ length: rank }, (_, axis) => Math.max(at(x.shape, axis), at(wanted, axis))));
}

export const layout: Operators = {
  Concat(call) {
    const { order } = call.asHeld(0), axis = call.number('axis', 1), rank = order.length, held = between(order, inPlace(rank));
    const tensors = Array.from({ length: call.inputCount }, (_, i) => call.reordered(i, held));
    return [{ tensor: concat(tensors, order[axis < 0 ? axis + rank : axis]), order }];
  },
  Split(call) {
    const axis = call.number('axis', 0), size = call.shape(0).at(axis)!;
    const sizes = call.listOrInput('split', 1) ?? Array<number>(call.outputCount).fill(size / call.outputCount);
    return split(call.floats(0), sizes, axis);
  },
  Slice(call) {
    const start = call.listOrInput('starts', 1)!, end = call.listOrInput('ends', 2)!;
    const axis = call.listOrInput('axes', 3) ?? start.map((_, i) => i), step = call.numbers(4) ?? start.map(() => 1);
    // ONNX has "to the front" as a number before the first element; a slice leaves the end out.
    const ends = end.map((limit, i) => (step[i]! < 0 && limit < -call.shape(0).at(axis[i]!)! ? undefined : limit));
    let y = call.floats(0);
    for (const [i, along] of axis.entries()) y = slice(y, { axis: along, start: start[i], end: ends[i], step: step[i] });
    return [y];
  },
  Transpose(call) {
    const { tensor, order } = call.asHeld(0), perm = call.list('perm') ?? [...inPlace(order.length)].reverse();
    return [{ tensor, order: perm.map((axis) => order[axis]!) }];
  },
  Expand: (call) => [expanded(call.floats(0), call.numbers(1)!)],
  Tile(call) {
    if (call.opset < 6) throw new Unsupported('Tile of operator sets before 6');
    return [tile(call.floats(0), call.numbers(1)!)];
  },
  Pad(call) {
    const pads = call.listOrInput('pads', 1)!, rank = call.shape(0).length;
    const value = call.numbers(2)?.[0] ?? call.number('value', 0);
    const mode = padModes[call.text('mode', 'constant')]!;
    return [pad(call.floats(0), call.shape(0).map((_, axis) => [pads[axis]!, pads[axis + rank]!] as const), { mode, value })];
  },
  Gather(call) {
    const axis = call.number('axis', 0), shape = call.shape(0), along = axis < 0 ? axis + shape.length : axis;
    const index = indicesFrom(call, 1, shape[along]!);
    const y = indexSelect(call.floats(0), index.reshape([index.numel]), along);
    return [y.reshape([...shape.slice(0, along), ...index.shape, ...shape.slice(along + 1)])];
  },
  GatherElements(call) {
    const axis = call.number('axis', 0);
    return [gather(call.floats(0), indicesFrom(call, 1, call.shape(0).at(axis)!), axis)];
  },
  ConstantOfShape(call) {
    const value = call.attribute('value');
    const number = typeof value === 'object' && !Array.isArray(value) ? value.data[0]! : 0;
    return [full(call.numbers(0)!, number, { device: call.device })];
  },
  TopK(call) {
    const { values, indices } = topK(call.floats(0), call.numbers(1)![0]!, call.number('axis', -1), { largest: call.number('largest', 1) === 1 });
    return [values, indices];
  },
  OneHot(call) {
    const classes = call.numbers(1)![0]!, [off = 0, on = 1] = call.numbers(2)!;
    const hot = affine(oneHot(indicesFrom(call, 0, classes), classes), { scale: on - off, shift: off });
    const rank = hot.shape.length, axis = call.number('axis', -1), to = axis < 0 ? axis + rank : axis;
    const axes = hot.shape.map((_, i) => i).slice(0, -1);
    return [permute(hot, [...axes.slice(0, to), rank - 1, ...axes.slice(to)])];
  },
  DepthToSpace: (call) => [image(depthToSpace(call.image(0), call.number('blocksize', 1), call.text('mode', 'DCR') as BlockOrder))],
  SpaceToDepth: (call) => [image(spaceToDepth(call.image(0), call.number('blocksize', 1)))],
};
