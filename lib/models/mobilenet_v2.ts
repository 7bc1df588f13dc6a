/**
 * MobileNetV2: narrow residual connections around wide depthwise convolutions.
 *
 * M. Sandler, A. Howard, M. Zhu, A. Zhmoginov, L.-C. Chen, "MobileNetV2: inverted residuals and linear bottlenecks",
 * arXiv:1801.04381.
 */
import type { Tensor } from '../core/tensor.js';
import {
  BatchNorm2d, Conv2d, Dropout, forwardConvBatchNorm, GlobalAvgPool2d, initializers, Linear, Module, Sequential,
  type ConvBatchNorm, type ModuleOptions,
} from '../nn/index.js';
import { ConvNorm } from './conv_norm.js';
import type { ModelOptions } from './options.js';
import { roundChannels } from './round_channels.js';

export interface MobileNetV2Options extends ModelOptions {
  /** Factor of all numbers of channels. Default 1. */
  width?: number;
  /**
   * The network as Keras has it: normalisation adds 1e-3 to the variance in place of 1e-5, and where a convolution of stride 2
   * meets an image of even extents, it pads behind alone. For weights of Keras and TensorFlow.js. Default false.
   */
  keras?: boolean;
}

/** What torch's network and that of Keras differ in. */
interface Style {
  padding?: 'same';
  eps?: number;
}

/** Table 2: factor of the channels inside a block, channels behind it, number of blocks, stride of the first. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

const initializer = initializers.kaimingNormal({ mode: 'fanOut' });

/** Layers and a convolution, whose normalisation adds the residual. */
class ResidualSequential extends Sequential {
  private readonly inner: readonly Module[];
  private readonly last: ConvBatchNorm;

  constructor(inner: readonly Module[], ...last: ConvBatchNorm) {
    super(...inner, ...last);
    this.inner = inner;
    this.last = last;
  }

  override forward(x: Tensor, residual?: Tensor): Tensor {
    const hidden = this.inner.reduce((input, layer) => layer.forward(input), x);
    return forwardConvBatchNorm(hidden, [this.last], residual);
  }
}

/**
 * 1 × 1 to more channels, 3 × 3 depthwise, 1 × 1 to fewer without activation. x [N,H,W,inChannels] to
 * [N,P,Q,outChannels].
 */
class InvertedResidual extends Module {
  readonly conv: ResidualSequential;
  private readonly isResidual: boolean;

  constructor(
    inChannels: number,
    outChannels: number,
    { stride, expansion }: { stride: number; expansion: number },
    options: ModuleOptions & Style,
  ) {
    super();
    const { padding: _padding, ...plain } = options;
    const hidden = inChannels * expansion,
      settings = { activation: 'relu6', initializer, ...options } as const;
    this.isResidual = stride === 1 && inChannels === outChannels;
    const inner = [
      ...(expansion === 1 ? [] : [new ConvNorm(inChannels, hidden, 1, settings)]),
      new ConvNorm(hidden, hidden, 3, { stride, groups: hidden, ...settings }),
    ];
    const narrow = new Conv2d(hidden, outChannels, 1, { bias: false, initializer, ...plain });
    this.conv = new ResidualSequential(inner, narrow, new BatchNorm2d(outChannels, plain));
  }

  override forward(x: Tensor): Tensor {
    return this.conv.forward(x, this.isResidual ? x : undefined);
  }
}

/** MobileNetV2, x [N,H,W,channels] to logits [N,classes]. Published for 224 × 224 images. */
export class MobileNetV2 extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor({ classes = 1000, channels = 3, width = 1, keras = false, ...options }: MobileNetV2Options = {}) {
    super();
    const style: Style = keras ? { padding: 'same', eps: 1e-3 } : {};
    const settings = { activation: 'relu6', initializer, ...options, ...style } as const;
    let inChannels = roundChannels(32 * width);
    const last = roundChannels(1280 * Math.max(1, width));
    const layers: Module[] = [new ConvNorm(channels, inChannels, 3, { stride: 2, ...settings })]; // [N,H/2,W/2,32]
    for (const [expansion, stageChannels, blocks, stride] of stages) {
      const outChannels = roundChannels(stageChannels * width);
      for (let i = 0; i < blocks; i++) {
        layers.push(
          new InvertedResidual(inChannels, outChannels, { stride: i === 0 ? stride : 1, expansion }, { ...options, ...style }),
        );
        inChannels = outChannels;
      }
    }
    layers.push(new ConvNorm(inChannels, last, 1, settings)); // [N,H/32,W/32,1280]
    this.features = new Sequential(...layers, new GlobalAvgPool2d());
    const normal = initializers.normal({ std: 0.01 });
    this.classifier = new Sequential(
      new Dropout(0.2, options),
      new Linear(last, classes, { initializer: normal, ...options }),
    );
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x));
  }
}

export const mobilenet_v2 = (options?: ModelOptions): MobileNetV2 => new MobileNetV2(options);
