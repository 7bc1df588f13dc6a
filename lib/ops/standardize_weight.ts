/** Weight standardisation. */
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkNumber, checkSameFloats } from './arguments.js';
import { layerNorm } from './layer_norm.js';

export interface StandardizeWeightOptions {
  /** Added to the variance. Default 1e-10. */
  eps?: number | undefined;
}

/**
 * Weight standardisation: each filter with mean 0 and variance 1 over all its elements,
 *
 *     y[k] = (weight[k] - mean(weight[k])) / sqrt(variance(weight[k]) + eps)
 *
 * as a convolution of Big Transfer's networks takes it, in front of group normalisation.
 *
 * S. Qiao et al., "Micro-batch training with batch-channel normalization and weight standardization", arXiv:1903.10520;
 * A. Kolesnikov et al., "Big transfer (BiT)", arXiv:1912.11370.
 *
 * @param weight [K, ...]: filters of a convolution, or rows of a linear layer.
 * @returns the shape and type of weight.
 * @throws ERR_ARGUMENT if weight is not a live tensor of floats with at least two axes.
 */
export function standardizeWeight(weight: Tensor, { eps = 1e-10 }: StandardizeWeightOptions = {}): Tensor {
  checkSameFloats('standardizeWeight', { weight });
  if (weight.shape.length < 2) {
    throw argumentError('standardizeWeight', `expected weight to have at least the 2 axes [K,C], but got shape ${shapeText(weight.shape)}`);
  }
  checkNumber('standardizeWeight', 'eps', eps, 0, Infinity);
  return layerNorm(weight, { normalizedShape: weight.shape.slice(1), eps });
}
