import { maxPool1d, maxPool2d, maxPool3d, type PerAxis } from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import { channelsLast } from '../layout.js';
import type { GoldenOp, GoldenOps } from './golden_op.js';

const layouts = { x: channelsLast, y: channelsLast };

interface Window {
  kernel: PerAxis;
  stride: PerAxis;
  padding: number | number[];
  ceil_mode: boolean;
}

function maxPooling(pool: typeof maxPool1d | typeof maxPool2d | typeof maxPool3d): GoldenOp {
  return {
    layouts,
    omits: ['indices'],
    compute({ x }: { x: Tensor }, { kernel, stride, padding, dilation, ceil_mode: ceilMode }: Window & { dilation: PerAxis }) {
      return { y: pool(x, { kernel, stride, padding, dilation, ceilMode }) };
    },
  };
}

export const pooling: GoldenOps = {
  max_pool1d: maxPooling(maxPool1d),
  max_pool2d: maxPooling(maxPool2d),
  max_pool3d: maxPooling(maxPool3d),
};
