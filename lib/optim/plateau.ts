import { argumentError, checkChoice, checkNumber } from '../ops/arguments.js';

export interface PlateauOptions {
  /** What the rate is multiplied by. Default 0.1. */
  factor?: number;
  /** Measurements without improvement that are still accepted. Default 10. */
  patience?: number;
  /** Whether smaller or larger measurements are better. Default 'min'. */
  mode?: 'min' | 'max';
  /** How much better than the best, as a part of it, an improvement is. Default 1e-4. */
  threshold?: number;
  /** Measurements after a reduction that do not count. Default 0. */
  cooldown?: number;
  /** The rate never falls below this. Default 0. */
  least?: number;
}

/** What a plateau has seen, for a checkpoint; `best` is null before the first measurement. */
export interface PlateauState {
  lr: number;
  best: number | null;
  withoutImprovement: number;
  cooling: number;
}

/**
 * A learning rate that falls when a measurement, such as the validation loss, no longer improves; as torch's
 * ReduceLROnPlateau. After each epoch: `optimizer.lr = plateau.observe(loss)`.
 */
export class Plateau {
  private readonly options: Required<PlateauOptions>;
  private rate: number;
  private best: number;
  private withoutImprovement = 0;
  private cooling = 0;

  /** @throws ERR_ARGUMENT for a rate or an option out of range. */
  constructor(lr: number, { factor = 0.1, patience = 10, mode = 'min', threshold = 1e-4, cooldown = 0, least = 0 }: PlateauOptions = {}) {
    checkNumber('Plateau', 'lr', lr, 0, Infinity, true);
    checkNumber('Plateau', 'factor', factor, 0, 1, true);
    checkNumber('Plateau', 'patience', patience, 0, Infinity);
    checkChoice('Plateau', 'mode', mode, ['min', 'max']);
    checkNumber('Plateau', 'threshold', threshold, 0, Infinity, true);
    checkNumber('Plateau', 'cooldown', cooldown, 0, Infinity);
    checkNumber('Plateau', 'least', least, 0, Infinity, true);
    this.options = { factor, patience, mode, threshold, cooldown, least };
    this.rate = lr;
    this.best = mode === 'min' ? Infinity : -Infinity;
  }

  /** The rate as it is now. */
  get lr(): number {
    return this.rate;
  }

  /** Takes a measurement and returns the rate to go on with. @throws ERR_ARGUMENT if it is no number. */
  observe(measurement: number): number {
    if (typeof measurement !== 'number') throw argumentError('Plateau', `expected a number to be observed, but got ${String(measurement)}`);
    const { factor, patience, mode, threshold, cooldown, least } = this.options;
    const improved = mode === 'min' ? measurement < this.best * (1 - threshold) : measurement > this.best * (1 + threshold);
    if (improved) this.best = measurement;
    this.withoutImprovement = improved ? 0 : this.withoutImprovement + 1;
    if (this.cooling > 0) {
      this.cooling--;
      this.withoutImprovement = 0;
    }
    if (this.withoutImprovement > patience) {
      this.rate = Math.max(this.rate * factor, least);
      this.cooling = cooldown;
      this.withoutImprovement = 0;
    }
    return this.rate;
  }

  state(): PlateauState {
    const { rate: lr, best, withoutImprovement, cooling } = this;
    return { lr, best: Number.isFinite(best) ? best : null, withoutImprovement, cooling };
  }

  /** Goes on from a state of a plateau with the same options. */
  restore({ lr, best, withoutImprovement, cooling }: PlateauState): void {
    this.rate = lr;
    this.best = best ?? (this.options.mode === 'min' ? Infinity : -Infinity);
    this.withoutImprovement = withoutImprovement;
    this.cooling = cooling;
  }
}
