import { linear } from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import type { GoldenOps } from './golden_op.js';

export const products: GoldenOps = {
  linear: { compute: ({ x, w, b }: { x: Tensor; w: Tensor; b?: Tensor }) => ({ y: linear(x, w, b) }) },
};
