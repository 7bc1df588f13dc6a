/** A training run between two steps: all that the next step depends on, on the host. */
import type { HostArray } from '../core/dtype.js';
import { ConvoltError } from '../core/errors.js';
import type { RandomState } from '../core/random.js';
import type { HostTensor } from '../data/index.js';
import type { PlateauState } from '../optim/index.js';
import type { EarlyStoppingState } from './early_stopping.js';

/** Sums over the images of an epoch that were trained on so far. */
export interface EpochTotals {
  loss: number;
  right: number;
  images: number;
}

/** How far a run is. */
export interface TrainingProgress {
  /** The epoch under way, from 1. */
  epoch: number;
  /** Steps of it that are done. */
  step: number;
  /** Images of it that they took, in their order; see {@link data.Batch.position}. */
  position: number;
  totals: EpochTotals;
  /** The generator of the images' order, as it was when the epoch began. */
  order: RandomState;
  /** Of a {@link optim.Plateau} as schedule. */
  plateau?: PlateauState;
  /** Of `earlyStopping`. */
  stopping?: EarlyStoppingState;
}

export interface TrainingState {
  progress: TrainingProgress;
  /** By part and name: `model.features.0.weight`, `optimizer.m`. */
  tensors: ReadonlyMap<string, HostTensor>;
}

/** Tensors of one part, without its name in front. */
export function partOf(tensors: ReadonlyMap<string, HostTensor>, part: string): Map<string, HostTensor> {
  const prefix = `${part}.`;
  return new Map([...tensors].flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [])));
}

/** Puts the name of a part in front of those of its tensors. */
export function* named(part: string, tensors: ReadonlyMap<string, HostTensor | HostArray>): Generator<[string, HostTensor]> {
  for (const [name, value] of tensors) yield [`${part}.${name}`, ArrayBuffer.isView(value) ? { shape: [value.length], data: value } : value];
}

/** The first tensor with a NaN or an infinity, if there is one. */
export function nonFinite({ tensors }: TrainingState): string | undefined {
  for (const [name, { data }] of tensors) {
    if (data instanceof Float32Array && !data.every(Number.isFinite)) return name;
  }
  return undefined;
}

/** The progress that a JSON text holds. @throws ERR_DATA if it does not. */
export function parseProgress(json: string, file: string): TrainingProgress {
  const wrong = () => new ConvoltError('ERR_DATA', `${file}: expected the progress of a training run, but got ${json.slice(0, 80)}`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw wrong();
  }
  if (!isProgress(value)) throw wrong();
  return value;
}

function isProgress(value: unknown): value is TrainingProgress {
  if (typeof value !== 'object' || value === null) return false;
  const { epoch, step, position, totals, order } = value as Partial<Record<keyof TrainingProgress, unknown>>;
  const isCount = (number: unknown) => Number.isSafeInteger(number) && Number(number) >= 0;
  return isCount(epoch) && isCount(step) && isCount(position) && typeof totals === 'object' && totals !== null && typeof order === 'object' && order !== null;
}
