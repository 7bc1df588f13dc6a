/**
 * MobileNetV3: inverted residuals with squeeze and excitation and hard swish, found by search.
 *
 * A. Howard et al., "Searching for MobileNetV3", arXiv:1905.02244, tables 1 and 2.
 */
import type { Tensor } from '../core/tensor.js';
import {
  Dropout, GlobalAvgPool2d, Hardswish, initializers, Linear, Module, Sequential, type ModuleOptions,
} from '../nn/index.js';
import { add } from '../ops/index.js';
import { ConvNorm } from './conv_norm.js';
import type { ModelOptions } from './options.js';
import { roundChannels } from './round_channels.js';
import { SqueezeExcitation } from './squeeze_excitation.js';

/**
 * A row of the tables: kernel, channels inside, channels behind, whether there is squeeze and excitation, activation,
 * stride.
 */
export type MobileNetV3Row = readonly [
  kernel: number,
  hidden: number,
  out: number,
  squeezes: boolean,
  activation: 'relu' | 'hardswish',
  stride: number,
];

const large: readonly MobileNetV3Row[] = [
  [3, 16, 16, false, 'relu', 1],
  [3, 64, 24, false, 'relu', 2],
  [3, 72, 24, false, 'relu', 1],
  [5, 72, 40, true, 'relu', 2],
  [5, 120, 40, true, 'relu', 1],
  [5, 120, 40, true, 'relu', 1],
  [3, 240, 80, false, 'hardswish', 2],
  [3, 200, 80, false, 'hardswish', 1],
  [3, 184, 80, false, 'hardswish', 1],
  [3, 184, 80, false, 'hardswish', 1],
  [3, 480, 112, true, 'hardswish', 1],
  [3, 672, 112, true, 'hardswish', 1],
  [5, 672, 160, true, 'hardswish', 2],
  [5, 960, 160, true, 'hardswish', 1],
  [5, 960, 160, true, 'hardswish', 1],
];

const small: readonly MobileNetV3Row[] = [
  [3, 16, 16, true, 'relu', 2],
  [3, 72, 24, false, 'relu', 2],
  [3, 88, 24, false, 'relu', 1],
  [5, 96, 40, true, 'hardswish', 2],
  [5, 240, 40, true, 'hardswish', 1],
  [5, 240, 40, true, 'hardswish', 1],
  [5, 120, 48, true, 'hardswish', 1],
  [5, 144, 48, true, 'hardswish', 1],
  [5, 288, 96, true, 'hardswish', 2],
  [5, 576, 96, true, 'hardswish', 1],
  [5, 576, 96, true, 'hardswish', 1],
];

/** Of all convolutions and their normalisations. */
const settings = { initializer: initializers.kaimingNormal({ mode: 'fanOut' }), eps: 1e-3, momentum: 0.01 };

/** x [N,H,W,inChannels] to [N,P,Q,outChannels]. */
class InvertedResidual extends Module {
  readonly block: Sequential;
  private readonly isResidual: boolean;

  /** @param dilation of the depthwise convolution; above 1 its stride becomes 1. */
  constructor(
    inChannels: number,
    [kernel, hidden, out, squeezes, activation, stride]: MobileNetV3Row,
    dilation: number,
    options: ModuleOptions,
  ) {
    super();
    const convolution = { ...settings, activation, ...options };
    this.isResidual = stride === 1 && inChannels === out;
    this.block = new Sequential(
      ...(hidden === inChannels ? [] : [new ConvNorm(inChannels, hidden, 1, convolution)]),
      new ConvNorm(hidden, hidden, kernel, {
        ...convolution,
        stride: dilation > 1 ? 1 : stride,
        dilation,
        groups: hidden,
      }),
      ...(squeezes
        ? [new SqueezeExcitation(hidden, roundChannels(Math.floor(hidden / 4)), { gate: 'hardsigmoid', ...options })]
        : []),
      new ConvNorm(hidden, out, 1, { ...convolution, activation: 'none' }),
    );
  }

  override forward(x: Tensor): Tensor {
    const y = this.block.forward(x);
    return this.isResidual ? add(x, y) : y;
  }
}

/** The layers in front of the classifier; with `dilated`, the last stage has dilation 2 instead of a stride. */
function featureLayers(rows: readonly MobileNetV3Row[], channels: number, dilated: boolean, options: ModuleOptions): Module[] {
  const hardswish = { ...settings, activation: 'hardswish', ...options } as const;
  const lastStage = rows.map(([, , , , , stride]) => stride).lastIndexOf(2),
    last = rows.at(-1)![2];
  return [
    new ConvNorm(channels, 16, 3, { stride: 2, ...hardswish }), // [N,H/2,W/2,16]
    ...rows.map(
      (row, i) => new InvertedResidual(rows[i - 1]?.[2] ?? 16, row, dilated && i >= lastStage ? 2 : 1, options),
    ),
    new ConvNorm(last, 6 * last, 1, hardswish), // [N,H/32,W/32,…]
  ];
}

/** MobileNetV3, x [N,H,W,channels] to logits [N,classes]. Published for 224 × 224 images. */
export class MobileNetV3 extends Module {
  readonly features: Sequential;
  private readonly avgpool = new GlobalAvgPool2d();
  readonly classifier: Sequential;

  /** @param hidden features between the two linear layers. */
  constructor(rows: readonly MobileNetV3Row[], hidden: number, { classes = 1000, channels = 3, ...options }: ModelOptions = {}) {
    super();
    const linear = { initializer: initializers.normal({ std: 0.01 }), ...options };
    this.features = new Sequential(...featureLayers(rows, channels, false, options));
    this.classifier = new Sequential(
      new Linear(6 * rows.at(-1)![2], hidden, linear),
      new Hardswish(),
      new Dropout(0.2, options),
      new Linear(hidden, classes, linear),
    );
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.avgpool.forward(this.features.forward(x)));
  }
}

export const mobilenet_v3_large = (options?: ModelOptions): MobileNetV3 => new MobileNetV3(large, 1280, options);
export const mobilenet_v3_small = (options?: ModelOptions): MobileNetV3 => new MobileNetV3(small, 1024, options);

/**
 * The large network's features with a dilated last stage, for segmentation: the fifth layer gives [N,H/8,W/8,40], the
 * last [N,H/16,W/16,960].
 */
export const dilatedMobilenetV3Large = ({ channels = 3, ...options }: Omit<ModelOptions, 'classes'>): Module[] =>
  featureLayers(large, channels, true, options);
