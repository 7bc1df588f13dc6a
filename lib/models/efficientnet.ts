/**
 * EfficientNet: depth, width and image size grow together. V2 has plain convolutions in place of depthwise ones early
 * on.
 *
 * M. Tan, Q. Le, "EfficientNet: rethinking model scaling for convolutional neural networks", arXiv:1905.11946, and
 * "EfficientNetV2: smaller models and faster training", arXiv:2104.00298; L2 by Q. Xie et al., "Self-training with
 * noisy student improves ImageNet classification", arXiv:1911.04252.
 */
import type { Tensor } from '../core/tensor.js';
import { Dropout, DropPath, GlobalAvgPool2d, initializers, Linear, Module, Sequential } from '../nn/index.js';
import { add } from '../ops/index.js';
import { ConvNorm, type ConvNormOptions } from './conv_norm.js';
import type { ModelOptions } from './options.js';
import { roundChannels } from './round_channels.js';
import { SqueezeExcitation } from './squeeze_excitation.js';

/** Blocks of one kind: 'inverted' ones with a depthwise convolution, or 'fused' ones with a plain one in its place. */
export interface EfficientNetStage {
  kind: 'inverted' | 'fused';
  /** Factor of the channels inside a block. */
  expansion: number;
  kernel: number;
  /** Of the first block. */
  stride: number;
  outChannels: number;
  blocks: number;
}

const inverted = (expansion: number, kernel: number, stride: number, outChannels: number, blocks: number): EfficientNetStage => ({
  kind: 'inverted',
  expansion,
  kernel,
  stride,
  outChannels,
  blocks,
});
const fused = (expansion: number, stride: number, outChannels: number, blocks: number): EfficientNetStage => ({
  kind: 'fused',
  expansion,
  kernel: 3,
  stride,
  outChannels,
  blocks,
});

/** Table 1 of the first paper: B0. */
const base = [
  inverted(1, 3, 1, 16, 1),
  inverted(6, 3, 2, 24, 2),
  inverted(6, 5, 2, 40, 2),
  inverted(6, 3, 2, 80, 3),
  inverted(6, 5, 1, 112, 3),
  inverted(6, 5, 2, 192, 4),
  inverted(6, 3, 1, 320, 1),
];

/** What tells one EfficientNet from another. */
export interface EfficientNetPlan {
  stages: readonly EfficientNetStage[];
  /** Channels of the first convolution. */
  stem: number;
  /** Channels of the last convolution. */
  last: number;
  dropout: number;
  /** Of the normalisations. Default torch's. */
  norm?: Pick<ConvNormOptions, 'eps' | 'momentum'>;
}

/** B0 with its channels and blocks multiplied. */
function scaled(width: number, depth: number, dropout: number, norm: EfficientNetPlan['norm'] = {}): EfficientNetPlan {
  const stages = base.map((stage) => ({
    ...stage,
    outChannels: roundChannels(stage.outChannels * width),
    blocks: Math.ceil(stage.blocks * depth),
  }));
  return { stages, stem: roundChannels(32 * width), last: 4 * stages.at(-1)!.outChannels, dropout, norm };
}

const initializer = initializers.kaimingNormal({ mode: 'fanOut' });

/** A block of either kind. x [N,H,W,inChannels] to [N,P,Q,outChannels]. */
class Block extends Module {
  readonly block: Sequential;
  readonly stochastic_depth: DropPath | null;

  /** @param dropped probability of the block to be passed over in training. */
  constructor(
    inChannels: number,
    stride: number,
    { kind, expansion, kernel, outChannels }: EfficientNetStage,
    dropped: number,
    options: ConvNormOptions,
  ) {
    super();
    const hidden = roundChannels(inChannels * expansion);
    const silu = { activation: 'silu', initializer, ...options } as const,
      linear = { ...silu, activation: 'none' } as const;
    if (kind === 'fused') {
      this.block =
        expansion === 1
          ? new Sequential(new ConvNorm(inChannels, outChannels, kernel, { stride, ...silu }))
          : new Sequential(
              new ConvNorm(inChannels, hidden, kernel, { stride, ...silu }),
              new ConvNorm(hidden, outChannels, 1, linear),
            );
    } else {
      const { device, random, initialize } = options,
        squeezed = Math.max(1, Math.floor(inChannels / 4));
      this.block = new Sequential(
        ...(expansion === 1 ? [] : [new ConvNorm(inChannels, hidden, 1, silu)]),
        new ConvNorm(hidden, hidden, kernel, { stride, groups: hidden, ...silu }),
        new SqueezeExcitation(hidden, squeezed, { activation: 'silu', device, random, initialize }),
        new ConvNorm(hidden, outChannels, 1, linear),
      );
    }
    this.stochastic_depth = stride === 1 && inChannels === outChannels ? new DropPath(dropped, options) : null;
  }

  override forward(x: Tensor): Tensor {
    const y = this.block.forward(x);
    return this.stochastic_depth ? add(x, this.stochastic_depth.forward(y)) : y;
  }
}

/** Of the last block to be passed over in training; it rises to this from 0. */
const mostDropped = 0.2;

/** An EfficientNet, x [N,H,W,channels] to logits [N,classes]. */
export class EfficientNet extends Module {
  readonly features: Sequential;
  private readonly avgpool = new GlobalAvgPool2d();
  readonly classifier: Sequential;

  constructor(
    { stages, stem, last, dropout, norm }: EfficientNetPlan,
    { classes = 1000, channels = 3, ...options }: ModelOptions = {},
  ) {
    super();
    const convolution = { ...norm, ...options },
      silu = { activation: 'silu', initializer, ...convolution } as const;
    const total = stages.reduce((count, { blocks }) => count + blocks, 0);
    let inChannels = stem,
      done = 0;
    const sequences = stages.map((stage) => {
      const blocks = Array.from({ length: stage.blocks }, (_, i) => {
        const block = new Block(
          inChannels,
          i === 0 ? stage.stride : 1,
          stage,
          (mostDropped * done++) / total,
          convolution,
        );
        inChannels = stage.outChannels;
        return block;
      });
      return new Sequential(...blocks);
    });
    this.features = new Sequential(
      new ConvNorm(channels, stem, 3, { stride: 2, ...silu }), // [N,H/2,W/2,stem]
      ...sequences,
      new ConvNorm(inChannels, last, 1, silu), // [N,H/32,W/32,last]
    );
    const bound = 1 / Math.sqrt(classes);
    this.classifier = new Sequential(
      new Dropout(dropout, options),
      new Linear(last, classes, { initializer: initializers.uniform({ low: -bound, high: bound }), ...options }),
    );
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.avgpool.forward(this.features.forward(x)));
  }
}

/** What the authors' own program normalises with. */
const original = { eps: 1e-3, momentum: 0.01 };

export const efficientnet_b0 = (options?: ModelOptions): EfficientNet => new EfficientNet(scaled(1, 1, 0.2), options);
export const efficientnet_b1 = (options?: ModelOptions): EfficientNet => new EfficientNet(scaled(1, 1.1, 0.2), options);
export const efficientnet_b2 = (options?: ModelOptions): EfficientNet =>
  new EfficientNet(scaled(1.1, 1.2, 0.3), options);
export const efficientnet_b3 = (options?: ModelOptions): EfficientNet =>
  new EfficientNet(scaled(1.2, 1.4, 0.3), options);
export const efficientnet_b4 = (options?: ModelOptions): EfficientNet =>
  new EfficientNet(scaled(1.4, 1.8, 0.4), options);
export const efficientnet_b5 = (options?: ModelOptions): EfficientNet =>
  new EfficientNet(scaled(1.6, 2.2, 0.4, original), options);
export const efficientnet_b6 = (options?: ModelOptions): EfficientNet =>
  new EfficientNet(scaled(1.8, 2.6, 0.5, original), options);
export const efficientnet_b7 = (options?: ModelOptions): EfficientNet =>
  new EfficientNet(scaled(2, 3.1, 0.5, original), options);
export const efficientnet_l2 = (options?: ModelOptions): EfficientNet =>
  new EfficientNet(scaled(4.3, 5.3, 0.5, original), options);

/** Table 4 of the second paper, and its larger ones. */
const v2 = (stages: readonly EfficientNetStage[], dropout: number): EfficientNetPlan => ({
  stages,
  stem: stages[0]!.outChannels,
  last: 1280,
  dropout,
  norm: { eps: 1e-3 },
});

export const efficientnet_v2_s = (options?: ModelOptions): EfficientNet => {
  const stages = [
    fused(1, 1, 24, 2),
    fused(4, 2, 48, 4),
    fused(4, 2, 64, 4),
    inverted(4, 3, 2, 128, 6),
    inverted(6, 3, 1, 160, 9),
    inverted(6, 3, 2, 256, 15),
  ];
  return new EfficientNet(v2(stages, 0.2), options);
};
export const efficientnet_v2_m = (options?: ModelOptions): EfficientNet => {
  const early = [fused(1, 1, 24, 3), fused(4, 2, 48, 5), fused(4, 2, 80, 5)];
  const late = [
    inverted(4, 3, 2, 160, 7),
    inverted(6, 3, 1, 176, 14),
    inverted(6, 3, 2, 304, 18),
    inverted(6, 3, 1, 512, 5),
  ];
  return new EfficientNet(v2([...early, ...late], 0.3), options);
};
export const efficientnet_v2_l = (options?: ModelOptions): EfficientNet => {
  const early = [fused(1, 1, 32, 4), fused(4, 2, 64, 7), fused(4, 2, 96, 7)];
  const late = [
    inverted(4, 3, 2, 192, 10),
    inverted(6, 3, 1, 224, 19),
    inverted(6, 3, 2, 384, 25),
    inverted(6, 3, 1, 640, 7),
  ];
  return new EfficientNet(v2([...early, ...late], 0.4), options);
};
