import type { Tensor } from '../core/tensor.js';
import { BatchNorm2d, Conv2d, GlobalAvgPool2d, Linear, MaxPool2d, Module, ReLU, Sequential } from '../nn/index.js';
import type { ModelOptions } from './options.js';

/**
 * A small network of convolution, batch normalisation and ReLU for 28 × 28 grey images: 24,058 parameters for
 * 10 classes. Its plan is VGG's (Simonyan and Zisserman, 2015: 3 × 3 filters, doubled channels behind each
 * pooling), its normalisation Ioffe and Szegedy's (2015), its global average Lin, Chen and Yan's (Network in
 * network, 2014).
 */
export class SmallNet extends Module {
  readonly features: Sequential;
  readonly classifier: Linear;

  constructor({ classes = 10, channels = 1, ...options }: ModelOptions = {}) {
    super();
    this.features = new Sequential(
      ...convolution(channels, 16, options), // [N,28,28,16]
      new MaxPool2d(2), // [N,14,14,16]
      ...convolution(16, 32, options),
      new MaxPool2d(2), // [N,7,7,32]
      ...convolution(32, 64, options), // [N,7,7,64]
      new GlobalAvgPool2d(), // [N,64]
    );
    this.classifier = new Linear(64, classes, options);
  }

  /** @param x images [N,28,28,channels]. @returns logits [N,classes]. */
  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x));
  }
}

/** A 3 × 3 convolution, which needs no bias before the normalisation's own, batch normalisation and ReLU. */
function convolution(inChannels: number, outChannels: number, options: ModelOptions): Module[] {
  return [
    new Conv2d(inChannels, outChannels, 3, { padding: 1, bias: false, ...options }),
    new BatchNorm2d(outChannels, options),
    new ReLU(),
  ];
}

export const smallnet = (options?: ModelOptions): SmallNet => new SmallNet(options);
