/** The models that can be made by name. */
import { ConvoltError } from '../core/errors.js';
import type { Module } from '../nn/index.js';
import { LeNet5 } from './lenet5.js';
import type { ModelOptions } from './options.js';
import { SmallNet } from './smallnet.js';

const registry = {
  lenet5: (options: ModelOptions) => new LeNet5(options),
  smallnet: (options: ModelOptions) => new SmallNet(options),
} satisfies Record<string, (options: ModelOptions) => Module>;

export type ModelName = keyof typeof registry;

export const modelNames = Object.keys(registry) as ModelName[];

function isModelName(name: string): name is ModelName {
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

/** Makes a model with fresh parameters. */
export function createModel(name: ModelName, options: ModelOptions = {}): Module {
  return registry[name](options);
}
