import { numel } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { Flatten, Linear, Module, ReLU, Sequential } from '../nn/index.js';
import type { ModelOptions } from './options.js';

export interface MLPOptions extends ModelOptions {
  /** Height and width of the images. Default 28. */
  extents?: readonly [height: number, width: number];
  /** Features of the hidden layers. Default 300 and 100. */
  hidden?: readonly number[];
}

/**
 * A multi-layer perceptron, which knows nothing of images: what a convolutional network is compared with.
 * x [N,height,width,channels] to logits [N,classes].
 *
 * With its defaults the 784-300-100-10 network of LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to
 * document recognition, 1998, section III.C, with ReLU in place of its tanh: 266,610 parameters.
 */
export class MLP extends Module {
  readonly layers: Sequential;

  constructor({ classes = 10, channels = 1, extents = [28, 28], hidden = [300, 100], ...options }: MLPOptions = {}) {
    super();
    const widths = [numel(extents) * channels, ...hidden];
    const hiddenLayers = hidden.flatMap((width, i) => [new Linear(widths[i]!, width, options), new ReLU()]);
    this.layers = new Sequential(new Flatten(), ...hiddenLayers, new Linear(widths.at(-1)!, classes, options));
  }

  override forward(x: Tensor): Tensor {
    return this.layers.forward(x);
  }
}

export const mlp = (options?: MLPOptions): MLP => new MLP(options);
