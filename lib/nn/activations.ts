import type { Tensor } from '../core/tensor.js';
import { relu, sigmoid, tanh } from '../ops/index.js';
import { Module } from './module.js';

/** max(x, 0). See {@link relu}. */
export class ReLU extends Module {
  override forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** 1 / (1 + exp(-x)). See {@link sigmoid}. */
export class Sigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** Hyperbolic tangent. See {@link tanh}. */
export class Tanh extends Module {
  override forward(x: Tensor): Tensor {
    return tanh(x);
  }
}
