/** Weights from files into models, and back. */
import type { DType, HostArray } from '../core/dtype.js';
import { ConvoltError } from '../core/errors.js';
import { sameShape, shapeText, type Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { writeSafetensors } from '../data/index.js';
import { torchTensors } from '../models/index.js';
import { checkModel } from '../nn/check_model.js';
import type { Module } from '../nn/index.js';
import { compareNames } from '../nn/tensor_names.js';
import { checkChoice, checkOptions, checkText } from '../ops/arguments.js';
import { fileSource } from './byte_source.js';
import { floatsOf, integersOf, type StoredTensor, type WeightFile } from './stored_tensor.js';
import { timmTensors } from './timm_names.js';
import { openWeights } from './weight_file.js';

const allNames = ['convolt', 'torch', 'timm'] as const;

type Names = (typeof allNames)[number];

export interface LoadWeightsOptions {
  /** Whether a missing or an unexpected name is an error. A tensor of another shape always is. Default true. */
  strict?: boolean;
  /**
   * For other classes than the file's: a tensor that differs from the file's in the first extent alone, as those of a
   * classifier's last layer do, keeps the model's values. Default false.
   */
  newHead?: boolean;
  /** Whose names and layouts the file has; 'torch' are torchvision's. Default: as the file says, or else those that more tensors fit. */
  names?: Names;
}

/** What became of the tensors, by the file's names. */
export interface LoadedWeights {
  loaded: string[];
  /** Of the model, not in the file. */
  missing: string[];
  /** In the file, not of the model. */
  unexpected: string[];
  /** In both, but of other shape; left to the model. */
  kept: string[];
}

/** A model's tensor as a file has it. */
interface Target {
  shape: Shape;
  tensor: Tensor<DType>;
  /** Values in the file's order in the model's. */
  convert: (data: Float32Array) => Float32Array;
}

/** Tensors that are no weights: states of random generators here, counts of batches in torch, tables that a network computes itself. */
const isNoWeight = (name: string): boolean => /(^|\.)(randomState|num_batches_tracked|relative_position_index|relative_coords_table)$/.test(name);

/** A model's tensors by the names of a file. */
function targetsOf(model: Module, names: Names): Map<string, Target> {
  const targets: [string, Target][] =
    names === 'convolt'
      ? [...model.namedTensors()].map(([name, tensor]) => [name, { shape: tensor.shape, tensor, convert: (data: Float32Array) => data }])
      : (names === 'timm' ? timmTensors(model) : torchTensors(model)).map(({ name, shape, tensor, fromTorch }) => [name, { shape, tensor, convert: fromTorch }]);
  return new Map(targets.filter(([name]) => !isNoWeight(name)));
}

/** A name as models of today have it: without the prefix of torch's DataParallel, and DenseNet's without its old dots. */
function modernName(name: string): string {
  return name.replace(/^module\./, '').replace(/(\.denselayer\d+\.(?:norm|conv))\.(\d)\./, '$1$2.');
}

/** How many of the file's tensors a model has, in name and shape. */
function fitting(targets: ReadonlyMap<string, Target>, stored: ReadonlyMap<string, StoredTensor>): number {
  return [...targets].filter(([name, { shape }]) => sameShape(stored.get(name)?.shape ?? [-1], shape)).length;
}

/** Whose names a file has. */
function namesOf(model: Module, { isTorch, metadata }: WeightFile, stored: ReadonlyMap<string, StoredTensor>): Names {
  if (metadata['format'] === 'convolt') return 'convolt';
  const possible = allNames.filter((names) => names !== 'convolt' || !(isTorch || metadata['format'] === 'pt'));
  const counts = possible.map((names) => fitting(targetsOf(model, names), stored));
  return possible[counts.indexOf(Math.max(...counts))]!; // the first of those that fit as many
}

/** Compares names and shapes. @throws ERR_DATA, which lists what is not as it has to be. */
function compared(
  who: string,
  targets: ReadonlyMap<string, Target>,
  stored: ReadonlyMap<string, StoredTensor>,
  { strict = true, newHead = false }: LoadWeightsOptions,
): LoadedWeights {
  const { missing, unexpected, problems: named } = compareNames(targets.keys(), [...stored.keys()].filter((name) => !isNoWeight(name)));
  const problems = strict ? named : [], loaded: string[] = [], kept: string[] = [];
  for (const [name, { shape }] of targets) {
    const found = stored.get(name);
    if (!found) continue;
    const differsInFirst = shape.length > 0 && sameShape(found.shape.slice(1), shape.slice(1)) && found.shape.length === shape.length;
    if (sameShape(found.shape, shape)) loaded.push(name);
    else if (newHead && differsInFirst) kept.push(name);
    else problems.push(`${name} of shape ${shapeText(found.shape)} instead of ${shapeText(shape)}`);
  }
  if (problems.length === 0 && loaded.length === 0) problems.push('none of them');
  if (problems.length > 0) throw new ConvoltError('ERR_DATA', `${who}, but got ${problems.join('; ')}`);
  return { loaded, missing, unexpected, kept };
}

/** A stored tensor's values in the type of a model's. */
async function valuesOf(name: string, stored: StoredTensor, { tensor, convert }: Target, who: string): Promise<HostArray> {
  const { type } = stored, content = await stored.bytes();
  const floats = floatsOf(type, content), integers = integersOf(type, content);
  if (tensor.dtype === 'float32' && floats) return convert(floats);
  if (tensor.dtype === 'int32' && integers) return integers;
  throw new ConvoltError('ERR_DATA', `${who}, but got ${name} of type ${type} instead of ${tensor.dtype}`);
}

/**
 * Loads weights into a model: safetensors in convolt's own names or in those of torchvision or timm, or a state dict that torch
 * saved (.pt, .pth; nothing in it is run). 16-bit and 64-bit floats become 32-bit ones. If there is an error, the model
 * stays as it is.
 *
 *     const model = models.createModel('resnet50', { classes: 5 });
 *     await weights.loadWeights(model, 'resnet50.pth', { newHead: true });
 *
 * @returns the names of what was loaded, and of what was not.
 * @throws ERR_FILE if the file cannot be read; ERR_DATA if it is damaged, or its tensors are not the model's: the message
 *   lists those that are missing, unexpected, or of another shape or type.
 */
export async function loadWeights(model: Module, file: string, options: LoadWeightsOptions = {}): Promise<LoadedWeights> {
  checkModel('loadWeights', model);
  checkText('loadWeights', 'file', file);
  checkOptions('loadWeights', options);
  if (options.names !== undefined) checkChoice('loadWeights', 'names', options.names, allNames);
  const who = `${file}: expected the tensors of ${model.constructor.name}`;
  const source = await fileSource(file);
  try {
    const opened = await openWeights(source);
    const stored = new Map([...opened.tensors].map(([name, tensor]) => [modernName(name), tensor]));
    const targets = targetsOf(model, options.names ?? namesOf(model, opened, stored));
    const result = compared(who, targets, stored, options);
    const values = new Map<Tensor<DType>, HostArray>();
    for (const name of result.loaded) {
      const target = targets.get(name)!;
      values.set(target.tensor, await valuesOf(name, stored.get(name)!, target, who));
    }
    for (const [tensor, data] of values) tensor.write(data);
    return result;
  } finally {
    await source.close();
  }
}

/**
 * Writes a model's weights as safetensors in convolt's names, which {@link loadWeights} reads; the file is, at any moment,
 * either the old one or the new one. States of random generators are left out.
 *
 * @throws ERR_FILE if it cannot be written.
 */
export async function saveWeights(model: Module, file: string): Promise<void> {
  checkModel('saveWeights', model);
  checkText('saveWeights', 'file', file);
  const state = [...(await model.stateDict())].filter(([name]) => !isNoWeight(name));
  await writeSafetensors(file, new Map(state), { format: 'convolt' });
}
