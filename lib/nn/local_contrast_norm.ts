import type { Tensor } from '../core/tensor.js';
import { localContrastNorm, type LocalContrastNormOptions } from '../ops/index.js';
import { Module } from './module.js';

/** Each element of x [N,…,C] by the mean and deviation of its neighbourhood in space and channels. See {@link localContrastNorm}. */
export class LocalContrastNorm extends Module {
  private readonly settings: LocalContrastNormOptions;

  constructor(options: LocalContrastNormOptions = {}) {
    super();
    this.settings = options;
  }

  override forward(x: Tensor): Tensor {
    return localContrastNorm(x, this.settings);
  }
}
