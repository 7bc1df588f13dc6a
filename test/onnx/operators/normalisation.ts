import { add, affine, batchNorm, sub } from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import { image, type Operators } from '../call.js';

/**
 * The running variance as ONNX has it, of the batch's biased variance; convolt's is of the unbiased one.
 *
 * @param rows values for each channel.
 */
function withBiasedVariance(unbiased: Tensor, before: Tensor, momentum: number, rows: number): Tensor {
  const old = affine(before, { scale: 1 - momentum });
  return add(affine(sub(unbiased, old), { scale: (rows - 1) / rows }), old);
}

export const normalisation: Operators = {
  BatchNormalization(call) {
    const training = call.number('training_mode', 0) === 1;
    const runningMean = call.floats(3), runningVar = call.floats(4);
    const momentum = 1 - call.number('momentum', 0.9); // of the new values, where ONNX has that of the old ones
    const options = { weight: call.floats(1), bias: call.floats(2), runningMean, runningVar, momentum, eps: call.number('epsilon', 1e-5), training };
    const x = call.image(0), y = image(batchNorm(x, options));
    if (!training) return [y];
    return [y, runningMean, withBiasedVariance(runningVar, call.floats(4), momentum, x.numel / runningVar.numel)];
  },
};
