/** Fine-tuning: layers that stay as they are, and rates of their own for those that do not. */
import type { ParameterGroup } from '../optim/index.js';
import { argumentError, checkNumber, checkOptions } from '../ops/arguments.js';
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from './batch_norm.js';
import { checkModel } from './check_model.js';
import type { Module } from './module.js';
import type { Parameter } from './parameter.js';
import { layerNamed } from './tap.js';

function isWithin(name: string, layer: string): boolean {
  return layer === '' || name === layer || name.startsWith(`${layer}.`);
}

/** Freezes or thaws batch normalisations: a frozen one uses its running statistics in training too, and leaves them as they are. */
export function freezeBatchNorm(model: Module, frozen = true): void {
  for (const [, layer] of model.modules()) {
    if (layer instanceof BatchNorm1d || layer instanceof BatchNorm2d || layer instanceof BatchNorm3d) layer.frozen = frozen;
  }
}

/**
 * Freezes the parameters of a layer and of those before it, in the order of {@link Module.namedParameters}, with their batch
 * normalisations. Frozen parameters want no gradient; give an optimiser what is left: {@link trainableParameters}.
 *
 * @param layer dotted name of the last one that is frozen.
 * @returns how many numbers are frozen.
 * @throws ERR_ARGUMENT if the model has no such layer, or none with parameters up to there.
 */
export function freezeUntil(model: Module, layer: string): number {
  layerNamed('freezeUntil', model, layer);
  const named = [...model.namedParameters()];
  const last = named.map(([name]) => isWithin(name, layer)).lastIndexOf(true);
  if (last < 0) throw argumentError('freezeUntil', `expected a layer with parameters, but got "${layer}"`);
  const frozen = named.slice(0, last + 1).map(([, parameter]) => parameter);
  freeze(model, new Set(frozen));
  return frozen.reduce((count, { numel }) => count + numel, 0);
}

/** Freezes these parameters, and the batch normalisations whose parameters are among them. */
function freeze(model: Module, frozen: ReadonlySet<Parameter>): void {
  for (const parameter of frozen) parameter.requiresGrad = false;
  for (const [, layer] of model.modules()) {
    const own = layer.parameters();
    if (own.length > 0 && own.every((parameter) => frozen.has(parameter))) freezeBatchNorm(layer);
  }
}

/** The parameters that are not frozen. */
export function trainableParameters(model: Module): Parameter[] {
  return model.parameters().filter(({ requiresGrad }) => requiresGrad);
}

export interface FineTuneOptions {
  /** Dotted names of layers from the first to the last, or how many of the model's last children that have parameters. */
  stages: number | readonly string[];
  /** What the learning rate is multiplied by from each stage to the one before it. Default 0.3; above 0. */
  decay?: number;
}

/**
 * Fine-tuning of the last stages with discriminative rates: the last stage learns at the optimiser's rate, each one before
 * it at `decay` times that of its successor, and all that is in none of the stages is frozen, batch normalisations included.
 *
 *     const optimizer = new optim.AdamW(nn.fineTune(model, { stages: ['layer3', 'layer4', 'fc'] }), { lr: 1e-3 });
 *
 * J. Howard, S. Ruder, "Universal language model fine-tuning for text classification", arXiv:1801.06146.
 *
 * @returns groups for an optimiser, first stage first.
 * @throws ERR_ARGUMENT if a stage is no layer of the model or has no parameters, two overlap, or there are not so many.
 */
export function fineTune(model: Module, options: FineTuneOptions): ParameterGroup[] {
  checkModel('fineTune', model);
  checkOptions('fineTune', options, '{ stages: 2 }');
  const { stages, decay = 0.3 } = options;
  checkNumber('fineTune', 'decay', decay, Number.MIN_VALUE, 1, true);
  const names = typeof stages === 'number' ? lastChildren(model, stages) : stages;
  const named = [...model.namedParameters()], taken = new Set<Parameter>();
  const groups = names.map((stage, i) => {
    layerNamed('fineTune', model, stage);
    const parameters = named.filter(([name]) => isWithin(name, stage)).map(([, parameter]) => parameter);
    if (parameters.length === 0) throw argumentError('fineTune', `expected stages with parameters, but got "${stage}"`);
    if (parameters.some((parameter) => taken.has(parameter))) throw argumentError('fineTune', `expected stages apart from each other, but got "${stage}" with one before`);
    for (const parameter of parameters) taken.add(parameter);
    return { parameters, lrScale: decay ** (names.length - 1 - i) };
  });
  freeze(model, new Set(named.flatMap(([, parameter]) => (taken.has(parameter) ? [] : [parameter]))));
  return groups;
}

function lastChildren(model: Module, count: number): string[] {
  const names = [...model.children()].filter(([, child]) => child.parameters().length > 0).map(([name]) => name);
  if (!Number.isInteger(count) || count < 1 || count > names.length) {
    throw argumentError('fineTune', `expected stages to be from 1 to ${names.length}, for ${names.join(', ')}, but got ${count}`);
  }
  return names.slice(-count);
}
