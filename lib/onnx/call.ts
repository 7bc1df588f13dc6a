/** One call of an operator: what the functions of operators/ get, and how they ask for it. */
import type { Device } from '../core/device.js';
import type { DType } from '../core/dtype.js';
import { numel, type Shape } from '../core/shape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { Skip, type Attribute, type OnnxNode, type OnnxTensor } from './model.js';

/** Values in another order of axes: axis i of the result is axis `order[i]` of x. */
export function transposed({ type, shape, data }: OnnxTensor, order: readonly number[]): OnnxTensor {
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

/** A result on the device whose axis order[i] is axis i for ONNX. */
export interface Reordered {
  tensor: Tensor<DType>;
  order: readonly number[];
}

/** What an operator gives: tensors, or values that were on the host all along; nothing for an output that it has not. */
export type Result = Tensor<DType> | Reordered | OnnxTensor | undefined;

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

export class Call {
  readonly opset: number;
  readonly outputCount: number;
  readonly device: Device;
  private readonly node: OnnxNode;
  private readonly inputs: readonly (OnnxTensor | undefined)[];

  constructor(node: OnnxNode, inputs: readonly (OnnxTensor | undefined)[], opset: number, device: Device) {
    this.node = node;
    this.inputs = inputs;
    this.opset = opset;
    this.device = device;
    this.outputCount = node.outputs.length;
  }

  get inputCount(): number {
    return this.inputs.length;
  }

  /** Whether there is an input with this number. */
  has(input: number): boolean {
    return this.inputs[input] !== undefined;
  }

  /** An input as it is in the file. */
  host(input: number): OnnxTensor {
    const found = this.inputs[input];
    if (!found) throw new Error(`${this.node.operator}: there is no input ${input}`);
    return found;
  }

  shape(input: number): Shape {
    return this.host(input).shape;
  }

  private upload(value: OnnxTensor): Tensor {
    const isInteger = value.type.includes('int');
    if (!value.data.every((element) => fitsFloat32(element, isInteger))) throw new Skip(`${value.type} values that float32 does not have`);
    return tensor(Float32Array.from(value.data), { shape: value.shape, device: this.device });
  }

  /** An input as float32, in ONNX's order of axes. Whole numbers are converted. */
  floats(input: number): Tensor {
    return this.upload(this.host(input));
  }

  /** An input as float32, with its axes in another order. */
  reordered(input: number, order: readonly number[]): Tensor {
    return this.upload(transposed(this.host(input), order));
  }

  /** An input [N,C,...] as float32 [N,...,C]. */
  image(input: number): Tensor {
    return this.upload(channelsLast(this.host(input)));
  }

  /** Whole numbers as int32. */
  upload32({ shape, data }: OnnxTensor): Tensor<'int32'> {
    return tensor(Int32Array.from(data), { shape, device: this.device });
  }

  /** An input as int32. */
  indices(input: number): Tensor<'int32'> {
    return this.upload32(this.host(input));
  }

  /** An input of booleans, 0 and 1. */
  booleans(input: number): Tensor<'uint8'> {
    const { shape, data } = this.host(input);
    return tensor(Uint8Array.from(data), { shape, device: this.device });
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

export type Operator = (call: Call) => Result[] | Promise<Result[]>;
export type Operators = Readonly<Record<string, Operator>>;
