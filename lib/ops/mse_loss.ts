/** Mean squared error. */
import { sameShape, shapeText } from '../core/shape.js';
import { scope } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkFloats } from './arguments.js';
import { mul, sub } from './elementwise.js';
import { reduceLoss, type Reduction } from './loss.js';

export interface MseLossOptions {
  /** What becomes of the squared differences. Default 'mean'. */
  reduction?: Reduction | undefined;
}

/**
 * (x - target)^2, by default its mean over all elements.
 *
 * @param x float32, any shape.
 * @param target float32, the shape of x.
 * @returns [] for reductions 'mean' and 'sum', the shape of x for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or the reduction is not one of the three.
 */
export function mseLoss(x: Tensor, target: Tensor, { reduction = 'mean' }: MseLossOptions = {}): Tensor {
  checkFloats('mseLoss', { x, target });
  if (!sameShape(x.shape, target.shape)) {
    throw argumentError('mseLoss', `expected target to have shape ${shapeText(x.shape)}, like x, but got ${shapeText(target.shape)}`);
  }
  return scope(() => {
    const difference = sub(x, target);
    return reduceLoss('mseLoss', mul(difference, difference), reduction);
  });
}
