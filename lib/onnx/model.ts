/** ONNX models and tensors (onnx.ai/onnx/repo-docs/IR.html) as they are read. */
import { ConvoltError } from '../core/errors.js';
import { numel, shapeText } from '../core/shape.js';
import { Message, numbersOf } from './protobuf.js';
import { attributeTypes, elementTypes, fields, type ElementName } from './schema.js';

/** What a file asks for and convolt does not have. */
export class Unsupported extends Error {}

/** A tensor's values, whatever its type: numbers, and 0 and 1 for booleans. Channels come second, as ONNX has them. */
export interface OnnxTensor {
  type: string;
  shape: readonly number[];
  data: Float64Array;
}

export type Attribute = number | string | number[] | string[] | OnnxTensor | undefined;

export interface OnnxNode {
  operator: string;
  name: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: ReadonlyMap<string, Attribute>;
}

export interface OnnxModel {
  /** Version of the operator set. */
  opset: number;
  nodes: OnnxNode[];
  initial: Map<string, OnnxTensor>;
  /** Without those of {@link initial}. */
  inputs: Declaration[];
  outputs: Declaration[];
}

/** An input or output of a graph. */
export interface Declaration {
  name: string;
  /** ONNX's number of its element type. */
  type: number;
}

/** Reads a part of a second file, for tensors whose values are there. */
export type ReadExternal = (location: string, offset: number, length: number) => Uint8Array;

/** A 16-bit float of 5 bits of exponent. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 0x1f, fraction = bits & 0x3ff;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A 16-bit float of 8 bits of exponent: the upper half of a float32. */
function bfloat16(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint16(0, bits);
  return view.getFloat32(0);
}

interface ElementType {
  size: number;
  get: (view: DataView, at: number) => number;
  /** Where values are that are not in raw bytes; among the int32s by default. */
  of?: (tensor: Message) => Iterable<number>;
}

const at = fields.tensor;

const readers: Readonly<Partial<Record<ElementName, ElementType>>> = {
  float: { size: 4, get: (view, at) => view.getFloat32(at, true), of: (tensor) => tensor.floats(at.floats) },
  uint8: { size: 1, get: (view, at) => view.getUint8(at) },
  int8: { size: 1, get: (view, at) => view.getInt8(at) },
  uint16: { size: 2, get: (view, at) => view.getUint16(at, true) },
  int16: { size: 2, get: (view, at) => view.getInt16(at, true) },
  int32: { size: 4, get: (view, at) => view.getInt32(at, true) },
  int64: { size: 8, get: (view, at) => Number(view.getBigInt64(at, true)), of: (tensor) => tensor.integers(at.int64s) },
  bool: { size: 1, get: (view, at) => view.getUint8(at) },
  float16: { size: 2, get: (view, at) => float16(view.getUint16(at, true)), of: (tensor) => tensor.integers(at.int32s).map(float16) },
  double: { size: 8, get: (view, at) => view.getFloat64(at, true), of: (tensor) => tensor.doubles(at.doubles) },
  uint32: { size: 4, get: (view, at) => view.getUint32(at, true), of: (tensor) => tensor.integers(at.uint64s) },
  uint64: { size: 8, get: (view, at) => Number(view.getBigUint64(at, true)), of: (tensor) => tensor.integers(at.uint64s) },
  bfloat16: { size: 2, get: (view, at) => bfloat16(view.getUint16(at, true)), of: (tensor) => tensor.integers(at.int32s).map(bfloat16) },
};

const typeNames = new Map<number, ElementName>(Object.entries(elementTypes).map(([name, number]) => [number, name as ElementName]));

function malformed(expected: string, received: string): ConvoltError {
  return new ConvoltError('ERR_DATA', `onnx: expected ${expected}, but got ${received}`);
}

/** The bytes of a tensor whose values are in a second file. */
function externalBytes(message: Message, length: number, read: ReadExternal | undefined): Uint8Array {
  const entries = message.messages(at.external).map((entry) => [entry.text(fields.entry.key), entry.text(fields.entry.value)] as const);
  const { location = '', offset = '0', length: claimed = String(length) } = Object.fromEntries<string | undefined>(entries);
  if (!read) throw new Unsupported(`values of "${message.text(at.name)}" in a second file, ${location}, which readOnnx reads`);
  if (Number(claimed) !== length) throw malformed(`${length} bytes of "${message.text(at.name)}" in ${location}`, `a claim of ${claimed}`);
  return read(location, Number(offset), length);
}

/** A TensorProto. @throws ERR_DATA if it has other values than its shape says; Unsupported for strings and complex numbers. */
export function readTensor(message: Message, external?: ReadExternal): OnnxTensor {
  const number = message.integer(at.type), name = typeNames.get(number), reader = name && readers[name];
  if (!reader) throw new Unsupported(name === 'string' ? 'strings' : `elements of ONNX type ${number}`);
  const shape = message.integers(at.dims), count = numel(shape);
  if (!shape.every((extent) => extent >= 0) || !Number.isSafeInteger(count)) throw malformed('a tensor\'s extents to be whole numbers of at least 0', shapeText(shape));
  const isExternal = message.integer(at.location) === 1;
  const [raw] = isExternal ? [externalBytes(message, count * reader.size, external)] : message.bytes(at.raw);
  const values = raw ? numbersOf([raw], reader.size, reader.get) : (reader.of?.(message) ?? message.integers(at.int32s));
  const data = values instanceof Float64Array ? values : Float64Array.from(values);
  if (data.length !== count) throw malformed(`${count} elements for the shape ${shapeText(shape)} of "${message.text(at.name)}"`, String(data.length));
  return { type: name, shape, data };
}

/** An AttributeProto's value; undefined for graphs and the like. */
function readAttribute(message: Message): Attribute {
  const { attribute } = fields, { float, integer, text, tensor, floats, integers, texts } = attributeTypes;
  switch (message.integer(attribute.type)) {
    case float:
      return message.floats(attribute.float)[0] ?? 0;
    case integer:
      return message.integer(attribute.integer);
    case text:
      return message.text(attribute.text);
    case tensor:
      return readTensor(message.message(attribute.tensor));
    case floats:
      return [...message.floats(attribute.floats)];
    case integers:
      return message.integers(attribute.integers);
    case texts:
      return message.texts(attribute.texts);
    default:
      return undefined;
  }
}

function readNode(message: Message): OnnxNode {
  const { node, attribute } = fields;
  const attributes = message.messages(node.attribute).map((one) => [one.text(attribute.name), readAttribute(one)] as const);
  const domain = message.text(node.domain), operator = message.text(node.operator);
  return {
    operator: domain === '' || domain === 'ai.onnx' ? operator : `${domain}.${operator}`,
    name: message.text(node.name),
    inputs: message.texts(node.input),
    outputs: message.texts(node.output),
    attributes: new Map(attributes),
  };
}

/** A ValueInfoProto. @throws Unsupported if it is not of a tensor. */
function readDeclaration(message: Message): Declaration {
  const [tensor] = message.message(fields.declaration.type).messages(fields.type.tensor);
  if (!tensor) throw new Unsupported('sequences and optional values');
  return { name: message.text(fields.declaration.name), type: tensor.integer(fields.tensorType.element) };
}

/** A tensor as its declaration has it: bfloat16 is stored in files as the uint16 of the same bits. */
export function asDeclared(tensor: OnnxTensor, { type }: Declaration): OnnxTensor {
  if (type !== elementTypes.bfloat16 || tensor.type !== 'uint16') return tensor;
  return { ...tensor, type: 'bfloat16', data: tensor.data.map(bfloat16) };
}

/**
 * A ModelProto.
 *
 * @param external reads values that are in a second file.
 * @throws ERR_DATA if the bytes are not of one; Unsupported if an input or output is not a tensor of numbers.
 */
export function readModel(bytes: Uint8Array, external?: ReadExternal): OnnxModel {
  const model = new Message(bytes), { model: ofModel, graph: ofGraph, operatorSet } = fields;
  const [graph] = model.messages(ofModel.graph);
  if (!graph) throw malformed('a model with a graph', `${bytes.length} bytes without one`);
  const opsets = model.messages(ofModel.opsetImport).filter((opset) => ['', 'ai.onnx'].includes(opset.text(operatorSet.domain)));
  const tensors = graph.messages(ofGraph.initializer).map((tensor) => [tensor.text(at.name), readTensor(tensor, external)] as const);
  const initial = new Map(tensors);
  return {
    opset: opsets[0]?.integer(operatorSet.version, 1) ?? 1,
    nodes: graph.messages(ofGraph.node).map(readNode),
    initial,
    inputs: graph.messages(ofGraph.input).map(readDeclaration).filter(({ name }) => !initial.has(name)),
    outputs: graph.messages(ofGraph.output).map(readDeclaration),
  };
}
