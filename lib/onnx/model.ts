/** ONNX models and tensors (onnx.ai/onnx/repo-docs/IR.html), as far as single operators need them. */
import { Message, numbersOf } from './protobuf.js';

/** Why a case cannot be run: it asks for something that convolt does not have. */
export class Skip extends Error {}

/** A tensor's values, whatever its type: numbers, and 0 and 1 for booleans. Channels come second, as ONNX has them. */
export interface OnnxTensor {
  type: string;
  shape: readonly number[];
  data: Float64Array;
}

export type Attribute = number | string | number[] | string[] | OnnxTensor | undefined;

export interface OnnxNode {
  operator: string;
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
  name: string;
  size: number;
  get: (view: DataView, at: number) => number;
  /** Where values are that are not in raw bytes; integers by default. */
  of?: (tensor: Message) => Iterable<number>;
}

/** TensorProto.DataType. */
const elementTypes: Readonly<Record<number, ElementType>> = {
  1: { name: 'float', size: 4, get: (view, at) => view.getFloat32(at, true), of: (tensor) => tensor.floats(4) },
  2: { name: 'uint8', size: 1, get: (view, at) => view.getUint8(at) },
  3: { name: 'int8', size: 1, get: (view, at) => view.getInt8(at) },
  4: { name: 'uint16', size: 2, get: (view, at) => view.getUint16(at, true) },
  5: { name: 'int16', size: 2, get: (view, at) => view.getInt16(at, true) },
  6: { name: 'int32', size: 4, get: (view, at) => view.getInt32(at, true) },
  7: { name: 'int64', size: 8, get: (view, at) => Number(view.getBigInt64(at, true)), of: (tensor) => tensor.integers(7) },
  9: { name: 'bool', size: 1, get: (view, at) => view.getUint8(at) },
  10: { name: 'float16', size: 2, get: (view, at) => float16(view.getUint16(at, true)), of: (tensor) => tensor.integers(5).map(float16) },
  11: { name: 'double', size: 8, get: (view, at) => view.getFloat64(at, true), of: (tensor) => tensor.doubles(10) },
  12: { name: 'uint32', size: 4, get: (view, at) => view.getUint32(at, true), of: (tensor) => tensor.integers(11) },
  13: { name: 'uint64', size: 8, get: (view, at) => Number(view.getBigUint64(at, true)), of: (tensor) => tensor.integers(11) },
  16: { name: 'bfloat16', size: 2, get: (view, at) => bfloat16(view.getUint16(at, true)), of: (tensor) => tensor.integers(5).map(bfloat16) },
};

/** The name of an element type by ONNX's number. @throws Skip for strings and complex numbers. */
function elementType(number: number): ElementType {
  const type = elementTypes[number];
  if (!type) throw new Skip(number === 8 ? 'strings' : `elements of ONNX type ${number}`);
  return type;
}

/** A TensorProto. */
export function readTensor(message: Message): OnnxTensor {
  const [number = 0] = message.integers(2), type = elementType(number);
  const [raw] = message.bytes(9);
  const data = raw ? numbersOf([raw], type.size, type.get) : (type.of?.(message) ?? message.integers(5));
  return { type: type.name, shape: message.integers(1), data: Float64Array.from(data) };
}

/** An AttributeProto's value; undefined for graphs and the like. */
function readAttribute(message: Message): Attribute {
  const [type = 0] = message.integers(20);
  switch (type) {
    case 1:
      return message.floats(2)[0] ?? 0;
    case 2:
      return message.integers(3)[0] ?? 0;
    case 3:
      return message.text(4);
    case 4:
      return readTensor(message.messages(5)[0] as Message);
    case 6:
      return [...message.floats(7)];
    case 7:
      return message.integers(8);
    case 8:
      return message.texts(9);
    default:
      return undefined;
  }
}

function readNode(message: Message): OnnxNode {
  const attributes = message.messages(5).map((attribute) => [attribute.text(1), readAttribute(attribute)] as const);
  const domain = message.text(7), name = message.text(4);
  return {
    operator: domain === '' || domain === 'ai.onnx' ? name : `${domain}.${name}`,
    inputs: message.texts(1),
    outputs: message.texts(2),
    attributes: new Map(attributes),
  };
}

/** A ValueInfoProto. @throws Skip if it is not of a tensor. */
function readDeclaration(message: Message): Declaration {
  const [tensor] = message.messages(2)[0]?.messages(1) ?? [];
  if (!tensor) throw new Skip('sequences and optional values');
  return { name: message.text(1), type: tensor.integers(1)[0] ?? 0 };
}

/** A tensor as its declaration has it: bfloat16 is stored in files as the uint16 of the same bits. */
export function asDeclared(tensor: OnnxTensor, { type }: Declaration): OnnxTensor {
  if (elementTypes[type]?.name !== 'bfloat16' || tensor.type !== 'uint16') return tensor;
  return { ...tensor, type: 'bfloat16', data: tensor.data.map(bfloat16) };
}

/** A ModelProto. @throws Skip if an input or output is not a tensor. */
export function readModel(bytes: Uint8Array): OnnxModel {
  const model = new Message(bytes);
  const graph = model.messages(7)[0] as Message;
  const opsets = model.messages(8).filter((opset) => ['', 'ai.onnx'].includes(opset.text(1)));
  const initial = new Map(graph.messages(5).map((tensor) => [tensor.text(8), readTensor(tensor)] as const));
  return {
    opset: opsets[0]?.integers(2)[0] ?? 1,
    nodes: graph.messages(1).map(readNode),
    initial,
    inputs: graph.messages(11).map(readDeclaration).filter(({ name }) => !initial.has(name)),
    outputs: graph.messages(12).map(readDeclaration),
  };
}
