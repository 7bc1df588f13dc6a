/**
 * ShuffleNet v2: half of the channels pass a block unchanged, and a shuffle mixes them with the others.
 *
 * N. Ma, X. Zhang, H.-T. Zheng, J. Sun, "ShuffleNet V2: practical guidelines for efficient CNN architecture design",
 * arXiv:1807.11164, table 5.
 */
import type { Tensor } from '../core/tensor.js';
import {
  BatchNorm2d, Conv2d, GlobalAvgPool2d, Linear, MaxPool2d, Module, NamedSequential, Sequential, type ModuleOptions,
} from '../nn/index.js';
import { channelShuffle, chunk, concat } from '../ops/index.js';
import { ConvNorm } from './conv_norm.js';
import type { ModelOptions } from './options.js';

/** A 3 × 3 filter of its own for each channel. */
const depthwise = (channels: number, stride: number, options: ModuleOptions) =>
  new Conv2d(channels, channels, 3, { stride, padding: 1, groups: channels, bias: false, ...options });

const pointwise = (inChannels: number, outChannels: number, options: ModuleOptions) =>
  new Conv2d(inChannels, outChannels, 1, { bias: false, ...options });

/** Figure 3 (c) and (d). x [N,H,W,inChannels] to [N,P,Q,outChannels]; at stride 1 both are the same. */
class ShuffleBlock extends Module {
  readonly branch1: NamedSequential | null;
  readonly branch2: NamedSequential;

  constructor(inChannels: number, outChannels: number, stride: number, options: ModuleOptions) {
    super();
    const width = outChannels / 2,
      entering = stride === 1 ? width : inChannels;
    const relu = { activation: 'relu', ...options } as const;
    // Names have gaps where torchvision has ReLU, which the normalisations do in their own pass.
    this.branch1 =
      stride === 1
        ? null
        : new NamedSequential({
            0: depthwise(inChannels, stride, options),
            1: new BatchNorm2d(inChannels, options),
            2: pointwise(inChannels, width, options),
            3: new BatchNorm2d(width, relu),
          });
    this.branch2 = new NamedSequential({
      0: pointwise(entering, width, options),
      1: new BatchNorm2d(width, relu),
      3: depthwise(width, stride, options),
      4: new BatchNorm2d(width, options),
      5: pointwise(width, width, options),
      6: new BatchNorm2d(width, relu),
    });
  }

  override forward(x: Tensor): Tensor {
    if (this.branch1) return channelShuffle(concat([this.branch1.forward(x), this.branch2.forward(x)], -1), 2);
    const [kept, changed] = chunk(x, 2, -1) as [Tensor, Tensor];
    return channelShuffle(concat([kept, this.branch2.forward(changed)], -1), 2);
  }
}

/** Channels behind the first convolution, the three stages and the last convolution. */
export type ShuffleNetV2Widths = readonly [number, number, number, number, number];

const blocks = [4, 8, 4] as const;

/** ShuffleNet v2, x [N,H,W,channels] to logits [N,classes]. Published for 224 × 224 images. */
export class ShuffleNetV2 extends Module {
  readonly conv1: ConvNorm;
  private readonly maxpool = new MaxPool2d(3, { stride: 2, padding: 1 });
  readonly stage2: Sequential;
  readonly stage3: Sequential;
  readonly stage4: Sequential;
  readonly conv5: ConvNorm;
  private readonly avgpool = new GlobalAvgPool2d();
  readonly fc: Linear;

  constructor(widths: ShuffleNetV2Widths, { classes = 1000, channels = 3, ...options }: ModelOptions = {}) {
    super();
    const stage = (i: 0 | 1 | 2) =>
      new Sequential(
        ...Array.from({ length: blocks[i] }, (_, block) =>
          block === 0
            ? new ShuffleBlock(widths[i], widths[i + 1]!, 2, options)
            : new ShuffleBlock(widths[i + 1]!, widths[i + 1]!, 1, options),
        ),
      );
    this.conv1 = new ConvNorm(channels, widths[0], 3, { stride: 2, ...options }); // [N,H/2,W/2,24]
    this.stage2 = stage(0); // [N,H/8,W/8,…]
    this.stage3 = stage(1); // [N,H/16,W/16,…]
    this.stage4 = stage(2); // [N,H/32,W/32,…]
    this.conv5 = new ConvNorm(widths[3], widths[4], 1, options);
    this.fc = new Linear(widths[4], classes, options);
  }

  override forward(x: Tensor): Tensor {
    const layers = [this.conv1, this.maxpool, this.stage2, this.stage3, this.stage4, this.conv5, this.avgpool, this.fc];
    return layers.reduce((input: Tensor, layer: Module) => layer.forward(input), x);
  }
}

export const shufflenet_v2_x0_5 = (options?: ModelOptions): ShuffleNetV2 =>
  new ShuffleNetV2([24, 48, 96, 192, 1024], options);
export const shufflenet_v2_x1_0 = (options?: ModelOptions): ShuffleNetV2 =>
  new ShuffleNetV2([24, 116, 232, 464, 1024], options);
export const shufflenet_v2_x1_5 = (options?: ModelOptions): ShuffleNetV2 =>
  new ShuffleNetV2([24, 176, 352, 704, 1024], options);
export const shufflenet_v2_x2_0 = (options?: ModelOptions): ShuffleNetV2 =>
  new ShuffleNetV2([24, 244, 488, 976, 2048], options);
