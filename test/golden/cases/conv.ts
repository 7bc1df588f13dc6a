import {
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  deformConv2d,
  type Padding,
  type PerAxis,
} from '../../../lib/ops/index.js';
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

interface TransposedAttributes extends Attributes {
  padding: number[];
  output_padding: PerAxis;
}

const layouts = { x: channelsLast, w: channelsLast, y: channelsLast };

function convolution(conv: typeof conv1d): GoldenOp {
  return {
    layouts,
    compute({ x, w, b: bias }: Inputs, { stride, padding, dilation, groups }: Attributes) {
      return { y: conv(x, w, { bias, stride, padding, dilation, groups }) };
    },
  };
}

function transposed(conv: typeof convTranspose1d): GoldenOp {
  return {
    layouts,
    compute({ x, w, b: bias }: Inputs, { stride, padding, output_padding: outputPadding, dilation, groups }: TransposedAttributes) {
      return { y: conv(x, w, { bias, stride, padding, outputPadding, dilation, groups }) };
    },
  };
}

export const convolutions: GoldenOps = {
  conv1d: convolution(conv1d),
  conv2d: convolution(conv2d),
  conv3d: convolution(conv3d),
  conv_transpose1d: transposed(convTranspose1d),
  conv_transpose2d: transposed(convTranspose2d),
  conv_transpose3d: transposed(convTranspose3d),
  deform_conv2d: {
    layouts: { ...layouts, offset: channelsLast, mask: channelsLast },
    compute({ x, w, b: bias, offset, mask }: Inputs & { offset: Tensor; mask?: Tensor }, { stride, padding, dilation }: Attributes) {
      return { y: deformConv2d(x, offset, w, { bias, mask, stride, padding, dilation }) };
    },
  },
};
