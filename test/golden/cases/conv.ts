import { conv1d, conv2d, conv3d, type Padding, type PerAxis } from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import { channelsLast } from '../layout.js';
import type { GoldenOp, GoldenOps } from './golden_op.js';

interface Inputs {
  x: Tensor;
  w: Tensor;
  b?: Tensor;
}

interface Attributes {
  stride: PerAxis;
  padding: Padding;
  dilation: PerAxis;
  groups: number;
}

const layouts = { x: channelsLast, w: channelsLast, y: channelsLast };

function convolution(conv: typeof conv1d | typeof conv2d | typeof conv3d): GoldenOp {
  return {
    layouts,
    compute({ x, w, b: bias }: Inputs, { stride, padding, dilation, groups }: Attributes) {
      return { y: conv(x, w, { bias, stride, padding, dilation, groups }) };
    },
  };
}

export const convolutions: GoldenOps = {
  conv1d: convolution(conv1d),
  conv2d: convolution(conv2d),
  conv3d: convolution(conv3d),
};
