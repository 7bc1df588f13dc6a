/** Small networks: gradients through several ops. */
import {
  add,
  batchNorm,
  conv2d,
  crossEntropy,
  globalAvgPool2d,
  linear,
  maxPool2d,
  relu,
  silu,
} from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import { channelsLast } from '../layout.js';
import type { GoldenOps } from './golden_op.js';

interface ResidualInputs {
  x: Tensor;
  w1: Tensor;
  g: Tensor;
  be: Tensor;
  w2: Tensor;
  b2: Tensor;
  w3: Tensor;
  b3: Tensor;
  t: Tensor<'int32'>;
}

export const chains: GoldenOps = {
  chain_conv_bn_residual_ce: {
    layouts: { x: channelsLast, w1: channelsLast, w2: channelsLast },
    compute({ x, w1, g, be, w2, b2, w3, b3, t }: ResidualInputs) {
      let h = relu(batchNorm(conv2d(x, w1, { padding: 1 }), { weight: g, bias: be, training: true }));
      h = maxPool2d(h, { kernel: 2 });
      h = globalAvgPool2d(add(h, conv2d(silu(h), w2, { bias: b2, padding: 1 })));
      return { y: crossEntropy(linear(h, w3, b3), t) };
    },
  },
};
