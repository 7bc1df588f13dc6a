/** How to express each native op in ONNX's operators. What is not in the table cannot be exported. */
import type { OpName } from '../../core/run.js';
import type { Graph } from '../graph.js';
import type { TracedOp } from '../trace.js';
import { NodeCall, type Known, type NodeTable, type Nodes } from './call.js';
import { elementwise } from './elementwise.js';
import { assembled, movement } from './movement.js';
import { normalisation } from './normalisation.js';
import { products } from './products.js';
import { reductions } from './reductions.js';
import { windows } from './windows.js';

const table: NodeTable = { ...windows, ...normalisation, ...elementwise, ...products, ...reductions, ...movement };

/** Native ops that can be exported. */
export const exportedOps = Object.keys(table) as OpName[];

/** A call of an op. */
export function nodeCall<N extends OpName>(graph: Graph, known: Known, op: TracedOp): NodeCall<N> {
  return new NodeCall<N>(graph, known, op, assembled);
}

/** Adds the nodes of an op. @throws ERR_ARGUMENT if ONNX has none for it. */
export function addNodes(graph: Graph, known: Known, op: TracedOp): void {
  graph.layer = op.layer;
  const call = nodeCall<OpName>(graph, known, op), nodes = table[op.name] as Nodes<OpName> | undefined;
  if (!nodes) throw call.unsupported(op.name);
  nodes(call);
}
