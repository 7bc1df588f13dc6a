import type { Tensor } from '../core/tensor.js';
import { Conv2d, Module, type ModuleOptions } from '../nn/index.js';
import { globalAvgPool2d, hardsigmoid, mul, relu, sigmoid, silu } from '../ops/index.js';

const hiddenActivations = { relu, silu };
const gates = { sigmoid, hardsigmoid };

export interface SqueezeExcitationOptions extends ModuleOptions {
  /** Behind the first layer. Default 'relu'. */
  activation?: keyof typeof hiddenActivations;
  /** Behind the second. Default 'sigmoid'. */
  gate?: keyof typeof gates;
}

/**
 * Each channel times a factor between 0 and 1 that the means of all channels decide, x [N,H,W,channels].
 *
 * J. Hu, L. Shen, G. Sun, "Squeeze-and-excitation networks", arXiv:1709.01507.
 */
export class SqueezeExcitation extends Module {
  readonly fc1: Conv2d;
  readonly fc2: Conv2d;
  private readonly activation: (x: Tensor) => Tensor;
  private readonly gate: (x: Tensor) => Tensor;

  /** @param squeezed channels between the two layers. */
  constructor(
    channels: number,
    squeezed: number,
    { activation = 'relu', gate = 'sigmoid', ...options }: SqueezeExcitationOptions = {},
  ) {
    super();
    this.fc1 = new Conv2d(channels, squeezed, 1, options);
    this.fc2 = new Conv2d(squeezed, channels, 1, options);
    this.activation = hiddenActivations[activation];
    this.gate = gates[gate];
  }

  override forward(x: Tensor): Tensor {
    const [n, , , channels] = x.shape as [number, number, number, number];
    const means = globalAvgPool2d(x).reshape([n, 1, 1, channels]);
    return mul(x, this.gate(this.fc2.forward(this.activation(this.fc1.forward(means)))));
  }
}
