/** Ops that move elements: padding, shuffles, windows. */
import {
  channelShuffle,
  fold,
  pad,
  permute,
  pixelShuffle,
  pixelUnshuffle,
  unfold,
  type PadMode,
  type PadPair,
} from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import { channelsLast } from '../layout.js';
import type { GoldenOps } from './golden_op.js';

interface Input {
  x: Tensor;
}

/** One number for both axes, or two. */
type Pair = number | number[];

interface Windows {
  kernel: Pair;
  stride: Pair;
  padding: Pair;
  dilation: Pair;
}

const layouts = { x: channelsLast, y: channelsLast };

const pairOf = (value: Pair) => (typeof value === 'number' ? [value, value] : value);

/** Torch's pairs, from the last axis to the first, as those of all axes in order. */
function allPads(pads: readonly number[], rank: number): PadPair[] {
  return Array.from({ length: rank }, (_, axis) => {
    const at = 2 * (rank - 1 - axis);
    return [pads[at] ?? 0, pads[at + 1] ?? 0];
  });
}

/** How many windows lie along each axis of an image. */
function windowCounts(size: readonly number[], { kernel, stride, padding, dilation }: Windows): number[] {
  const [kernels, strides, pads, dilations] = [kernel, stride, padding, dilation].map(pairOf);
  return size.map((extent, i) => Math.floor((extent + 2 * pads![i]! - dilations![i]! * (kernels![i]! - 1) - 1) / strides![i]!) + 1);
}

export const layoutOps: GoldenOps = {
  pad: {
    compute: ({ x }: Input, { pads, mode, value }: { pads: number[]; mode: PadMode; value?: number }) => ({
      y: pad(x, allPads(pads, x.shape.length), { mode, value }),
    }),
  },
  pixel_shuffle: { layouts, compute: ({ x }: Input, { r }: { r: number }) => ({ y: pixelShuffle(x, r) }) },
  pixel_unshuffle: { layouts, compute: ({ x }: Input, { r }: { r: number }) => ({ y: pixelUnshuffle(x, r) }) },
  channel_shuffle: { layouts, compute: ({ x }: Input, { groups }: { groups: number }) => ({ y: channelShuffle(x, groups) }) },
  unfold: {
    layouts: { x: channelsLast },
    compute({ x }: Input, windows: Windows) {
      const y = unfold(x, windows); // [N,P,Q,R,S,C], and for torch [N,C*R*S,P*Q]
      const [n = 0, p = 0, q = 0, r = 0, s = 0, c = 0] = y.shape;
      return { y: permute(y, [0, 5, 3, 4, 1, 2]).reshape([n, c * r * s, p * q]) };
    },
  },
  fold: {
    layouts: { y: channelsLast },
    compute({ x }: Input, { output_size: size, ...windows }: Windows & { output_size: number[] }) {
      const { stride, padding, dilation } = windows;
      const [n = 0, elements = 0] = x.shape, [p = 0, q = 0] = windowCounts(size, windows), [r = 1, s = 1] = pairOf(windows.kernel);
      const y = permute(x.reshape([n, elements / (r * s), r, s, p, q]), [0, 4, 5, 2, 3, 1]);
      return { y: fold(y, { size, stride, padding, dilation }) };
    },
  },
};
