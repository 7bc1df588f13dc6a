/**
 * AlexNet, as one network without normalisation, and the original of two towers, which met only in its third
 * convolution.
 *
 * A. Krizhevsky, I. Sutskever, G. Hinton, "ImageNet classification with deep convolutional neural networks", NIPS 2012;
 * the single network: A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks",
 * arXiv:1404.5997. Weights start as those of He et al. instead of the papers' normal distribution of standard deviation
 * 0.01.
 */
import type { Tensor } from '../core/tensor.js';
import {
  AdaptiveAvgPool2d, Conv2d, Dropout, ImageLinear, Linear, LocalResponseNorm, MaxPool2d, Module,
  NamedSequential, ReLU, Sequential,
  type ModuleOptions,
} from '../nn/index.js';
import { argumentError, isList, valueText } from '../ops/arguments.js';
import type { ModelOptions } from './options.js';

/** A layer that can be left out, by its number: 1 to 5 are convolutions, 6 to 8 linear. */
export type RemovableLayer = 3 | 4 | 6 | 7;

const removable: readonly RemovableLayer[] = [3, 4, 6, 7];

export interface AlexNetOptions extends ModelOptions {
  /**
   * Layers that are left out, with their activation and dropout; what is behind them takes what is in front. The others keep
   * their names. The ablation of M. Zeiler, R. Fergus, arXiv:1311.2901, table 3: [7], [6, 7], [3, 4] and [3, 4, 6, 7].
   * Default none.
   */
  without?: readonly RemovableLayer[];
}

/** The three linear layers, over an image of 6 × 6 places with 256 channels. */
function classifierOf(classes: number, options: ModuleOptions): Sequential {
  return new Sequential(
    new Dropout(0.5, options),
    new ImageLinear([6, 6, 256], 4096, options),
    new ReLU(),
    new Dropout(0.5, options),
    new Linear(4096, 4096, options),
    new ReLU(),
    new Linear(4096, classes, options),
  );
}

/**
 * AlexNet as one network, x [N,H,W,channels] to logits [N,classes]. Published for 224 × 224 images; takes any from 63
 * on.
 *
 * @throws ERR_ARGUMENT if a layer is to be left out that cannot be.
 */
export class AlexNet extends Module {
  readonly features: NamedSequential;
  protected readonly avgpool: AdaptiveAvgPool2d;
  readonly classifier: NamedSequential;

  constructor({ classes = 1000, channels = 3, without = [], ...options }: AlexNetOptions = {}) {
    super();
    if (!isList(without) || !without.every((layer) => removable.includes(layer))) {
      throw argumentError('AlexNet', `expected without to be a list of 3, 4, 6 and 7, but got ${valueText(without)}`);
    }
    const has = (layer: RemovableLayer) => !without.includes(layer);
    const third = has(3) ? 384 : 192, fourth = has(4) ? 256 : third; // channels behind these layers
    this.features = new NamedSequential({
      0: new Conv2d(channels, 64, 11, { stride: 4, padding: 2, ...options }), // [N,55,55,64]
      1: new ReLU(),
      2: new MaxPool2d(3, { stride: 2 }), // [N,27,27,64]
      3: new Conv2d(64, 192, 5, { padding: 2, ...options }),
      4: new ReLU(),
      5: new MaxPool2d(3, { stride: 2 }), // [N,13,13,192]
      ...(has(3) && { 6: new Conv2d(192, 384, 3, { padding: 1, ...options }), 7: new ReLU() }),
      ...(has(4) && { 8: new Conv2d(third, 256, 3, { padding: 1, ...options }), 9: new ReLU() }),
      10: new Conv2d(fourth, 256, 3, { padding: 1, ...options }),
      11: new ReLU(),
      12: new MaxPool2d(3, { stride: 2 }), // [N,6,6,256]
    });
    this.avgpool = new AdaptiveAvgPool2d(6);
    const image = [6, 6, 256] as const;
    const linear = (isFirst: boolean, features: number) =>
      isFirst ? new ImageLinear(image, features, options) : new Linear(4096, features, options);
    this.classifier = new NamedSequential({
      ...(has(6) && { 0: new Dropout(0.5, options), 1: linear(true, 4096), 2: new ReLU() }),
      ...(has(7) && { 3: new Dropout(0.5, options), 4: linear(!has(6), 4096), 5: new ReLU() }),
      6: linear(!has(6) && !has(7), classes),
    });
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.avgpool.forward(this.features.forward(x)));
  }
}

/**
 * The original, whose two towers are groups of channels, with local response normalisation. x [N,227,227,channels] to
 * logits [N,classes].
 */
export class GroupedAlexNet extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor({ classes = 1000, channels = 3, ...options }: ModelOptions = {}) {
    super();
    const responses = () => new LocalResponseNorm(5, { alpha: 5e-4, beta: 0.75, k: 2 }); // alpha is divided by the size
    this.features = new Sequential(
      new Conv2d(channels, 96, 11, { stride: 4, ...options }), // [N,55,55,96]
      new ReLU(),
      responses(),
      new MaxPool2d(3, { stride: 2 }), // [N,27,27,96]
      new Conv2d(96, 256, 5, { padding: 2, groups: 2, ...options }),
      new ReLU(),
      responses(),
      new MaxPool2d(3, { stride: 2 }), // [N,13,13,256]
      new Conv2d(256, 384, 3, { padding: 1, ...options }),
      new ReLU(),
      new Conv2d(384, 384, 3, { padding: 1, groups: 2, ...options }),
      new ReLU(),
      new Conv2d(384, 256, 3, { padding: 1, groups: 2, ...options }),
      new ReLU(),
      new MaxPool2d(3, { stride: 2 }), // [N,6,6,256]
    );
    this.classifier = classifierOf(classes, options);
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x));
  }
}

export const alexnet = (options?: AlexNetOptions): AlexNet => new AlexNet(options);
export const alexnet_grouped = (options?: ModelOptions): GroupedAlexNet => new GroupedAlexNet(options);
