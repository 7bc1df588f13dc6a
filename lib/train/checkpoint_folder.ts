/**
 * Checkpoints of a training run in a folder. Each is two files: `epoch-0002-step-00000120.safetensors` has the model as
 * anyone reads it, `….state.safetensors` beside it the optimiser, the random states, and how far the run is. Both are
 * safetensors files. The second is written last and names the first by its checksum, so a checkpoint is whole if both
 * are there and agree, wherever the process was ended.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { ConvoltError } from '../core/errors.js';
import { decodeSafetensors, encodeSafetensors, writeFileAtomically, type HostTensor } from '../data/index.js';
import { checkCount } from '../nn/arguments.js';
import { named, parseProgress, partOf, type TrainingState } from './training_state.js';

export interface SaveOptions {
  /** What the model's file says of itself: see {@link checkpointMetadata}. Default nothing. */
  metadata?: Record<string, string>;
  /** What comes back beside the state: a value that JSON can hold. Default null. */
  notes?: unknown;
}

/** A checkpoint that was read. */
export interface SavedTraining {
  /** The model's file. */
  file: string;
  state: TrainingState;
  /** Of the model's file. */
  metadata: Record<string, string>;
  notes: unknown;
}

const weightsName = /^(epoch-\d{4,}-step-\d{8,})\.safetensors$/;
const format = 'convolt training state';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface CheckpointFolderOptions {
  /** How many are kept; older ones are removed. Default 3. */
  keep?: number;
}

export interface LatestOptions {
  /** Whether one that is damaged gives way to the one before. Default false. */
  skipDamaged?: boolean;
  /** Is told of each that was passed over. */
  onDamaged?: (error: ConvoltError) => void;
}

export class CheckpointFolder {
  private readonly folder: string;
  private readonly kept: number;

  /**
   * @param folder made when the first checkpoint is saved.
   * @throws ERR_ARGUMENT if `keep` is no whole number of at least 1.
   */
  constructor(folder: string, { keep = 3 }: CheckpointFolderOptions = {}) {
    checkCount('CheckpointFolder', 'keep', keep);
    this.folder = folder;
    this.kept = keep;
  }

  /** Saves a state and removes the oldest that are too many. Returns the model's file. @throws ERR_FILE if it cannot be written. */
  async save({ progress, tensors }: TrainingState, { metadata = {}, notes = null }: SaveOptions = {}): Promise<string> {
    await mkdir(this.folder, { recursive: true });
    const name = `epoch-${String(progress.epoch).padStart(4, '0')}-step-${String(progress.step).padStart(8, '0')}`;
    const file = join(this.folder, `${name}.safetensors`);
    const weights = encodeSafetensors(partOf(tensors, 'model'), metadata);
    const rest = new Map([...tensors].filter(([tensor]) => !tensor.startsWith('model.')));
    const about = { format, weights: sha256(weights), progress: JSON.stringify(progress), notes: JSON.stringify(notes) };
    await writeFileAtomically(file, weights);
    await writeFileAtomically(stateFile(file), encodeSafetensors(rest, about));
    await this.removeOld();
    return file;
  }

  /** The models' files of all checkpoints, the oldest first. */
  async list(): Promise<string[]> {
    const entries = new Set(await readdir(this.folder).catch(() => []));
    const names = [...entries].flatMap((entry) => weightsName.exec(entry)?.[1] ?? []);
    const whole = names.filter((name) => entries.has(`${name}.state.safetensors`));
    return whole.sort(byAge).map((name) => join(this.folder, `${name}.safetensors`));
  }

  /**
   * Reads the newest checkpoint, or gives undefined if there is none.
   *
   * @throws ERR_DATA if it is truncated, or no checkpoint of a training run; ERR_FILE if it cannot be read.
   */
  async latest({ skipDamaged = false, onDamaged }: LatestOptions = {}): Promise<SavedTraining | undefined> {
    const files = await this.list();
    for (const [i, file] of files.reverse().entries()) {
      try {
        return await read(file);
      } catch (error) {
        if (!(error instanceof ConvoltError) || !skipDamaged || i === files.length - 1) throw error;
        onDamaged?.(error);
      }
    }
    return undefined;
  }

  private async removeOld(): Promise<void> {
    const files = await this.list();
    for (const file of files.slice(0, -this.kept)) {
      await rm(stateFile(file), { force: true }); // first: without it the other is no checkpoint
      await rm(file, { force: true });
    }
    for (const entry of await readdir(this.folder)) {
      if (entry.endsWith('.part')) await rm(join(this.folder, entry), { force: true }); // of a process that was killed
    }
  }
}

function stateFile(file: string): string {
  return file.replace(/\.safetensors$/, '.state.safetensors');
}

/** Numbers are compared as numbers: `epoch-10000` is behind `epoch-9999`. */
function byAge(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

async function read(file: string): Promise<SavedTraining> {
  const second = stateFile(file);
  const [weightBytes, stateBytes] = await Promise.all([readBytes(file), readBytes(second)]);
  const { tensors: model, metadata } = decodeSafetensors(weightBytes, file);
  const { tensors: rest, metadata: about } = decodeSafetensors(stateBytes, second);
  if (about['format'] !== format) {
    throw new ConvoltError('ERR_DATA', `${second}: expected the state of a training run, but its metadata does not say that it is one`);
  }
  if (about['weights'] !== sha256(weightBytes)) {
    throw new ConvoltError('ERR_DATA', `${file}: expected the weights that ${second} was saved with, but got others`);
  }
  const tensors: Map<string, HostTensor> = new Map([...named('model', model), ...rest]);
  return { file, state: { progress: parseProgress(about['progress'] ?? '', second), tensors }, metadata, notes: parseNotes(about['notes']) };
}

function parseNotes(json: string | undefined): unknown {
  return JSON.parse(json ?? 'null') as unknown;
}

async function readBytes(file: string): Promise<Uint8Array> {
  return readFile(file).catch((error: Error) => {
    throw new ConvoltError('ERR_FILE', `${file}: expected a file that can be read, but got ${error.message}`, { cause: error });
  });
}
