/**
 * Bag of visual words as a network: descriptors of gradients as SIFT has them, the nearest words of a dictionary, how often
 * each occurs, and a linear classifier.
 *
 * D. Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 2004 (8 directions in 4 × 4 cells of 4 × 4
 * pixels); G. Csurka et al., "Visual categorization with bags of keypoints", 2004. The descriptors are dense, at one scale and
 * not turned, and words are assigned softly, so that all of it has gradients: bank and dictionary learn too, unless they are frozen.
 */
import type { Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { Conv2d, GlobalAvgPool2d, Linear, Module } from '../nn/index.js';
import { add, div, mul, relu, softmax, sqrt, square, sum, sumPool2d } from '../ops/index.js';
import type { ModelOptions } from './options.js';

const directions = 8, cell = 4, cells = 4;

/** Sharpness of the assignment: a word that is 0.1 nearer, as a cosine, counts e² times as much. */
const sharpness = 20;

/** Derivatives of a Gaussian of deviation 1, one filter for each direction, over the mean of the channels. */
function gradientBank([k = 0, r = 0, s = 0, channels = 0]: Shape): Float32Array {
  const values: number[] = [];
  for (let direction = 0; direction < k; direction++) {
    const angle = (2 * Math.PI * direction) / k;
    for (let i = 0; i < r * s; i++) {
      const y = Math.floor(i / s) - (r - 1) / 2, x = (i % s) - (s - 1) / 2;
      const slope = (Math.cos(angle) * x + Math.sin(angle) * y) * (Math.exp(-(x * x + y * y) / 2) / (2 * Math.PI));
      values.push(...Array<number>(channels).fill(slope / channels));
    }
  }
  return Float32Array.from(values);
}

export interface VisualWordsOptions extends ModelOptions {
  /** Words in the dictionary. Default 256. */
  words?: number | undefined;
}

/** The network, x [N,H,W,channels] to logits [N,classes], for images of 20 × 20 or more. Default 10 classes. */
export class VisualWords extends Module {
  readonly bank: Conv2d;
  readonly dictionary: Conv2d;
  private readonly histogram = new GlobalAvgPool2d();
  readonly classifier: Linear;

  constructor({ classes = 10, channels = 3, words = 256, ...options }: VisualWordsOptions = {}) {
    super();
    this.bank = new Conv2d(channels, directions, 5, { bias: false, initializer: gradientBank, ...options });
    this.dictionary = new Conv2d(directions, words, cells, { bias: false, ...options });
    this.classifier = new Linear(words, classes, options);
  }

  override forward(x: Tensor): Tensor {
    const gradients = relu(this.bank.forward(x)); // [N,H-4,W-4,8]
    const sums = sumPool2d(gradients, { kernel: cell, stride: cell }); // [N,(H-4)/4,(W-4)/4,8], of cells
    const energy = sumPool2d(sum(square(sums), { axes: [-1], keepDims: true }), { kernel: cells, stride: 1 }); // [N,P,Q,1], of descriptors of 4 × 4 cells
    const cosines = div(this.dictionary.forward(sums), sqrt(add(energy, 1e-6))); // [N,P,Q,words], times the length of the words
    return this.classifier.forward(this.histogram.forward(softmax(mul(cosines, sharpness))));
  }
}

export const visual_words = (options?: VisualWordsOptions): VisualWords => new VisualWords(options);
