/**
 * ConvNeXt: a residual network brought up to a transformer's habits.
 *
 * Z. Liu, H. Mao, C.-Y. Wu, C. Feichtenhofer, T. Darrell, S. Xie, "A ConvNet for the 2020s", arXiv:2201.03545.
 */
import type { Tensor } from '../core/tensor.js';
import {
  Conv2d, DropPath, GELU, GlobalAvgPool2d, initializers, LayerNorm, Linear, Module, NamedSequential, parameter,
  Sequential, type ModuleOptions, type Parameter,
} from '../nn/index.js';
import { add, mul } from '../ops/index.js';
import type { ModelOptions } from './options.js';

const initializer = initializers.truncatedNormal({ std: 0.02 });

const layerNorm = (channels: number, options: ModuleOptions) => new LayerNorm(channels, { eps: 1e-6, ...options });

/** 7 × 7 depthwise, then each place by itself through four times as many features. x [N,H,W,channels] to the same. */
class Block extends Module {
  readonly layer_scale: Parameter; // [channels,1,1], as torch has it in front of images with channels first
  readonly block: NamedSequential;
  readonly stochastic_depth: DropPath;

  /** @param dropped probability of the block to be passed over in training. */
  constructor(channels: number, dropped: number, options: ModuleOptions) {
    super();
    this.layer_scale = parameter([channels, 1, 1], initializers.constant(1e-6), options);
    this.block = new NamedSequential({
      0: new Conv2d(channels, channels, 7, { padding: 3, groups: channels, initializer, ...options }),
      2: layerNorm(channels, options),
      3: new Linear(channels, 4 * channels, { initializer, ...options }),
      4: new GELU(),
      5: new Linear(4 * channels, channels, { initializer, ...options }),
    });
    this.stochastic_depth = new DropPath(dropped, options);
  }

  override forward(x: Tensor): Tensor {
    return add(x, this.stochastic_depth.forward(mul(this.block.forward(x), this.layer_scale.reshape([-1]))));
  }
}

/** What tells one ConvNeXt from another. */
export interface ConvNeXtPlan {
  /** Blocks of the stages. */
  blocks: readonly [number, number, number, number];
  /** Channels of the first stage; each next has twice as many. */
  width: number;
  /** Probability of the last block to be passed over in training; it rises to this from 0. */
  dropped: number;
}

/** A ConvNeXt, x [N,H,W,channels] to logits [N,classes]. Published for 224 × 224 images. */
export class ConvNeXt extends Module {
  readonly features: Sequential;
  private readonly avgpool = new GlobalAvgPool2d();
  readonly classifier: NamedSequential;

  constructor({ blocks, width, dropped }: ConvNeXtPlan, { classes = 1000, channels = 3, ...options }: ModelOptions = {}) {
    super();
    const convolution = { initializer, ...options },
      last = blocks.reduce((count, stage) => count + stage, -1);
    let done = 0;
    const layers: Module[] = [
      new Sequential(new Conv2d(channels, width, 4, { stride: 4, ...convolution }), layerNorm(width, options)),
    ]; // [N,H/4,W/4,width]
    for (const [s, count] of blocks.entries()) {
      const wide = width * 2 ** s;
      if (s > 0)
        layers.push(
          new Sequential(layerNorm(wide / 2, options), new Conv2d(wide / 2, wide, 2, { stride: 2, ...convolution })),
        );
      layers.push(
        new Sequential(...Array.from({ length: count }, () => new Block(wide, (dropped * done++) / last, options))),
      );
    }
    this.features = new Sequential(...layers); // [N,H/32,W/32,8 * width]
    this.classifier = new NamedSequential({
      0: layerNorm(8 * width, options),
      2: new Linear(8 * width, classes, convolution),
    });
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.avgpool.forward(this.features.forward(x)));
  }
}

export const convnext_tiny = (options?: ModelOptions): ConvNeXt =>
  new ConvNeXt({ blocks: [3, 3, 9, 3], width: 96, dropped: 0.1 }, options);
export const convnext_small = (options?: ModelOptions): ConvNeXt =>
  new ConvNeXt({ blocks: [3, 3, 27, 3], width: 96, dropped: 0.4 }, options);
export const convnext_base = (options?: ModelOptions): ConvNeXt =>
  new ConvNeXt({ blocks: [3, 3, 27, 3], width: 128, dropped: 0.5 }, options);
export const convnext_large = (options?: ModelOptions): ConvNeXt =>
  new ConvNeXt({ blocks: [3, 3, 27, 3], width: 192, dropped: 0.5 }, options);
