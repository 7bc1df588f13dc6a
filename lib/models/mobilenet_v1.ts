/**
 * MobileNet: convolutions as a filter for each channel and a 1 × 1 convolution that mixes them.
 *
 * A. Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision applications",
 * arXiv:1704.04861, table 1.
 */
import type { Tensor } from '../core/tensor.js';
import { GlobalAvgPool2d, Linear, Module, Sequential } from '../nn/index.js';
import { ConvNorm } from './conv_norm.js';
import type { ModelOptions } from './options.js';

export interface MobileNetV1Options extends ModelOptions {
  /** Factor of all numbers of channels. Default 1. */
  width?: number;
}

/** Channels behind each pair of convolutions, and the stride of its first. */
const pairs = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const;

/** MobileNet, x [N,H,W,channels] to logits [N,classes]. Published for 224 × 224 images. */
export class MobileNetV1 extends Module {
  readonly features: Sequential;
  private readonly avgpool = new GlobalAvgPool2d();
  readonly classifier: Linear;

  constructor({ classes = 1000, channels = 3, width = 1, ...options }: MobileNetV1Options = {}) {
    super();
    let inChannels = Math.floor(32 * width);
    const layers = [new ConvNorm(channels, inChannels, 3, { stride: 2, ...options })]; // [N,H/2,W/2,32]
    for (const [wide, stride] of pairs) {
      const outChannels = Math.floor(wide * width);
      layers.push(
        new ConvNorm(inChannels, inChannels, 3, { stride, groups: inChannels, ...options }),
        new ConvNorm(inChannels, outChannels, 1, options),
      );
      inChannels = outChannels;
    }
    this.features = new Sequential(...layers); // [N,H/32,W/32,1024]
    this.classifier = new Linear(inChannels, classes, options);
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.avgpool.forward(this.features.forward(x)));
  }
}

export const mobilenet_v1 = (options?: MobileNetV1Options): MobileNetV1 => new MobileNetV1(options);
