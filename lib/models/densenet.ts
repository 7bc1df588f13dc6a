/**
 * DenseNet: each layer sees the outputs of all layers before it in its block.
 *
 * G. Huang, Z. Liu, L. van der Maaten, K. Weinberger, "Densely connected convolutional networks", arXiv:1608.06993.
 */
import type { Tensor } from '../core/tensor.js';
import {
  AvgPool2d, BatchNorm2d, Conv2d, forwardConvBatchNorm, GlobalAvgPool2d, initializers, Linear, MaxPool2d, Module, NamedSequential,
  type ModuleOptions,
} from '../nn/index.js';
import { concat } from '../ops/index.js';
import type { ModelOptions } from './options.js';

/** Channels that a 3 × 3 convolution is given, as a multiple of those that it adds. */
const bottleneck = 4;

/** A convolution that leaves an image's extents. */
const filters = (inChannels: number, outChannels: number, kernel: number, options: ModuleOptions) =>
  new Conv2d(inChannels, outChannels, kernel, {
    padding: (kernel - 1) / 2,
    bias: false,
    initializer: initializers.kaimingNormal(),
    ...options,
  });

/** Normalisation, ReLU and a 1 × 1 convolution, and once more with 3 × 3. x [N,H,W,inChannels] to [N,H,W,growth]. */
class DenseLayer extends Module {
  readonly norm1: BatchNorm2d;
  readonly conv1: Conv2d;
  readonly norm2: BatchNorm2d;
  readonly conv2: Conv2d;

  constructor(inChannels: number, growth: number, options: ModuleOptions) {
    super();
    this.norm1 = new BatchNorm2d(inChannels, { activation: 'relu', ...options });
    this.conv1 = filters(inChannels, bottleneck * growth, 1, options);
    this.norm2 = new BatchNorm2d(bottleneck * growth, { activation: 'relu', ...options });
    this.conv2 = filters(bottleneck * growth, growth, 3, options);
  }

  override forward(x: Tensor): Tensor {
    return this.conv2.forward(forwardConvBatchNorm(this.norm1.forward(x), [[this.conv1, this.norm2]]));
  }
}

/** Layers denselayer1, denselayer2, …, each of which adds its output to the channels of x. */
class DenseBlock extends NamedSequential {
  constructor(count: number, inChannels: number, growth: number, options: ModuleOptions) {
    const layer = (i: number) =>
      [`denselayer${i + 1}`, new DenseLayer(inChannels + i * growth, growth, options)] as const;
    super(Object.fromEntries(Array.from({ length: count }, (_, i) => layer(i))));
  }

  override forward(x: Tensor): Tensor {
    return Object.values(this.layers).reduce((seen, layer) => concat([seen, layer.forward(seen)], -1), x);
  }
}

/** Half of the channels at half the extents. */
const transition = (inChannels: number, options: ModuleOptions) =>
  new NamedSequential({
    norm: new BatchNorm2d(inChannels, { activation: 'relu', ...options }),
    conv: filters(inChannels, inChannels / 2, 1, options),
    pool: new AvgPool2d(2),
  });

/** What tells one DenseNet from another. */
export interface DenseNetPlan {
  /** Layers of each block. */
  blocks: readonly number[];
  /** Channels that a layer adds. Default 32. */
  growth?: number;
  /** Channels of the first convolution. Default 64. */
  stem?: number;
}

/** A DenseNet, x [N,H,W,channels] to logits [N,classes]. Published for 224 × 224 images. */
export class DenseNet extends Module {
  readonly features: NamedSequential;
  protected readonly avgpool: GlobalAvgPool2d;
  readonly classifier: Linear;

  constructor(
    { blocks, growth = 32, stem = 64 }: DenseNetPlan,
    { classes = 1000, channels = 3, ...options }: ModelOptions = {},
  ) {
    super();
    const layers: Record<string, Module> = {
      conv0: new Conv2d(channels, stem, 7, {
        stride: 2,
        padding: 3,
        bias: false,
        initializer: initializers.kaimingNormal(),
        ...options,
      }),
      norm0: new BatchNorm2d(stem, { activation: 'relu', ...options }), // [N,H/2,W/2,stem]
      pool0: new MaxPool2d(3, { stride: 2, padding: 1 }), // [N,H/4,W/4,stem]
    };
    let width = stem;
    for (const [i, count] of blocks.entries()) {
      layers[`denseblock${i + 1}`] = new DenseBlock(count, width, growth, options);
      width += count * growth;
      if (i + 1 === blocks.length) break;
      layers[`transition${i + 1}`] = transition(width, options);
      width /= 2;
    }
    layers['norm5'] = new BatchNorm2d(width, { activation: 'relu', ...options }); // [N,H/32,W/32,width]
    this.features = new NamedSequential(layers);
    this.avgpool = new GlobalAvgPool2d();
    this.classifier = new Linear(width, classes, options);
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.avgpool.forward(this.features.forward(x)));
  }
}

export const densenet121 = (options?: ModelOptions): DenseNet => new DenseNet({ blocks: [6, 12, 24, 16] }, options);
export const densenet161 = (options?: ModelOptions): DenseNet =>
  new DenseNet({ blocks: [6, 12, 36, 24], growth: 48, stem: 96 }, options);
export const densenet169 = (options?: ModelOptions): DenseNet => new DenseNet({ blocks: [6, 12, 32, 32] }, options);
export const densenet201 = (options?: ModelOptions): DenseNet => new DenseNet({ blocks: [6, 12, 48, 32] }, options);
export const densenet264 = (options?: ModelOptions): DenseNet => new DenseNet({ blocks: [6, 12, 64, 48] }, options);
