/** Normalisation by statistics of the tensor itself or of training. */
import { numel } from '../../core/shape.js';
import { merged, type Value } from '../graph.js';
import { channelsSecond, inPlace, ordered } from '../order.js';
import type { NodeCall, NodeTable } from './call.js';

function batchNorm(call: NodeCall<'batch_norm_eval'>): void {
  const { graph, params } = call, x = call.value('x'), order = channelsSecond(x.shape.length);
  const perChannel = (name: 'weight' | 'bias', preset: number) =>
    call.has(name) ? graph.held(call.value(name)) : graph.floats(`${name} of ${params.c}`, new Float32Array(params.c).fill(preset), [params.c]);
  const inputs = [graph.held(x, order), perChannel('weight', 1), perChannel('bias', 0), graph.held(call.value('mean')), graph.held(call.value('var'))];
  let y = graph.node('BatchNormalization', inputs, { epsilon: { float: params.eps } });
  if (call.has('residual')) y = graph.node('Add', [y, graph.held(call.value('residual'), order)]);
  if (params.relu === 1) y = graph.node('Relu', [y]);
  call.write('y', y, order);
}

/** Over the last axes: layer norm. The first of them, or undefined if the view is not of these. */
function firstNormalizedAxis(x: Value, size: number): number | undefined {
  return [...inPlace(x.shape.length)].reverse().find((first) => numel(x.shape.slice(first)) === size);
}

/** Statistics of s and c of a view [n,s,g,c] of x: ONNX has them of all that is behind the first two axes. */
function groupNorm(call: NodeCall<'group_norm_forward'>): void {
  const { graph, params } = call, { n, s, g, c } = params, x = call.value('x');
  const first = s === 1 && g === 1 && params.centred === 1 ? firstNormalizedAxis(x, c) : undefined;
  if (first !== undefined) return layerNorm(call, x, first);

  const perImage = [merged(x.perImage, n), 0, 0, 0];
  const view = graph.inMemory(graph.reshaped(x, { shape: [n, s, g, c], perImage }));
  const order = view.order.join() === '0,2,1,3' ? view.order : [0, 2, 3, 1];
  const groups = graph.node('Reshape', [graph.held(view, order), graph.integers([0, 0, -1])]);
  const normal = params.centred === 1 ? instanceNorm(call, groups) : rootMeanSquareNorm(call, groups);
  const extents = ordered([perImage[0]! > 0 ? -1 : n, s, g, c], order);
  let name = graph.node('Reshape', [normal, graph.integers(extents)]);
  for (const [parameter, operator] of [['weight', 'Mul'], ['bias', 'Add']] as const) {
    if (!call.has(parameter)) continue;
    const value = graph.reshaped(call.value(parameter), { shape: [1, 1, g, c], perImage: [0, 0, 0, 0] });
    name = graph.node(operator, [name, graph.held(value, order)]);
  }
  call.writeReshaped('y', { name, shape: [n, s, g, c], perImage, order, type: 'float' });
}

/** x[n,g,...] */
function instanceNorm(call: NodeCall<'group_norm_forward'>, x: string): string {
  const { graph, params: { g, eps } } = call;
  const ones = graph.floats(`ones of ${g}`, new Float32Array(g).fill(1), [g]), zeros = graph.floats(`zeros of ${g}`, new Float32Array(g), [g]);
  return graph.node('InstanceNormalization', [x, ones, zeros], { epsilon: { float: eps } });
}

function rootMeanSquareNorm(call: NodeCall<'group_norm_forward'>, x: string): string {
  const { graph, params: { eps } } = call;
  const squares = graph.node('ReduceMean', [graph.node('Mul', [x, x])], { axes: [-1] });
  return graph.node('Div', [x, graph.node('Sqrt', [graph.node('Add', [squares, graph.float(eps)])])]);
}

function layerNorm(call: NodeCall<'group_norm_forward'>, x: Value, first: number): void {
  const { graph, params: { eps } } = call, shape = x.shape.slice(first), perImage = shape.map(() => 0);
  const parameter = (name: 'weight' | 'bias') => graph.held(graph.reshaped(call.value(name), { shape, perImage }));
  const scale = call.has('weight') ? parameter('weight') : graph.floats(`ones of ${shape.join()}`, new Float32Array(numel(shape)).fill(1), shape);
  const inputs = [graph.held(x), scale, ...(call.has('bias') ? [parameter('bias')] : [])];
  call.write('y', graph.node('LayerNormalization', inputs, { axis: first, epsilon: { float: eps } }));
}

/** ONNX's alpha is for the mean of the squares. */
function localResponseNorm(call: NodeCall<'local_response_norm_forward'>): void {
  const { graph, params: { size, alpha, beta, k } } = call, x = call.value('x'), order = channelsSecond(x.shape.length);
  if (size % 2 === 0) throw call.unsupported('local response norm over an even number of channels');
  const y = graph.node('LRN', [graph.held(x, order)], { size, alpha: { float: alpha * size }, beta: { float: beta }, bias: { float: k } });
  call.write('y', y, order);
}

export const normalisation: NodeTable = {
  batch_norm_eval: batchNorm,
  group_norm_forward: groupNorm,
  local_response_norm_forward: localResponseNorm,
};
