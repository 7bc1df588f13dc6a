/** One native op of a trace, as the functions of this folder get it to put ONNX nodes in its place. */
import { ConvoltError } from '../../core/errors.js';
import type { HostArray } from '../../core/dtype.js';
import type { InputName, OpName, OutputName, Params } from '../../core/run.js';
import type { Storage } from '../../core/storage.js';
import type { Graph, Value } from '../graph.js';
import { inPlace, type Order } from '../order.js';
import type { ElementName } from '../schema.js';
import type { TracedOp, TracedTensor } from '../trace.js';

/** A tensor that is put together piece by piece: how it is written, and what of it is there. */
export interface Assembly {
  /** What is where no piece is; undefined for memory that is not initialised. */
  fill: number | undefined;
  whole: TracedTensor;
  pieces: { starts: readonly number[]; value: Value }[];
  /** Which op made the memory, for messages. */
  op: string;
}

/** What is known of the memory that a trace uses. */
export type Known = Map<Storage, Value | Assembly>;

export class NodeCall<N extends OpName> {
  readonly graph: Graph;
  readonly params: Params<N>;
  readonly known: Known;
  readonly op: TracedOp;
  private readonly finish: (assembly: Assembly, graph: Graph) => Value;

  /** @param finish makes a value of the pieces that are there. */
  constructor(graph: Graph, known: Known, op: TracedOp, finish: (assembly: Assembly, graph: Graph) => Value) {
    this.graph = graph;
    this.known = known;
    this.op = op;
    this.params = op.params;
    this.finish = finish;
  }

  unsupported(what: string): ConvoltError {
    const layer = this.op.layer === '' ? 'the model' : `layer "${this.op.layer}"`;
    return new ConvoltError('ERR_ARGUMENT', `exportOnnx: expected ops that ONNX has, but got ${what} in ${layer}`);
  }

  has(input: InputName<N>): boolean {
    return this.op.inputs[input] !== undefined;
  }

  /** An input's extents and memory. */
  traced(input: InputName<N>): TracedTensor {
    return this.op.inputs[input]!;
  }

  output(name: OutputName<N>): TracedTensor {
    return this.op.outputs[name]!;
  }

  /** What an input holds, which has to be known before the model runs. */
  contents(input: InputName<N>): HostArray {
    return this.graph.contents(this.op.name, this.traced(input));
  }

  /** What is in some memory, with the axes that it was written with, or those of a tensor that no op made. */
  private stored(tensor: TracedTensor): Value | undefined {
    const found = this.known.get(tensor.storage);
    if (found && 'pieces' in found) {
      const value = this.finish(found, this.graph);
      this.known.set(tensor.storage, value);
      return value;
    }
    return found ?? (tensor.within && !this.graph.isGiven(tensor.storage) ? undefined : this.graph.constant(tensor.storage, tensor));
  }

  /** An input, in the shape that the op takes it in. */
  value(input: InputName<N>): Value {
    const tensor = this.traced(input), found = this.stored(tensor);
    if (!found) throw this.unsupported(`${this.op.name} of a part of a tensor`);
    return this.graph.reshaped(found, tensor);
  }

  /** The tensor that an input is a part of, or the input itself, with the place of the input's first element in it. */
  whole(input: InputName<N>): { value: Value; offset: number } {
    const tensor = this.traced(input), { whole = tensor, offset = 0 } = tensor.within ?? {};
    const own = this.stored(tensor);
    if (own) return { value: this.graph.reshaped(own, tensor), offset: 0 };
    return { value: this.graph.reshaped(this.stored(whole) ?? this.graph.constant(whole.storage, whole), whole), offset };
  }

  /** Says which value of the graph, with axes in which order, an output is. */
  write(name: OutputName<N>, held: string, order: Order = inPlace(this.output(name).shape.length), type: ElementName = 'float'): void {
    const { storage, shape, perImage } = this.output(name);
    this.known.set(storage, { shape, perImage, name: held, order, type });
  }

  /** The same, of a value that may have other axes for the same elements. */
  writeReshaped(name: OutputName<N>, value: Value): void {
    const output = this.output(name);
    this.known.set(output.storage, this.graph.reshaped(value, output));
  }
}

export type Nodes<N extends OpName> = (call: NodeCall<N>) => void;

/** How to express native ops in nodes. */
export type NodeTable = { [N in OpName]?: Nodes<N> };
