import { relu, sigmoid, tanh } from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import type { GoldenOp, GoldenOps } from './golden_op.js';

/** An activation without options. */
function plain(activation: (x: Tensor) => Tensor): GoldenOp {
  return { compute: ({ x }: { x: Tensor }) => ({ y: activation(x) }) };
}

export const activations: GoldenOps = {
  relu: plain(relu),
  sigmoid: plain(sigmoid),
  tanh: plain(tanh),
};
