import { accumulateInto, filled } from '../core/gradient_memory.js';
import { refuseRecording } from '../core/recording.js';
import { keep } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';
import { checkCount } from '../nn/arguments.js';
import { checkNumber } from '../ops/arguments.js';
import type { Optimizer } from './optimizer.js';

export interface LookaheadOptions {
  /** Steps of the optimiser to one of the slow weights. Default 5. */
  every?: number;
  /** Part of the way that the slow weights follow. Default 0.5. */
  part?: number;
}

/**
 * Lookahead around any optimiser, whose step() it is called in place of: after every few steps slow weights go a part of
 * the way to the parameters, which then go on from there.
 *
 * Zhang, Lucas, Hinton and Ba, Lookahead optimizer: k steps forward, 1 step back, 2019.
 */
export class Lookahead {
  readonly optimizer: Optimizer;
  private readonly every: number;
  private readonly part: number;
  private readonly slow: Tensor; // [size]
  private steps = 0;

  /** @throws ERR_ARGUMENT if `every` is no whole number of at least 1, or `part` is not in [0, 1]. */
  constructor(optimizer: Optimizer, { every = 5, part = 0.5 }: LookaheadOptions = {}) {
    checkCount('Lookahead', 'every', every);
    checkNumber('Lookahead', 'part', part, 0, 1);
    this.optimizer = optimizer;
    this.every = every;
    this.part = part;
    const { values } = optimizer.buffers;
    this.slow = keep(filled(values.shape, 0, values.device));
    accumulateInto(this.slow, values, 0);
  }

  /** Does the optimiser's step, and after every few of them that of the slow weights. @throws ERR_RECORDING in {@link capture}. */
  step(): void {
    refuseRecording('a step of Lookahead', 'it is counted on the host');
    this.optimizer.step();
    if (++this.steps % this.every !== 0) return;
    const { values } = this.optimizer.buffers;
    accumulateInto(this.slow, values, 1 - this.part, this.part);
    accumulateInto(values, this.slow, 0);
  }

  dispose(): void {
    this.slow.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
