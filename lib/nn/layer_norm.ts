import type { Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { layerNorm, rmsNorm } from '../ops/index.js';
import { checkCount } from './arguments.js';
import { ones, zeros } from './initializers.js';
import { Module, type ModuleOptions } from './module.js';
import { parameter, type Parameter } from './parameter.js';

export interface RMSNormOptions extends ModuleOptions {
  /** Added to the mean square. Default 1e-5. */
  eps?: number;
  /** Whether there is a weight. Default true. */
  affine?: boolean;
}

export interface LayerNormOptions extends RMSNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Whether there are a weight and a bias. Default true. */
  affine?: boolean;
  /** Whether there is a bias beside the weight. Default true. */
  bias?: boolean;
}

function extentsOf(who: string, normalizedShape: number | Shape): Shape {
  const extents = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
  for (const extent of extents) checkCount(who, 'normalizedShape', extent);
  return extents;
}

/**
 * Normalisation of each example over its last axes. Ba, Kiros and Hinton, Layer normalization, 2016.
 * See {@link layerNorm}.
 */
export class LayerNorm extends Module {
  readonly weight: Parameter | null; // normalizedShape
  readonly bias: Parameter | null; // normalizedShape
  private readonly settings: { normalizedShape: Shape; eps: number };

  /** @param normalizedShape extents of the last axes; a number for one. */
  constructor(normalizedShape: number | Shape, options: LayerNormOptions = {}) {
    super();
    const { eps = 1e-5, affine = true, bias = true } = options;
    const extents = extentsOf('LayerNorm', normalizedShape);
    this.settings = { normalizedShape: extents, eps };
    this.weight = affine ? parameter(extents, ones, options) : null;
    this.bias = affine && bias ? parameter(extents, zeros, options) : null;
  }

  override forward(x: Tensor): Tensor {
    return layerNorm(x, { weight: this.weight ?? undefined, bias: this.bias ?? undefined, ...this.settings });
  }
}

/**
 * Division of each example by its root mean square over the last axes. Zhang and Sennrich, Root mean square layer
 * normalization, 2019. See {@link rmsNorm}.
 */
export class RMSNorm extends Module {
  readonly weight: Parameter | null; // normalizedShape
  private readonly settings: { normalizedShape: Shape; eps: number };

  /** @param normalizedShape extents of the last axes; a number for one. */
  constructor(normalizedShape: number | Shape, options: RMSNormOptions = {}) {
    super();
    const { eps = 1e-5, affine = true } = options;
    const extents = extentsOf('RMSNorm', normalizedShape);
    this.settings = { normalizedShape: extents, eps };
    this.weight = affine ? parameter(extents, ones, options) : null;
  }

  override forward(x: Tensor): Tensor {
    return rmsNorm(x, { weight: this.weight ?? undefined, ...this.settings });
  }
}
