import { numel } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { Module } from './module.js';

/** x [N,…] to [N,-1], in memory order: features are ordered by H, W, C, not by C, H, W as in torch. */
export class Flatten extends Module {
  override forward(x: Tensor): Tensor {
    return x.reshape([...x.shape.slice(0, 1), numel(x.shape.slice(1))]);
  }
}
