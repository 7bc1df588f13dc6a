/** One call of a trainer's fit(): epochs of steps, with all that is kept between them. */
import { startAnomalySearch } from '../core/anomaly.js';
import { ConvoltError } from '../core/errors.js';
import { batches, type Batch, type Dataset, type HostTensor } from '../data/index.js';
import { checkCount } from '../nn/arguments.js';
import { namingLayers } from '../nn/index.js';
import { argumentError } from '../ops/arguments.js';
import { Plateau, type Schedule } from '../optim/index.js';
import { EarlyStopping, measured, type EarlyStoppingOptions } from './early_stopping.js';
import { pipeline } from './pipeline.js';
import type { EpochRecord, StepRecord, TrainingRecord } from './records.js';
import type { StepOutcome, Trainer } from './trainer.js';
import { nonFinite, type TrainingProgress, type TrainingState } from './training_state.js';

/** What is called as training goes on; training waits for promises. */
export interface Callback {
  step?: (record: StepRecord) => void | Promise<void>;
  epoch?: (record: EpochRecord) => void | Promise<void>;
}

export interface FitOptions {
  /** Passes over the data set. */
  epochs: number;
  /** Images in a batch; the last one of an epoch may be smaller. Default 64. */
  batch?: number;
  /** Batches whose gradients are summed up for one step, as if they were one batch. Default 1. */
  accumulate?: number;
  /** Learning rate of each step, or behind each epoch by its loss. Default: the optimiser's own stays. */
  schedule?: Schedule | Plateau;
  /** Images on which the model is evaluated after each epoch. */
  test?: Dataset;
  /** Ends training after the step that is under way; no epoch record follows. */
  signal?: AbortSignal | undefined;
  /** Ends training when a measure no longer improves. Default: it goes on. */
  earlyStopping?: EarlyStoppingOptions;
  callbacks?: readonly Callback[];
  /** Gives the run's state after each epoch, after every so many steps, and when `signal` ends it. Default: never. */
  checkpoint?: { everySteps?: number | undefined };
  /** Goes on from a state, with the same model, optimiser, data set and options, to the same bits as if it had not ended. */
  resume?: TrainingState | undefined;
  /**
   * Ends training at the first NaN or infinity with the name of the layer and op that made it, and the model as it was
   * before. Keeps a copy of each epoch's first state on the host. Default true.
   */
  nanGuard?: boolean;
}

/** A step's outcome, and the state behind it if it was asked for. */
interface StepResult extends StepOutcome {
  /** Images of the epoch that were given up to here. */
  position: number;
  tensors: ReadonlyMap<string, HostTensor> | undefined;
  lr: number;
}

export class Fit {
  private readonly trainer: Trainer;
  private readonly dataset: Dataset;
  private readonly options: FitOptions;
  private readonly batch: number;
  private readonly accumulate: number;
  /** Of an epoch. */
  private readonly steps: number;
  private readonly plateau: Plateau | undefined;
  private readonly stopping: EarlyStopping | undefined;
  /** Behind the last step whose record was given. */
  private now: TrainingProgress;
  /** The last state that is known to be finite. */
  private good: TrainingState | undefined;

  constructor(trainer: Trainer, dataset: Dataset, options: FitOptions) {
    const { epochs, batch = 64, accumulate = 1, checkpoint, schedule, earlyStopping } = options;
    checkCount('fit', 'epochs', epochs);
    checkCount('fit', 'batch', batch);
    checkCount('fit', 'accumulate', accumulate);
    if (checkpoint?.everySteps !== undefined) checkCount('fit', 'checkpoint.everySteps', checkpoint.everySteps);
    if (dataset.length === 0) throw argumentError('fit', 'expected a data set with images, but got an empty one');
    this.trainer = trainer;
    this.dataset = dataset;
    this.options = options;
    this.batch = batch;
    this.accumulate = accumulate;
    this.steps = Math.ceil(dataset.length / (batch * accumulate));
    this.plateau = schedule instanceof Plateau ? schedule : undefined;
    this.stopping = earlyStopping && new EarlyStopping(earlyStopping);
    this.now = this.startOf(1);
  }

  async *records(): AsyncGenerator<TrainingRecord, void, undefined> {
    try {
      yield* this.epochRecords();
    } finally {
      this.trainer.forgetRecordings();
    }
  }

  private async *epochRecords(): AsyncGenerator<TrainingRecord, void, undefined> {
    const { epochs, signal, checkpoint, resume, nanGuard = true } = this.options;
    if (resume) this.restore(resume);
    if (nanGuard) this.good = await this.currentState();
    while (this.now.epoch <= epochs && !this.stopping?.isOver) {
      const rate = this.meter();
      yield* this.epochSteps(rate);
      const record = signal?.aborted ? undefined : await this.measureEpoch(rate());
      if (!record || signal?.aborted) {
        if (checkpoint) yield { event: 'checkpoint', state: await this.currentState() };
        return;
      }
      for (const callback of this.options.callbacks ?? []) await callback.epoch?.(record);
      yield record;

      this.now = this.startOf(this.now.epoch + 1);
      if (!checkpoint && !(nanGuard && this.now.epoch <= epochs)) continue;
      const state = await this.checked(await this.currentState());
      if (checkpoint) yield { event: 'checkpoint', state };
    }
  }

  /** The remaining steps of the epoch. */
  private async *epochSteps(imagesPerSecond: () => number): AsyncGenerator<TrainingRecord, void, undefined> {
    const { steps, now } = this;
    const { epoch, totals } = now;
    for await (const result of pipeline(this.groups(), this.starter(), this.options.signal)) {
      const { loss, right, images, lr, tensors, position } = result;
      now.step++;
      now.position = position;
      if (!Number.isFinite(loss)) await this.fail(now.step, `a loss of ${loss}`);
      totals.loss += loss * images;
      totals.right += right;
      totals.images += images;
      const record: StepRecord = { event: 'step', epoch, step: now.step, steps, loss, lr, imagesPerSecond: imagesPerSecond() };
      for (const callback of this.options.callbacks ?? []) await callback.step?.(record);
      yield record;
      if (tensors) yield { event: 'checkpoint', state: await this.checked({ progress: this.progress(), tensors }) };
    }
  }

  /** Gives steps to the device, each with its learning rate, and asks for states where they are due. */
  private starter(): (group: readonly Batch[]) => Promise<StepResult> {
    const { trainer, now, steps } = this;
    const { everySteps } = this.options.checkpoint ?? {};
    let given = now.step;
    return async (group) => {
      const lr = this.setRate(given++);
      const outcome = trainer.step(group);
      const isDue = everySteps !== undefined && ((now.epoch - 1) * steps + given) % everySteps === 0;
      const tensors = isDue ? trainer.stateTensors() : undefined;
      return { ...(await outcome), tensors: await tensors, lr, position: group.at(-1)?.position ?? 0 };
    };
  }

  /** Sets the learning rate of a step of this epoch, counted from 0. */
  private setRate(step: number): number {
    const { schedule, epochs } = this.options;
    const { optimizer } = this.trainer;
    if (schedule && !(schedule instanceof Plateau)) optimizer.lr = schedule((this.now.epoch - 1) * this.steps + step, epochs * this.steps);
    return optimizer.lr;
  }

  /** The batches of each remaining step of the epoch. */
  private async *groups(): AsyncGenerator<Batch[], void, undefined> {
    const { batch, accumulate } = this;
    const { random } = this.trainer;
    let group: Batch[] = [];
    for await (const data of batches(this.dataset, { batch, random, from: this.now.position })) {
      group.push(data);
      if (group.length < accumulate) continue;
      yield group;
      group = [];
    }
    if (group.length > 0) yield group;
  }

  /** Images a second since now. */
  private meter(): () => number {
    const began = performance.now(), { images } = this.now.totals, { totals } = this.now;
    return () => ((totals.images - images) / (performance.now() - began)) * 1000;
  }

  /** The record of the epoch that has ended, with what is learnt from it. */
  private async measureEpoch(imagesPerSecond: number): Promise<EpochRecord> {
    const { test, signal } = this.options;
    const { epoch, totals } = this.now;
    const record: EpochRecord = {
      event: 'epoch',
      epoch,
      trainLoss: totals.loss / totals.images,
      trainAccuracy: totals.right / totals.images,
      imagesPerSecond,
    };
    if (test) record.test = await this.trainer.evaluate(test, { signal });
    if (signal?.aborted) return record;
    if (this.plateau) this.trainer.optimizer.lr = this.plateau.observe(measured(record, test ? 'testLoss' : 'trainLoss'));
    this.stopping?.observe(record);
    return record;
  }

  private startOf(epoch: number): TrainingProgress {
    return { epoch, step: 0, position: 0, totals: { loss: 0, right: 0, images: 0 }, order: this.trainer.random.state() };
  }

  private progress(): TrainingProgress {
    const { plateau, stopping, now } = this;
    return {
      ...structuredClone(now),
      ...(plateau && { plateau: plateau.state() }),
      ...(stopping && { stopping: stopping.state() }),
    };
  }

  /** The state behind all steps, of which none is under way. */
  private async currentState(): Promise<TrainingState> {
    return { progress: this.progress(), tensors: await this.trainer.stateTensors() };
  }

  private restore({ progress, tensors }: TrainingState): void {
    const { plateau, stopping, ...now } = structuredClone(progress);
    if (now.position > this.dataset.length) {
      throw argumentError('fit', `expected resume to be within the ${this.dataset.length} images of an epoch, but got behind ${now.position}`);
    }
    this.trainer.loadStateTensors(tensors);
    this.trainer.random.restore(now.order);
    if (plateau) this.plateau?.restore(plateau);
    if (stopping) this.stopping?.restore(stopping);
    this.now = now;
  }

  /** A state that is finite, which becomes the last good one. */
  private async checked(state: TrainingState): Promise<TrainingState> {
    if (!this.good) return state;
    const name = nonFinite(state);
    if (name !== undefined) await this.fail(state.progress.step, `a NaN or an infinity in ${name}`);
    this.good = state;
    return state;
  }

  /**
   * Repeats the steps from the last good state up to one behind which something is not finite, the last two under
   * search, and ends with the model as it was in front of the first that goes wrong. Where bad gradients are left out,
   * the step before is not searched: what it had of them did no harm.
   *
   * @throws ERR_NOT_FINITE always, unless there is no guard.
   */
  private async fail(badStep: number, what: string): Promise<void> {
    const { good, trainer } = this;
    if (!good) return;
    const epoch = good.progress.epoch;
    this.restore(good);
    for await (const group of this.groups()) {
      const step = ++this.now.step;
      this.now.position = group.at(-1)?.position ?? 0;
      this.setRate(step - 1);
      if (step < badStep - (trainer.leavesStepsOut ? 0 : 1)) {
        await trainer.step(group);
        continue;
      }
      const before = await trainer.stateTensors();
      const search = startAnomalySearch();
      const outcome = namingLayers(trainer.model, () => trainer.step(group));
      const found = await search.stop().then(() => undefined, (error: unknown) => error);
      await outcome;
      if (found !== undefined) {
        trainer.loadStateTensors(before);
        throw notFinite(epoch, step, found);
      }
      if (step >= badStep) break;
    }
    this.restore(good);
    throw new ConvoltError('ERR_NOT_FINITE', `fit: expected finite numbers, but got ${what} in step ${badStep} of epoch ${epoch}`);
  }
}

function notFinite(epoch: number, step: number, found: unknown): unknown {
  if (!(found instanceof ConvoltError)) return found;
  const what = found.message.replace(/^detectAnomaly: expected finite numbers, but /, '');
  return new ConvoltError('ERR_NOT_FINITE', `fit: expected finite numbers, but in step ${step} of epoch ${epoch} ${what}`, { cause: found });
}
