/**
 * RegNet: residual networks whose widths follow a line; Y has squeeze and excitation, X has not.
 *
 * I. Radosavovic, R. Kosaraju, R. Girshick, K. He, P. Dollár, "Designing network design spaces", arXiv:2003.13678.
 */
import type { Tensor } from '../core/tensor.js';
import { GlobalAvgPool2d, initializers, Linear, Module, NamedSequential, type ModuleOptions } from '../nn/index.js';
import { add, relu } from '../ops/index.js';
import { ConvNorm } from './conv_norm.js';
import type { ModelOptions } from './options.js';
import { roundChannels } from './round_channels.js';
import { SqueezeExcitation } from './squeeze_excitation.js';

/** Equations 2 to 4 of the paper: the widths of `depth` blocks from a line, in steps of a factor. */
export interface RegNetPlan {
  depth: number;
  /** Width of the first block, w_0. */
  width: number;
  /** How much wider each block would be than the one before, w_a. */
  slope: number;
  /** Factor between widths of neighbouring stages, w_m. */
  factor: number;
  /** Channels of a group. */
  groupWidth: number;
  /** Whether blocks have squeeze and excitation. */
  squeezes: boolean;
}

interface Stage {
  width: number;
  blocks: number;
  groupWidth: number;
}

/** The nearest whole number, of two the even one, as the authors' program rounds. */
function nearest(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** Width and number of blocks of each stage. */
function stagesOf({ depth, width, slope, factor, groupWidth }: RegNetPlan): Stage[] {
  const stages: Stage[] = [];
  for (let i = 0; i < depth; i++) {
    const steps = nearest(Math.log((width + slope * i) / width) / Math.log(factor));
    const quantized = nearest((width * factor ** steps) / 8) * 8,
      group = Math.min(groupWidth, quantized);
    const fitting = roundChannels(quantized, group);
    const last = stages.at(-1);
    if (last?.width === fitting) last.blocks++;
    else stages.push({ width: fitting, blocks: 1, groupWidth: group });
  }
  return stages;
}

const initializer = initializers.kaimingNormal({ mode: 'fanOut' });

/** A bottleneck without a waist. x [N,H,W,inChannels] to [N,P,Q,width]. */
class Block extends Module {
  readonly proj: ConvNorm | null;
  readonly f: NamedSequential;

  constructor(
    inChannels: number,
    { width, groupWidth }: Stage,
    { stride, squeezes }: { stride: number; squeezes: boolean },
    options: ModuleOptions,
  ) {
    super();
    const convolution = { initializer, ...options },
      linear = { activation: 'none', ...convolution } as const;
    this.proj = stride === 1 && inChannels === width ? null : new ConvNorm(inChannels, width, 1, { stride, ...linear });
    this.f = new NamedSequential({
      a: new ConvNorm(inChannels, width, 1, convolution),
      b: new ConvNorm(width, width, 3, { stride, groups: width / groupWidth, ...convolution }),
      ...(squeezes && { se: new SqueezeExcitation(width, Math.round(0.25 * inChannels), options) }),
      c: new ConvNorm(width, width, 1, linear),
    });
  }

  override forward(x: Tensor): Tensor {
    return relu(add(this.proj?.forward(x) ?? x, this.f.forward(x)));
  }
}

/** A RegNet, x [N,H,W,channels] to logits [N,classes]. Published for 224 × 224 images. */
export class RegNet extends Module {
  readonly stem: ConvNorm;
  readonly trunk_output: NamedSequential;
  private readonly avgpool = new GlobalAvgPool2d();
  readonly fc: Linear;

  constructor(plan: RegNetPlan, { classes = 1000, channels = 3, ...options }: ModelOptions = {}) {
    super();
    this.stem = new ConvNorm(channels, 32, 3, { stride: 2, initializer, ...options }); // [N,H/2,W/2,32]
    let inChannels = 32;
    const stages = stagesOf(plan).map((stage, s) => {
      const blocks = Array.from({ length: stage.blocks }, (_, i) => {
        const block = new Block(inChannels, stage, { stride: i === 0 ? 2 : 1, squeezes: plan.squeezes }, options);
        inChannels = stage.width;
        return [`block${s + 1}-${i}`, block] as const;
      });
      return [`block${s + 1}`, new NamedSequential(Object.fromEntries(blocks))] as const;
    });
    this.trunk_output = new NamedSequential(Object.fromEntries(stages)); // [N,H/32,W/32,…]
    this.fc = new Linear(inChannels, classes, { initializer: initializers.normal({ std: 0.01 }), ...options });
  }

  override forward(x: Tensor): Tensor {
    return this.fc.forward(this.avgpool.forward(this.trunk_output.forward(this.stem.forward(x))));
  }
}

const x = (depth: number, width: number, slope: number, factor: number, groupWidth: number): RegNetPlan => ({
  depth,
  width,
  slope,
  factor,
  groupWidth,
  squeezes: false,
});
const y = (...numbers: Parameters<typeof x>): RegNetPlan => ({ ...x(...numbers), squeezes: true });

export const regnet_x_400mf = (options?: ModelOptions): RegNet => new RegNet(x(22, 24, 24.48, 2.54, 16), options);
export const regnet_x_800mf = (options?: ModelOptions): RegNet => new RegNet(x(16, 56, 35.73, 2.28, 16), options);
export const regnet_x_1_6gf = (options?: ModelOptions): RegNet => new RegNet(x(18, 80, 34.01, 2.25, 24), options);
export const regnet_x_3_2gf = (options?: ModelOptions): RegNet => new RegNet(x(25, 88, 26.31, 2.25, 48), options);
export const regnet_x_8gf = (options?: ModelOptions): RegNet => new RegNet(x(23, 80, 49.56, 2.88, 120), options);
export const regnet_x_16gf = (options?: ModelOptions): RegNet => new RegNet(x(22, 216, 55.59, 2.1, 128), options);
export const regnet_x_32gf = (options?: ModelOptions): RegNet => new RegNet(x(23, 320, 69.86, 2, 168), options);
export const regnet_y_400mf = (options?: ModelOptions): RegNet => new RegNet(y(16, 48, 27.89, 2.09, 8), options);
export const regnet_y_800mf = (options?: ModelOptions): RegNet => new RegNet(y(14, 56, 38.84, 2.4, 16), options);
export const regnet_y_1_6gf = (options?: ModelOptions): RegNet => new RegNet(y(27, 48, 20.71, 2.65, 24), options);
export const regnet_y_3_2gf = (options?: ModelOptions): RegNet => new RegNet(y(21, 80, 42.63, 2.66, 24), options);
export const regnet_y_8gf = (options?: ModelOptions): RegNet => new RegNet(y(17, 192, 76.82, 2.19, 56), options);
export const regnet_y_16gf = (options?: ModelOptions): RegNet => new RegNet(y(18, 200, 106.23, 2.48, 112), options);
export const regnet_y_32gf = (options?: ModelOptions): RegNet => new RegNet(y(20, 232, 115.89, 2.53, 232), options);
export const regnet_y_128gf = (options?: ModelOptions): RegNet => new RegNet(y(27, 456, 160.83, 2.52, 264), options);
