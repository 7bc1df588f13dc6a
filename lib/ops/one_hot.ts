/** Labels as rows with a single 1. */
import { run } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkTensor, valueText } from './arguments.js';

/**
 * y[...,c] = 1 where c is the label, else 0. A label outside of the classes gives zeros. Has no gradient.
 *
 * @param labels int32, any shape.
 * @param classes how many there are.
 * @returns float32, the shape of labels with `classes` behind it.
 * @throws ERR_ARGUMENT if labels is not a live int32 tensor, or classes is not a whole number of at least 1.
 */
export function oneHot(labels: Tensor<'int32'>, classes: number): Tensor {
  checkTensor('oneHot', 'labels', labels, 'int32');
  if (!Number.isSafeInteger(classes) || classes < 1 || classes >= 2 ** 31) {
    throw argumentError('oneHot', `expected classes to be a whole number from 1 to below 2^31, but got ${valueText(classes)}`);
  }
  return run('one_hot', { label: labels }, { classes }, { y: [...labels.shape, classes] }).y;
}
