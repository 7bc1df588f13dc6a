/** Linear classifiers on the features of a network that stays as it is. */
import type { Device } from '../core/device.js';
import { ConvoltError } from '../core/errors.js';
import { Random } from '../core/random.js';
import { scope } from '../core/scope.js';
import { noGrad } from '../core/tape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { batches, type Dataset } from '../data/index.js';
import { checkCount } from '../nn/arguments.js';
import { enterEvaluation } from '../nn/in_evaluation.js';
import { initializers, Linear, tap, type Module } from '../nn/index.js';
import { argumentError, checkNumber } from '../ops/arguments.js';
import { argmax, crossEntropy, globalAvgPool2d, toFloat } from '../ops/index.js';
import { AdamW } from '../optim/index.js';

/** Features of images with their labels, on the host. */
export interface Features {
  values: Float32Array; // [N,size]
  size: number;
  labels: Int32Array; // [N]
}

export interface FeatureOptions<Name extends string> {
  /** Dotted names; one pass gives the features of all. */
  layers: readonly Name[];
  /** Images at a time. Default 64. */
  batch?: number;
  /** Of a layer that gives images: their mean over all places, or all of their elements. Default 'mean'. */
  places?: 'mean' | 'all';
  /** Makes the model's input of bytes [N,H,W,C]. Default: pixels in [0, 1]. */
  prepare?: (images: Tensor<'uint8'>) => Tensor;
}

/**
 * What layers of a model, set to evaluation, say of a data set's images.
 *
 * @returns by layer.
 * @throws ERR_ARGUMENT if a layer is none of the model's, or the model has no parameters.
 */
export async function extractFeatures<const Name extends string>(
  model: Module,
  dataset: Dataset,
  { layers, batch = 64, places = 'mean', prepare = (bytes) => toFloat(bytes, { scale: 1 / 255 }) }: FeatureOptions<Name>,
): Promise<Record<Name, Features>> {
  checkCount('extractFeatures', 'batch', batch);
  const [parameter] = model.parameters();
  if (!parameter) throw argumentError('extractFeatures', 'expected a model with parameters, but got one without');
  const { device } = parameter, parts = new Map<Name, Float32Array[]>(layers.map((layer) => [layer, []])), labels: number[] = [];
  const leave = enterEvaluation(model);
  try {
    for await (const { images, shape, labels: some } of batches(dataset, { batch })) {
      labels.push(...some);
      const pending = noGrad(() => scope(() => {
        const found = tap(model, prepare(tensor(images, { shape, device })), layers);
        return layers.map((layer) => {
          const output: Tensor = found[layer];
          return (output.shape.length === 4 && places === 'mean' ? globalAvgPool2d(output) : output).data();
        });
      }));
      for (const [i, values] of (await Promise.all(pending)).entries()) parts.get(layers[i]!)!.push(values);
    }
  } finally {
    leave();
  }
  const features = layers.map((layer) => {
    const values = Float32Array.from(parts.get(layer)!.flatMap((part) => Array.from(part)));
    return [layer, { values, size: values.length / Math.max(1, labels.length), labels: Int32Array.from(labels) }] as const;
  });
  return Object.fromEntries(features) as Record<Name, Features>;
}

export interface LinearProbeOptions {
  classes: number;
  /** Default 200. */
  steps?: number;
  /** Default 0.003. */
  lr?: number;
  /** Default 1, much, as there are often more features than images. */
  weightDecay?: number;
  /** Default: the default device. */
  device?: Device | string;
}

/** A linear classifier of features that were brought to mean 0 and deviation 1. */
export class LinearProbe {
  private readonly linear: Linear;
  private readonly mean: Float64Array;
  private readonly scale: Float64Array;

  private constructor(linear: Linear, mean: Float64Array, scale: Float64Array) {
    this.linear = linear;
    this.mean = mean;
    this.scale = scale;
  }

  /**
   * Trains a classifier: multinomial logistic regression by AdamW on all images at once, from zero weights, so that the same
   * features give the same classifier.
   *
   * G. Alain, Y. Bengio, "Understanding intermediate layers using linear classifier probes", arXiv:1610.01644.
   *
   * @throws ERR_ARGUMENT if an option is out of range, or there are no images; ERR_DATA if a label is no class.
   */
  static async train(features: Features, { classes, steps = 200, lr = 0.003, weightDecay = 1, device }: LinearProbeOptions): Promise<LinearProbe> {
    checkCount('LinearProbe', 'classes', classes);
    checkCount('LinearProbe', 'steps', steps);
    checkNumber('LinearProbe', 'lr', lr, 0, Infinity, true);
    const { size, labels } = features;
    if (labels.length === 0) throw argumentError('LinearProbe', 'expected features of images, but got none');
    const wrong = labels.find((label) => label < 0 || label >= classes);
    if (wrong !== undefined) throw new ConvoltError('ERR_DATA', `LinearProbe: expected labels from 0 to ${classes - 1}, but got ${wrong}`);
    const linear = new Linear(size, classes, { device, initializer: initializers.zeros, random: new Random(0) });
    const probe = new LinearProbe(linear, ...momentsOf(features));
    using optimizer = new AdamW(linear.parameters(), { lr, weightDecay });
    using x = probe.input(features);
    using target = tensor(labels, { device: linear.weight.device });
    for (let step = 0; step < steps; step++) {
      scope(() => {
        optimizer.zeroGrad();
        crossEntropy(linear.forward(x), target).backward();
        optimizer.step();
      });
    }
    await linear.weight.data();
    return probe;
  }

  private input({ values, size, labels }: Features): Tensor {
    const standard = values.map((value, i) => (value - this.mean[i % size]!) * this.scale[i % size]!);
    return tensor(standard, { shape: [labels.length, size], device: this.linear.weight.device });
  }

  /** The likeliest classes. @throws ERR_ARGUMENT if there are not as many features as it was trained on. */
  async predict(features: Features): Promise<Int32Array> {
    if (features.size !== this.mean.length) throw argumentError('LinearProbe', `expected ${this.mean.length} features, but got ${features.size}`);
    using x = this.input(features);
    using classes = noGrad(() => scope(() => argmax(this.linear.forward(x), 1)));
    return classes.data();
  }

  /** Share of the images whose class is predicted. */
  async accuracy(features: Features): Promise<number> {
    const predicted = await this.predict(features);
    return predicted.reduce((right, label, i) => right + Number(label === features.labels[i]), 0) / features.labels.length;
  }

  dispose(): void {
    this.linear.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Of each feature: its mean, and 1 / its standard deviation. */
function momentsOf({ values, size, labels }: Features): [mean: Float64Array, scale: Float64Array] {
  const mean = new Float64Array(size), squares = new Float64Array(size), count = labels.length;
  for (const [i, value] of values.entries()) mean[i % size]! += value / count;
  for (const [i, value] of values.entries()) squares[i % size]! += (value - mean[i % size]!) ** 2 / count;
  return [mean, squares.map((square) => 1 / Math.sqrt(square + 1e-8))];
}
