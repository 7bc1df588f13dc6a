/** What losses do with one value for each element. */
import type { Tensor } from '../core/tensor.js';
import { checkChoice } from './arguments.js';
import { mean, sum } from './reduce.js';

/** `'mean'` and `'sum'` give one value, `'none'` one for each element. */
export type Reduction = 'mean' | 'sum' | 'none';

/** Reduces losses, which are consumed. */
export function reduceLoss(op: string, losses: Tensor, reduction: Reduction): Tensor {
  checkChoice(op, 'reduction', reduction, ['mean', 'sum', 'none']);
  if (reduction === 'none') return losses;
  const reduced = reduction === 'mean' ? mean(losses) : sum(losses);
  losses.dispose();
  return reduced;
}
