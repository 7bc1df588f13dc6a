import type { Tensor } from '../core/tensor.js';
import { avgPool2d, globalAvgPool2d, maxPool2d, type Padding } from '../ops/index.js';
import type { Pair } from './arguments.js';
import { Module } from './module.js';

export interface PoolOptions {
  /** Default: the kernel, so that windows touch. */
  stride?: Pair;
  /** Default 0. */
  padding?: Padding;
}

/** Largest element of each window, x [N,H,W,C] to [N,P,Q,C]. See {@link maxPool2d}. */
export class MaxPool2d extends Module {
  private readonly settings: { kernel: Pair; stride: Pair; padding: Padding };

  constructor(kernel: Pair, { stride = kernel, padding = 0 }: PoolOptions = {}) {
    super();
    this.settings = { kernel, stride, padding };
  }

  override forward(x: Tensor): Tensor {
    return maxPool2d(x, this.settings);
  }
}

/** Mean of each window, x [N,H,W,C] to [N,P,Q,C]. See {@link avgPool2d}. */
export class AvgPool2d extends Module {
  private readonly settings: { kernel: Pair; stride: Pair; padding: Padding };

  constructor(kernel: Pair, { stride = kernel, padding = 0 }: PoolOptions = {}) {
    super();
    this.settings = { kernel, stride, padding };
  }

  override forward(x: Tensor): Tensor {
    return avgPool2d(x, this.settings);
  }
}

/** Mean of each channel over the whole image, x [N,H,W,C] to [N,C]. See {@link globalAvgPool2d}. */
export class GlobalAvgPool2d extends Module {
  override forward(x: Tensor): Tensor {
    return globalAvgPool2d(x);
  }
}
