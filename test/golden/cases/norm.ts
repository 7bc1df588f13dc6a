import { batchNorm, groupNorm, instanceNorm, layerNorm, localResponseNorm, normalize } from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import { channelsLast } from '../layout.js';
import type { GoldenOps } from './golden_op.js';

interface Inputs {
  x: Tensor;
  w: Tensor;
  b: Tensor;
}

interface BatchInputs extends Inputs {
  running_mean: Tensor;
  running_var: Tensor;
}

interface Window {
  size: number;
  alpha: number;
  beta: number;
  k: number;
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
  group_norm: {
    layouts,
    compute: ({ x, w: weight, b: bias }: Inputs, { groups, eps }: { groups: number; eps: number }) => ({
      y: groupNorm(x, groups, { weight, bias, eps }),
    }),
  },
  instance_norm: {
    layouts,
    compute: ({ x, w: weight, b: bias }: Inputs, { eps }: { eps: number }) => ({ y: instanceNorm(x, { weight, bias, eps }) }),
  },
  layer_norm: {
    compute: ({ x, w: weight, b: bias }: Inputs, { normalized_shape: normalizedShape, eps }: { normalized_shape: number[]; eps: number }) => ({
      y: layerNorm(x, { normalizedShape, weight, bias, eps }),
    }),
  },
  local_response_norm: { layouts, compute: ({ x }: { x: Tensor }, window: Window) => ({ y: localResponseNorm(x, window) }) },
  normalize: { compute: ({ x }: { x: Tensor }, { p, dim: axis }: { p: number; dim: number }) => ({ y: normalize(x, { p, axis }) }) },
};
