/** What trains a model on batches of images, and what measures it. */
import type { HostArray } from '../core/dtype.js';
import type { Random } from '../core/random.js';
import { keep, scope } from '../core/scope.js';
import { tensor, type Tensor } from '../core/tensor.js';
import type { Transform } from '../augment/index.js';
import type { Batch, Dataset, HostTensor } from '../data/index.js';
import type { Module } from '../nn/index.js';
import { add, argmax, crossEntropy, mul, randomState, toFloat } from '../ops/index.js';
import type { Optimizer, SAM, WeightAverage } from '../optim/index.js';
import { evaluate, pixelScale, type EvaluateOptions, type Evaluation, type PixelOptions } from './evaluation.js';
import { Fit, type FitOptions } from './fit.js';
import { countRight } from './metrics/index.js';
import type { TrainingRecord } from './records.js';
import { named, partOf } from './training_state.js';

/** Bounds of a step's gradients: see {@link Optimizer.clipNorm} and {@link Optimizer.clipValue}. */
export interface Clipping {
  norm?: number | undefined;
  value?: number | undefined;
}

export interface TrainerOptions extends PixelOptions {
  model: Module;
  optimizer: Optimizer;
  /** Draws the order of the images. */
  random: Random;
  /** See {@link crossEntropy}. Default 0. */
  labelSmoothing?: number;
  /** Default: gradients are taken as they are. */
  clip?: Clipping;
  /** Changes the images of training batches, as bytes on the device. Default: none. */
  augment?: Transform;
  /** Then mixes images and labels, as {@link mixup} and {@link cutmix} do. Default: none. */
  mix?: Mixer;
  /** Takes the gradient where the loss is worst nearby, with two passes to a step; made around `optimizer`. Default: none. */
  sam?: SAM;
  /** An average of the weights, updated behind each step and evaluated in their place; of `optimizer`. Default: none. */
  average?: WeightAverage;
}

/** What mixes the images of a batch [N,H,W,C], and with them their labels [N]. */
export type Mixer = (images: Tensor, labels: Tensor<'int32'>, random: Tensor<'int32'>) => { images: Tensor; target: Tensor };


/** What the model is trained on, on the device. */
interface Input {
  x: Tensor; // [N,H,W,C]
  target: Tensor<'int32'> | Tensor; // [N], or [N,classes] if labels are mixed
}

/** What the host learns of a step. */
export interface StepOutcome {
  /** Mean over the step's images, before the step. */
  loss: number;
  right: number;
  images: number;
}

/** Names the draws of augmentation among those of the trainer's seed. */
const AUGMENTATION = 1;

export class Trainer {
  readonly model: Module;
  readonly optimizer: Optimizer;
  /** Draws the order of the images. @internal */
  readonly random: Random;
  private readonly pixels: Required<PixelOptions>;
  private readonly scale: { scale: number; shift: number };
  private readonly labelSmoothing: number;
  private readonly clip: Clipping;
  private readonly augment: Transform | undefined;
  private readonly mix: Mixer | undefined;
  private readonly sam: SAM | undefined;
  private readonly average: WeightAverage | undefined;
  /** Of augmentation, on the device. */
  private readonly draws: Tensor<'int32'>; // [4]

  /** @throws ERR_ARGUMENT if `std` is not above 0. */
  constructor(options: TrainerOptions) {
    const { model, optimizer, random, mean = 0, std = 1, labelSmoothing = 0, clip = {} } = options;
    this.pixels = { mean, std };
    this.scale = pixelScale('Trainer', this.pixels);
    this.model = model;
    this.optimizer = optimizer;
    this.random = random;
    this.labelSmoothing = labelSmoothing;
    this.clip = clip;
    this.augment = options.augment;
    this.mix = options.mix;
    this.sam = options.sam;
    this.average = options.average;
    this.draws = keep(randomState(random.fork(AUGMENTATION).integer(2 ** 31), optimizer.device));
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

  /** What the model, set to evaluation, says of a data set: see {@link evaluate}. */
  async evaluate(dataset: Dataset, options: Omit<EvaluateOptions, keyof PixelOptions> = {}): Promise<Evaluation> {
    return this.asEvaluated(() => evaluate(this.model, dataset, { ...options, ...this.pixels }));
  }

  /** Runs `fn` with the weights that evaluate() uses: the average's, if there is one, in the model's place. */
  async asEvaluated<T>(fn: () => Promise<T>): Promise<T> {
    return this.average ? this.average.whileUsed(fn) : fn();
  }

  /** Gives one step on some batches, whose gradients are summed up, to the device. @internal */
  async step(group: readonly Batch[]): Promise<StepOutcome> {
    const images = group.reduce((count, { labels }) => count + labels.length, 0);
    const { loss, predictions } = scope(() => {
      const inputs = group.map((batch) => ({ ...this.trainingInput(batch), share: batch.labels.length / images }));
      const outputs = this.backward(inputs);
      if (this.sam) {
        this.sam.climb();
        this.backward(inputs);
      }
      if (this.clip.value !== undefined) this.optimizer.clipValue(this.clip.value);
      if (this.clip.norm !== undefined) this.optimizer.clipNorm(this.clip.norm);
      (this.sam ?? this.optimizer).step();
      this.average?.update();
      const loss = outputs.map((output) => output.loss).reduce((sum, part) => add(sum, part));
      return { loss: loss.item(), predictions: outputs.map(({ logits }) => argmax(logits, 1).data()) };
    });
    const predicted = await Promise.all(predictions);
    const right = predicted.reduce((count, part, i) => count + countRight(group[i]?.labels ?? [], part), 0);
    return { loss: await loss, right, images };
  }

  /** The gradients of a step, from each batch with its share in the step's mean. */
  private backward(inputs: readonly (Input & { share: number })[]): { loss: Tensor; logits: Tensor }[] {
    this.optimizer.zeroGrad();
    return inputs.map(({ x, target, share }) => {
      const logits = this.model.forward(x);
      const mean = crossEntropy(logits, target, { labelSmoothing: this.labelSmoothing });
      const loss = share === 1 ? mean : mul(mean, share);
      loss.backward();
      return { loss: loss.detach(), logits: logits.detach() };
    });
  }

  /** A batch as it is trained on. */
  private trainingInput({ images, labels, shape }: Batch): Input {
    const { device } = this.optimizer;
    const bytes = tensor(images, { shape, device }), target = tensor(labels, { device });
    const x = toFloat(this.augment?.(bytes, this.draws) ?? bytes, this.scale);
    if (!this.mix) return { x, target };
    const mixed = this.mix(x, target, this.draws);
    return { x: mixed.images, target: mixed.target };
  }

  /** All tensors that the next step depends on, as they are behind the steps given so far. @internal */
  async stateTensors(): Promise<Map<string, HostTensor>> {
    const average = this.average?.stateDict() ?? Promise.resolve(new Map<string, HostArray>());
    const parts = await Promise.all([this.model.stateDict(), this.optimizer.stateDict(), average, this.draws.data()]);
    return new Map([
      ...named('model', parts[0]),
      ...named('optimizer', parts[1]),
      ...named('average', parts[2]),
      ...named('augment', new Map([['random', parts[3]]])),
    ]);
  }

  /** Goes on from such tensors. @internal @throws ERR_DATA if they are another model's or optimiser's. */
  loadStateTensors(tensors: ReadonlyMap<string, HostTensor>): void {
    this.model.loadStateDict(partOf(tensors, 'model'));
    this.optimizer.loadStateDict(arraysOf(partOf(tensors, 'optimizer')));
    this.average?.loadStateDict(arraysOf(partOf(tensors, 'average')));
    const draws = tensors.get('augment.random')?.data;
    if (draws instanceof Int32Array) this.draws.write(draws);
  }

  /** Frees what is the trainer's own. The model and the optimiser stay. */
  dispose(): void {
    this.draws.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function arraysOf(tensors: ReadonlyMap<string, HostTensor>): Map<string, HostArray> {
  return new Map([...tensors].map(([name, { data }]) => [name, data]));
}
