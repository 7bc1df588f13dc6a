/** Convolution and pooling. ONNX has channels second, and counts padding behind the last element too. */
import type { Params } from '../../core/run.js';
import { convActivations } from '../../ops/conv.js';
import type { GraphNode, Value } from '../graph.js';
import { channelsSecond, inPlace, type Order } from '../order.js';
import type { NodeCall, NodeTable } from './call.js';

/** One axis along which windows slide. */
interface Axis {
  input: number;
  kernel: number;
  output: number;
  stride: number;
  dilation: number;
  before: number;
}

/** The last `count` spatial axes of a convolution or pooling. */
function axesOf(p: Params<'max_pool_forward'> | Params<'conv_forward'>, count: number): Axis[] {
  return [
    { input: p.d, kernel: p.t, output: p.z, stride: p.strideD, dilation: p.dilationD, before: p.padD },
    { input: p.h, kernel: p.r, output: p.p, stride: p.strideH, dilation: p.dilationH, before: p.padH },
    { input: p.w, kernel: p.s, output: p.q, stride: p.strideW, dilation: p.dilationW, before: p.padW },
  ].slice(3 - count);
}

/** How far the last window reaches behind the input; negative if it ends before. */
function reachBehind({ input, kernel, output, stride, dilation, before }: Axis): number {
  return (output - 1) * stride + dilation * (kernel - 1) + 1 - before - input;
}

function windowAttributes(axes: readonly Axis[]): GraphNode['attributes'] {
  const after = axes.map((axis) => Math.max(0, reachBehind(axis)));
  return {
    kernel_shape: axes.map(({ kernel }) => kernel),
    strides: axes.map(({ stride }) => stride),
    dilations: axes.map(({ dilation }) => dilation),
    pads: [...axes.map(({ before }) => before), ...after],
  };
}

/** A filter [K,...,C] with its channels second. */
const filterOrder = (rank: number): Order => [0, rank - 1, ...inPlace(rank - 1).slice(1)];

/** The extents that an op with windows slides them along. */
function spatialRank(value: Value): number {
  return value.shape.length - 2;
}

function checkPadding(call: NodeCall<'conv_forward' | 'conv_input_grad'>, axes: readonly Axis[]): void {
  if (axes.some(({ before }) => before < 0)) throw call.unsupported('a convolution with negative padding');
}

function conv(call: NodeCall<'conv_forward'>): void {
  const { graph, params } = call, x = call.value('x'), order = channelsSecond(x.shape.length);
  const axes = axesOf(params, spatialRank(x));
  checkPadding(call, axes);
  const inputs = [graph.held(x, order), graph.held(call.value('w'), filterOrder(x.shape.length))];
  if (call.has('bias')) inputs.push(graph.held(call.value('bias')));
  let y = graph.node('Conv', inputs, { ...windowAttributes(axes), group: params.groups });
  if (call.has('residual')) y = graph.node('Add', [y, graph.held(call.value('residual'), order)]);
  if (params.activation === convActivations.indexOf('relu')) y = graph.node('Relu', [y]);
  if (params.activation === convActivations.indexOf('relu6')) y = graph.node('Clip', [y, graph.float(0), graph.float(6)]);
  call.write('y', y, order);
}

/** The input gradient of a convolution: its output is our input. */
function convTranspose(call: NodeCall<'conv_input_grad'>): void {
  const { graph, params } = call, dy = call.value('dy'), order = channelsSecond(dy.shape.length);
  const axes = axesOf(params, spatialRank(dy));
  checkPadding(call, axes);
  const x = graph.node('ConvTranspose', [graph.held(dy, order), graph.held(call.value('w'), filterOrder(dy.shape.length))], {
    ...windowAttributes(axes),
    output_padding: axes.map((axis) => Math.max(0, -reachBehind(axis))),
    group: params.groups,
  });
  call.write('dx', x, order);
}

function maxPool(call: NodeCall<'max_pool_forward'>): void {
  const { graph, params } = call, x = call.value('x'), order = channelsSecond(x.shape.length);
  const input = graph.held(x, order);
  // onnxruntime merges a Pad with zeros into the MaxPool behind it, whose own padding is -Infinity, unless it gives indices.
  const outputs = graph.isMadeBy(input, 'Pad') ? 2 : 1;
  const [y = ''] = graph.nodeWithOutputs('MaxPool', [input], outputs, windowAttributes(axesOf(params, spatialRank(x))));
  call.write('y', y, order);
}

/** What a window is divided by is, for ONNX, all of it or what lies in the image. */
function avgPool(call: NodeCall<'avg_pool_forward'>): void {
  const { graph, params } = call, x = call.value('x'), order = channelsSecond(x.shape.length);
  const axes = axesOf(params, spatialRank(x)), { divisor, countPadding } = params;
  const ends = [params.afterD, params.afterH, params.afterW].slice(-axes.length);
  const isCut = axes.some((axis, i) => reachBehind(axis) > ends[i]!);
  const isWhole = divisor !== 0 || (countPadding === 1 && !isCut);
  if (divisor === 0 && countPadding === 1 && isCut) throw call.unsupported('average pooling with windows that are cut off behind padding that counts');
  if (axes.some(({ dilation }) => dilation !== 1)) throw call.unsupported('average pooling with a dilation');
  const { dilations: _, ...attributes } = windowAttributes(axes);
  let y = graph.node('AveragePool', [graph.held(x, order)], { ...attributes, count_include_pad: Number(isWhole) });
  const size = axes.reduce((product, { kernel }) => product * kernel, 1);
  if (divisor !== 0 && divisor !== size) y = graph.node('Mul', [y, graph.float(size / divisor)]);
  call.write('y', y, order);
}

function lpPool(call: NodeCall<'lp_pool_forward'>): void {
  const { graph, params } = call, x = call.value('x'), order = channelsSecond(x.shape.length);
  const axes = axesOf(params, spatialRank(x));
  if (!Number.isInteger(params.norm)) throw call.unsupported(`Lp pooling with p = ${params.norm}`);
  if (axes.some(({ dilation }) => dilation !== 1)) throw call.unsupported('Lp pooling with a dilation');
  const { dilations: _, ...attributes } = windowAttributes(axes);
  const y = graph.node('LpPool', [graph.held(x, order)], { ...attributes, p: params.norm });
  call.write('y', y, order);
}

/** Windows of any size along each axis: a maximum of maxima, one axis after another. */
function maxWindows(call: NodeCall<'max_windows'>): void {
  const { graph, params } = call, x = call.value('x'), rank = x.shape.length;
  const places = inPlace(rank).slice(1, -1), { order, name: whole } = graph.inMemory(x);
  if (call.has('image')) throw call.unsupported('max pooling of regions');
  const steps = [params.dilationD, params.dilationH, params.dilationW].slice(-places.length);
  const spans = (['spanD', 'spanH', 'spanW'] as const).slice(-places.length);
  let name = whole;
  for (const [i, axis] of places.entries()) {
    const span = spans[i]!, at = order.indexOf(axis);
    if (!call.has(span)) {
      name = graph.node('ReduceMax', [name], { axes: [at] });
      continue;
    }
    if (call.traced(span).shape[0] !== 1) throw call.unsupported('max pooling with windows of each image');
    const limits = [...call.contents(span)];
    const maxima = limits.flatMap((first, j) => {
      if (j % 2 === 1) return [];
      const inputs = [[first], [limits[j + 1]!], [at], [steps[i]!]].map((list) => graph.integers(list));
      return [graph.node('ReduceMax', [graph.node('Slice', [name, ...inputs])], { axes: [at] })];
    });
    name = maxima.length === 1 ? maxima[0]! : graph.node('Concat', maxima, { axis: at });
  }
  call.write('y', name, order);
}

export const windows: NodeTable = {
  conv_forward: conv,
  conv_input_grad: convTranspose,
  max_pool_forward: maxPool,
  avg_pool_forward: avgPool,
  lp_pool_forward: lpPool,
  max_windows: maxWindows,
};
