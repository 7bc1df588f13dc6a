import type { Tensor } from '../core/tensor.js';
import {
  AvgPool2d, Conv2d, Dropout, GlobalAvgPool2d, MaxPool2d, Module, ReLU, Sequential, type ModuleOptions,
} from '../nn/index.js';
import type { ModelOptions } from './options.js';

/**
 * A convolution and two of 1 × 1, which are a small network at each place; ReLU behind each. Channels in front and
 * behind.
 */
function network(
  channels: readonly [number, number, number, number],
  kernel: number,
  options: ModuleOptions,
): Module[] {
  const [inChannels, first, second, third] = channels;
  return [
    new Conv2d(inChannels, first, kernel, { padding: (kernel - 1) / 2, ...options }),
    new ReLU(),
    new Conv2d(first, second, 1, options),
    new ReLU(),
    new Conv2d(second, third, 1, options),
    new ReLU(),
  ];
}

/**
 * Network in network for CIFAR-10: 1 × 1 convolutions, and the mean of each channel in place of linear layers.
 * x [N,H,W,channels] to logits [N,classes]. Published for 32 × 32 images.
 *
 * M. Lin, Q. Chen, S. Yan, "Network in network", arXiv:1312.4400.
 */
export class NiN extends Module {
  readonly features: Sequential;

  constructor({ classes = 10, channels = 3, ...options }: ModelOptions = {}) {
    super();
    this.features = new Sequential(
      ...network([channels, 192, 160, 96], 5, options), // [N,32,32,96]
      new MaxPool2d(3, { stride: 2, padding: 1 }), // [N,16,16,96]
      new Dropout(0.5, options),
      ...network([96, 192, 192, 192], 5, options),
      new AvgPool2d(3, { stride: 2, padding: 1 }), // [N,8,8,192]
      new Dropout(0.5, options),
      ...network([192, 192, 192, classes], 3, options).slice(0, -1), // logits may be negative
      new GlobalAvgPool2d(), // [N,classes]
    );
  }

  override forward(x: Tensor): Tensor {
    return this.features.forward(x);
  }
}

export const nin = (options?: ModelOptions): NiN => new NiN(options);
