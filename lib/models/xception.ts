/**
 * Xception: Inception driven to its end, where each channel has filters of its own.
 *
 * F. Chollet, "Xception: deep learning with depthwise separable convolutions", arXiv:1610.02357, figure 5.
 */
import type { Tensor } from '../core/tensor.js';
import {
  BatchNorm2d, GlobalAvgPool2d, Linear, MaxPool2d, Module, ReLU, SeparableConv2d, Sequential, type ModuleOptions,
} from '../nn/index.js';
import { add } from '../ops/index.js';
import { ConvNorm } from './conv_norm.js';
import type { ModelOptions } from './options.js';

/** A separable convolution and its normalisation. */
const separable = (inChannels: number, outChannels: number, options: ModuleOptions, activation?: 'relu'): Module[] => [
  new SeparableConv2d(inChannels, outChannels, 3, { padding: 1, bias: false, ...options }),
  new BatchNorm2d(outChannels, { ...options, ...(activation && { activation }) }),
];

/** Separable convolutions, each behind ReLU, around which the input is added. */
class Block extends Module {
  readonly layers: Sequential;
  readonly shortcut: ConvNorm | null;

  /**
   * @param widths channels in front of the block and behind each convolution.
   * @param halves whether a pooling at stride 2 ends it.
   */
  constructor(
    widths: readonly number[],
    { halves, startsWithRelu }: { halves: boolean; startsWithRelu: boolean },
    options: ModuleOptions,
  ) {
    super();
    const last = widths.length - 2;
    const convolutions = widths
      .slice(1)
      .flatMap((width, i) => separable(widths[i]!, width, options, i < last ? 'relu' : undefined));
    this.layers = new Sequential(
      ...(startsWithRelu ? [new ReLU()] : []),
      ...convolutions,
      ...(halves ? [new MaxPool2d(3, { stride: 2, padding: 1 })] : []),
    );
    this.shortcut = halves
      ? new ConvNorm(widths[0]!, widths.at(-1)!, 1, { stride: 2, activation: 'none', ...options })
      : null;
  }

  override forward(x: Tensor): Tensor {
    return add(this.shortcut?.forward(x) ?? x, this.layers.forward(x));
  }
}

/** Xception, x [N,H,W,channels] to logits [N,classes]. Published for 299 × 299 images. */
export class Xception extends Module {
  readonly entry: Sequential;
  readonly middle: Sequential;
  readonly exit: Sequential;
  private readonly avgpool = new GlobalAvgPool2d();
  readonly classifier: Linear;

  constructor({ classes = 1000, channels = 3, ...options }: ModelOptions = {}) {
    super();
    const halving = (widths: readonly number[], startsWithRelu = true) =>
      new Block(widths, { halves: true, startsWithRelu }, options);
    this.entry = new Sequential(
      new ConvNorm(channels, 32, 3, { stride: 2, padding: 0, ...options }), // [N,149,149,32]
      new ConvNorm(32, 64, 3, { padding: 0, ...options }), // [N,147,147,64]
      halving([64, 128, 128], false), // [N,74,74,128]
      halving([128, 256, 256]), // [N,37,37,256]
      halving([256, 728, 728]), // [N,19,19,728]
    );
    const same = () => new Block([728, 728, 728, 728], { halves: false, startsWithRelu: true }, options);
    this.middle = new Sequential(...Array.from({ length: 8 }, same));
    this.exit = new Sequential(
      halving([728, 728, 1024]), // [N,10,10,1024]
      ...separable(1024, 1536, options, 'relu'),
      ...separable(1536, 2048, options, 'relu'), // [N,10,10,2048]
    );
    this.classifier = new Linear(2048, classes, options);
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.avgpool.forward(this.exit.forward(this.middle.forward(this.entry.forward(x)))));
  }
}

export const xception = (options?: ModelOptions): Xception => new Xception(options);
