/** What a model says of images. */
import { inPrecision } from '../core/autocast.js';
import type { Device } from '../core/device.js';
import type { Float } from '../core/dtype.js';
import { scope } from '../core/scope.js';
import { noGrad } from '../core/tape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { batches, type Batch, type Dataset } from '../data/index.js';
import { checkCount } from '../nn/arguments.js';
import { enterEvaluation } from '../nn/in_evaluation.js';
import type { Module } from '../nn/index.js';
import { argumentError } from '../ops/arguments.js';
import { argmax, cast, crossEntropy, softmax, toFloat } from '../ops/index.js';
import { ConfusionMatrix, type Metric } from './metrics/index.js';
import { pipeline } from './pipeline.js';

/** How bytes become the numbers that a model takes. */
export interface PixelOptions {
  /** Subtracted from pixels, which are in [0, 1]. Default 0. */
  mean?: number;
  /** Then divides them. Default 1. */
  std?: number;
}

/** The same as factors of bytes. @throws ERR_ARGUMENT if `std` is not above 0. @internal */
export function pixelScale(who: string, { mean = 0, std = 1 }: PixelOptions): { scale: number; shift: number } {
  if (!(std > 0)) throw argumentError(who, `expected std to be above 0, but got ${std}`);
  return { scale: 1 / (255 * std), shift: -mean / std };
}

/** What a model says of a data set, image by image. */
export interface Evaluation {
  /** Mean of the losses. */
  loss: number;
  accuracy: number;
  confusion: ConfusionMatrix;
  losses: Float32Array; // [images], NaN for one that was left out
  predictions: Int32Array; // [images], -1 for one that was left out
}

export interface EvaluateOptions extends PixelOptions {
  /** Images at a time. Default 256. */
  batch?: number;
  /** Ends the evaluation early: it is of the first images then. */
  signal?: AbortSignal | undefined;
  /** Are shown the logits and labels of each batch. */
  metrics?: readonly Metric[];
  /** Of the model's forward passes: see {@link autocast}. Default 'float32'. */
  precision?: Float;
}

function deviceOf(who: string, model: Module): Device {
  const [parameter] = model.parameters();
  if (!parameter) throw argumentError(who, 'expected a model with parameters, but got one without');
  return parameter.device;
}

/** Runs `fn` with a model set to evaluation. */
async function inEvaluation<T>(model: Module, fn: () => Promise<T>): Promise<T> {
  const leave = enterEvaluation(model);
  try {
    return await fn();
  } finally {
    leave();
  }
}

/**
 * What a model, set to evaluation, says of a data set.
 *
 * @throws ERR_ARGUMENT if an option is out of range, or the model has no parameters.
 */
export async function evaluate(model: Module, dataset: Dataset, options: EvaluateOptions = {}): Promise<Evaluation> {
  const { batch = 256, signal, metrics = [], precision = 'float32' } = options;
  checkCount('evaluate', 'batch', batch);
  const pixels = pixelScale('evaluate', options), device = deviceOf('evaluate', model);

  async function judge(data: Batch) {
    const { images, labels, shape } = data;
    const pending = scope(() =>
      noGrad(() => {
        const x = toFloat(tensor(images, { shape, device }), pixels); // [N,H,W,C]
        const target = tensor(labels, { device }), logits = cast(inPrecision(precision, () => model.forward(x)), 'float32');
        for (const metric of metrics) metric.update(logits, target);
        return [crossEntropy(logits, target, { reduction: 'none' }).data(), argmax(logits, 1).data()] as const;
      }),
    );
    const [losses, predictions] = await Promise.all(pending);
    return { ...data, losses, predictions };
  }

  const losses = new Float32Array(dataset.length).fill(NaN), predictions = new Int32Array(dataset.length).fill(-1);
  const confusion = new ConfusionMatrix(dataset.classes.length);
  let loss = 0, images = 0;
  await inEvaluation(model, async () => {
    for await (const result of pipeline(batches(dataset, { batch }), judge, signal)) {
      for (const [row, index] of result.indices.entries()) {
        losses[index] = result.losses[row] ?? NaN;
        predictions[index] = result.predictions[row] ?? -1;
        confusion.add(result.labels[row] ?? 0, result.predictions[row] ?? 0);
        loss += result.losses[row] ?? NaN;
        images++;
      }
    }
  });
  return { loss: loss / images, accuracy: confusion.accuracy, confusion, losses, predictions };
}

/**
 * The probabilities that a model, set to evaluation, gives to each class.
 *
 * @param images bytes [N,H,W,C]. @param shape theirs.
 * @returns [N,classes], one array for each image.
 * @throws ERR_ARGUMENT if `std` is not above 0, or the model has no parameters.
 */
export async function predict(model: Module, images: Uint8Array, shape: readonly number[], options: PixelOptions = {}): Promise<Float32Array[]> {
  const pixels = pixelScale('predict', options), device = deviceOf('predict', model);
  return inEvaluation(model, async () => {
    const probabilities: Tensor = scope(() => noGrad(() => softmax(model.forward(toFloat(tensor(images, { shape, device }), pixels)), { axis: -1 })));
    const values = await probabilities.data();
    probabilities.dispose();
    const [count = 0] = shape, classes = values.length / Math.max(1, count);
    return Array.from({ length: count }, (_, i) => values.slice(i * classes, (i + 1) * classes));
  });
}
