/**
 * Inception v4 and Inception-ResNet v2.
 *
 * C. Szegedy, S. Ioffe, V. Vanhoucke, A. Alemi, "Inception-v4, Inception-ResNet and the impact of residual connections
 * on learning", arXiv:1602.07261. Inception-ResNet v2 has the stem of the authors' program, which is not that of figure
 * 3.
 */
import type { Tensor } from '../core/tensor.js';
import {
  AvgPool2d, Conv2d, Dropout, GlobalAvgPool2d, Linear, MaxPool2d, Module, Sequential, type ModuleOptions,
} from '../nn/index.js';
import { add, mul, relu } from '../ops/index.js';
import { ConvNorm } from './conv_norm.js';
import { Mixed } from './mixed.js';
import type { ModelOptions } from './options.js';

/** A convolution of a branch: its kernel and channels, and whether it halves the image. */
type Step = readonly [
  kernel: number | readonly [height: number, width: number],
  channels: number,
  step?: 'halves' | 'valid',
];

/** Convolutions one behind the other, with normalisation and ReLU; those that halve have no padding. */
function chain(inChannels: number, steps: readonly Step[], options: ModuleOptions): Sequential {
  const layers = steps.map(([kernel, channels, step], i) => {
    const stride = step === 'halves' ? 2 : 1;
    return new ConvNorm(steps[i - 1]?.[1] ?? inChannels, channels, kernel, {
      stride,
      eps: 1e-3,
      ...options,
      ...(step && { padding: 0 }),
    });
  });
  return new Sequential(...layers);
}

const halvingPool = () => new MaxPool2d(3, { stride: 2 });
const averagePool = () => new AvgPool2d(3, { stride: 1, padding: 1, countPadding: false });

/** A mean of neighbours and a 1 × 1 convolution. */
const pooled = (inChannels: number, channels: number, options: ModuleOptions) =>
  new Sequential(averagePool(), chain(inChannels, [[1, channels]], options));

/** Figures 3 to 9, with the numbers of channels of Inception v4. */
function inceptionV4Layers(channels: number, options: ModuleOptions): Module[] {
  const to = (inChannels: number, ...steps: Step[]) => chain(inChannels, steps, options);
  const a = () =>
    new Mixed(
      to(384, [1, 96]),
      to(384, [1, 64], [3, 96]),
      to(384, [1, 64], [3, 96], [3, 96]),
      pooled(384, 96, options),
    );
  const b = () =>
    new Mixed(
      to(1024, [1, 384]),
      to(1024, [1, 192], [[1, 7], 224], [[7, 1], 256]),
      to(1024, [1, 192], [[7, 1], 192], [[1, 7], 224], [[7, 1], 224], [[1, 7], 256]),
      pooled(1024, 128, options),
    );
  const c = () =>
    new Mixed(
      to(1536, [1, 256]),
      new Sequential(to(1536, [1, 384]), new Mixed(to(384, [[1, 3], 256]), to(384, [[3, 1], 256]))),
      new Sequential(
        to(1536, [1, 384], [[3, 1], 448], [[1, 3], 512]),
        new Mixed(to(512, [[1, 3], 256]), to(512, [[3, 1], 256])),
      ),
      pooled(1536, 256, options),
    );
  return [
    to(channels, [3, 32, 'halves'], [3, 32, 'valid'], [3, 64]), // [N,147,147,64]
    new Mixed(halvingPool(), to(64, [3, 96, 'halves'])), // [N,73,73,160]
    // [N,71,71,192]
    new Mixed(to(160, [1, 64], [3, 96, 'valid']), to(160, [1, 64], [[1, 7], 64], [[7, 1], 64], [3, 96, 'valid'])),
    new Mixed(to(192, [3, 192, 'halves']), halvingPool()), // [N,35,35,384]
    ...Array.from({ length: 4 }, a),
    // [N,17,17,1024]
    new Mixed(to(384, [3, 384, 'halves']), to(384, [1, 192], [3, 224], [3, 256, 'halves']), halvingPool()),
    ...Array.from({ length: 7 }, b),
    new Mixed(
      to(1024, [1, 192], [3, 192, 'halves']),
      to(1024, [1, 256], [[1, 7], 256], [[7, 1], 320], [3, 320, 'halves']),
      halvingPool(),
    ), // [N,8,8,1536]
    ...Array.from({ length: 3 }, c),
  ];
}

/** Branches whose outputs a 1 × 1 convolution brings to the channels of x, scaled and added to it. */
class Residual extends Module {
  readonly mixed: Mixed;
  readonly project: Conv2d;
  private readonly settings: { scale: number; activation: 'relu' | 'none' };

  constructor(
    mixed: Mixed,
    [width, inChannels]: readonly [number, number],
    settings: Residual['settings'],
    options: ModuleOptions,
  ) {
    super();
    this.mixed = mixed;
    this.project = new Conv2d(width, inChannels, 1, options);
    this.settings = settings;
  }

  override forward(x: Tensor): Tensor {
    const { scale, activation } = this.settings;
    const y = add(x, mul(this.project.forward(this.mixed.forward(x)), scale));
    return activation === 'relu' ? relu(y) : y;
  }
}

/** Figures 15 to 19, with the numbers of channels of Inception-ResNet v2. */
function inceptionResnetV2Layers(channels: number, options: ModuleOptions): Module[] {
  const to = (inChannels: number, ...steps: Step[]) => chain(inChannels, steps, options);
  const residual = (
    mixed: Mixed,
    width: number,
    inChannels: number,
    scale: number,
    activation: 'relu' | 'none' = 'relu',
  ) => new Residual(mixed, [width, inChannels], { scale, activation }, options);
  const a = () =>
    residual(
      new Mixed(to(320, [1, 32]), to(320, [1, 32], [3, 32]), to(320, [1, 32], [3, 48], [3, 64])),
      128,
      320,
      0.17,
    );
  const b = () =>
    residual(new Mixed(to(1088, [1, 192]), to(1088, [1, 128], [[1, 7], 160], [[7, 1], 192])), 384, 1088, 0.1);
  const c = (activation: 'relu' | 'none', scale: number) =>
    residual(
      new Mixed(to(2080, [1, 192]), to(2080, [1, 192], [[1, 3], 224], [[3, 1], 256])),
      448,
      2080,
      scale,
      activation,
    );
  return [
    to(channels, [3, 32, 'halves'], [3, 32, 'valid'], [3, 64]), // [N,147,147,64]
    halvingPool(),
    to(64, [1, 80], [3, 192, 'valid']), // [N,71,71,192]
    halvingPool(),
    new Mixed(
      to(192, [1, 96]),
      to(192, [1, 48], [5, 64]),
      to(192, [1, 64], [3, 96], [3, 96]),
      pooled(192, 64, options),
    ), // [N,35,35,320]
    ...Array.from({ length: 10 }, a),
    // [N,17,17,1088]
    new Mixed(to(320, [3, 384, 'halves']), to(320, [1, 256], [3, 256], [3, 384, 'halves']), halvingPool()),
    ...Array.from({ length: 20 }, b),
    new Mixed(
      to(1088, [1, 256], [3, 384, 'halves']),
      to(1088, [1, 256], [3, 288, 'halves']),
      to(1088, [1, 256], [3, 288], [3, 320, 'halves']),
      halvingPool(),
    ), // [N,8,8,2080]
    ...Array.from({ length: 9 }, () => c('relu', 0.2)),
    c('none', 1),
    to(2080, [1, 1536]), // [N,8,8,1536]
  ];
}

/** Either network, x [N,H,W,channels] to logits [N,classes]. Published for 299 × 299 images. */
export class InceptionV4 extends Module {
  readonly features: Sequential;
  private readonly avgpool = new GlobalAvgPool2d();
  readonly classifier: Sequential;

  constructor(kind: 'plain' | 'residual', { classes = 1000, channels = 3, ...options }: ModelOptions = {}) {
    super();
    this.features = new Sequential(
      ...(kind === 'plain' ? inceptionV4Layers : inceptionResnetV2Layers)(channels, options),
    );
    this.classifier = new Sequential(new Dropout(0.2, options), new Linear(1536, classes, options));
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.avgpool.forward(this.features.forward(x)));
  }
}

export const inception_v4 = (options?: ModelOptions): InceptionV4 => new InceptionV4('plain', options);
export const inception_resnet_v2 = (options?: ModelOptions): InceptionV4 => new InceptionV4('residual', options);
