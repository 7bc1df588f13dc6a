/** A loss between what a network sees in two pictures. */
import { scope } from '../../core/scope.js';
import { shapeText } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { argumentError, checkChoice, checkFinite, valueText } from '../arguments.js';
import { add, affine, sub } from '../elementwise.js';
import { square } from '../math.js';
import { mean } from '../reduce.js';
import { checkAlike, reduceLoss, type LossOptions } from './loss.js';

export interface PerceptualLossOptions extends LossOptions {
  /** How much each layer counts. Default 1 each. */
  weights?: readonly number[] | undefined;
}

/**
 * Feature reconstruction loss: how far two pictures are apart in the eyes of a network, whose layers gave these features
 * of both.
 *
 *     loss[n] = sum over layers l of weights[l] * mean over the elements of layer l of (features[l][n] - targets[l][n])^2
 *
 * J. Johnson, A. Alahi, L. Fei-Fei, "Perceptual losses for real-time style transfer and super-resolution",
 * arXiv:1603.08155, equation 2.
 *
 * @param features float32 [N,...] of each layer.
 * @param targets as many, of the same shapes. Detach them if no gradient is to reach the second picture.
 * @returns [] for reductions 'mean' and 'sum' over the pictures, [N] for 'none'.
 * @throws ERR_ARGUMENT if there is no layer, lists or shapes differ, or an option is malformed.
 */
export function perceptualLoss(
  features: readonly Tensor[],
  targets: readonly Tensor[],
  { weights, reduction = 'mean' }: PerceptualLossOptions = {},
): Tensor {
  checkChoice('perceptualLoss', 'reduction', reduction, ['mean', 'sum', 'none']);
  checkLayers(features, targets, weights);
  return scope(() => {
    const layers = features.map((feature, layer) => {
      const [n, ...axes] = feature.shape as [number, ...number[]];
      const each = axes.reduce((product, extent) => product * extent, 1);
      const distances = mean(square(sub(feature, targets[layer]!).reshape([n, each])), { axes: 1 });
      return affine(distances, { scale: weights?.[layer] ?? 1 });
    });
    return reduceLoss('perceptualLoss', layers.reduce((total, layer) => add(total, layer)), reduction);
  });
}

function checkList(name: string, list: unknown, length: number): void {
  if (Array.isArray(list) && list.length === length) return;
  throw argumentError('perceptualLoss', `expected ${name} to be a list of ${length}, like features, but got ${valueText(list)}`);
}

function checkLayers(features: readonly Tensor[], targets: readonly Tensor[], weights: readonly number[] | undefined): void {
  const [first] = Array.isArray(features) ? (features as readonly Tensor[]) : [];
  if (first === undefined) {
    throw argumentError('perceptualLoss', `expected features to be a list of at least one tensor, but got ${valueText(features)}`);
  }
  checkList('targets', targets, features.length);
  if (weights !== undefined) checkList('weights', weights, features.length);
  for (const [layer, feature] of features.entries()) {
    checkAlike('perceptualLoss', { [`features[${layer}]`]: feature, [`targets[${layer}]`]: targets[layer]! });
    const shape = shapeText(feature.shape);
    if (feature.shape.length === 0) {
      throw argumentError('perceptualLoss', `expected features[${layer}] to have the axes [N,...], but got shape ${shape}`);
    }
    if (feature.shape[0] !== first.shape[0]) {
      throw argumentError(
        'perceptualLoss',
        `expected features[${layer}] to have ${first.shape[0]} pictures, like features[0], but got shape ${shape}`,
      );
    }
    checkFinite('perceptualLoss', { [`weights[${layer}]`]: weights?.[layer] ?? 1 });
  }
}
