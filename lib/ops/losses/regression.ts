/** Losses of predicted numbers. */
import type { Tensor } from '../../core/tensor.js';
import { mul, sub } from '../elementwise.js';
import { checkAlike, reducedLoss, type LossOptions } from './loss.js';

/**
 * (x - target)^2, by default its mean over all elements.
 *
 * @param x float32, any shape.
 * @param target float32, the shape of x.
 * @returns [] for reductions 'mean' and 'sum', the shape of x for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or the reduction is not one of the three.
 */
export function mseLoss(x: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkAlike('mseLoss', { x, target });
  return reducedLoss('mseLoss', options, () => {
    const difference = sub(x, target);
    return mul(difference, difference);
  });
}
