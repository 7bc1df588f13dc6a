import type { Tensor } from '../core/tensor.js';
import { localResponseNorm, type LocalResponseNormOptions } from '../ops/index.js';
import { Module } from './module.js';

/** Each element divided by a power of the squares of neighbouring channels, x […,C]. See {@link localResponseNorm}. */
export class LocalResponseNorm extends Module {
  private readonly settings: LocalResponseNormOptions;

  /** @param size how many neighbouring channels are summed. */
  constructor(size: number, options: Omit<LocalResponseNormOptions, 'size'> = {}) {
    super();
    this.settings = { size, ...options };
  }

  override forward(x: Tensor): Tensor {
    return localResponseNorm(x, this.settings);
  }
}
