/** The models that can be made by name. */
import { ConvoltError } from '../core/errors.js';
import type { Shape } from '../core/shape.js';
import type { Module } from '../nn/index.js';
import { lenet5 } from './lenet5.js';
import { mobilenet_v2 } from './mobilenet_v2.js';
import type { ModelOptions } from './options.js';
import {
  resnet101, resnet152, resnet18, resnet34, resnet50, resnext101_32x8d, resnext101_64x4d, resnext50_32x4d, wide_resnet101_2, wide_resnet50_2,
} from './resnet.js';
import { smallnet } from './smallnet.js';

/** What is known of a model before it is made. */
export interface ModelEntry {
  create: (options?: ModelOptions) => Module;
  /** The image that the model was published for, [H,W,C], or [D,H,W,C] for a clip. */
  input: Shape;
  /** Where it was published. */
  paper: string;
}

/** Models of one paper for one size of image. */
function published<M extends Record<string, ModelEntry['create']>>(paper: string, input: Shape, models: M): { [K in keyof M]: ModelEntry } {
  const entries = Object.entries(models).map(([name, create]) => [name, { create, input, paper }] as const);
  return Object.fromEntries(entries) as { [K in keyof M]: ModelEntry };
}

const registry = {
  ...published('LeCun et al. 1998', [28, 28, 1], { lenet5 }),
  ...published('of our own', [28, 28, 1], { smallnet }),
  ...published('arXiv:1512.03385', [224, 224, 3], { resnet18, resnet34, resnet50, resnet101, resnet152 }),
  ...published('arXiv:1605.07146', [224, 224, 3], { wide_resnet50_2, wide_resnet101_2 }),
  ...published('arXiv:1611.05431', [224, 224, 3], { resnext50_32x4d, resnext101_32x8d, resnext101_64x4d }),
  ...published('arXiv:1801.04381', [224, 224, 3], { mobilenet_v2 }),
} satisfies Record<string, ModelEntry>;

export type ModelName = keyof typeof registry;

export const modelNames = Object.keys(registry) as ModelName[];

/** Whether there is a model of that name. */
export function isModelName(name: string): name is ModelName {
  return Object.hasOwn(registry, name);
}

/**
 * Checks a model's name.
 *
 * @throws ERR_ARGUMENT if there is no such model; the message lists them.
 */
export function modelName(name: string): ModelName {
  if (!isModelName(name)) {
    throw new ConvoltError(
      'ERR_ARGUMENT',
      `model: expected one of ${modelNames.join(', ')}, but got "${name}"`,
    );
  }
  return name;
}

/** The image that a model was published for, and where. */
export function modelInfo(name: ModelName): Readonly<Pick<ModelEntry, 'input' | 'paper'>> {
  const { input, paper } = registry[name];
  return { input, paper };
}

/** Makes a model with fresh parameters. */
export function createModel(name: ModelName, options: ModelOptions = {}): Module {
  return registry[name].create(options);
}
