/**
 * Kinds of convolution that are made of the others: the one of mathematics, whose kernel is flipped, and those whose
 * kernels are shared between channels or differ from place to place.
 */
import { scope } from '../core/scope.js';
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkFloats, checkRank, checkSameFloats, checkVector, valueText } from './arguments.js';
import { convNd, type ConvOptions } from './conv.js';
import { add, mul } from './elementwise.js';
import { repeat } from './expand.js';
import { transpose } from './permute.js';
import { sum } from './reduce.js';
import { flip } from './slice.js';
import { softmax } from './softmax.js';
import { unfold } from './unfold.js';
import { windowAxes, type Padding } from './window.js';

/**
 * Convolution as mathematics has it: {@link conv2d} with the kernel flipped along each spatial axis. With padding
 * 'full' it is commutative, associative and distributive over sums; on one axis,
 *
 *     y[q] = sum over s of x[q - s] * weight[s]
 *
 * @param x [N,W,C], [N,H,W,C] or [N,D,H,W,C].
 * @param weight [K,S,C/groups], [K,R,S,C/groups] or [K,T,R,S,C/groups].
 * @param options of {@link conv2d}.
 * @returns [N,Q,K], [N,P,Q,K] or [N,Z,P,Q,K].
 * @throws ERR_ARGUMENT if shapes, types, devices or options do not fit together.
 */
export function convolve(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  checkSameFloats('convolve', { x, weight });
  const rank = x.shape.length;
  if (rank < 3 || rank > 5) {
    throw argumentError('convolve', `expected x to have the axes [N,...,C] with 1 to 3 spatial ones, but got shape ${shapeText(x.shape)}`);
  }
  if (weight.shape.length !== rank) {
    throw argumentError('convolve', `expected weight to have ${rank} axes, like x ${shapeText(x.shape)}, but got shape ${shapeText(weight.shape)}`);
  }
  const spatial = Array.from({ length: rank - 2 }, (_, axis) => axis + 1);
  return scope(() => convNd('convolve', rank - 2, x, flip(weight, spatial), options));
}

export interface LightweightConvOptions {
  /** [C], added to each output. Default none. */
  bias?: Tensor | undefined;
  /** Default 'same'. */
  padding?: Padding | undefined;
  /** Whether the weights of a window are made positive and of sum 1 by {@link softmax}. Default true. */
  normalize?: boolean | undefined;
}

/** How many channels share the kernel of a head. */
function channelsPerHead(name: string, x: Tensor, heads: number, weight: Tensor): number {
  const channels = x.shape[2]!;
  if (heads === 0 || channels % heads !== 0) {
    throw argumentError(name, `expected weight to have a number of heads that divides the ${channels} channels of x ${shapeText(x.shape)}, but got ${heads} (weight ${shapeText(weight.shape)})`);
  }
  return channels / heads;
}

function checkLightweight(name: string, x: Tensor, weight: Tensor, { bias, normalize = true }: LightweightConvOptions): void {
  checkFloats(name, { x, weight }, { bias });
  checkRank(name, 'x', x, 3, '[N,W,C]');
  checkVector(name, 'bias', bias, x.shape[2]!, `one for each channel of x ${shapeText(x.shape)}`);
  if (typeof normalize !== 'boolean') throw argumentError(name, `expected normalize to be true or false, but got ${valueText(normalize)}`);
}

/**
 * Lightweight convolution: a depthwise one whose kernels are shared by groups of C/H channels, its heads, and are
 * weights of an average.
 *
 *     y[n,q,c] = bias[c] + sum over s of softmax(weight[h])[s] * x[n, q + s - before, c], of head h = floor(c H / C)
 *
 * F. Wu et al., "Pay less attention with lightweight and dynamic convolutions", arXiv:1901.10430.
 *
 * @param x [N,W,C].
 * @param weight [H,S]: the kernel of each head.
 * @returns [N,Q,C].
 * @throws ERR_ARGUMENT if shapes, types, devices or options do not fit together.
 */
export function lightweightConv(x: Tensor, weight: Tensor, options: LightweightConvOptions = {}): Tensor {
  const { bias, padding = 'same', normalize = true } = options;
  checkLightweight('lightweightConv', x, weight, options);
  checkRank('lightweightConv', 'weight', weight, 2, '[H,S]');
  const [heads, taps] = weight.shape as readonly [number, number], channels = x.shape[2]!;
  const shared = channelsPerHead('lightweightConv', x, heads, weight);
  return scope(() => {
    const kernels = repeat(normalize ? softmax(weight) : weight, shared, 0);
    return convNd('lightweightConv', 1, x, kernels.reshape([channels, taps, 1]), { bias, padding, groups: channels });
  });
}

/**
 * Dynamic convolution: {@link lightweightConv} with kernels of their own at each position, which a layer has computed
 * from x there.
 *
 * F. Wu et al., arXiv:1901.10430, section 4.
 *
 * @param x [N,W,C].
 * @param weight [N,Q,H,S]: the kernels of the heads at each output position.
 * @returns [N,Q,C].
 * @throws ERR_ARGUMENT if shapes, types, devices or options do not fit together.
 */
export function dynamicConv(x: Tensor, weight: Tensor, options: LightweightConvOptions = {}): Tensor {
  const { bias, padding = 'same', normalize = true } = options;
  checkLightweight('dynamicConv', x, weight, options);
  checkRank('dynamicConv', 'weight', weight, 4, '[N,Q,H,S]');
  const [n, q, heads, taps] = weight.shape as readonly [number, number, number, number], channels = x.shape[2]!;
  const shared = channelsPerHead('dynamicConv', x, heads, weight);
  if (taps === 0) throw argumentError('dynamicConv', `expected weight to have a kernel of at least 1, but got shape ${shapeText(weight.shape)}`);
  const [window] = windowAxes('dynamicConv', { spatial: [x.shape[1]!], kernel: [taps], x: x.shape }, { padding });
  const [images, places] = [x.shape[0]!, window!.output];
  if (images !== n || places !== q) {
    throw argumentError('dynamicConv', `expected weight to have kernels for [${images},${places}] outputs, like x ${shapeText(x.shape)} with its padding, but got shape ${shapeText(weight.shape)}`);
  }
  return scope(() => {
    const windows = unfold(x, { kernel: taps, padding }); // [N,Q,S,C]
    const kernels = normalize ? softmax(weight) : weight;
    const heard = mul(windows.reshape([n, q, taps, heads, shared]), transpose(kernels, 2, 3).reshape([n, q, taps, heads, 1]));
    const y = sum(heard, { axes: 2 }).reshape([n, q, channels]);
    return bias ? add(y, bias) : y;
  });
}
