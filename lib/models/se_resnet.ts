/**
 * Residual networks with squeeze and excitation in each block.
 *
 * J. Hu, L. Shen, G. Sun, "Squeeze-and-excitation networks", arXiv:1709.01507. SENet-154 is the network of its
 * appendix, with which the authors won the ImageNet challenge of 2017.
 */
import type { Tensor } from '../core/tensor.js';
import {
  BatchNorm2d, Conv2d, Dropout, forwardConvBatchNorm, GlobalAvgPool2d, Linear, MaxPool2d, Module, Sequential, type ModuleOptions,
} from '../nn/index.js';
import { add, relu } from '../ops/index.js';
import { ConvNorm } from './conv_norm.js';
import type { ModelOptions } from './options.js';
import { filters, projection, ResNet, type BlockShape, type ResNetPlan } from './resnet.js';
import { SqueezeExcitation } from './squeeze_excitation.js';

/** Channels are squeezed to a sixteenth. */
const excitation = (channels: number, options: ModuleOptions) =>
  new SqueezeExcitation(channels, channels / 16, options);

/** Two 3 × 3 convolutions. x [N,H,W,inChannels] to [N,P,Q,channels]. */
class BasicBlock extends Module {
  static readonly expansion = 1;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly se: SqueezeExcitation;
  readonly downsample: Sequential | null;

  constructor(inChannels: number, channels: number, { stride, dilation }: BlockShape, options: ModuleOptions) {
    super();
    this.conv1 = filters(inChannels, channels, 3, { stride, dilation, ...options });
    this.bn1 = new BatchNorm2d(channels, { activation: 'relu', ...options });
    this.conv2 = filters(channels, channels, 3, { dilation, ...options });
    this.bn2 = new BatchNorm2d(channels, options);
    this.se = excitation(channels, options);
    this.downsample = projection(inChannels, channels, stride, options);
  }

  override forward(x: Tensor): Tensor {
    const hidden = forwardConvBatchNorm(x, [[this.conv1, this.bn1], [this.conv2, this.bn2]]);
    const excited = this.se.forward(hidden);
    return relu(add(excited, this.downsample?.forward(x) ?? x));
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
  readonly se: SqueezeExcitation;
  readonly downsample: Sequential | null;

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
    this.bn3 = new BatchNorm2d(outChannels, options);
    this.se = excitation(outChannels, options);
    this.downsample = projection(inChannels, outChannels, stride, options);
  }

  override forward(x: Tensor): Tensor {
    const hidden = forwardConvBatchNorm(x, [[this.conv1, this.bn1], [this.conv2, this.bn2], [this.conv3, this.bn3]]);
    const excited = this.se.forward(hidden);
    return relu(add(excited, this.downsample?.forward(x) ?? x));
  }
}

/**
 * SENet-154's: the first convolution half as wide as the second, 64 groups, and 3 × 3 projections where an image
 * shrinks.
 */
class WideBottleneck extends Module {
  readonly layers: Sequential;
  readonly se: SqueezeExcitation;
  readonly shortcut: ConvNorm | null;

  constructor(inChannels: number, channels: number, stride: number, options: ModuleOptions) {
    super();
    const outChannels = 4 * channels;
    this.layers = new Sequential(
      new ConvNorm(inChannels, 2 * channels, 1, options),
      new ConvNorm(2 * channels, outChannels, 3, { stride, groups: 64, ...options }),
      new ConvNorm(outChannels, outChannels, 1, { activation: 'none', ...options }),
    );
    this.se = excitation(outChannels, options);
    this.shortcut =
      inChannels === outChannels
        ? null
        : new ConvNorm(inChannels, outChannels, stride === 1 ? 1 : 3, { stride, activation: 'none', ...options });
  }

  override forward(x: Tensor): Tensor {
    return relu(add(this.se.forward(this.layers.forward(x)), this.shortcut?.forward(x) ?? x));
  }
}

/** SENet-154, x [N,H,W,channels] to logits [N,classes]. Published for 224 × 224 images. */
export class SENet154 extends Module {
  readonly features: Sequential;
  private readonly avgpool = new GlobalAvgPool2d();
  readonly classifier: Sequential;

  constructor({ classes = 1000, channels = 3, ...options }: ModelOptions = {}) {
    super();
    const layers: Module[] = [
      new ConvNorm(channels, 64, 3, { stride: 2, ...options }), // [N,H/2,W/2,64]
      new ConvNorm(64, 64, 3, options),
      new ConvNorm(64, 128, 3, options),
      new MaxPool2d(3, { stride: 2, padding: 1 }), // [N,H/4,W/4,128]
    ];
    let inChannels = 128;
    for (const [stage, blocks] of [3, 8, 36, 3].entries()) {
      const width = 64 * 2 ** stage;
      for (let i = 0; i < blocks; i++) {
        layers.push(new WideBottleneck(inChannels, width, i === 0 && stage > 0 ? 2 : 1, options));
        inChannels = 4 * width;
      }
    }
    this.features = new Sequential(...layers); // [N,H/32,W/32,2048]
    this.classifier = new Sequential(new Dropout(0.2, options), new Linear(inChannels, classes, options));
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.avgpool.forward(this.features.forward(x)));
  }
}

const basic = (blocks: ResNetPlan['blocks']): ResNetPlan => ({ block: BasicBlock, blocks });
const bottleneck = (blocks: ResNetPlan['blocks'], widths: Pick<ResNetPlan, 'groups' | 'groupWidth'> = {}): ResNetPlan => ({
  block: Bottleneck,
  blocks,
  ...widths,
});
const aggregated = { groups: 32, groupWidth: 4 };

export const se_resnet18 = (options?: ModelOptions): ResNet => new ResNet(basic([2, 2, 2, 2]), options);
export const se_resnet34 = (options?: ModelOptions): ResNet => new ResNet(basic([3, 4, 6, 3]), options);
export const se_resnet50 = (options?: ModelOptions): ResNet => new ResNet(bottleneck([3, 4, 6, 3]), options);
export const se_resnet101 = (options?: ModelOptions): ResNet => new ResNet(bottleneck([3, 4, 23, 3]), options);
export const se_resnet152 = (options?: ModelOptions): ResNet => new ResNet(bottleneck([3, 8, 36, 3]), options);
export const se_resnext50_32x4d = (options?: ModelOptions): ResNet =>
  new ResNet(bottleneck([3, 4, 6, 3], aggregated), options);
export const se_resnext101_32x4d = (options?: ModelOptions): ResNet =>
  new ResNet(bottleneck([3, 4, 23, 3], aggregated), options);
export const senet154 = (options?: ModelOptions): SENet154 => new SENet154(options);
