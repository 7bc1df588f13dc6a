import { readFileSync } from 'node:fs';

import { decodeSafetensors, type HostTensor } from '../../lib/data/safetensors.js';
import type { GoldenCases } from './run_case.js';
import type { GoldenGradients, GoldenModel } from './run_model.js';

/** A folder of golden values: by default this one, which has a copy. */
type Folder = URL | string;
const here = new URL('.', import.meta.url);

function pathOf(file: string, folder: Folder): URL | string {
  return typeof folder === 'string' ? `${folder}/${file}` : new URL(file, folder);
}

/** The tensors of a safetensors file, by name. Their values are torch's. */
export function readGolden(file: string, folder: Folder = here): Map<string, HostTensor> {
  return decodeSafetensors(readFileSync(pathOf(file, folder)), file).tensors;
}

/** The cases of ops.json. */
export function readGoldenCases(folder: Folder = here): GoldenCases {
  return JSON.parse(readFileSync(pathOf('ops.json', folder), 'utf8')) as GoldenCases;
}

/** What optim.json holds: parameters that take steps with given gradients, and learning rates. */
export interface GoldenOptimizers {
  torch: string;
  steps: number;
  /** Shapes. */
  params: number[][];
  /** `trajectory` names, for each parameter, its values after each step. */
  cases: { id: string; optimizer: string; args: object; trajectory: string[] }[];
  schedules: { scheduler: string; args: object; base_lr: number; lr: number[]; metrics?: number[] }[];
}

/** The cases of optim.json. */
export function readGoldenOptimizers(folder: Folder = here): GoldenOptimizers {
  return JSON.parse(readFileSync(pathOf('optim.json', folder), 'utf8')) as GoldenOptimizers;
}

/** The cases of models.json. */
export function readGoldenModels(folder: Folder = here): GoldenModel[] {
  return (JSON.parse(readFileSync(pathOf('models.json', folder), 'utf8')) as { models: GoldenModel[] }).models;
}

/** The cases of grads.json. */
export function readGoldenGradients(folder: Folder = here): GoldenGradients[] {
  return (JSON.parse(readFileSync(pathOf('grads.json', folder), 'utf8')) as { models: GoldenGradients[] }).models;
}
