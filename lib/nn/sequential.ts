import type { Tensor } from '../core/tensor.js';
import { Module } from './module.js';

/** Modules one behind the other. The i-th is named `i`. */
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
    return this.layers.reduce((input, layer) => layer.forward(input), x);
  }
}

/**
 * Modules one behind the other, with names: those of a state dict whose numbers have gaps, or which has words for them.
 */
export class NamedSequential<
  Layers extends Readonly<Record<string, Module>> = Readonly<Record<string, Module>>,
> extends Module {
  readonly layers: Layers;

  constructor(layers: Layers) {
    super();
    this.layers = layers;
  }

  override *children(): Generator<[string, Module]> {
    yield* Object.entries(this.layers);
  }

  override forward(x: Tensor): Tensor {
    return Object.values(this.layers).reduce((input, layer) => layer.forward(input), x);
  }
}
