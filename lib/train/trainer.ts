/** What trains a model on batches of images, and what measures it. */
import type { Random } from '../core/random.js';
import { scope } from '../core/scope.js';
import { noGrad } from '../core/tape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { batches, type Batch, type Dataset, type HostTensor } from '../data/index.js';
import { checkCount } from '../nn/arguments.js';
import type { Module } from '../nn/index.js';
import { argumentError } from '../ops/arguments.js';
import { add, argmax, crossEntropy, mul, toFloat } from '../ops/index.js';
import type { Optimizer } from '../optim/index.js';
import type { Evaluation } from './evaluation.js';
import { Fit, type FitOptions } from './fit.js';
import { ConfusionMatrix, countRight, type Metric } from './metrics/index.js';
import { pipeline } from './pipeline.js';
import type { TrainingRecord } from './records.js';
import { named, partOf } from './training_state.js';

/** Bounds of a step's gradients: see {@link Optimizer.clipNorm} and {@link Optimizer.clipValue}. */
export interface Clipping {
  norm?: number | undefined;
  value?: number | undefined;
}

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
  /** Default: gradients are taken as they are. */
  clip?: Clipping;
}

/** What the host learns of a step. */
export interface StepOutcome {
  /** Mean over the step's images, before the step. */
  loss: number;
  right: number;
  images: number;
}

export class Trainer {
  readonly model: Module;
  readonly optimizer: Optimizer;
  /** Draws the order of the images. @internal */
  readonly random: Random;
  private readonly pixels: { scale: number; shift: number };
  private readonly labelSmoothing: number;
  private readonly clip: Clipping;

  /** @throws ERR_ARGUMENT if `std` is not above 0. */
  constructor({ model, optimizer, random, mean = 0, std = 1, labelSmoothing = 0, clip = {} }: TrainerOptions) {
    if (!(std > 0)) throw argumentError('Trainer', `expected std to be above 0, but got ${std}`);
    this.model = model;
    this.optimizer = optimizer;
    this.random = random;
    this.pixels = { scale: 1 / (255 * std), shift: -mean / std };
    this.labelSmoothing = labelSmoothing;
    this.clip = clip;
  }

  /**
   * Trains the model. Steps run on the device while the loop's body runs; a step's record comes a few steps
   * behind. Leaving the loop early is safe at any point.
   *
   * @throws ERR_ARGUMENT if a count is no whole number of at least 1, the data set is empty, or `resume` is a state of
   *   another run; ERR_NOT_FINITE, which names layer and op, at a NaN or an infinity.
   */
  async *fit(dataset: Dataset, options: FitOptions): AsyncGenerator<TrainingRecord, void, undefined> {
    yield* new Fit(this, dataset, options).records();
  }

  /**
   * What the model, set to evaluation, says of a data set. If `signal` ends it early, of the first images.
   *
   * @param options.batch images at a time. Default 256.
   * @param options.metrics are shown each batch.
   */
  async evaluate(
    dataset: Dataset,
    { batch = 256, signal, metrics = [] }: { batch?: number; signal?: AbortSignal | undefined; metrics?: readonly Metric[] } = {},
  ): Promise<Evaluation> {
    checkCount('evaluate', 'batch', batch);
    const losses = new Float32Array(dataset.length), predictions = new Int32Array(dataset.length);
    const confusion = new ConfusionMatrix(dataset.classes.length);
    const wasTraining = this.model.training;
    this.model.eval();
    try {
      let at = 0;
      for await (const result of pipeline(batches(dataset, { batch }), (data) => this.judge(data, metrics), signal)) {
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

  /** Gives one step on some batches, whose gradients are summed up, to the device. @internal */
  async step(group: readonly Batch[]): Promise<StepOutcome> {
    const images = group.reduce((count, { labels }) => count + labels.length, 0);
    const { loss, predictions } = scope(() => {
      this.optimizer.zeroGrad();
      const parts = group.map((batch) => this.gradients(batch, batch.labels.length / images));
      if (this.clip.value !== undefined) this.optimizer.clipValue(this.clip.value);
      if (this.clip.norm !== undefined) this.optimizer.clipNorm(this.clip.norm);
      this.optimizer.step();
      const loss = parts.map((part) => part.loss).reduce((sum, part) => add(sum, part));
      return { loss: loss.item(), predictions: parts.map(({ logits }) => argmax(logits, 1).data()) };
    });
    const predicted = await Promise.all(predictions);
    const right = predicted.reduce((count, part, i) => count + countRight(group[i]?.labels ?? [], part), 0);
    return { loss: await loss, right, images };
  }

  /** Adds the gradients of a batch, with its share in the step's mean. */
  private gradients(batch: Batch, share: number): { loss: Tensor; logits: Tensor } {
    const { logits, target } = this.forward(batch);
    const mean = crossEntropy(logits, target, { labelSmoothing: this.labelSmoothing });
    const loss = share === 1 ? mean : mul(mean, share);
    loss.backward();
    return { loss: loss.detach(), logits: logits.detach() };
  }

  /** Evaluates one batch. */
  private async judge(batch: Batch, metrics: readonly Metric[]): Promise<{ losses: Float32Array; predictions: Int32Array; labels: Int32Array }> {
    const pending = scope(() =>
      noGrad(() => {
        const { logits, target } = this.forward(batch);
        for (const metric of metrics) metric.update(logits, target);
        const losses = crossEntropy(logits, target, { reduction: 'none' });
        return [losses.data(), argmax(logits, 1).data()] as const;
      }),
    );
    const [losses, predictions] = await Promise.all(pending);
    return { losses, predictions, labels: batch.labels };
  }

  /** The logits of a batch. Pixels go to the device as bytes and become numbers there. */
  private forward({ images, labels, shape }: Batch): { logits: Tensor; target: Tensor<'int32'> } {
    const { device } = this.optimizer;
    const x = toFloat(tensor(images, { shape, device }), this.pixels); // [N,H,W,C]
    return { logits: this.model.forward(x), target: tensor(labels, { device }) };
  }

  /** All tensors that the next step depends on, as they are behind the steps given so far. @internal */
  async stateTensors(): Promise<Map<string, HostTensor>> {
    const [model, optimizer] = await Promise.all([this.model.stateDict(), this.optimizer.stateDict()]);
    return new Map([...named('model', model), ...named('optimizer', optimizer)]);
  }

  /** Goes on from such tensors. @internal @throws ERR_DATA if they are another model's or optimiser's. */
  loadStateTensors(tensors: ReadonlyMap<string, HostTensor>): void {
    this.model.loadStateDict(partOf(tensors, 'model'));
    this.optimizer.loadStateDict(new Map([...partOf(tensors, 'optimizer')].map(([name, { data }]) => [name, data])));
  }
}
