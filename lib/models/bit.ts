/**
 * Big Transfer: residual networks with normalisation in front of convolutions (ResNet v2), of groups instead of
 * batches, and standardised weights, for very large data sets.
 *
 * A. Kolesnikov et al., "Big transfer (BiT): general visual representation learning", arXiv:1912.11370; K. He, X.
 * Zhang, S. Ren, J. Sun, "Identity mappings in deep residual networks", arXiv:1603.05027; weights standardised as by S.
 * Qiao et al., "Micro-batch training with batch-channel normalization and weight standardization", arXiv:1903.10520.
 */
import type { Tensor } from '../core/tensor.js';
import {
  Conv2d, GlobalAvgPool2d, GroupNorm, initializers, Linear, MaxPool2d, Module, Sequential, ZeroPad, type ModuleOptions,
} from '../nn/index.js';
import { add, conv2d, relu, standardizeWeight, type ConvOptions } from '../ops/index.js';
import type { ModelOptions } from './options.js';

/** A convolution without bias whose filters have mean 0 and variance 1. */
class StandardizedConv2d extends Conv2d {
  protected override convolve(x: Tensor, options: ConvOptions): Tensor {
    return conv2d(x, standardizeWeight(this.weight, { eps: 1e-10 }), options);
  }
}

const filters = (
  inChannels: number,
  outChannels: number,
  kernel: number,
  options: ModuleOptions & { stride?: number },
) =>
  new StandardizedConv2d(inChannels, outChannels, kernel, { padding: Math.floor(kernel / 2), bias: false, ...options });

const groupNorm = (channels: number, options: ModuleOptions) => new GroupNorm(32, channels, options);

/** Normalisation, ReLU and convolution, three times. x [N,H,W,inChannels] to [N,P,Q,outChannels]. */
class Block extends Module {
  readonly norm1: GroupNorm;
  readonly conv1: Conv2d;
  readonly norm2: GroupNorm;
  readonly conv2: Conv2d;
  readonly norm3: GroupNorm;
  readonly conv3: Conv2d;
  readonly downsample: Conv2d | null;

  constructor(inChannels: number, outChannels: number, stride: number, options: ModuleOptions) {
    super();
    const width = outChannels / 4;
    this.norm1 = groupNorm(inChannels, options);
    this.conv1 = filters(inChannels, width, 1, options);
    this.norm2 = groupNorm(width, options);
    this.conv2 = filters(width, width, 3, { stride, ...options });
    this.norm3 = groupNorm(width, options);
    this.conv3 = filters(width, outChannels, 1, options);
    this.downsample =
      stride === 1 && inChannels === outChannels ? null : filters(inChannels, outChannels, 1, { stride, ...options });
  }

  override forward(x: Tensor): Tensor {
    const active = relu(this.norm1.forward(x));
    const narrow = relu(this.norm2.forward(this.conv1.forward(active)));
    const hidden = relu(this.norm3.forward(this.conv2.forward(narrow)));
    return add(this.conv3.forward(hidden), this.downsample?.forward(active) ?? x);
  }
}

/** What tells one network from another: the blocks of its stages, and a factor of all numbers of channels. */
export interface BiTPlan {
  blocks: readonly [number, number, number, number];
  width: number;
}

/** A Big Transfer network, x [N,H,W,channels] to logits [N,classes]. Published for 224 × 224 images. */
export class BiT extends Module {
  readonly features: Sequential;
  readonly norm: GroupNorm;
  private readonly avgpool = new GlobalAvgPool2d();
  readonly classifier: Linear;

  constructor({ blocks, width }: BiTPlan, { classes = 1000, channels = 3, ...options }: ModelOptions = {}) {
    super();
    const layers: Module[] = [
      filters(channels, 64 * width, 7, { stride: 2, ...options }), // [N,H/2,W/2,64 * width]
      new ZeroPad(1),
      new MaxPool2d(3, { stride: 2 }), // [N,H/4,W/4,64 * width]
    ];
    let inChannels = 64 * width;
    for (const [stage, count] of blocks.entries()) {
      const outChannels = 256 * width * 2 ** stage;
      for (let i = 0; i < count; i++) {
        layers.push(new Block(inChannels, outChannels, i === 0 && stage > 0 ? 2 : 1, options));
        inChannels = outChannels;
      }
    }
    this.features = new Sequential(...layers); // [N,H/32,W/32,2048 * width]
    this.norm = groupNorm(inChannels, options);
    this.classifier = new Linear(inChannels, classes, { initializer: initializers.zeros, ...options });
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.avgpool.forward(relu(this.norm.forward(this.features.forward(x)))));
  }
}

const plan50: BiTPlan['blocks'] = [3, 4, 6, 3],
  plan101: BiTPlan['blocks'] = [3, 4, 23, 3],
  plan152: BiTPlan['blocks'] = [3, 8, 36, 3];

export const bit_r50x1 = (options?: ModelOptions): BiT => new BiT({ blocks: plan50, width: 1 }, options);
export const bit_r50x3 = (options?: ModelOptions): BiT => new BiT({ blocks: plan50, width: 3 }, options);
export const bit_r101x1 = (options?: ModelOptions): BiT => new BiT({ blocks: plan101, width: 1 }, options);
export const bit_r101x3 = (options?: ModelOptions): BiT => new BiT({ blocks: plan101, width: 3 }, options);
export const bit_r152x2 = (options?: ModelOptions): BiT => new BiT({ blocks: plan152, width: 2 }, options);
