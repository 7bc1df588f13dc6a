/** What `convolt train` keeps beside a run's state in its checkpoints: the options, and what was measured so far. */
import { ConvoltError } from '../core/errors.js';
import type { EpochRecord, ReportEpoch } from '../train/index.js';

/** Options that decide the run's numbers; a resumed run must have the same. */
export type RunOptions = Readonly<Record<string, string | number | boolean | null>>;

export interface RunHistory {
  epochs: ReportEpoch[];
  /** Of every step, in order. */
  stepLosses: number[];
  seconds: number;
}

export interface RunNotes {
  options: RunOptions;
  history: RunHistory;
}

/** An epoch as reports show it. @throws ERR_INTERNAL if it was not evaluated. */
export function reportEpoch({ epoch, trainLoss, trainAccuracy, test, imagesPerSecond }: EpochRecord): ReportEpoch {
  if (!test) throw new ConvoltError('ERR_INTERNAL', `internal: epoch ${epoch} was not evaluated`);
  return { epoch, trainLoss, trainAccuracy, testLoss: test.loss, testAccuracy: test.accuracy, imagesPerSecond };
}

/**
 * The history of a run that is to go on with these options.
 *
 * @param file of the checkpoint, for messages.
 * @throws ERR_DATA if the checkpoint is not of `convolt train`; ERR_ARGUMENT if the run had other options.
 */
export function historyOf(notes: unknown, options: RunOptions, file: string): RunHistory {
  if (!isRunNotes(notes)) throw new ConvoltError('ERR_DATA', `${file}: expected a checkpoint of convolt train, but got one of another program`);
  const names = [...new Set([...Object.keys(options), ...Object.keys(notes.options)])];
  const others = names.filter((name) => (notes.options[name] ?? null) !== (options[name] ?? null));
  if (others.length > 0) {
    const list = (from: RunOptions) => others.map((name) => `${name} ${from[name] ?? 'none'}`).join(', ');
    throw new ConvoltError('ERR_ARGUMENT', `--resume: expected the options of the run in ${file} (${list(notes.options)}), but got ${list(options)}`);
  }
  return notes.history;
}

function isRunNotes(value: unknown): value is RunNotes {
  if (typeof value !== 'object' || value === null || !('options' in value) || !('history' in value)) return false;
  const { options, history } = value;
  return typeof options === 'object' && options !== null && typeof history === 'object' && history !== null && 'epochs' in history && 'stepLosses' in history;
}
