import type { Tensor } from '../core/tensor.js';
import { Conv2d, Flatten, Linear, MaxPool2d, Module, ReLU, Sequential } from '../nn/index.js';
import type { ModelOptions } from './options.js';

/**
 * LeNet-5 for 28 × 28 grey images, with ReLU and max pooling in place of the paper's tanh and trained
 * subsampling, and a plain linear output: 61,706 parameters for 10 classes.
 *
 * LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998, figure 2.
 */
export class LeNet5 extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor({ classes = 10, channels = 1, ...options }: ModelOptions = {}) {
    super();
    this.features = new Sequential(
      new Conv2d(channels, 6, 5, { padding: 2, ...options }), // [N,28,28,6]
      new ReLU(),
      new MaxPool2d(2), // [N,14,14,6]
      new Conv2d(6, 16, 5, options), // [N,10,10,16]
      new ReLU(),
      new MaxPool2d(2), // [N,5,5,16]
    );
    this.classifier = new Sequential(
      new Flatten(), // [N,400]
      new Linear(5 * 5 * 16, 120, options),
      new ReLU(),
      new Linear(120, 84, options),
      new ReLU(),
      new Linear(84, classes, options),
    );
  }

  /** @param x images [N,28,28,channels]. @returns logits [N,classes]. */
  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x));
  }
}

export const lenet5 = (options?: ModelOptions): LeNet5 => new LeNet5(options);
