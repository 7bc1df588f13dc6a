/** One call of an operator: what the functions of operators/ get, and how they ask for it. */
import type { Device } from '../core/device.js';
import { ConvoltError } from '../core/errors.js';
import type { DType } from '../core/dtype.js';
import { numel, type Shape } from '../core/shape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { cast, permute } from '../ops/index.js';
import { Unsupported, type Attribute, type OnnxNode, type OnnxTensor } from './model.js';
import { between, inPlace, ordered, type Order } from './order.js';

/** Values in another order of axes: axis i of the result is axis `order[i]` of x. */
export function transposed({ type, shape, data }: OnnxTensor, order: Order): OnnxTensor {
  const strides = shape.map((_, axis) => numel(shape.slice(axis + 1)));
  const extents = order.map((axis) => shape[axis]!);
  const result = new Float64Array(data.length);
  for (let at = 0; at < data.length; at++) {
    let rest = at, from = 0;
    for (let axis = order.length - 1; axis >= 0; axis--) {
      from += (rest % extents[axis]!) * strides[order[axis]!]!;
      rest = Math.floor(rest / extents[axis]!);
    }
    result[at] = data[from]!;
  }
  return { type, shape: extents, data: result };
}

/** [N,C,...] to [N,...,C]. */
export function channelsLast(value: OnnxTensor): OnnxTensor {
  const axes = value.shape.map((_, axis) => axis);
  return transposed(value, [...axes.filter((axis) => axis !== 1), ...axes.slice(1, 2)]);
}

/** A tensor on a device, axis order[i] of which is axis i for ONNX. */
export interface Reordered {
  tensor: Tensor<DType>;
  order: Order;
}

/** What a name of a graph stands for: values on the host, which shapes are made of, or a tensor. */
export type GraphValue = OnnxTensor | Reordered;

/** What an operator gives: tensors, or values that were on the host all along; nothing for an output that it has not. */
export type Result = Tensor<DType> | GraphValue | undefined;

/** Says to the compiler that a tensor has a type. */
function hasType<D extends DType>(tensor: Tensor<DType>, dtype: D): tensor is Tensor<D> {
  return tensor.dtype === dtype;
}

/** A tensor with the axes that ONNX counts in this order. */
function arranged({ tensor, order }: Reordered, axes: Order): Tensor<DType> {
  const wanted = ordered(order, axes);
  return wanted.every((axis, i) => axis === i) ? tensor : permute(tensor, wanted);
}

function typed<D extends 'float32' | 'int32' | 'uint8'>(tensor: Tensor<DType>, dtype: D): Tensor<D> {
  if (hasType(tensor, dtype)) return tensor;
  const made: Tensor<DType> = cast(tensor, dtype);
  if (hasType(made, dtype)) return made;
  throw new ConvoltError('ERR_INTERNAL', `internal: expected ${dtype}, but got ${made.dtype}`);
}

const typeNames: Readonly<Record<DType, string>> = { float32: 'float', float16: 'float16', bfloat16: 'bfloat16', int32: 'int32', uint8: 'uint8' };

/** The result [N,...,C] that is [N,C,...] for ONNX. */
export function image(tensor: Tensor<DType>): Reordered {
  const axes = tensor.shape.map((_, axis) => axis);
  return { tensor, order: [...axes.slice(0, 1), ...axes.slice(1).slice(-1), ...axes.slice(1, -1)] };
}

/** Largest whole number below which float32 has every one, and the smallest and largest normal float32. */
const mostExact = 2 ** 24, smallest = 2 ** -126, largest = (2 - 2 ** -23) * 2 ** 127;

/** Whether float32 has a value, or one near it. */
function fitsFloat32(value: number, isInteger: boolean): boolean {
  const size = Math.abs(value);
  return isInteger ? size <= mostExact : !Number.isFinite(value) || size === 0 || (size >= smallest && size <= largest);
}

/** Values as float32 on a device. @throws Unsupported for those that float32 does not have. */
export function uploaded(value: OnnxTensor, device: Device): Tensor {
  const isInteger = value.type.includes('int');
  if (!value.data.every((element) => fitsFloat32(element, isInteger))) throw new Unsupported(`${value.type} values that float32 does not have`);
  return tensor(Float32Array.from(value.data), { shape: value.shape, device });
}

/** Where and how a graph runs. */
export interface Circumstances {
  opset: number;
  device: Device;
  /** Whether normalisation uses statistics of the batch, and updates the running ones. */
  training: boolean;
}

export class Call {
  readonly opset: number;
  readonly outputCount: number;
  readonly device: Device;
  readonly training: boolean;
  private readonly node: OnnxNode;
  private readonly inputs: readonly (GraphValue | undefined)[];

  constructor(node: OnnxNode, inputs: readonly (GraphValue | undefined)[], { opset, device, training }: Circumstances) {
    this.node = node;
    this.inputs = inputs;
    this.opset = opset;
    this.device = device;
    this.training = training;
    this.outputCount = node.outputs.length;
  }

  get inputCount(): number {
    return this.inputs.length;
  }

  /** Whether there is an input with this number. */
  has(input: number): boolean {
    return this.inputs[input] !== undefined;
  }

  /** Whether an input is on the host. */
  isOnHost(input: number): boolean {
    const value = this.inputs[input];
    return value !== undefined && !('tensor' in value);
  }

  private value(input: number): GraphValue {
    const found = this.inputs[input];
    if (!found) throw new Unsupported(`${this.node.operator} without input ${input}`);
    return found;
  }

  /** An input on the host, as it is in the file. */
  host(input: number): OnnxTensor {
    const found = this.value(input);
    if ('tensor' in found) throw new Unsupported(`${this.node.operator} whose input ${input} depends on the contents of another tensor`);
    return found;
  }

  shape(input: number): Shape {
    const found = this.value(input);
    return 'tensor' in found ? ordered(found.tensor.shape, found.order) : found.shape;
  }

  /** ONNX's name of an input's element type. */
  type(input: number): string {
    const found = this.value(input);
    return 'tensor' in found ? typeNames[found.tensor.dtype] : found.type;
  }

  /** An input as float32, in ONNX's order of axes. Whole numbers are converted. */
  floats(input: number): Tensor {
    return this.reordered(input, inPlace(this.shape(input).length));
  }

  /** An input as float32, axis i of which is ONNX's axis order[i]. */
  reordered(input: number, order: Order): Tensor {
    const found = this.value(input);
    if (!('tensor' in found)) return uploaded(transposed(found, order), this.device);
    return typed(arranged(found, order), 'float32');
  }

  /** An input [N,C,...] as float32 [N,...,C]. */
  image(input: number): Tensor {
    const [batch = [], channels = [], ...rest] = this.shape(input).map((_, axis) => [axis]);
    return this.reordered(input, [batch, ...rest, channels].flat());
  }

  /** An input as float32 with its axes as they are held, for operators that go element by element. */
  asHeld(input: number): { tensor: Tensor; order: Order } {
    const found = this.value(input), order = 'tensor' in found ? found.order : inPlace(found.shape.length);
    return { tensor: this.reordered(input, between(order, inPlace(order.length))), order };
  }

  /** Whole numbers as int32. */
  upload32({ shape, data }: OnnxTensor): Tensor<'int32'> {
    return tensor(Int32Array.from(data), { shape, device: this.device });
  }

  /** An input as int32. */
  indices(input: number): Tensor<'int32'> {
    const found = this.value(input);
    return 'tensor' in found ? typed(arranged(found, inPlace(found.order.length)), 'int32') : this.upload32(found);
  }

  /** An input of booleans, 0 and 1. */
  booleans(input: number): Tensor<'uint8'> {
    const found = this.value(input);
    if ('tensor' in found) return typed(arranged(found, inPlace(found.order.length)), 'uint8');
    return tensor(Uint8Array.from(found.data), { shape: found.shape, device: this.device });
  }

  /** An input as plain numbers; undefined if there is none. */
  numbers(input: number): number[] | undefined {
    return this.has(input) ? [...this.host(input).data] : undefined;
  }

  attribute(name: string): Attribute {
    return this.node.attributes.get(name);
  }

  number(name: string, preset: number): number {
    const value = this.attribute(name);
    return typeof value === 'number' ? value : preset;
  }

  text(name: string, preset: string): string {
    const value = this.attribute(name);
    return typeof value === 'string' ? value : preset;
  }

  list(name: string): number[] | undefined {
    const value = this.attribute(name);
    return Array.isArray(value) ? value.map(Number) : undefined;
  }

  /** Numbers that older operator sets have as an attribute, and newer ones as an input. */
  listOrInput(name: string, input: number): number[] | undefined {
    return this.list(name) ?? this.numbers(input);
  }
}

export type Operator = (call: Call) => Result[];
export type Operators = Readonly<Record<string, Operator>>;
