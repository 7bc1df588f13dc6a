import { argumentError, valueText } from '../ops/arguments.js';
import { Module, type SavedTensor } from './module.js';

/** Checks that an argument is a module. */
export function checkModel(who: string, model: Module): void {
  if (!(model instanceof Module)) throw argumentError(who, `expected model to be a module, but got ${valueText(model)}`);
}

/** Checks that an argument is a state dict. */
export function checkSaved(who: string, name: string, saved: ReadonlyMap<string, SavedTensor>): void {
  if (!(saved instanceof Map)) throw argumentError(who, `expected ${name} to be a Map of tensors by name, but got ${valueText(saved)}`);
}
