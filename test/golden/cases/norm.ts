import { batchNorm } from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import { channelsLast } from '../layout.js';
import type { GoldenOps } from './golden_op.js';

interface BatchInputs {
  x: Tensor;
  w: Tensor;
  b: Tensor;
  running_mean: Tensor;
  running_var: Tensor;
}

const layouts = { x: channelsLast, y: channelsLast };

export const normalisation: GoldenOps = {
  batch_norm_train: {
    layouts,
    compute(
      { x, w: weight, b: bias, running_mean: runningMean, running_var: runningVar }: BatchInputs,
      { momentum, eps }: { momentum: number; eps: number },
    ) {
      const y = batchNorm(x, { weight, bias, runningMean, runningVar, momentum, eps, training: true });
      return { y, new_running_mean: runningMean, new_running_var: runningVar };
    },
  },
  batch_norm_eval: {
    layouts,
    compute(
      { x, w: weight, b: bias, running_mean: runningMean, running_var: runningVar }: BatchInputs,
      { eps }: { eps: number },
    ) {
      return { y: batchNorm(x, { weight, bias, runningMean, runningVar, eps, training: false }) };
    },
  },
};
