/** An ONNX graph while it grows: nodes, constants, and the tensors of convolt's that their values are. */
import type { DType, HostArray } from '../core/dtype.js';
import { ConvoltError } from '../core/errors.js';
import { sameShape, shapeText, type Shape } from '../core/shape.js';
import type { Storage } from '../core/storage.js';
import { between, inPlace, ordered, reshapedOrder, sameMemory, type Order } from './order.js';
import { constantPrefix, type ElementName } from './schema.js';
import { tracedBatch, type TracedTensor } from './trace.js';

export type AttributeValue = number | string | readonly number[] | { float: number };

export interface GraphNode {
  operator: string;
  name: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, AttributeValue>>;
}

/** Values that are in the file: a tensor's, which is read when the file is written, with its axes in an order; or plain numbers. */
export interface Initializer {
  name: string;
  type: ElementName;
  /** As ONNX has it. */
  shape: Shape;
  values: HostArray | { storage: Storage; shape: Shape; order: Order } | readonly number[];
}

/** A shape of which some extents are multiples of the batch. */
export interface Extents {
  shape: Shape;
  perImage: readonly number[];
}

/** A tensor of convolt's as a value of the graph holds it. */
export interface HeldValue extends Extents {
  name: string;
  order: Order;
  type: ElementName;
}

/** A tensor that no node computes: it becomes a constant in each layout that it is asked for in. */
export interface GivenValue extends Extents {
  source: Storage;
  type: ElementName;
}

export type Value = HeldValue | GivenValue;

export class Graph {
  readonly nodes: GraphNode[] = [];
  readonly initializers = new Map<string, Initializer>();
  /** The layer of the nodes that are being made. */
  layer = '';
  private readonly names = new Set<string>();
  private readonly givenNames: ReadonlyMap<Storage, string>;
  private readonly given: ReadonlyMap<Storage, HostArray | undefined>;
  private readonly rearranged = new Map<string, string>();
  private readonly inputName: string;

  /**
   * @param ports names of the graph's input, whose first extent is the batch, and of its output.
   * @param givenNames names of tensors that no node computes.
   * @param given their contents, where they are known already.
   */
  constructor([inputName, outputName]: readonly [string, string], givenNames: ReadonlyMap<Storage, string>, given: ReadonlyMap<Storage, HostArray | undefined>) {
    this.inputName = inputName;
    this.givenNames = givenNames;
    this.given = given;
    this.names.add(inputName).add(outputName);
  }

  /** A name that nothing else has. */
  private unique(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.names.has(name); i++) name = `${wanted}.${i}`;
    this.names.add(name);
    return name;
  }

  /** Adds a node with one output. Returns the output's name. */
  node(operator: string, inputs: readonly string[], attributes: GraphNode['attributes'] = {}): string {
    return this.nodeWithOutputs(operator, inputs, 1, attributes)[0]!;
  }

  nodeWithOutputs(operator: string, inputs: readonly string[], count: number, attributes: GraphNode['attributes'] = {}): string[] {
    const name = this.unique(this.layer === '' ? operator : `${this.layer}/${operator}`);
    const outputs = Array.from({ length: count }, (_, i) => this.unique(`${name}:${i}`));
    this.nodes.push({ operator, name, inputs, outputs, attributes });
    return outputs;
  }

  /** Whether a value is an output of an operator. */
  isMadeBy(name: string, operator: string): boolean {
    return this.nodes.some((node) => node.operator === operator && node.outputs.includes(name));
  }

  private initializer(wanted: string, key: string, made: Omit<Initializer, 'name'>): string {
    const before = this.rearranged.get(key);
    if (before !== undefined) return before;
    const name = this.unique(wanted);
    this.initializers.set(name, { name, ...made });
    this.rearranged.set(key, name);
    return name;
  }

  /** A constant list of whole numbers, int64. */
  integers(values: readonly number[]): string {
    const name = `${constantPrefix}${values.join(',')}`;
    return this.initializer(name, name, { type: 'int64', shape: [values.length], values });
  }

  /** A constant float32, a scalar. */
  float(value: number): string {
    const name = `${constantPrefix}float ${Math.fround(value)}`;
    return this.initializer(name, name, { type: 'float', shape: [], values: [value] });
  }

  /** A constant float32 tensor. */
  floats(name: string, values: Float32Array, shape: Shape): string {
    return this.initializer(constantPrefix + name, `made ${this.initializers.size}`, { type: 'float', shape, values });
  }

  /** What convolt's tensor of a graph's constant holds. @throws ERR_ARGUMENT if a node computes it. */
  contents(op: string, { storage }: TracedTensor): HostArray {
    const found = this.given.get(storage);
    if (!found) throw new ConvoltError('ERR_ARGUMENT', `exportOnnx: expected ${op} of layer "${this.layer}" with a table that does not depend on the input, but got one that does`);
    return found;
  }

  /** Whether no node computes what is in some memory. */
  isGiven(storage: Storage): boolean {
    return this.given.has(storage);
  }

  /** A tensor that no node computes. */
  constant(storage: Storage, { shape, perImage, dtype }: Extents & { dtype: DType }): GivenValue {
    const types: Record<DType, ElementName> = { float32: 'float', int32: 'int32', uint8: 'uint8', float16: 'float', bfloat16: 'float' };
    return { shape, perImage, type: types[dtype], source: storage };
  }

  /** A value of the graph, whatever its order. */
  inMemory(value: Value): HeldValue {
    if ('name' in value) return value;
    const { shape, perImage, type } = value;
    return { shape, perImage, type, name: this.held(value), order: inPlace(shape.length) };
  }

  /** The name of a value with its axes in an order, by default that of convolt. */
  held(value: Value, order: Order = inPlace(value.shape.length)): string {
    const { shape } = value, wanted = order.join();
    if ('source' in value) {
      const name = this.givenNames.get(value.source) ?? `${constantPrefix}table`;
      const values = { storage: value.source, shape, order }, { handle } = value.source;
      return this.initializer(name, `given ${handle} ${shapeText(shape)} ${wanted}`, { type: value.type, shape: ordered(shape, order), values });
    }
    const { name } = value;
    if (value.order.join() === wanted) return name;
    const key = `${name} in ${wanted} of ${shapeText(shape)}`, before = this.rearranged.get(key);
    if (before !== undefined) return before;
    const made = sameMemory(shape, value.order, order)
      ? this.reshapeNode(name, orderedExtents(value, value.order), orderedExtents(value, order))
      : this.node('Transpose', [name], { perm: between(value.order, order) });
    this.rearranged.set(key, made);
    return made;
  }

  /** The value with other axes for the same elements. Elements move only if they have to. */
  reshaped(value: Value, to: Extents): Value {
    if (sameShape(value.shape, to.shape)) return value;
    if ('source' in value) return { ...value, ...extentsOf(to) };
    const kept = reshapedOrder(value.shape, to.shape, value.order);
    const order = kept ?? inPlace(to.shape.length);
    const from = kept ? value.name : this.held(value), fromOrder = kept ? value.order : inPlace(value.shape.length);
    const name = this.reshapeNode(from, orderedExtents(value, fromOrder), orderedExtents(to, order));
    return { ...value, ...extentsOf(to), name, order };
  }

  /** A Reshape, unless ONNX's value has the shape already. One extent is left to be inferred, that of a batch if there is one. */
  private reshapeNode(name: string, from: Extents, to: Extents): string {
    if (sameShape(from.shape, to.shape)) return name;
    const key = `${name} as ${shapeText(to.shape)}`, before = this.rearranged.get(key);
    if (before !== undefined) return before;
    const batches = to.perImage.flatMap((slope, axis) => (slope > 0 ? [axis] : []));
    const made =
      batches.length <= 1
        ? this.node('Reshape', [name, this.integers(to.shape.map((extent, axis) => (batches[0] === axis ? -1 : extent)))])
        : this.node('Reshape', [name, this.shapeOf(to)]);
    this.rearranged.set(key, made);
    return made;
  }

  /** A list of extents as int64, computed if it depends on the batch. */
  shapeOf({ shape, perImage }: Extents): string {
    if (perImage.every((slope) => slope === 0)) return this.integers(shape);
    const batch = this.rearranged.get('batch') ?? this.node('Shape', [this.inputName], { start: 0, end: 1 });
    this.rearranged.set('batch', batch);
    const parts = shape.map((extent, axis) => {
      const slope = perImage[axis]!;
      if (slope === 0) return this.integers([extent]);
      return slope === 1 ? batch : this.node('Mul', [batch, this.integers([slope])]);
    });
    return parts.length === 1 ? parts[0]! : this.node('Concat', parts, { axis: 0 });
  }

  /** Gives the graph's output its name. */
  nameOutput(name: string, outputName: string): void {
    const at = this.nodes.findIndex(({ outputs }) => outputs.includes(name)), node = this.nodes[at];
    const isUsed = this.nodes.some(({ inputs }) => inputs.includes(name));
    if (node?.outputs.length === 1 && !isUsed) this.nodes[at] = { ...node, outputs: [outputName] };
    else this.nodes.push({ operator: 'Identity', name: outputName, inputs: [name], outputs: [outputName], attributes: {} });
  }

  /** Without the nodes and constants that nothing of the outputs needs. */
  prune(outputs: readonly string[]): void {
    const needed = new Set(outputs);
    for (const node of [...this.nodes].reverse()) {
      if (node.outputs.some((name) => needed.has(name))) for (const name of node.inputs) needed.add(name);
    }
    const kept = this.nodes.filter((node) => node.outputs.some((name) => needed.has(name)));
    this.nodes.splice(0, this.nodes.length, ...kept);
    for (const name of this.initializers.keys()) if (!needed.has(name)) this.initializers.delete(name);
  }
}

export const extentsOf = ({ shape, perImage }: Extents): Extents => ({ shape, perImage });

/** Extents as ONNX has them. */
export function orderedExtents({ shape, perImage }: Extents, order: Order): Extents {
  return { shape: ordered(shape, order), perImage: ordered(perImage, order) };
}

/** Extents that do not depend on the batch. */
export function fixed(shape: Shape): Extents {
  return { shape, perImage: shape.map(() => 0) };
}

/** How much each image adds to an extent that axes were merged into. */
export function merged(perImage: readonly number[], extent: number): number {
  return perImage.some((slope) => slope > 0) ? extent / tracedBatch : 0;
}
