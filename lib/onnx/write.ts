/** A graph as an ONNX file. */
import type { HostArray } from '../core/dtype.js';
import { numel, type Shape } from '../core/shape.js';
import type { Storage } from '../core/storage.js';
import { attributeTypes, elementTypes, fields } from './schema.js';
import type { AttributeValue, Extents, GraphNode, Initializer } from './graph.js';
import { inPlace, ordered, sameMemory, type Order } from './order.js';
import { MessageWriter, type DeferredBytes } from './protobuf.js';

/** The version of the file format, and that of the operators. */
const irVersion = 8, opset = 17;

/** An input or output, in ONNX's order of axes. */
export interface Port {
  name: string;
  extents: Extents;
}

type ReadStorage = (storage: Storage) => Promise<HostArray>;

export interface FileContents {
  nodes: readonly GraphNode[];
  initializers: readonly Initializer[];
  input: Port;
  output: Port;
  /** Reads what is on a device. */
  read: ReadStorage;
}

const elementBytes: Readonly<Record<string, number>> = { float: 4, int32: 4, int64: 8, uint8: 1 };

/** The bytes of an initializer's values. */
export function byteLength({ type, shape }: Initializer): number {
  return numel(shape) * elementBytes[type]!;
}

/** Values in another order of axes. */
function rearranged(data: HostArray, shape: Shape, order: Order): HostArray {
  if (sameMemory(shape, inPlace(shape.length), order)) return data;
  const strides = shape.map((_, axis) => numel(shape.slice(axis + 1)));
  const extents = ordered(shape, order), steps = ordered(strides, order);
  const outer = extents.slice(0, -1), row = extents.at(-1)!, step = steps.at(-1)!;
  const result = data.slice(), place = outer.map(() => 0);
  for (let at = 0, start = 0; at < result.length; ) {
    for (let i = 0, from = start; i < row; i++, from += step) result[at++] = data[from]!;
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      start += steps[axis]!;
      if (++place[axis]! < outer[axis]!) break;
      start -= place[axis]! * steps[axis]!;
      place[axis] = 0;
    }
  }
  return result;
}

async function bytesOf({ values, type }: Initializer, read: ReadStorage): Promise<Uint8Array> {
  if (ArrayBuffer.isView(values)) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if ('order' in values) {
    const data = rearranged(await read(values.storage), values.shape, values.order);
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  const plain = type === 'int64' ? BigInt64Array.from(values, BigInt) : Float32Array.from(values);
  return new Uint8Array(plain.buffer);
}

function deferred(initializer: Initializer, read: ReadStorage): DeferredBytes {
  return { length: byteLength(initializer), read: () => bytesOf(initializer, read) };
}

function attribute(name: string, value: AttributeValue): MessageWriter {
  const { attribute: at } = fields, message = new MessageWriter().text(at.name, name);
  if (typeof value === 'number') return message.integer(at.integer, value).integer(at.type, attributeTypes.integer);
  if (typeof value === 'string') return message.text(at.text, value).integer(at.type, attributeTypes.text);
  if ('float' in value) return message.float(at.float, value.float).integer(at.type, attributeTypes.float);
  return message.integers(at.integers, value).integer(at.type, attributeTypes.integers);
}

function nodeMessage({ operator, name, inputs, outputs, attributes }: GraphNode): MessageWriter {
  const message = new MessageWriter();
  for (const input of inputs) message.text(fields.node.input, input);
  for (const output of outputs) message.text(fields.node.output, output);
  message.text(fields.node.name, name).text(fields.node.operator, operator);
  for (const [key, value] of Object.entries(attributes)) message.message(fields.node.attribute, attribute(key, value));
  return message;
}

/** Where an initializer's values are in another file. */
interface Place {
  file: string;
  offset: number;
}

function initializerMessage(initializer: Initializer, read: ReadStorage, place: Place | undefined): MessageWriter {
  const { name, type, shape } = initializer, { tensor, entry } = fields;
  const message = new MessageWriter().integers(tensor.dims, shape).integer(tensor.type, elementTypes[type]).text(tensor.name, name);
  if (!place) return message.bytes(tensor.raw, deferred(initializer, read));
  const entries = { location: place.file, offset: String(place.offset), length: String(byteLength(initializer)) };
  for (const [key, value] of Object.entries(entries)) {
    message.message(tensor.external, new MessageWriter().text(entry.key, key).text(entry.value, value));
  }
  return message.integer(tensor.location, 1);
}

/** An input or output; the extent that is the batch has a name, and those that are multiples of it have none. */
function portMessage({ name, extents: { shape, perImage } }: Port): MessageWriter {
  const dims = new MessageWriter();
  for (const [axis, extent] of shape.entries()) {
    const dim = new MessageWriter(), slope = perImage[axis]!;
    if (slope === 0) dim.integer(fields.dim.value, extent);
    if (slope === 1) dim.text(fields.dim.parameter, 'batch');
    dims.message(fields.shape.dim, dim);
  }
  const tensor = new MessageWriter().integer(fields.tensorType.element, elementTypes.float).message(fields.tensorType.shape, dims);
  return new MessageWriter().text(fields.declaration.name, name).message(fields.declaration.type, new MessageWriter().message(fields.type.tensor, tensor));
}

/** Places in the file of external data start at multiples of this. */
const alignment = 64;

/** A file's message, and the values that are to be put into a second file, one behind the other. */
export interface OnnxFiles {
  model: MessageWriter;
  external: DeferredBytes[];
}

/** @param externalFile the name of a second file for large values, if there is to be one. */
export function onnxFiles({ nodes, initializers, input, output, read }: FileContents, externalFile: string | undefined): OnnxFiles {
  const { graph, model, operatorSet } = fields, body = new MessageWriter(), external: DeferredBytes[] = [];
  for (const node of nodes) body.message(graph.node, nodeMessage(node));
  body.text(graph.name, 'convolt');
  let offset = 0;
  for (const initializer of initializers) {
    const isExternal = externalFile !== undefined && byteLength(initializer) >= alignment;
    body.message(graph.initializer, initializerMessage(initializer, read, isExternal ? { file: externalFile, offset } : undefined));
    if (!isExternal) continue;
    const margin = -byteLength(initializer) & (alignment - 1);
    external.push(deferred(initializer, read), { length: margin, read: () => Promise.resolve(new Uint8Array(margin)) });
    offset += byteLength(initializer) + margin;
  }
  body.message(graph.input, portMessage(input)).message(graph.output, portMessage(output));
  const operators = new MessageWriter().text(operatorSet.domain, '').integer(operatorSet.version, opset);
  const message = new MessageWriter().integer(model.irVersion, irVersion).text(model.producerName, 'convolt');
  return { model: message.message(model.graph, body).message(model.opsetImport, operators), external };
}
