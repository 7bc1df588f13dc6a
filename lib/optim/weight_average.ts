/** Averages of the weights that an optimiser goes through, which are often better than the last. */
import type { HostArray } from '../core/dtype.js';
import { ConvoltError } from '../core/errors.js';
import { accumulateInto, filled } from '../core/gradient_memory.js';
import { refuseRecording } from '../core/recording.js';
import { keep } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';
import { checkNumber } from '../ops/arguments.js';
import type { Optimizer, OptimizerState } from './optimizer.js';

/** What exponential and plain averages have in common. */
export abstract class WeightAverage {
  private readonly optimizer: Optimizer;
  private readonly average: Tensor; // [size]
  private readonly beside: Tensor; // [size], the parameters while the average is in their place
  private taken = 0;
  private used = false;

  /** Begins with the parameters as they are. */
  constructor(optimizer: Optimizer) {
    this.optimizer = optimizer;
    const { values } = optimizer.buffers;
    this.average = keep(filled(values.shape, 0, values.device));
    this.beside = keep(filled(values.shape, 0, values.device));
    accumulateInto(this.average, values, 0);
  }

  /** Whether the average is in the parameters' place. */
  get isUsed(): boolean {
    return this.used;
  }

  /** The weight of the parameters in the average when so many were taken before. */
  protected abstract weight(taken: number): number;

  /** Takes the parameters as they are now into the average. @throws ERR_RECORDING in {@link capture}. */
  update(): void {
    refuseRecording('the update of a weight average', 'its weight is counted on the host; call it behind a replay');
    const weight = this.weight(this.taken++);
    accumulateInto(this.average, this.optimizer.buffers.values, 1 - weight, weight);
  }

  /** Runs `fn` with the average in the parameters' place. */
  async whileUsed<T>(fn: () => T | Promise<T>): Promise<T> {
    if (this.used) return fn();
    const { values } = this.optimizer.buffers;
    accumulateInto(this.beside, values, 0);
    this.use();
    this.used = true;
    try {
      return await fn();
    } finally {
      accumulateInto(values, this.beside, 0);
      this.used = false;
    }
  }

  /** Puts the average in the parameters' place for good. */
  use(): void {
    accumulateInto(this.optimizer.buffers.values, this.average, 0);
  }

  /** The average and how much was taken into it, for a checkpoint. */
  async stateDict(): Promise<OptimizerState> {
    const taken = Int32Array.of(this.taken);
    return new Map<string, HostArray>([['average', await this.average.data()], ['taken', taken]]);
  }

  /** Goes on from a saved average. @throws ERR_DATA if it is not of these parameters. */
  loadStateDict(saved: ReadonlyMap<string, HostArray>): void {
    const average = saved.get('average'), taken = saved.get('taken')?.[0];
    if (!(average instanceof Float32Array) || average.length !== this.average.numel || taken === undefined) {
      throw new ConvoltError('ERR_DATA', `loadStateDict: expected an average of ${this.average.numel} numbers, but got ${average?.length ?? 'none'}`);
    }
    this.average.write(average);
    this.taken = taken;
  }

  dispose(): void {
    this.average.dispose();
    this.beside.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

export interface EMAOptions {
  /** Default 0.999. */
  decay?: number;
  /** Default true. */
  warmup?: boolean;
}

/**
 * Exponential moving average: average = decay · average + (1 - decay) · p. With `warmup` the decay is at most
 * (1 + t) / (10 + t) behind t updates, so that the first weights are forgotten soon.
 *
 * Polyak and Juditsky, Acceleration of stochastic approximation by averaging, 1992; Tan and Le, EfficientNet, 2019.
 */
export class EMA extends WeightAverage {
  private readonly decay: number;
  private readonly warmup: boolean;

  /** @throws ERR_ARGUMENT if decay is not in [0, 1]. */
  constructor(optimizer: Optimizer, { decay = 0.999, warmup = true }: EMAOptions = {}) {
    checkNumber('EMA', 'decay', decay, 0, 1);
    super(optimizer);
    this.decay = decay;
    this.warmup = warmup;
  }

  protected override weight(taken: number): number {
    return 1 - (this.warmup ? Math.min(this.decay, (1 + taken) / (10 + taken)) : this.decay);
  }
}

/**
 * Stochastic weight averaging: the mean of the parameters at each update, which is called once an epoch near the end of
 * training. Running statistics of batch normalisation are not of these weights: a pass over some batches in training
 * brings them there.
 *
 * Izmailov et al., Averaging weights leads to wider optima and better generalization, 2018.
 */
export class SWA extends WeightAverage {
  protected override weight(taken: number): number {
    return 1 / (taken + 1);
  }
}
