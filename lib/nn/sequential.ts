import type { Tensor } from '../core/tensor.js';
import { forwardInOrder } from './conv_batch_norm.js';
import { Module } from './module.js';

/**
 * Modules one behind the other. The i-th is named `i`. A convolution and the batch normalisation behind it run as
 * {@link forwardConvBatchNorm} has them.
 */
export class Sequential extends Module {
  private readonly layers: readonly Module[];

  constructor(...layers: Module[]) {
    super();
    this.layers = layers;
  }

  override *children(): Generator<[string, Module]> {
    for (const [i, layer] of this.layers.entries()) yield [String(i), layer];
  }

  override forward(x: Tensor): Tensor {
    return forwardInOrder(x, this.layers);
  }
}

/** As {@link Sequential}, with names: those of a state dict whose numbers have gaps, or which has words for them. */
export class NamedSequential<Layers extends Readonly<Record<string, Module>> = Readonly<Record<string, Module>>> extends Module {
  readonly layers: Layers;

  constructor(layers: Layers) {
    super();
    this.layers = layers;
  }

  override *children(): Generator<[string, Module]> {
    yield* Object.entries(this.layers);
  }

  override forward(x: Tensor): Tensor {
    return forwardInOrder(x, Object.values(this.layers));
  }
}
