/** What trains a model on batches of images, and what measures it. */
import { floatTypes, type DType, type Float, type HostArray } from '../core/dtype.js';
import type { Random } from '../core/random.js';
import { recorded, type RecordedFunction } from '../core/recorded.js';
import { changesNoted } from '../core/recording.js';
import { isObserved } from '../core/run.js';
import { keep, scope } from '../core/scope.js';
import { tensor, type Tensor } from '../core/tensor.js';
import type { Transform } from '../augment/index.js';
import type { Batch, Dataset, HostTensor } from '../data/index.js';
import type { Module } from '../nn/index.js';
import { checkChoice } from '../ops/arguments.js';
import { randomState } from '../ops/index.js';
import { LossScaler, type Optimizer, type SAM, type WeightAverage } from '../optim/index.js';
import { evaluate, pixelScale, type EvaluateOptions, type Evaluation, type PixelOptions } from './evaluation.js';
import { Fit, type FitOptions } from './fit.js';
import { countRight } from './metrics/index.js';
import type { TrainingRecord } from './records.js';
import { named, partOf } from './training_state.js';
import { TrainingStep, type Clipping, type Mixer, type StepOutput } from './training_step.js';

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
  /** Then mixes images and labels, as {@link augment.mixup} and {@link augment.cutmix} do. Default: none. */
  mix?: Mixer;
  /** Takes the gradient where the loss is worst nearby, with two passes to a step; made around `optimizer`. Default: none. */
  sam?: SAM;
  /** An average of the weights, updated behind each step and evaluated in their place; of `optimizer`. Default: none. */
  average?: WeightAverage;
  /**
   * Of forward passes, in training and evaluation: with bfloat16 or float16 they run in {@link autocast}, and with float16
   * the loss is scaled by a {@link LossScaler}. Default 'float32'.
   */
  precision?: Float;
  /**
   * Whether a step's work is recorded when batches of the same shapes come again, and replayed from then on: see
   * {@link capture}. The bits are the same. Without where the host decides in model, augment or mix what a step does;
   * which modules train and which parameters want gradients may change. Default true.
   */
  record?: boolean;
}

/** What the host learns of a step. */
export interface StepOutcome {
  /** Mean over the step's images, before the step. */
  loss: number;
  right: number;
  images: number;
}

/** One input of a step. */
interface StepData {
  data: HostArray;
  shape: readonly number[];
}

/** Shapes of steps that are recorded at a time: full batches, an epoch's last, and as much for another setting. */
const MOST_RECORDINGS = 4;

/** Names the draws of augmentation among those of the trainer's seed. */
const AUGMENTATION = 1;

export class Trainer {
  readonly model: Module;
  readonly optimizer: Optimizer;
  /** Draws the order of the images. @internal */
  readonly random: Random;
  private readonly pixels: Required<PixelOptions>;
  private readonly average: WeightAverage | undefined;
  private readonly precision: Float;
  private readonly scaler: LossScaler | undefined;
  /** Of augmentation, on the device. */
  private readonly draws: Tensor<'int32'>; // [4]
  private readonly trainingStep: TrainingStep;
  /** Undefined if steps are not to be recorded. */
  private readonly recordedStep: RecordedFunction<readonly Tensor<DType>[], StepOutput> | undefined;
  /** What {@link settings} found, and when. */
  private found = { settings: '', changes: -1 };

  /** @throws ERR_ARGUMENT if `std` is not above 0, or `precision` no float type. */
  constructor(options: TrainerOptions) {
    const { model, optimizer, random, mean = 0, std = 1, labelSmoothing = 0, clip = {}, augment, mix, sam, precision = 'float32' } = options;
    checkChoice('Trainer', 'precision', precision, floatTypes);
    this.pixels = { mean, std };
    const pixels = pixelScale('Trainer', this.pixels);
    this.model = model;
    this.optimizer = optimizer;
    this.random = random;
    this.average = options.average;
    this.draws = keep(randomState(random.fork(AUGMENTATION).integer(2 ** 31), optimizer.device));
    this.precision = precision;
    this.scaler = precision === 'float16' ? new LossScaler({ device: optimizer.device }) : undefined;
    const { draws, scaler } = this;
    this.trainingStep = new TrainingStep({ model, optimizer, pixels, labelSmoothing, clip, augment, mix, sam, draws, precision, scaler });
    if (options.record ?? true) {
      this.recordedStep = recorded((...tensors: readonly Tensor<DType>[]) => this.trainingStep.run(tensors), {
        device: optimizer.device,
        limit: MOST_RECORDINGS,
        settings: () => this.settings(),
        fallback: true,
      });
    }
  }

  /** Why steps are not recorded; null if they are, which is known from the second step on. */
  get notRecorded(): string | null {
    return this.recordedStep ? this.recordedStep.notRecorded : 'the option record is false';
  }

  /** Whether a step with gradients that are not finite is left out instead of ending the training. @internal */
  get leavesStepsOut(): boolean {
    return this.scaler !== undefined;
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
  async evaluate(dataset: Dataset, options: Omit<EvaluateOptions, keyof PixelOptions | 'precision'> = {}): Promise<Evaluation> {
    return this.asEvaluated(() => evaluate(this.model, dataset, { ...options, ...this.pixels, precision: this.precision }));
  }

  /** Runs `fn` with the weights that evaluate() uses: the average's, if there is one, in the model's place. */
  async asEvaluated<T>(fn: () => Promise<T>): Promise<T> {
    return this.average ? this.average.whileUsed(fn) : fn();
  }

  /** Gives one step on some batches, whose gradients are summed up, to the device. @internal */
  async step(group: readonly Batch[]): Promise<StepOutcome> {
    const { loss, predictions } = scope(() => {
      const output = this.give(group.flatMap(inputsOf));
      this.average?.update();
      return { loss: output.loss.item(), predictions: output.predictions.map((part) => part.data()) };
    });
    const predicted = await Promise.all(predictions);
    const right = predicted.reduce((count, part, i) => count + countRight(group[i]?.labels ?? [], part), 0);
    return { loss: await loss, right, images: group.reduce((count, { labels }) => count + labels.length, 0) };
  }

  /** Gives a step to the device. What observes ops sees only what is not replayed. */
  private give(inputs: readonly StepData[]): StepOutput {
    if (this.recordedStep && !isObserved()) return this.recordedStep.run(...inputs);
    const { device } = this.optimizer;
    return this.trainingStep.run(inputs.map(({ data, shape }) => tensor(data, { shape, device })));
  }

  /** What of the model decides a step's work: which modules train, and which parameters are trained. */
  private settings(): string {
    const { model } = this, changes = changesNoted();
    if (changes !== this.found.changes) {
      const training = [...model.modules()].map(([, module]) => Number(module.training));
      const tensors = [...model.namedTensors().values()].map(({ storage, requiresGrad }) => `${storage.handle}${requiresGrad ? '+' : '-'}`);
      this.found = { settings: `${training.join('')}${tensors.join('')}`, changes };
    }
    return this.found.settings;
  }

  /** Frees the memory of recorded steps. Later steps are recorded anew. @internal */
  forgetRecordings(): void {
    this.recordedStep?.dispose();
  }

  /** All tensors that the next step depends on, as they are behind the steps given so far. @internal */
  async stateTensors(): Promise<Map<string, HostTensor>> {
    const average = this.average?.stateDict() ?? Promise.resolve(new Map<string, HostArray>());
    const scaler = this.scaler?.stateDict() ?? Promise.resolve(new Map<string, HostArray>());
    const parts = await Promise.all([this.model.stateDict(), this.optimizer.stateDict(), average, this.draws.data(), scaler]);
    return new Map([
      ...named('model', parts[0]),
      ...named('optimizer', parts[1]),
      ...named('average', parts[2]),
      ...named('augment', new Map([['random', parts[3]]])),
      ...named('scaler', parts[4]),
    ]);
  }

  /** Goes on from such tensors. @internal @throws ERR_DATA if they are another model's or optimiser's. */
  loadStateTensors(tensors: ReadonlyMap<string, HostTensor>): void {
    this.model.loadStateDict(partOf(tensors, 'model'));
    this.optimizer.loadStateDict(arraysOf(partOf(tensors, 'optimizer')));
    this.average?.loadStateDict(arraysOf(partOf(tensors, 'average')));
    this.scaler?.loadStateDict(arraysOf(partOf(tensors, 'scaler')));
    const draws = tensors.get('augment.random')?.data;
    if (draws instanceof Int32Array) this.draws.write(draws);
  }

  /** Frees what is the trainer's own. The model and the optimiser stay. */
  dispose(): void {
    this.recordedStep?.dispose();
    this.scaler?.dispose();
    this.draws.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function inputsOf({ images, labels, shape }: Batch): StepData[] {
  return [{ data: images, shape }, { data: labels, shape: [labels.length] }];
}

function arraysOf(tensors: ReadonlyMap<string, HostTensor>): Map<string, HostArray> {
  return new Map([...tensors].map(([name, { data }]) => [name, data]));
}
