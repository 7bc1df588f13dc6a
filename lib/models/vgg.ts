/**
 * VGG: 3 × 3 convolutions alone, with and without batch normalisation.
 *
 * K. Simonyan, A. Zisserman, "Very deep convolutional networks for large-scale image recognition", arXiv:1409.1556: the
 * configurations A, B, D and E of its table 1.
 */
import type { Tensor } from '../core/tensor.js';
import {
  AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Dropout, ImageLinear, initializers, Linear, MaxPool2d, Module,
  NamedSequential, ReLU, Sequential,
} from '../nn/index.js';
import type { ModelOptions } from './options.js';

export interface VGGOptions extends ModelOptions {
  /** Whether each convolution is followed by batch normalisation. Default false. */
  batchNorm?: boolean;
}

/** How many convolutions each of the five stages has. */
const plans = {
  vgg11: [1, 1, 2, 2, 2],
  vgg13: [2, 2, 2, 2, 2],
  vgg16: [2, 2, 3, 3, 3],
  vgg19: [2, 2, 4, 4, 4],
} as const;

/** Channels of the stages. */
const widths = [64, 128, 256, 512, 512] as const;

/** A VGG network, x [N,H,W,channels] to logits [N,classes]. Published for 224 × 224 images; takes any from 32 on. */
export class VGG extends Module {
  readonly features: NamedSequential;
  protected readonly avgpool: AdaptiveAvgPool2d;
  readonly classifier: Sequential;

  /** @param stages numbers of convolutions, each of which a pooling follows. */
  constructor(
    stages: readonly number[],
    { classes = 1000, channels = 3, batchNorm = false, ...options }: VGGOptions = {},
  ) {
    super();
    const convolution = { padding: 1, initializer: initializers.kaimingNormal({ mode: 'fanOut' }), ...options };
    const layers: Record<string, Module> = {};
    let inChannels = channels,
      place = 0;
    for (const [stage, count] of stages.entries()) {
      const outChannels = widths[stage]!;
      for (let i = 0; i < count; i++) {
        layers[place++] = new Conv2d(inChannels, outChannels, 3, convolution);
        if (batchNorm) layers[place++] = new BatchNorm2d(outChannels, { activation: 'relu', ...options });
        else layers[place] = new ReLU();
        place++; // of ReLU, which the normalisation does in its own pass
        inChannels = outChannels;
      }
      layers[place++] = new MaxPool2d(2);
    }
    this.features = new NamedSequential(layers); // [N,H/32,W/32,512]
    this.avgpool = new AdaptiveAvgPool2d(7);
    const linear = { initializer: initializers.normal({ std: 0.01 }), ...options };
    this.classifier = new Sequential(
      new ImageLinear([7, 7, 512], 4096, linear),
      new ReLU(),
      new Dropout(0.5, options),
      new Linear(4096, 4096, linear),
      new ReLU(),
      new Dropout(0.5, options),
      new Linear(4096, classes, linear),
    );
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.avgpool.forward(this.features.forward(x)));
  }
}

export const vgg11 = (options?: ModelOptions): VGG => new VGG(plans.vgg11, options);
export const vgg13 = (options?: ModelOptions): VGG => new VGG(plans.vgg13, options);
export const vgg16 = (options?: ModelOptions): VGG => new VGG(plans.vgg16, options);
export const vgg19 = (options?: ModelOptions): VGG => new VGG(plans.vgg19, options);
export const vgg11_bn = (options?: ModelOptions): VGG => new VGG(plans.vgg11, { batchNorm: true, ...options });
export const vgg13_bn = (options?: ModelOptions): VGG => new VGG(plans.vgg13, { batchNorm: true, ...options });
export const vgg16_bn = (options?: ModelOptions): VGG => new VGG(plans.vgg16, { batchNorm: true, ...options });
export const vgg19_bn = (options?: ModelOptions): VGG => new VGG(plans.vgg19, { batchNorm: true, ...options });
