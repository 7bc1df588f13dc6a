/**
 * Weights as torch has them. Models whose architecture torchvision has name their modules as its state dicts do, so
 * that two things are left to do: statistics have names of two words here, and torch keeps channels in front of places.
 */
import { numel, sameShape, shapeText, type Shape } from '../core/shape.js';
import type { DType } from '../core/dtype.js';
import { ConvoltError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import {
  Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, ImageLinear, type LoadStateDictOptions, type Module,
  type StateDict,
} from '../nn/index.js';
import { checkModel, checkSaved } from '../nn/check_model.js';
import { compareNames } from '../nn/tensor_names.js';

/** A parameter or buffer, as torch's state dict has it. */
export interface TorchTensor {
  name: string;
  shape: Shape;
  /** The model's own. */
  tensor: Tensor<DType>;
  /** Values in the model's order in torch's. */
  readonly toTorch: (data: Float32Array) => Float32Array;
  /** Values in torch's order in the model's. */
  readonly fromTorch: (data: Float32Array) => Float32Array;
}

const filterLayers = [Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d];

/** [A,B,C] to [A,C,B]. */
function exchanged(data: Float32Array, b: number, c: number): Float32Array {
  if (b === 1 || c === 1) return data;
  const result = new Float32Array(data.length),
    block = b * c;
  for (let start = 0; start < data.length; start += block) {
    for (let i = 0; i < b; i++) for (let j = 0; j < c; j++) result[start + j * b + i] = data[start + i * c + j]!;
  }
  return result;
}

/** A tensor that torch has in the same layout. */
const same = (shape: Shape) => ({
  shape,
  toTorch: (data: Float32Array) => data,
  fromTorch: (data: Float32Array) => data,
});

/** A tensor of shape [K,...places,C], which is [K,C,...places] in torch. */
function channelsFirst([k, ...rest]: Shape, shapeOf: (k: number, channels: number, places: Shape) => Shape) {
  const places = rest.slice(0, -1),
    channels = rest.at(-1)!,
    count = numel(places);
  return {
    shape: shapeOf(k!, channels, places),
    toTorch: (data: Float32Array) => exchanged(data, count, channels),
    fromTorch: (data: Float32Array) => exchanged(data, channels, count),
  };
}

/** How torch lays out a module's own tensor. */
function layoutOf(module: Module, key: string, { shape }: Tensor<DType>): Omit<TorchTensor, 'name' | 'tensor'> {
  if (key !== 'weight') return same(shape);
  if (filterLayers.some((layer) => module instanceof layer)) {
    return channelsFirst(shape, (k, channels, places) => [k, channels, ...places]);
  }
  if (module instanceof ImageLinear) {
    return channelsFirst([shape[0]!, ...module.image], (k, channels, places) => [k, channels * numel(places)]);
  }
  return same(shape);
}

/** The last part of a name here and in torch, where they differ. */
const torchKeys = new Map([
  ['runningMean', 'running_mean'],
  ['runningVar', 'running_var'],
]);

/**
 * A model's parameters and buffers as torch has them, in the model's order. States of random generators are not among
 * them.
 */
export function torchTensors(model: Module): TorchTensor[] {
  checkModel('torchTensors', model);
  const modules = new Map(model.modules());
  return [...model.namedTensors()].flatMap(([path, tensor]) => {
    const end = path.lastIndexOf('.'),
      prefix = path.slice(0, Math.max(end, 0)),
      key = path.slice(end + 1);
    if (key === 'randomState') return [];
    const name = path.slice(0, end + 1) + (torchKeys.get(key) ?? key);
    return [{ name, tensor, ...layoutOf(modules.get(prefix)!, key, tensor) }];
  });
}

/**
 * Overwrites a model's parameters and buffers with those of torch's state dict; nothing is written if there is an
 * error. Counts of batches (`num_batches_tracked`) are passed over.
 *
 * @param state by torch's names, in torch's layout.
 * @throws ERR_DATA if names are missing or unexpected, or a shape or type differs.
 */
export function loadTorchStateDict(
  model: Module,
  state: StateDict,
  { strict = true }: LoadStateDictOptions = {},
): void {
  checkModel('loadTorchStateDict', model);
  checkSaved('loadTorchStateDict', 'state', state);
  const own = torchTensors(model), counted = [...state.keys()].filter((name) => !name.endsWith('num_batches_tracked'));
  const problems = strict ? compareNames(own.map(({ name }) => name), counted).problems : [];
  for (const { name, shape, tensor } of own) {
    const saved = state.get(name);
    if (!saved) continue;
    const isRight = tensor.dtype === 'float32' ? saved.data instanceof Float32Array : saved.data instanceof Int32Array;
    if (!isRight || !sameShape(saved.shape, shape) || saved.data.length !== numel(shape)) {
      problems.push(`${name} of shape ${shapeText(saved.shape)} instead of ${tensor.dtype} ${shapeText(shape)}`);
    }
  }
  if (problems.length > 0) {
    throw new ConvoltError(
      'ERR_DATA',
      `loadTorchStateDict: expected the tensors of ${model.constructor.name}, but got ${problems.join('; ')}`,
    );
  }
  for (const { name, tensor, fromTorch } of own) {
    const saved = state.get(name)?.data;
    if (saved) tensor.write(saved instanceof Float32Array ? fromTorch(saved) : saved);
  }
}
