/** Training as an async iterator: one record for each step and each epoch. */
import { ConvoltError } from '../core/errors.js';
import type { Random } from '../core/random.js';
import { scope } from '../core/scope.js';
import { noGrad } from '../core/tape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { batches, type Batch, type Dataset } from '../data/index.js';
import { checkCount } from '../nn/arguments.js';
import type { Module } from '../nn/index.js';
import { argmax, crossEntropy, toFloat } from '../ops/index.js';
import type { Optimizer, Schedule } from '../optim/index.js';
import { ConfusionMatrix, countRight } from './metrics.js';

/**
 * Steps that are given to the device before the loss of the first of them is read: enough to keep it busy
 * while results travel back, and few enough for its queue.
 */
const STEPS_IN_FLIGHT = 4;

export interface TrainerOptions {
  model: Module;
  optimizer: Optimizer;
  /** Draws the order of the images. */
  random: Random;
  /** Subtracted from pixels, which are in [0, 1]. Default 0. */
  mean?: number;
  /** Then divides them. Default 1. */
  std?: number;
  /** See {@link crossEntropy}. Default 0. */
  labelSmoothing?: number;
}

export interface FitOptions {
  /** Passes over the data set. */
  epochs: number;
  /** Images in a batch; the last one of an epoch may be smaller. Default 64. */
  batch?: number;
  /** Learning rate of each step. Default: the optimiser's own stays. */
  schedule?: Schedule;
  /** Images on which the model is evaluated after each epoch. */
  test?: Dataset;
  /** Ends training after the step that is under way; no epoch record follows. */
  signal?: AbortSignal | undefined;
}

export interface StepRecord {
  event: 'step';
  /** From 1. */
  epoch: number;
  /** From 1, within the epoch. */
  step: number;
  /** Steps of an epoch. */
  steps: number;
  /** Mean over the batch, before the step. */
  loss: number;
  /** Since the epoch began. */
  imagesPerSecond: number;
}

export interface EpochRecord {
  event: 'epoch';
  /** From 1. */
  epoch: number;
  /** Mean over the epoch's images, each as it was when its batch was trained on. */
  trainLoss: number;
  trainAccuracy: number;
  /** Over the test set, if there is one. */
  test?: Evaluation;
  /** In training, without the evaluation. */
  imagesPerSecond: number;
}

/** What a model says of a data set, image by image. */
export interface Evaluation {
  /** Mean of the losses. */
  loss: number;
  accuracy: number;
  confusion: ConfusionMatrix;
  losses: Float32Array; // [images]
  predictions: Int32Array; // [images]
}

/** What the device says of one batch, on its way to the host. */
interface Outcome {
  losses: Promise<Float32Array>; // [images], or [1] for their mean
  predictions: Promise<Int32Array>; // [images]
}

/** The same when it has come. */
interface Result {
  losses: Float32Array;
  predictions: Int32Array;
  labels: Int32Array;
}

export class Trainer {
  readonly model: Module;
  readonly optimizer: Optimizer;
  private readonly random: Random;
  private readonly pixels: { scale: number; shift: number };
  private readonly labelSmoothing: number;

  /** @throws ERR_ARGUMENT if `std` is not above 0. */
  constructor({ model, optimizer, random, mean = 0, std = 1, labelSmoothing = 0 }: TrainerOptions) {
    if (!(std > 0))
      throw new ConvoltError('ERR_ARGUMENT', `Trainer: expected std to be above 0, but got ${std}`);
    this.model = model;
    this.optimizer = optimizer;
    this.random = random;
    this.pixels = { scale: 1 / (255 * std), shift: -mean / std };
    this.labelSmoothing = labelSmoothing;
  }

  /**
   * Trains the model. Steps run on the device while the loop's body runs; a step's record comes a few steps
   * behind. Leaving the loop early is safe at any point.
   *
   * @throws ERR_ARGUMENT if `epochs` or `batch` is no whole number of at least 1, or the data set is empty.
   */
  async *fit(
    dataset: Dataset,
    options: FitOptions,
  ): AsyncGenerator<StepRecord | EpochRecord, void, undefined> {
    const { epochs, batch = 64, schedule, test, signal } = options;
    checkCount('fit', 'epochs', epochs);
    checkCount('fit', 'batch', batch);
    if (dataset.length === 0)
      throw new ConvoltError('ERR_ARGUMENT', 'fit: expected a data set with images, but got an empty one');
    const steps = Math.ceil(dataset.length / batch);

    for (let epoch = 1; epoch <= epochs; epoch++) {
      const totals = { loss: 0, right: 0, images: 0 };
      const began = performance.now();
      const imagesPerSecond = () => (totals.images / (performance.now() - began)) * 1000;
      let given = (epoch - 1) * steps;
      const start = (data: Batch): Outcome => {
        if (schedule) this.optimizer.lr = schedule(given++, epochs * steps);
        return this.step(data);
      };
      let step = 0;
      const source = batches(dataset, { batch, random: this.random });
      for await (const {
        losses: [loss = NaN],
        predictions,
        labels,
      } of pipeline(source, start, signal)) {
        totals.loss += loss * labels.length;
        totals.right += countRight(labels, predictions);
        totals.images += labels.length;
        yield { event: 'step', epoch, step: ++step, steps, loss, imagesPerSecond: imagesPerSecond() };
      }
      if (signal?.aborted) return;

      const record: EpochRecord = {
        event: 'epoch',
        epoch,
        trainLoss: totals.loss / totals.images,
        trainAccuracy: totals.right / totals.images,
        imagesPerSecond: imagesPerSecond(),
      };
      if (test) record.test = await this.evaluate(test, { signal });
      if (signal?.aborted) return;
      yield record;
    }
  }

  /**
   * What the model, set to evaluation, says of a data set. If `signal` ends it early, of the first images.
   *
   * @param options.batch images at a time. Default 256.
   */
  async evaluate(
    dataset: Dataset,
    { batch = 256, signal }: { batch?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<Evaluation> {
    checkCount('evaluate', 'batch', batch);
    const losses = new Float32Array(dataset.length),
      predictions = new Int32Array(dataset.length);
    const confusion = new ConfusionMatrix(dataset.classes.length);
    const wasTraining = this.model.training;
    this.model.eval();
    try {
      let at = 0;
      for await (const result of pipeline(batches(dataset, { batch }), (data) => this.judge(data), signal)) {
        losses.set(result.losses, at);
        predictions.set(result.predictions, at);
        for (const [i, label] of result.labels.entries()) confusion.add(label, result.predictions[i] ?? 0);
        at += result.labels.length;
      }
      const loss = losses.reduce((sum, one) => sum + one, 0) / at;
      return { loss, accuracy: confusion.accuracy, confusion, losses, predictions };
    } finally {
      this.model.train(wasTraining);
    }
  }

  /** Trains on one batch. */
  private step(batch: Batch): Outcome {
    return scope(() => {
      this.optimizer.zeroGrad();
      const { logits, target } = this.forward(batch);
      const loss = crossEntropy(logits, target, { labelSmoothing: this.labelSmoothing });
      loss.backward();
      this.optimizer.step();
      return { losses: loss.data(), predictions: argmax(logits, 1).data() };
    });
  }

  /** Evaluates one batch. */
  private judge(batch: Batch): Outcome {
    return scope(() =>
      noGrad(() => {
        const { logits, target } = this.forward(batch);
        const losses = crossEntropy(logits, target, { reduction: 'none' });
        return { losses: losses.data(), predictions: argmax(logits, 1).data() };
      }),
    );
  }

  /** The logits of a batch. Pixels go to the device as bytes and become numbers there. */
  private forward({ images, labels, shape }: Batch): { logits: Tensor; target: Tensor<'int32'> } {
    const { device } = this.optimizer;
    const x = toFloat(tensor(images, { shape, device }), this.pixels); // [N,H,W,C]
    return { logits: this.model.forward(x), target: tensor(labels, { device }) };
  }
}

/**
 * Gives batches to the device and yields what comes of them, in their order and a few behind. Ends before the
 * next batch when `signal` says so.
 */
async function* pipeline(
  source: AsyncIterable<Batch>,
  start: (batch: Batch) => Outcome,
  signal: AbortSignal | undefined,
): AsyncGenerator<Result, void, undefined> {
  const pending: Promise<Result>[] = [];
  try {
    for await (const batch of source) {
      if (signal?.aborted) break;
      const result = arrival(start(batch), batch.labels);
      result.catch(() => undefined); // An error is thrown when its turn comes, below.
      pending.push(result);
      if (pending.length === STEPS_IN_FLIGHT) yield await pending.shift()!;
    }
    while (pending.length > 0) yield await pending.shift()!;
  } finally {
    await Promise.allSettled(pending);
  }
}

async function arrival(outcome: Outcome, labels: Int32Array): Promise<Result> {
  const [losses, predictions] = await Promise.all([outcome.losses, outcome.predictions]);
  return { losses, predictions, labels };
}
