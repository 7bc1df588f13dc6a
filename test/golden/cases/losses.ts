import { crossEntropy, mseLoss, type Reduction } from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import { channelsLast } from '../layout.js';
import type { GoldenOps } from './golden_op.js';

interface Attributes {
  reduction: Reduction;
}

interface CrossEntropyInputs {
  x: Tensor;
  t: Tensor<'int32'> | Tensor;
  cw?: Tensor;
}

export const losses: GoldenOps = {
  cross_entropy: {
    layouts: { x: channelsLast },
    compute(
      { x, t, cw: weight }: CrossEntropyInputs,
      { reduction, ignore_index: ignoreIndex, label_smoothing: labelSmoothing }: Attributes & { ignore_index?: number; label_smoothing?: number },
    ) {
      return { y: crossEntropy(x, t, { reduction, weight, ignoreIndex, labelSmoothing }) };
    },
  },
  mse_loss: { compute: ({ x, t }: { x: Tensor; t: Tensor }, { reduction }: Attributes) => ({ y: mseLoss(x, t, { reduction }) }) },
};
