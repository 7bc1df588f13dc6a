import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  fractionalMaxPool2d,
  fractionalMaxPool3d,
  lpPool1d,
  lpPool2d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
  type AdaptiveSize,
  type MaxUnpoolOptions,
  type PerAxis,
  type WithIndices,
} from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import { channelsLast } from '../layout.js';
import type { GoldenOp, GoldenOps } from './golden_op.js';

interface Input {
  x: Tensor;
}

interface Window {
  kernel: PerAxis;
  stride: PerAxis;
  padding: number | number[];
}

interface MaxAttributes extends Window {
  dilation: PerAxis;
  ceil_mode: boolean;
}

interface AverageAttributes extends Window {
  ceil_mode: boolean;
  count_include_pad: boolean;
  divisor_override: number | null;
}

interface LpAttributes {
  norm_type: number;
  kernel: PerAxis;
  stride: PerAxis;
  ceil_mode: boolean;
}

const layouts = { x: channelsLast, y: channelsLast, indices: channelsLast };

/** What torch names the two outputs of pooling by a maximum. */
function withIndices({ y, indices }: WithIndices) {
  return { y, indices };
}

function maxPooling(pool: typeof maxPool1d): GoldenOp {
  return {
    layouts,
    compute({ x }: Input, { kernel, stride, padding, dilation, ceil_mode: ceilMode }: MaxAttributes) {
      return withIndices(pool(x, { kernel, stride, padding, dilation, ceilMode, returnIndices: true }));
    },
  };
}

function averagePooling(pool: typeof avgPool1d): GoldenOp {
  return {
    layouts,
    compute({ x }: Input, { kernel, stride, padding, ceil_mode: ceilMode, count_include_pad: countPadding, divisor_override }: AverageAttributes) {
      return { y: pool(x, { kernel, stride, padding, ceilMode, countPadding, divisorOverride: divisor_override ?? undefined }) };
    },
  };
}

function lpPooling(pool: typeof lpPool1d): GoldenOp {
  return {
    layouts,
    compute({ x }: Input, { norm_type: norm, kernel, stride, ceil_mode: ceilMode }: LpAttributes) {
      return { y: pool(x, { norm, kernel, stride, ceilMode }) };
    },
  };
}

function adaptiveAverage(pool: typeof adaptiveAvgPool1d): GoldenOp {
  return { layouts, compute: ({ x }: Input, { output_size }: { output_size: AdaptiveSize }) => ({ y: pool(x, output_size) }) };
}

function adaptiveMaximum(pool: typeof adaptiveMaxPool1d): GoldenOp {
  return {
    layouts,
    compute: ({ x }: Input, { output_size }: { output_size: AdaptiveSize }) => withIndices(pool(x, output_size, { returnIndices: true })),
  };
}

/** Unpooling to torch's [N,C,...]. */
function unpooling(unpool: (x: Tensor, indices: Tensor<'int32'>, options: MaxUnpoolOptions) => Tensor): GoldenOp {
  return {
    layouts,
    compute({ x, indices }: Input & { indices: Tensor<'int32'> }, { kernel, stride, padding, output_size }: Window & { output_size: number[] }) {
      return { y: unpool(x, indices, { kernel, stride, padding, outputSize: output_size.slice(2) }) };
    },
  };
}

function fractional(pool: typeof fractionalMaxPool2d): GoldenOp {
  return {
    layouts,
    compute({ x, samples }: Input & { samples: Tensor }, { kernel, output_size: outputSize }: { kernel: PerAxis; output_size: PerAxis }) {
      return withIndices(pool(x, { kernel, outputSize, samples, returnIndices: true }));
    },
  };
}

export const pooling: GoldenOps = {
  max_pool1d: maxPooling(maxPool1d),
  max_pool2d: maxPooling(maxPool2d),
  max_pool3d: maxPooling(maxPool3d),
  avg_pool1d: averagePooling(avgPool1d),
  avg_pool2d: averagePooling(avgPool2d),
  avg_pool3d: averagePooling(avgPool3d),
  lp_pool1d: lpPooling(lpPool1d),
  lp_pool2d: lpPooling(lpPool2d),
  adaptive_avg_pool1d: adaptiveAverage(adaptiveAvgPool1d),
  adaptive_avg_pool2d: adaptiveAverage(adaptiveAvgPool2d),
  adaptive_avg_pool3d: adaptiveAverage(adaptiveAvgPool3d),
  adaptive_max_pool1d: adaptiveMaximum(adaptiveMaxPool1d),
  adaptive_max_pool2d: adaptiveMaximum(adaptiveMaxPool2d),
  adaptive_max_pool3d: adaptiveMaximum(adaptiveMaxPool3d),
  max_unpool1d: unpooling(maxUnpool1d),
  max_unpool2d: unpooling(maxUnpool2d),
  max_unpool3d: unpooling(maxUnpool3d),
  fractional_max_pool2d: fractional(fractionalMaxPool2d),
  fractional_max_pool3d: fractional(fractionalMaxPool3d),
};
