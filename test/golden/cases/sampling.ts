import {
  affineGrid,
  gridSample,
  interpolate,
  type GridSampleOptions,
  type InterpolateMode,
} from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import { channelsLast } from '../layout.js';
import type { GoldenOps } from './golden_op.js';

interface Resampling {
  mode: InterpolateMode;
  size?: number[];
  scale_factor?: number[];
  align_corners?: boolean;
  antialias?: boolean;
  recompute_scale_factor?: boolean;
}

interface Grid {
  mode: GridSampleOptions['mode'];
  padding_mode: GridSampleOptions['paddingMode'];
  align_corners: boolean;
}

const layouts = { x: channelsLast, y: channelsLast };

export const sampling: GoldenOps = {
  interpolate: {
    layouts,
    compute({ x }: { x: Tensor }, { mode, size, antialias, ...rest }: Resampling) {
      const { scale_factor: scaleFactor, align_corners: alignCorners, recompute_scale_factor: recomputeScaleFactor } = rest;
      return { y: interpolate(x, { mode, size, scaleFactor, alignCorners, antialias, recomputeScaleFactor }) };
    },
  },
  grid_sample: {
    layouts,
    compute({ x, grid }: { x: Tensor; grid: Tensor }, { mode, padding_mode: paddingMode, align_corners: alignCorners }: Grid) {
      return { y: gridSample(x, grid, { mode, paddingMode, alignCorners }) };
    },
  },
  affine_grid: {
    compute({ theta }: { theta: Tensor }, { size, align_corners: alignCorners }: { size: number[]; align_corners: boolean }) {
      return { y: affineGrid(theta, size.slice(2), { alignCorners }) };
    },
  },
};
