/**
 * Residual networks.
 *
 * K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition", arXiv:1512.03385; wider ones by
 * S. Zagoruyko, N. Komodakis, "Wide residual networks", arXiv:1605.07146; with groups of channels by S. Xie et al.,
 * "Aggregated residual transformations for deep neural networks" (ResNeXt), arXiv:1611.05431. A bottleneck that shrinks
 * the image does so in its 3 × 3 convolution, as in torchvision, and not in the first as in the paper.
 */
import type { Tensor } from '../core/tensor.js';
import {
  BatchNorm2d, Conv2d, forwardConvBatchNorm, GlobalAvgPool2d, initializers, Linear, MaxPool2d, Module, Sequential,
  type ConvLayerOptions, type ModuleOptions,
} from '../nn/index.js';
import { ConvNorm } from './conv_norm.js';
import type { ModelOptions } from './options.js';

/** How one block differs from others. */
export interface BlockShape {
  /** Of the first 3 × 3 convolution. */
  stride: number;
  /** Of 3 × 3 convolutions. */
  dilation: number;
  groups: number;
  /** Channels of a group where a block of 64 channels is narrowest: 64 but for wide networks and ResNeXt. */
  groupWidth: number;
}

/** Made from the channels that enter it and those of its convolutions; what leaves it has `expansion` times as many. */
export type ResidualBlock = { readonly expansion: number } & (new (
  inChannels: number,
  channels: number,
  shape: BlockShape,
  options: ModuleOptions,
) => Module);

const initializer = initializers.kaimingNormal({ mode: 'fanOut' });

/** A convolution that leaves an image's extents but for its stride. */
export function filters(
  inChannels: number,
  outChannels: number,
  kernel: number,
  options: Omit<ConvLayerOptions, 'bias'>,
): Conv2d {
  const padding = Math.floor(kernel / 2) * Number(options.dilation ?? 1);
  return new Conv2d(inChannels, outChannels, kernel, { padding, initializer, ...options, bias: false });
}

/** What brings a block's input to the shape of its output: nothing, or a 1 × 1 convolution with its normalisation. */
export function projection(
  inChannels: number,
  outChannels: number,
  stride: number,
  options: ModuleOptions,
): ConvNorm | null {
  if (stride === 1 && inChannels === outChannels) return null;
  return new ConvNorm(inChannels, outChannels, 1, { stride, initializer, activation: 'none', ...options });
}

/** Two 3 × 3 convolutions. x [N,H,W,inChannels] to [N,P,Q,channels]. */
class BasicBlock extends Module {
  static readonly expansion = 1;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample: ConvNorm | null;

  constructor(inChannels: number, channels: number, { stride, dilation }: BlockShape, options: ModuleOptions) {
    super();
    this.conv1 = filters(inChannels, channels, 3, { stride, dilation, ...options });
    this.bn1 = new BatchNorm2d(channels, { activation: 'relu', ...options });
    this.conv2 = filters(channels, channels, 3, { dilation, ...options });
    this.bn2 = new BatchNorm2d(channels, { activation: 'relu', ...options });
    this.downsample = projection(inChannels, channels, stride, options);
  }

  override forward(x: Tensor): Tensor {
    const identity = this.downsample?.forward(x) ?? x;
    return forwardConvBatchNorm(x, [[this.conv1, this.bn1], [this.conv2, this.bn2]], identity);
  }
}

/** A 3 × 3 convolution between 1 × 1 ones. x [N,H,W,inChannels] to [N,P,Q,4 * channels]. */
class Bottleneck extends Module {
  static readonly expansion = 4;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly downsample: ConvNorm | null;

  constructor(
    inChannels: number,
    channels: number,
    { stride, dilation, groups, groupWidth }: BlockShape,
    options: ModuleOptions,
  ) {
    super();
    const width = Math.floor((channels * groupWidth) / 64) * groups,
      outChannels = channels * Bottleneck.expansion;
    this.conv1 = filters(inChannels, width, 1, options);
    this.bn1 = new BatchNorm2d(width, { activation: 'relu', ...options });
    this.conv2 = filters(width, width, 3, { stride, dilation, groups, ...options });
    this.bn2 = new BatchNorm2d(width, { activation: 'relu', ...options });
    this.conv3 = filters(width, outChannels, 1, options);
    this.bn3 = new BatchNorm2d(outChannels, { activation: 'relu', ...options });
    this.downsample = projection(inChannels, outChannels, stride, options);
  }

  override forward(x: Tensor): Tensor {
    const identity = this.downsample?.forward(x) ?? x;
    return forwardConvBatchNorm(x, [[this.conv1, this.bn1], [this.conv2, this.bn2], [this.conv3, this.bn3]], identity);
  }
}

/** What tells one residual network from another. */
export interface ResNetPlan {
  block: ResidualBlock;
  /** Blocks of each of the four stages. */
  blocks: readonly [number, number, number, number];
  /** Default 1. */
  groups?: number;
  /** Channels of a group in the first stage. Default 64. */
  groupWidth?: number;
  /**
   * Stages, counted from 1, whose stride is replaced by dilation, so that they leave the image's extents. Default none.
   */
  dilatedStages?: readonly number[];
}

/** A residual network without its classifier, x [N,H,W,channels] to [N,H/32,W/32,C]. */
export class ResNetFeatures extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  protected readonly maxpool: MaxPool2d;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;

  constructor(plan: ResNetPlan, { channels = 3, ...options }: Omit<ModelOptions, 'classes'>) {
    super();
    this.conv1 = filters(channels, 64, 7, { stride: 2, ...options }); // [N,H/2,W/2,64]
    this.bn1 = new BatchNorm2d(64, { activation: 'relu', ...options });
    this.maxpool = new MaxPool2d(3, { stride: 2, padding: 1 }); // [N,H/4,W/4,64]
    const stage = stages(plan, options);
    this.layer1 = stage(64, 1);
    this.layer2 = stage(128, 2);
    this.layer3 = stage(256, 2);
    this.layer4 = stage(512, 2);
  }

  override forward(x: Tensor): Tensor {
    const stem = this.maxpool.forward(forwardConvBatchNorm(x, [[this.conv1, this.bn1]]));
    return [this.layer1, this.layer2, this.layer3, this.layer4].reduce((input, stage) => stage.forward(input), stem);
  }
}

/** Makes one stage after the other, each from the channels that the one before leaves. */
function stages(
  { block: Block, blocks, groups = 1, groupWidth = 64, dilatedStages = [] }: ResNetPlan,
  options: ModuleOptions,
) {
  let inChannels = 64,
    dilation = 1,
    number = 0;
  return (channels: number, stageStride: number): Sequential => {
    const count = blocks[number++]!,
      before = dilation;
    const dilates = dilatedStages.includes(number);
    if (dilates) dilation *= stageStride;
    const stride = dilates ? 1 : stageStride;
    const layers = Array.from({ length: count }, (_, i) => {
      const shape = { groups, groupWidth, stride: i === 0 ? stride : 1, dilation: i === 0 ? before : dilation };
      const made = new Block(inChannels, channels, shape, options);
      inChannels = channels * Block.expansion;
      return made;
    });
    return new Sequential(...layers);
  };
}

/** A residual network, x [N,H,W,channels] to logits [N,classes]. Published for 224 × 224 images. */
export class ResNet extends ResNetFeatures {
  protected readonly avgpool: GlobalAvgPool2d;
  readonly fc: Linear;

  constructor(plan: ResNetPlan, { classes = 1000, ...options }: ModelOptions = {}) {
    super(plan, options);
    this.avgpool = new GlobalAvgPool2d();
    this.fc = new Linear(512 * plan.block.expansion, classes, options);
  }

  override forward(x: Tensor): Tensor {
    return this.fc.forward(this.avgpool.forward(super.forward(x)));
  }
}

const basic = (blocks: ResNetPlan['blocks']): ResNetPlan => ({ block: BasicBlock, blocks });
const bottleneck = (blocks: ResNetPlan['blocks'], widths: Pick<ResNetPlan, 'groups' | 'groupWidth'> = {}): ResNetPlan => ({
  block: Bottleneck,
  blocks,
  ...widths,
});

export const resnet18 = (options?: ModelOptions): ResNet => new ResNet(basic([2, 2, 2, 2]), options);
export const resnet34 = (options?: ModelOptions): ResNet => new ResNet(basic([3, 4, 6, 3]), options);
export const resnet50 = (options?: ModelOptions): ResNet => new ResNet(bottleneck([3, 4, 6, 3]), options);
export const resnet101 = (options?: ModelOptions): ResNet => new ResNet(bottleneck([3, 4, 23, 3]), options);
export const resnet152 = (options?: ModelOptions): ResNet => new ResNet(bottleneck([3, 8, 36, 3]), options);

export const wide_resnet50_2 = (options?: ModelOptions): ResNet =>
  new ResNet(bottleneck([3, 4, 6, 3], { groupWidth: 128 }), options);
export const wide_resnet101_2 = (options?: ModelOptions): ResNet =>
  new ResNet(bottleneck([3, 4, 23, 3], { groupWidth: 128 }), options);

export const resnext50_32x4d = (options?: ModelOptions): ResNet =>
  new ResNet(bottleneck([3, 4, 6, 3], { groups: 32, groupWidth: 4 }), options);
export const resnext101_32x8d = (options?: ModelOptions): ResNet =>
  new ResNet(bottleneck([3, 4, 23, 3], { groups: 32, groupWidth: 8 }), options);
export const resnext101_64x4d = (options?: ModelOptions): ResNet =>
  new ResNet(bottleneck([3, 4, 23, 3], { groups: 64, groupWidth: 4 }), options);

/** ResNet-50 whose last two stages keep the extents of the second, for segmentation. */
export const dilatedResnet50 = (options: Omit<ModelOptions, 'classes'>): ResNetFeatures =>
  new ResNetFeatures({ ...bottleneck([3, 4, 6, 3]), dilatedStages: [3, 4] }, options);
