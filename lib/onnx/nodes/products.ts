/** Products of matrices. */
import { inPlace, type Order } from '../order.js';
import { merged, type Value } from '../graph.js';
import type { NodeCall, NodeTable } from './call.js';

/** The last two axes exchanged. */
function exchanged(rank: number): Order {
  return [...inPlace(rank - 2), rank - 1, rank - 2];
}

/** An operand as two axes. */
function asMatrix(call: NodeCall<'matmul'>, value: Value, rows: number, columns: number): Value {
  if (value.shape.length === 2) return value;
  return call.graph.reshaped(value, { shape: [rows, columns], perImage: [merged(value.perImage, rows), 0] });
}

/** A matrix, or a stack of rows, with a matrix. */
function matmul(call: NodeCall<'matmul'>): void {
  const { graph, params } = call, a = call.value('a');
  const b = asMatrix(call, call.value('b'), ...(params.transposeB === 1 ? ([params.n, params.k] as const) : ([params.k, params.n] as const)));
  const isStack = a.shape.length > 2 && params.transposeA === 0 && a.shape.at(-1) === params.k;
  if (isStack) {
    const product = graph.node('MatMul', [graph.held(a), graph.held(b, params.transposeB === 1 ? [1, 0] : [0, 1])]);
    const name = call.has('bias') ? graph.node('Add', [product, graph.held(call.value('bias'))]) : product;
    return call.writeReshaped('y', { name, shape: [...a.shape.slice(0, -1), params.n], perImage: [...a.perImage.slice(0, -1), 0], order: inPlace(a.shape.length), type: 'float' });
  }
  const left = asMatrix(call, a, ...(params.transposeA === 1 ? ([params.k, params.m] as const) : ([params.m, params.k] as const)));
  const inputs = [graph.held(left), graph.held(b)];
  if (call.has('bias')) inputs.push(graph.held(call.value('bias')));
  const name = graph.node('Gemm', inputs, { transA: params.transposeA, transB: params.transposeB });
  const perImage = [left.perImage[params.transposeA]!, b.perImage[1 - params.transposeB]!];
  call.writeReshaped('y', { name, shape: [params.m, params.n], perImage, order: [0, 1], type: 'float' });
}

/** Many matrices; ONNX stretches leading axes as convolt does. */
function batchMatmul(call: NodeCall<'batch_matmul'>): void {
  const { graph, params } = call, a = call.value('a'), b = call.value('b');
  const operand = (value: Value, transposed: number) => graph.held(value, transposed === 1 ? exchanged(value.shape.length) : inPlace(value.shape.length));
  call.write('y', graph.node('MatMul', [operand(a, params.transposeA), operand(b, params.transposeB)]));
}

export const products: NodeTable = { matmul, batch_matmul: batchMatmul };
