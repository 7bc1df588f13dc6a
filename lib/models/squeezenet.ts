/**
 * SqueezeNet: few parameters, through 1 × 1 convolutions in front of 3 × 3 ones.
 *
 * F. Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters", arXiv:1602.07360. Version 1.1 of
 * the authors needs 2.4 times less arithmetic than 1.0, the paper's.
 */
import type { Tensor } from '../core/tensor.js';
import {
  Conv2d, Dropout, GlobalAvgPool2d, initializers, MaxPool2d, Module, ReLU, Sequential, type ModuleOptions,
} from '../nn/index.js';
import { concat, relu } from '../ops/index.js';
import type { ModelOptions } from './options.js';

const initializer = initializers.kaimingUniform();

/** x [N,H,W,inChannels] to few channels by a 1 × 1 convolution, and to many by 1 × 1 and 3 × 3 ones side by side. */
class Fire extends Module {
  readonly squeeze: Conv2d;
  readonly expand1x1: Conv2d;
  readonly expand3x3: Conv2d;

  constructor(inChannels: number, squeezed: number, expanded: number, options: ModuleOptions) {
    super();
    const settings = { initializer, ...options };
    this.squeeze = new Conv2d(inChannels, squeezed, 1, settings);
    this.expand1x1 = new Conv2d(squeezed, expanded, 1, settings);
    this.expand3x3 = new Conv2d(squeezed, expanded, 3, { padding: 1, ...settings });
  }

  override forward(x: Tensor): Tensor {
    const squeezed = relu(this.squeeze.forward(x));
    // [N,H,W,2 * expanded]
    return relu(concat([this.expand1x1.forward(squeezed), this.expand3x3.forward(squeezed)], -1));
  }
}

/** SqueezeNet, x [N,H,W,channels] to logits [N,classes]. Published for 224 × 224 images. */
export class SqueezeNet extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(version: '1.0' | '1.1', { classes = 1000, channels = 3, ...options }: ModelOptions = {}) {
    super();
    const fire = (inChannels: number, squeezed: number, expanded: number) =>
      new Fire(inChannels, squeezed, expanded, options);
    const pool = () => new MaxPool2d(3, { stride: 2, ceilMode: true });
    const early = [fire(128, 16, 64), fire(128, 32, 128), fire(256, 32, 128)] as const;
    const late = [fire(256, 48, 192), fire(384, 48, 192), fire(384, 64, 256)] as const;
    const last = fire(512, 64, 256);
    const stem = { stride: 2, initializer, ...options };
    this.features =
      version === '1.0'
        ? new Sequential(
            new Conv2d(channels, 96, 7, stem),
            new ReLU(),
            pool(),
            fire(96, 16, 64),
            early[0],
            early[1],
            pool(),
            early[2],
            ...late,
            pool(),
            last,
          )
        : new Sequential(
            new Conv2d(channels, 64, 3, stem),
            new ReLU(),
            pool(),
            fire(64, 16, 64),
            early[0],
            pool(),
            early[1],
            early[2],
            pool(),
            ...late,
            last,
          );
    this.classifier = new Sequential(
      new Dropout(0.5, options),
      new Conv2d(512, classes, 1, { initializer: initializers.normal({ std: 0.01 }), ...options }),
      new ReLU(),
      new GlobalAvgPool2d(),
    );
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x));
  }
}

export const squeezenet1_0 = (options?: ModelOptions): SqueezeNet => new SqueezeNet('1.0', options);
export const squeezenet1_1 = (options?: ModelOptions): SqueezeNet => new SqueezeNet('1.1', options);
