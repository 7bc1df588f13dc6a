import type { Tensor } from '../core/tensor.js';
import {
  Conv2d, Dropout, ImageLinear, Linear, LocalResponseNorm, MaxPool2d, Module, ReLU, Sequential,
} from '../nn/index.js';
import type { ModelOptions } from './options.js';

/**
 * ZFNet: AlexNet with smaller filters and strides in front, which looking inside had suggested.
 * x [N,224,224,channels] to logits [N,classes].
 *
 * M. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks", arXiv:1311.2901, figure 3.
 */
export class ZFNet extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor({ classes = 1000, channels = 3, ...options }: ModelOptions = {}) {
    super();
    const responses = () => new LocalResponseNorm(5, { alpha: 5e-4, beta: 0.75, k: 2 });
    this.features = new Sequential(
      new Conv2d(channels, 96, 7, { stride: 2, padding: 1, ...options }), // [N,110,110,96]
      new ReLU(),
      new MaxPool2d(3, { stride: 2, padding: 1 }), // [N,55,55,96]
      responses(),
      new Conv2d(96, 256, 5, { stride: 2, ...options }), // [N,26,26,256]
      new ReLU(),
      new MaxPool2d(3, { stride: 2, padding: 1 }), // [N,13,13,256]
      responses(),
      new Conv2d(256, 384, 3, { padding: 1, ...options }),
      new ReLU(),
      new Conv2d(384, 384, 3, { padding: 1, ...options }),
      new ReLU(),
      new Conv2d(384, 256, 3, { padding: 1, ...options }),
      new ReLU(),
      new MaxPool2d(3, { stride: 2 }), // [N,6,6,256]
    );
    this.classifier = new Sequential(
      new ImageLinear([6, 6, 256], 4096, options),
      new ReLU(),
      new Dropout(0.5, options),
      new Linear(4096, 4096, options),
      new ReLU(),
      new Dropout(0.5, options),
      new Linear(4096, classes, options),
    );
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x));
  }
}

export const zfnet = (options?: ModelOptions): ZFNet => new ZFNet(options);
