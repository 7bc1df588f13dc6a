import { argumentError, checkChoice, checkNumber } from '../ops/arguments.js';
import type { EpochRecord } from './records.js';

/** What is measured of an epoch. */
export type Measure = 'trainLoss' | 'trainAccuracy' | 'testLoss' | 'testAccuracy';

/** The measured number, NaN if there is none. */
export function measured({ trainLoss, trainAccuracy, test }: EpochRecord, measure: Measure): number {
  switch (measure) {
    case 'trainLoss':
      return trainLoss;
    case 'trainAccuracy':
      return trainAccuracy;
    case 'testLoss':
      return test?.loss ?? NaN;
    case 'testAccuracy':
      return test?.accuracy ?? NaN;
  }
}

export interface EarlyStoppingOptions {
  /** What has to improve: losses fall, accuracies rise. Default 'testLoss'. */
  measure?: Measure;
  /** Epochs without an improvement that are still accepted. Default 5. */
  patience?: number;
  /** How much better than the best an improvement is. Default 0. */
  least?: number;
}

/** For a checkpoint; `best` is null before the first epoch. */
export interface EarlyStoppingState {
  best: number | null;
  epochsWithout: number;
}

/**
 * Tells when training no longer improves.
 * Prechelt, Early stopping - but when?, 1998.
 */
export class EarlyStopping {
  private readonly options: Required<EarlyStoppingOptions>;
  private best: number | null = null;
  private epochsWithout = 0;

  /** @throws ERR_ARGUMENT for an option out of range. */
  constructor({ measure = 'testLoss', patience = 5, least = 0 }: EarlyStoppingOptions = {}) {
    checkChoice('EarlyStopping', 'measure', measure, ['trainLoss', 'trainAccuracy', 'testLoss', 'testAccuracy']);
    checkNumber('EarlyStopping', 'patience', patience, 0, Infinity);
    checkNumber('EarlyStopping', 'least', least, 0, Infinity, true);
    this.options = { measure, patience, least };
  }

  /** Whether too many epochs brought no improvement. */
  get isOver(): boolean {
    return this.epochsWithout > this.options.patience;
  }

  /** Takes an epoch. @throws ERR_ARGUMENT if it was not measured. */
  observe(record: EpochRecord): void {
    const { measure, least } = this.options;
    const value = measured(record, measure);
    if (Number.isNaN(value)) throw argumentError('EarlyStopping', `expected ${measure} to be measured, but got none; give fit() a test set`);
    const gain = this.best === null ? Infinity : measure.endsWith('Loss') ? this.best - value : value - this.best;
    const improved = gain > least;
    if (improved) this.best = value;
    this.epochsWithout = improved ? 0 : this.epochsWithout + 1;
  }

  state(): EarlyStoppingState {
    return { best: this.best, epochsWithout: this.epochsWithout };
  }

  /** Goes on from a state with the same options. */
  restore({ best, epochsWithout }: EarlyStoppingState): void {
    this.best = best;
    this.epochsWithout = epochsWithout;
  }
}
