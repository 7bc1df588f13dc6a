import { mseLoss, type Reduction } from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import type { GoldenOps } from './golden_op.js';

interface Attributes {
  reduction: Reduction;
}

export const losses: GoldenOps = {
  mse_loss: { compute: ({ x, t }: { x: Tensor; t: Tensor }, { reduction }: Attributes) => ({ y: mseLoss(x, t, { reduction }) }) },
};
