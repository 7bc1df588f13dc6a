/** Checkpoints: a model's tensors as safetensors, with all that is needed to make the model again. */
import type { Device } from '../core/device.js';
import { ConvoltError } from '../core/errors.js';
import { readSafetensors, writeSafetensors } from '../data/index.js';
import { createModel, modelName, type ModelName } from '../models/index.js';
import type { Module } from '../nn/index.js';

/** What a checkpoint says of its model. */
export interface CheckpointInfo {
  model: ModelName;
  /** Names of the classes, by label. */
  classes: readonly string[];
  /** Extents of the images; without height and width, those that the model was published for. */
  height?: number | undefined;
  width?: number | undefined;
  channels: number;
  /** Epochs that were completed. */
  epoch: number;
  seed: number;
  /** What was subtracted from pixels in [0, 1], and what then divided them. */
  mean: number;
  std: number;
}

/**
 * Writes a model's parameters and buffers; the file is, at any moment, either the old one or the new one.
 *
 * @throws ERR_FILE if it cannot be written.
 */
export async function saveCheckpoint(file: string, model: Module, info: CheckpointInfo): Promise<void> {
  await writeSafetensors(file, await model.stateDict(), checkpointMetadata(info));
}

/** What a safetensors file says, so that {@link loadCheckpoint} can make the model of it. */
export function checkpointMetadata({ classes, ...rest }: CheckpointInfo): Record<string, string> {
  const entries = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(entries.map(([key, value]) => [key, String(value)])), classes: JSON.stringify(classes) };
}

export interface LoadCheckpointOptions {
  /** Default: the default device. */
  device?: Device | string;
}

/**
 * Makes the model of a checkpoint, set to evaluation.
 *
 * @throws ERR_FILE if the file cannot be read; ERR_DATA if it is no checkpoint of convolt's, or its tensors
 *   are not those of its model.
 */
export async function loadCheckpoint(file: string, { device }: LoadCheckpointOptions = {}): Promise<{ model: Module; info: CheckpointInfo }> {
  const { tensors, metadata } = await readSafetensors(file);
  const info = infoOf(file, metadata);
  const model = createModel(info.model, { classes: info.classes.length, channels: info.channels, device });
  try {
    model.loadStateDict(tensors);
  } catch (error) {
    model.dispose();
    if (!(error instanceof ConvoltError)) throw error;
    throw new ConvoltError(error.code, `${file}: ${error.message}`, { cause: error });
  }
  return { model: model.eval(), info };
}

function infoOf(file: string, metadata: Record<string, string>): CheckpointInfo {
  const text = (key: string): string => {
    const value = metadata[key];
    if (value === undefined)
      throw new ConvoltError(
        'ERR_DATA',
        `${file}: expected a checkpoint of convolt, but its metadata has no ${key}`,
      );
    return value;
  };
  const number = (key: string): number => {
    const value = Number(text(key));
    if (!Number.isFinite(value))
      throw new ConvoltError('ERR_DATA', `${file}: expected ${key} to be a number, but got "${text(key)}"`);
    return value;
  };
  const optional = (key: string): number | undefined => (metadata[key] === undefined ? undefined : number(key));
  try {
    return {
      model: modelName(text('model')),
      classes: classNames(file, text('classes')),
      height: optional('height'),
      width: optional('width'),
      channels: number('channels'),
      epoch: number('epoch'),
      seed: number('seed'),
      mean: number('mean'),
      std: number('std'),
    };
  } catch (error) {
    if (!(error instanceof ConvoltError) || error.code === 'ERR_DATA') throw error;
    throw new ConvoltError('ERR_DATA', `${file}: ${error.message}`, { cause: error });
  }
}

function classNames(file: string, json: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    value = null;
  }
  if (!Array.isArray(value) || !value.every((name): name is string => typeof name === 'string')) {
    throw new ConvoltError('ERR_DATA', `${file}: expected classes to be a list of names, but got "${json}"`);
  }
  return value;
}
