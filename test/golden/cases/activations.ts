import {
  celu,
  elu,
  gelu,
  glu,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  prelu,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softmin,
  softplus,
  softshrink,
  softsign,
  tanh,
  tanhshrink,
  threshold,
} from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import { channelsLast } from '../layout.js';
import type { GoldenOp, GoldenOps } from './golden_op.js';

interface Input {
  x: Tensor;
}

/** An activation without options. */
function plain(activation: (x: Tensor) => Tensor): GoldenOp {
  return { compute: ({ x }: Input) => ({ y: activation(x) }) };
}

/** One along an axis; torch's axes are kept. */
function along(activation: (x: Tensor, options: { axis: number }) => Tensor): GoldenOp {
  return { compute: ({ x }: Input, { dim: axis }: { dim: number }) => ({ y: activation(x, { axis }) }) };
}

export const activations: GoldenOps = {
  relu: plain(relu),
  relu6: plain(relu6),
  leaky_relu: {
    compute: ({ x }: Input, { negative_slope: negativeSlope }: { negative_slope: number }) => ({ y: leakyRelu(x, { negativeSlope }) }),
  },
  elu: { compute: ({ x }: Input, options: { alpha: number }) => ({ y: elu(x, options) }) },
  selu: plain(selu),
  celu: { compute: ({ x }: Input, options: { alpha: number }) => ({ y: celu(x, options) }) },
  gelu: { compute: ({ x }: Input, options: { approximate?: 'tanh' }) => ({ y: gelu(x, options) }) },
  silu: plain(silu),
  mish: plain(mish),
  hardswish: plain(hardswish),
  hardsigmoid: plain(hardsigmoid),
  hardtanh: {
    compute: ({ x }: Input, { min_val: min, max_val: max }: { min_val: number; max_val: number }) => ({ y: hardtanh(x, { min, max }) }),
  },
  softplus: { compute: ({ x }: Input, options: { beta: number; threshold: number }) => ({ y: softplus(x, options) }) },
  softsign: plain(softsign),
  logsigmoid: plain(logSigmoid),
  tanhshrink: plain(tanhshrink),
  softshrink: { compute: ({ x }: Input, { lambd: lambda }: { lambd: number }) => ({ y: softshrink(x, { lambda }) }) },
  hardshrink: { compute: ({ x }: Input, { lambd: lambda }: { lambd: number }) => ({ y: hardshrink(x, { lambda }) }) },
  threshold: { compute: ({ x }: Input, options: { threshold: number; value: number }) => ({ y: threshold(x, options) }) },
  tanh: plain(tanh),
  sigmoid: plain(sigmoid),
  prelu: { layouts: { x: channelsLast, y: channelsLast }, compute: ({ x, w }: Input & { w: Tensor }) => ({ y: prelu(x, w) }) },
  glu: along(glu),
  softmax: along(softmax),
  log_softmax: along(logSoftmax),
  softmin: along(softmin),
};
