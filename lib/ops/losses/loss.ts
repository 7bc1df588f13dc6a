/** What losses share: checks of their arguments, and what becomes of one value for each element. */
import { sameShape, shapeText } from '../../core/shape.js';
import { scope } from '../../core/scope.js';
import type { Tensor } from '../../core/tensor.js';
import { argumentError, checkChoice, checkFloats } from '../arguments.js';
import { mean, sum } from '../reduce.js';

/** `'mean'` and `'sum'` give one value, `'none'` one for each element. */
export type Reduction = 'mean' | 'sum' | 'none';

export interface LossOptions {
  /** What becomes of the losses. Default 'mean'. */
  reduction?: Reduction | undefined;
}

/** Checks that the tensors are live, float32, on one device and of one shape. */
export function checkAlike(op: string, tensors: Readonly<Record<string, Tensor>>): void {
  checkFloats(op, tensors);
  const [[firstName, first] = [], ...others] = Object.entries(tensors);
  for (const [name, { shape }] of others) {
    if (first && !sameShape(shape, first.shape)) {
      throw argumentError(op, `expected ${name} to have shape ${shapeText(first.shape)}, like ${firstName}, but got ${shapeText(shape)}`);
    }
  }
}

/** Reduces losses, which are consumed. */
export function reduceLoss(op: string, losses: Tensor, reduction: Reduction): Tensor {
  checkChoice(op, 'reduction', reduction, ['mean', 'sum', 'none']);
  if (reduction === 'none') return losses;
  const reduced = reduction === 'mean' ? mean(losses) : sum(losses);
  losses.dispose();
  return reduced;
}

/** Computes losses, of which only the result stays in memory, and reduces them. */
export function reducedLoss(op: string, { reduction = 'mean' }: LossOptions, losses: () => Tensor): Tensor {
  checkChoice(op, 'reduction', reduction, ['mean', 'sum', 'none']);
  return scope(() => reduceLoss(op, losses(), reduction));
}
