/** Ops along an axis [outer,size,inner] of a tensor: reductions, softmax, sorting, gathering and linear maps. */
import type { InputName, OpName } from '../../core/run.js';
import { numel, sameShape } from '../../core/shape.js';
import { merged, type Extents, type Graph, type HeldValue, type Value } from '../graph.js';
import { inPlace } from '../order.js';
import { elementTypes } from '../schema.js';
import type { NodeCall, NodeTable } from './call.js';

/** The extents before an axis, along it, and behind it. */
interface Around {
  outer: number;
  size: number;
  inner: number;
}

/** A value with an axis, or several neighbours, of which an op takes `size` elements. */
interface Along {
  x: HeldValue;
  axes: number[];
}

/** Finds the axes that an op goes along; where they are parts of axes, the value is reshaped to [outer,size,inner]. */
function along(graph: Graph, value: Value, { outer, size, inner }: Around, single = false): Along {
  const { shape } = value, axes = inPlace(shape.length);
  for (const first of axes) {
    for (const end of [...axes.slice(first), shape.length]) {
      const isIt = numel(shape.slice(0, first)) === outer && numel(shape.slice(first, end)) === size && numel(shape.slice(end)) === inner;
      if (isIt && end > first && (!single || end === first + 1)) return { x: graph.inMemory(value), axes: axes.slice(first, end) };
    }
  }
  const isInside = outer === 1; // where the batch is
  const perImage = [isInside ? 0 : merged(value.perImage, outer), 0, isInside ? merged(value.perImage, inner) : 0];
  const to: Extents = { shape: [outer, size, inner], perImage };
  return { x: graph.inMemory(graph.reshaped(value, to)), axes: [1] };
}

/** Where axes are for ONNX. */
function held({ x, axes }: Along): number[] {
  return axes.map((axis) => x.order.indexOf(axis));
}

/** The value that is left when axes have gone from another. */
function without(x: HeldValue, axes: readonly number[], name: string): HeldValue {
  const left = inPlace(x.shape.length).filter((axis) => !axes.includes(axis));
  const order = x.order.filter((axis) => !axes.includes(axis)).map((axis) => left.indexOf(axis));
  return { ...x, name, order, shape: left.map((axis) => x.shape[axis]!), perImage: left.map((axis) => x.perImage[axis]!) };
}

/** A reduction over the found axes; they stay, with extent 1, where the result has as many axes. */
function reduced(graph: Graph, operator: string, { x, axes }: Along, y: Extents): HeldValue {
  const staying = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)), at = held({ x, axes });
  const keepdims = Number(sameShape(staying, y.shape));
  const [inputs, attributes] = operator === 'ReduceSum' ? [[x.name, graph.integers(at)], { keepdims }] : [[x.name], { axes: at, keepdims }];
  const name = graph.node(operator, inputs, attributes);
  return keepdims === 1 ? { ...x, name, shape: staying, perImage: x.perImage.map((slope, axis) => (axes.includes(axis) ? 0 : slope)) } : without(x, axes, name);
}

function sum(call: NodeCall<'sum'>): void {
  const { graph, params } = call, found = along(graph, call.value('x'), params);
  const isMean = Math.abs(params.scale * params.size - 1) < 1e-6;
  const total = reduced(graph, isMean ? 'ReduceMean' : 'ReduceSum', found, call.output('y'));
  const isScaled = !isMean && params.scale !== 1;
  call.writeReshaped('y', isScaled ? { ...total, name: graph.node('Mul', [total.name, graph.float(params.scale)]) } : total);
}

function reduction(operator: string): (call: NodeCall<'product' | 'log_sum_exp'>) => void {
  return (call) => call.writeReshaped('y', reduced(call.graph, operator, along(call.graph, call.value('x'), call.params), call.output('y')));
}

/** The largest or smallest element, and where it is. */
function extreme(operator: string, place: string): (call: NodeCall<'max' | 'min'>) => void {
  return (call) => {
    const { graph, params } = call, found = along(graph, call.value('x'), params);
    call.writeReshaped('y', reduced(graph, operator, found, call.output('y')));
    const one = along(graph, call.value('x'), params, true), index = without(one.x, one.axes, graph.node(place, [one.x.name], { axis: held(one)[0]!, keepdims: 0 }));
    call.writeReshaped('index', { ...index, name: graph.node('Cast', [index.name], { to: elementTypes.int32 }), type: 'int32' });
  };
}

function vectorNorm(call: NodeCall<'vector_norm'>): void {
  const { graph, params: { p, ...around } } = call, found = along(graph, call.value('x'), around), y = call.output('y');
  const operators = new Map([[1, 'ReduceL1'], [2, 'ReduceL2']]), operator = operators.get(p);
  if (operator) return call.writeReshaped('y', reduced(graph, operator, found, y));
  const size = { ...found, x: { ...found.x, name: graph.node('Abs', [found.x.name]) } };
  if (p === Infinity) return call.writeReshaped('y', reduced(graph, 'ReduceMax', size, y));
  const powers = { ...size, x: { ...size.x, name: graph.node('Pow', [size.x.name, graph.float(p)]) } };
  const total = reduced(graph, 'ReduceSum', powers, y);
  call.writeReshaped('y', { ...total, name: graph.node('Pow', [total.name, graph.float(1 / p)]) });
}

/** Softmax and its like, which leave the shape as it is. */
function alongOneAxis(operator: string): (call: NodeCall<'softmax_forward' | 'log_softmax_forward'>) => void {
  return (call) => {
    const found = along(call.graph, call.value('x'), call.params, true);
    call.writeReshaped('y', { ...found.x, name: call.graph.node(operator, [found.x.name], { axis: held(found)[0]! }) });
  };
}

function cumsum(call: NodeCall<'cumsum'>): void {
  const { graph, params } = call, found = along(graph, call.value('x'), params, true);
  const name = graph.node('CumSum', [found.x.name, graph.integers([held(found)[0]!])], { reverse: params.reverse });
  call.writeReshaped('y', { ...found.x, name });
}

function sort(call: NodeCall<'sort'>): void {
  const { graph, params } = call, found = along(graph, call.value('x'), params, true), [axis = 0] = found.axes;
  const [values = '', index = ''] = graph.nodeWithOutputs('TopK', [found.x.name, graph.integers([params.count])], 2, {
    axis: held(found)[0]!,
    largest: params.descending,
  });
  const shape = found.x.shape.map((extent, at) => (at === axis ? params.count : extent));
  call.writeReshaped('y', { ...found.x, shape, name: values });
  call.writeReshaped('index', { ...found.x, shape, name: graph.node('Cast', [index], { to: elementTypes.int32 }), type: 'int32' });
}

function gather(call: NodeCall<'gather'>): void {
  const { graph, params } = call, found = along(graph, call.value('x'), params, true), [axis = 0] = found.axes;
  const shape = found.x.shape.map((extent, at) => (at === axis ? params.count : extent));
  const index = graph.reshaped(call.value('index'), { shape, perImage: found.x.perImage });
  const name = graph.node('GatherElements', [found.x.name, graph.held(index, found.x.order)], { axis: held(found)[0]! });
  call.writeReshaped('y', { ...found.x, name, shape });
}

/** Rows of a matrix by their numbers. */
function gatherRows(call: NodeCall<'gather_rows'>): void {
  const { graph, params: { outer, rows, c, sources, taps } } = call;
  if (taps !== 1 || call.has('weight')) throw call.unsupported('weighted sums of pixels, as sampling at positions has them,');
  const x = call.value('x'), index = call.value('index');
  const matrix = graph.reshaped(x, { shape: [outer, rows, c], perImage: [merged(x.perImage, outer), 0, 0] });
  const list = graph.reshaped(index, { shape: [sources], perImage: [merged(index.perImage, sources)] });
  const name = graph.node('Gather', [graph.held(matrix), graph.held(list)], { axis: 1 });
  call.writeReshaped('y', { name, shape: [outer, sources, c], perImage: [matrix.perImage[0]!, list.perImage[0]!, 0], order: [0, 1, 2], type: 'float' });
}

/** A linear map along an axis, as interpolation and adaptive pooling are, is a product with its matrix. */
function resample(call: NodeCall<'resample'>): void {
  const { graph, params } = call, { size, count } = params, found = along(graph, call.value('x'), params, true), [axis = 0] = found.axes;
  const [ends, index, weight] = (['ends', 'index', 'weight'] as const satisfies InputName<'resample'>[]).map((name) => call.contents(name));
  const matrix = new Float32Array(count * size);
  for (let row = 0, term = 0; row < count; row++) {
    for (; term < ends![row]!; term++) matrix[row * size + index![term]!]! += weight![term]!;
  }
  const { x } = found, rank = x.shape.length, at = held(found)[0]!;
  const extents: Extents = { shape: x.shape.map((extent, i) => (i === axis ? count : extent)), perImage: x.perImage };
  if (at === rank - 1) {
    const columns = new Float32Array(matrix.length);
    for (let i = 0; i < matrix.length; i++) columns[(i % size) * count + Math.floor(i / size)] = matrix[i]!;
    const name = graph.node('MatMul', [x.name, graph.floats('map', columns, [size, count])]);
    return call.writeReshaped('y', { ...x, ...extents, name });
  }
  const order = at === rank - 2 ? x.order : [...x.order.filter((one) => one !== axis).slice(0, -1), axis, x.order.filter((one) => one !== axis).at(-1)!];
  const name = graph.node('MatMul', [graph.floats('map', matrix, [count, size]), graph.held(x, order)]);
  call.writeReshaped('y', { ...x, ...extents, name, order });
}

/** Whether any, or all, of the elements along an axis are true. */
function quantifier(operator: string): (call: NodeCall<'any' | 'all'>) => void {
  return (call) => {
    const { graph } = call, found = along(graph, call.value('x'), call.params);
    const numbers = { ...found, x: { ...found.x, name: graph.node('Cast', [found.x.name], { to: elementTypes.float }) } };
    const y = reduced(graph, operator, numbers, call.output('y'));
    call.writeReshaped('y', { ...y, name: graph.node('Cast', [y.name], { to: elementTypes.bool }), type: 'bool' });
  };
}

function oneHot(call: NodeCall<'one_hot'>): void {
  const { graph, params } = call, label = graph.held(call.value('label'));
  const values = graph.floats('off and on', Float32Array.of(0, 1), [2]);
  call.write('y', graph.node('OneHot', [label, graph.integers([params.classes]), values], { axis: -1 }));
}

export const reductions: NodeTable = {
  sum,
  product: reduction('ReduceProd'),
  log_sum_exp: reduction('ReduceLogSumExp'),
  max: extreme('ReduceMax', 'ArgMax'),
  min: extreme('ReduceMin', 'ArgMin'),
  vector_norm: vectorNorm,
  softmax_forward: alongOneAxis('Softmax'),
  log_softmax_forward: alongOneAxis('LogSoftmax'),
  cumsum,
  sort,
  gather,
  gather_rows: gatherRows,
  resample,
  any: quantifier('ReduceMax'),
  all: quantifier('ReduceMin'),
  one_hot: oneHot,
} satisfies { [N in OpName]?: unknown };
