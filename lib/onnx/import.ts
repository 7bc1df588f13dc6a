/** ONNX files as modules. */
import { open, readFile } from 'node:fs/promises';
import { readSync } from 'node:fs';
import path from 'node:path';

import type { Device } from '../core/device.js';
import { ConvoltError } from '../core/errors.js';
import { scope } from '../core/scope.js';
import { resolveDevice, tensor, Tensor } from '../core/tensor.js';
import type { DType } from '../core/dtype.js';
import { buffer, Module, Parameter } from '../nn/index.js';
import { argumentError, checkAnyTensor, checkChoice, checkOptions, checkText, valueText } from '../ops/arguments.js';
import { permute } from '../ops/index.js';
import { Call, transposed, uploaded, type Circumstances, type GraphValue, type Result } from './call.js';
import { hostOperators } from './host_operators.js';
import { readModel, Unsupported, type OnnxModel, type OnnxNode, type OnnxTensor, type ReadExternal } from './model.js';
import { operators } from './operators/index.js';
import { between, channelsSecond, inPlace, type Order } from './order.js';
import { constantPrefix } from './schema.js';

export interface OnnxImportOptions {
  /** Where the parameters live. Default: the default device. */
  device?: Device | string | undefined;
  /** Where {@link OnnxModule.forward} has channels if its input or output has at least three axes. Default 'last', as all of convolt has them. */
  channels?: 'last' | 'second' | undefined;
}

/** Inputs that are filters, with channels second; convolt has them last. */
const filters: Readonly<Record<string, number>> = { Conv: 1, ConvTranspose: 1 };

/** Inputs that are trained, even where they are single numbers. */
const trained: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2], ConvTranspose: [1, 2], Gemm: [1, 2], MatMul: [0, 1], BatchNormalization: [1, 2], InstanceNormalization: [1, 2],
  LayerNormalization: [1, 2], PRelu: [1], Gather: [0],
};

/** Inputs that training changes otherwise: running statistics. */
const statistics: Readonly<Record<string, readonly number[]>> = { BatchNormalization: [3, 4] };

/** Inputs that operators take as plain numbers: shapes, bounds, places. */
const settings: Readonly<Record<string, readonly number[]>> = {
  Reshape: [1], Expand: [1], Tile: [1], Slice: [1, 2, 3, 4], Pad: [1, 2, 3], Resize: [1, 2, 3], Upsample: [1], Clip: [1, 2],
  Split: [1], Squeeze: [1], Unsqueeze: [1], TopK: [1], OneHot: [1, 2], CumSum: [1], ConstantOfShape: [0], Dropout: [1, 2],
  MaxUnpool: [1, 2], Pow: [1], ReduceSum: [1],
};

/** How a value of a file is kept. */
type Role = 'parameter' | 'filter' | 'statistic' | 'constant';

function roleOf(name: string, { type, data }: OnnxTensor, nodes: readonly OnnxNode[]): Role {
  const uses = nodes.flatMap(({ operator, inputs }) => inputs.flatMap((input, i) => (input === name ? [{ operator, i }] : [])));
  const isAmong = (table: Readonly<Record<string, readonly number[]>>) => uses.some(({ operator, i }) => table[operator]?.includes(i));
  if (!type.startsWith('float') || uses.length === 0 || name.startsWith(constantPrefix) || isAmong(settings)) return 'constant';
  if (isAmong(statistics)) return 'statistic';
  if (uses.every(({ operator, i }) => filters[operator] === i)) return 'filter';
  return isAmong(trained) || data.length > 1 ? 'parameter' : 'constant';
}

const place = ({ name, operator }: OnnxNode) => (name === '' ? `a node ${operator}` : `node "${name}", ${operator},`);

/** What a node gives. @throws Unsupported if it needs what convolt has not. */
function computed(node: OnnxNode, values: ReadonlyMap<string, GraphValue>, circumstances: Circumstances): Result[] {
  const inputs = node.inputs.map((name) => (name === '' ? undefined : values.get(name)));
  const missing = node.inputs.find((name, i) => name !== '' && inputs[i] === undefined);
  if (missing !== undefined) throw new ConvoltError('ERR_DATA', `the value "${missing}" in front of it, but got none`);
  const call = new Call(node, inputs, circumstances);
  if (inputs.every((input) => input !== undefined && !('tensor' in input))) {
    const onHost = hostOperators[node.operator]?.(call);
    if (onHost) return [onHost];
  }
  return operators[node.operator]!(call);
}

/**
 * A network from an ONNX file: its float values are parameters, by the names that they have in the file, filters with
 * their channels last; running statistics are buffers. It runs node by node with convolt's ops, and nothing is folded:
 * in training, batch normalisation uses the batch's statistics, and it can be exported again.
 */
export class OnnxModule extends Module {
  private readonly file: OnnxModel;
  private readonly values = new Map<string, GraphValue>();
  private readonly device: Device;
  private readonly channels: 'last' | 'second';

  /** @throws Unsupported if there is an operator that convolt has not. @internal Use {@link importOnnx}. */
  constructor(file: OnnxModel, { device, channels = 'last' }: OnnxImportOptions) {
    super();
    const unknown = file.nodes.find(({ operator }) => !Object.hasOwn(operators, operator));
    if (unknown) throw new Unsupported(place(unknown));
    const isConstant = ({ operator, attributes }: OnnxNode) => operator === 'Constant' && typeof attributes.get('value') === 'object';
    const constants = file.nodes.filter(isConstant).map((node) => [node.outputs[0]!, node.attributes.get('value') as OnnxTensor] as const);
    this.file = { ...file, nodes: file.nodes.filter((node) => !isConstant(node)), initial: new Map([...file.initial, ...constants]) };
    this.device = resolveDevice(device);
    this.channels = channels;
    for (const [name, value] of this.file.initial) this.values.set(name, this.kept(name, value));
  }

  /** Names of what {@link run} takes and gives, in the file's order. */
  get inputNames(): string[] {
    return this.file.inputs.map(({ name }) => name);
  }

  get outputNames(): string[] {
    return this.file.outputs.map(({ name }) => name);
  }

  /** A value of the file, as a parameter or buffer of this module if it is one. */
  private kept(name: string, value: OnnxTensor): GraphValue {
    const role = roleOf(name, value, this.file.nodes);
    if (role === 'constant') return value;
    const rank = value.shape.length, order = role === 'filter' ? channelsSecond(rank) : inPlace(rank);
    const { shape, data } = transposed(value, between(order, inPlace(rank)));
    const made = tensor(Float32Array.from(data), { shape, device: this.device });
    const own = role === 'statistic' ? buffer(made) : new Parameter(made);
    const key = name in this ? `${name}_` : name;
    Object.defineProperty(this, key, { value: own, enumerable: true });
    return { tensor: own, order };
  }

  /** The values of the graph's outputs for those of its inputs. */
  private computedOutputs(inputs: ReadonlyMap<string, GraphValue>): GraphValue[] {
    const circumstances = { opset: this.file.opset, device: this.device, training: this.training };
    const values = new Map([...this.values, ...inputs]);
    for (const node of this.file.nodes) {
      try {
        for (const [i, result] of computed(node, values, circumstances).entries()) {
          const name = node.outputs[i];
          if (name === undefined || !result) continue;
          values.set(name, result instanceof Tensor ? { tensor: result, order: inPlace(result.shape.length) } : result);
        }
      } catch (error) {
        throw explained(node, error);
      }
    }
    return this.file.outputs.map(({ name }) => {
      const value = values.get(name);
      if (!value) throw new ConvoltError('ERR_DATA', `OnnxModule: expected a node with the output "${name}", but got none`);
      return value;
    });
  }

  /**
   * Runs the graph.
   *
   * @param inputs by their names, with the axes that they have in the file: images have channels second. Values that
   *   shapes are computed of are given as {@link OnnxTensor}, the others as tensors.
   * @returns the outputs by their names, with the file's axes.
   * @throws ERR_ARGUMENT if an input is missing or no tensor, and whatever the ops throw, with the node's name.
   */
  run(inputs: Readonly<Record<string, Tensor<DType> | OnnxTensor>>): Record<string, Tensor<DType>> {
    const who = 'OnnxModule.run', known: unknown = inputs;
    if (typeof known !== 'object' || known === null) throw argumentError(who, `expected inputs to be an object of tensors by name, but got ${valueText(known)}`);
    for (const [name, value] of Object.entries(known)) {
      const isValue = value instanceof Tensor || (typeof value === 'object' && value !== null && 'shape' in value && 'data' in value);
      if (!isValue) throw argumentError(who, `expected input "${name}" to be a tensor, or a shape and data, but got ${valueText(value)}`);
    }
    const missing = this.inputNames.filter((name) => !Object.hasOwn(inputs, name));
    if (missing.length > 0) throw argumentError(who, `expected inputs ${this.inputNames.join(', ')}, but got no ${missing.join(', ')}`);
    return scope(() => {
      const given = Object.entries(inputs).map(([name, value]) => [name, value instanceof Tensor ? { tensor: value, order: inPlace(value.shape.length) } : value] as const);
      const outputs = this.computedOutputs(new Map(given));
      return Object.fromEntries(outputs.map((value, i) => [this.outputNames[i]!, this.inOrder(value, (rank) => inPlace(rank))]));
    });
  }

  /** A value as a tensor, axis i of which is ONNX's axis order[i]. */
  private inOrder(value: GraphValue, orderFor: (rank: number) => Order): Tensor<DType> {
    if (!('tensor' in value)) return uploaded(value, this.device);
    const rank = value.order.length, moves = orderFor(rank).map((axis) => value.order[axis]!);
    return moves.every((axis, i) => axis === i) ? value.tensor : permute(value.tensor, moves);
  }

  /**
   * Runs a graph with one input; its first output. Both have their channels last, or second if the module was made so.
   *
   * @throws ERR_ARGUMENT if the graph has several inputs, and whatever the ops throw, with the node's name.
   */
  override forward(x: Tensor): Tensor {
    checkAnyTensor('OnnxModule.forward', 'x', x);
    const [name, ...others] = this.inputNames;
    if (name === undefined || others.length > 0) {
      throw new ConvoltError('ERR_ARGUMENT', `OnnxModule.forward: expected a graph with one input, but got one with ${this.inputNames.join(', ') || 'none'}; use run`);
    }
    const order = (rank: number) => (this.channels === 'last' ? channelsSecond(rank) : inPlace(rank));
    return scope(() => {
      const [value] = this.computedOutputs(new Map([[name, { tensor: x, order: order(x.shape.length) }]]));
      const y = value && this.inOrder(value, (rank) => between(order(rank), inPlace(rank)));
      if (y?.dtype !== 'float32') throw new ConvoltError('ERR_ARGUMENT', `OnnxModule.forward: expected an output of float32, but got ${y?.dtype ?? 'none'}; use run`);
      return y as Tensor;
    });
  }
}

/** An error of a node, which is named. */
function explained(node: OnnxNode, error: unknown): Error {
  if (error instanceof Unsupported) return new ConvoltError('ERR_ARGUMENT', `onnx: expected ${place(node)} to be one that convolt has, but got ${error.message}`, { cause: error });
  if (error instanceof ConvoltError && error.code !== 'ERR_INTERNAL') return new ConvoltError(error.code, `onnx: in ${place(node)} ${error.message}`, { cause: error });
  return error instanceof Error ? error : new Error(String(error));
}

function checkImport(who: string, options: OnnxImportOptions): void {
  checkOptions(who, options);
  checkChoice(who, 'channels', options.channels ?? 'last', ['last', 'second']);
}

function moduleOf(read: () => OnnxModel, options: OnnxImportOptions): OnnxModule {
  try {
    return new OnnxModule(read(), options);
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    throw new ConvoltError('ERR_DATA', `importOnnx: expected what convolt has, but got ${error.message}`, { cause: error });
  }
}

/**
 * A module of an ONNX file's bytes: see {@link OnnxModule}.
 *
 * @throws ERR_ARGUMENT if an option is wrong; ERR_DATA if the bytes are not an ONNX file, or the file has an operator or a type that convolt has not; the
 *   message names the node.
 */
export function importOnnx(bytes: Uint8Array, options: OnnxImportOptions = {}): OnnxModule {
  if (!(bytes instanceof Uint8Array)) throw argumentError('importOnnx', `expected bytes to be a Uint8Array, but got ${valueText(bytes)}`);
  checkImport('importOnnx', options);
  return moduleOf(() => readModel(bytes), options);
}

/**
 * Reads an ONNX file, and the files beside it that it keeps values in.
 *
 * @throws ERR_FILE if a file cannot be read; ERR_DATA as {@link importOnnx} does, or if it names a file in another folder.
 */
export async function readOnnx(file: string, options: OnnxImportOptions = {}): Promise<OnnxModule> {
  checkText('readOnnx', 'file', file);
  checkImport('readOnnx', options);
  const unreadable = (name: string) => (error: Error) => {
    throw new ConvoltError('ERR_FILE', `${name}: expected a file that can be read, but got ${error.message}`, { cause: error });
  };
  const bytes = await readFile(file).catch(unreadable(file));
  const dataFile = `${file}.data`, handle = await open(dataFile).catch(() => undefined);
  const size = (await handle?.stat())?.size ?? 0;
  const external: ReadExternal = (location, offset, length) => {
    if (location !== path.basename(dataFile) || !handle) throw new ConvoltError('ERR_DATA', `${file}: expected values in ${path.basename(dataFile)} beside it, but got "${location}"`);
    if (!(Number.isSafeInteger(offset) && offset >= 0 && offset + length <= size)) {
      throw new ConvoltError('ERR_DATA', `${file}: expected values within the ${size} bytes of ${location}, but got ${length} bytes from ${offset} on`);
    }
    const part = new Uint8Array(length);
    readSync(handle.fd, part, 0, length, offset);
    return part;
  };
  try {
    return moduleOf(() => readModel(bytes, external), options);
  } finally {
    await handle?.close();
  }
}
