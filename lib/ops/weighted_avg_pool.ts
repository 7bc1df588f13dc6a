/** Average pooling with weights: a depthwise convolution whose filters add up to 1. */
import { scope } from '../core/scope.js';
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkFloats, checkRank } from './arguments.js';
import { conv1d, conv2d, conv3d } from './conv.js';
import { div, mul } from './elementwise.js';
import { ones } from './fill.js';
import { poolWindows } from './pool.js';
import { sum } from './reduce.js';
import { inputLayout, type Padding, type PerAxis } from './window.js';

export interface WeightedAvgPoolOptions {
  /** Default: the kernel, so that windows lie side by side. */
  stride?: PerAxis | undefined;
  /** Zeros around x, at most half a window on each side. Default 0. */
  padding?: Padding | undefined;
  /** Distance between the elements that one window reads. Default 1. */
  dilation?: PerAxis | undefined;
  /** Whether padding counts with its weights. Default true. */
  countPadding?: boolean | undefined;
}

const convolutions = [conv1d, conv2d, conv3d];
const kernels = ['[S]', '[R,S]', '[T,R,S]'];

function weightedAvgPool(name: string, axes: number, x: Tensor, weight: Tensor, options: WeightedAvgPoolOptions): Tensor {
  checkFloats(name, { x, weight });
  checkRank(name, 'x', x, axes + 2, inputLayout(axes));
  const c = x.shape[axes + 1]!, kernel = weight.shape.slice(-axes);
  const isShared = weight.shape.length === axes;
  if (c === 0) throw argumentError(name, `expected x to have channels, but got shape ${shapeText(x.shape)}`);
  if (!isShared && !(weight.shape.length === axes + 1 && weight.shape[0] === c)) {
    const forEach = kernels[axes - 1]!.replace('[', `[${c},`);
    throw argumentError(
      name,
      `expected weight to have shape ${kernels[axes - 1]} or, with one for each channel of x ${shapeText(x.shape)}, ` +
        `${forEach}, but got ${shapeText(weight.shape)}`,
    );
  }
  const { stride = kernel, padding, dilation, countPadding = true } = options;
  poolWindows(name, axes, x, { kernel, stride, padding, dilation });
  const conv = convolutions[axes - 1]!, { device } = x;
  return scope(() => {
    const each = kernel.map(() => 1);
    const perChannel = isShared ? mul(weight.reshape([1, ...kernel]), ones([c, ...each], { device })) : weight;
    const filters = perChannel.reshape([c, ...kernel, 1]);
    const convolved = (image: Tensor, by: Tensor) => conv(image, by, { stride, padding, dilation, groups: c });
    if (countPadding) return convolved(x, div(filters, sum(filters, { axes: each.map((_, axis) => axis + 1), keepDims: true })));
    const image = ones([1, ...x.shape.slice(1)], { device });
    return div(convolved(x, filters), convolved(image, filters));
  });
}

/**
 * Weighted average pooling over one axis: {@link weightedAvgPool2d} without H.
 *
 * @param x [N,W,C].
 * @param weight [S] or [C,S].
 * @returns [N,Q,C].
 * @throws ERR_ARGUMENT as {@link weightedAvgPool2d} does.
 */
export function weightedAvgPool1d(x: Tensor, weight: Tensor, options: WeightedAvgPoolOptions = {}): Tensor {
  return weightedAvgPool('weightedAvgPool1d', 1, x, weight, options);
}

/**
 * Weighted average pooling: under each window, for each channel, (sum of weight x) / (sum of weight), with weights that
 * may be learned. With a Gaussian this is the pooling of early convolutional networks.
 *
 * K. Jarrett et al., "What is the best multi-stage architecture for object recognition?", 2009.
 *
 * @param x float32 [N,H,W,C].
 * @param weight float32 [R,S], or [C,R,S] with weights for each channel. Its extents are the window's.
 * @returns [N,P,Q,C].
 * @throws ERR_ARGUMENT if x and weight are not float32 of such shapes, an option is malformed, the window does not fit
 *   into the padded input, or padding exceeds half of it.
 */
export function weightedAvgPool2d(x: Tensor, weight: Tensor, options: WeightedAvgPoolOptions = {}): Tensor {
  return weightedAvgPool('weightedAvgPool2d', 2, x, weight, options);
}

/**
 * Weighted average pooling over three axes: {@link weightedAvgPool2d} with a third one, D, in front.
 *
 * @param x [N,D,H,W,C].
 * @param weight [T,R,S] or [C,T,R,S].
 * @returns [N,Z,P,Q,C].
 * @throws ERR_ARGUMENT as {@link weightedAvgPool2d} does.
 */
export function weightedAvgPool3d(x: Tensor, weight: Tensor, options: WeightedAvgPoolOptions = {}): Tensor {
  return weightedAvgPool('weightedAvgPool3d', 3, x, weight, options);
}
