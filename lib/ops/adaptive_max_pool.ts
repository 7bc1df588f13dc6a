/** Max pooling to an output of given size, and over whole images. */
import type { Tensor } from '../core/tensor.js';
import { argumentError, isList, valueText } from './arguments.js';
import {
  checkPlane,
  disposeSpans,
  fixedSpans,
  maxWindows,
  pooled,
  type IndicesOption,
  type WantsIndices,
  type WantsNoIndices,
  type WithIndices,
} from './max_windows.js';

/** One extent for all spatial axes, or one for each; null keeps the extent of x. */
export type OutputSize = number | readonly (number | null)[];

/** Most windows along one axis: each is a pair of numbers on the host. */
const mostOutputs = 2 ** 20;

/** The output's extents for an input with these. */
export function resolveOutputSize(name: string, outputSize: OutputSize, spatial: readonly number[]): number[] {
  const list = typeof outputSize === 'number' ? spatial.map(() => outputSize) : outputSize;
  const isExtent = (size: number | null) => size === null || (Number.isSafeInteger(size) && size >= 1);
  const valid = isList(list) && list.length === spatial.length && list.every(isExtent);
  if (!valid) {
    const forEach = spatial.length === 1 ? '' : `, or one (or null) for each of the ${spatial.length} spatial axes`;
    throw argumentError(name, `expected outputSize to be a whole number of at least 1${forEach}, but got ${valueText(outputSize)}`);
  }
  const extents = list.map((size, axis) => size ?? spatial[axis]!);
  if (Math.max(...extents) > mostOutputs) {
    throw argumentError(name, `expected outputSize to be at most ${mostOutputs} along an axis, but got ${valueText(extents)}`);
  }
  return extents;
}

function adaptiveMaxPool(name: string, axes: number, x: Tensor, outputSize: OutputSize, options: IndicesOption): Tensor | WithIndices {
  checkPlane(name, x, axes);
  const spatial = x.shape.slice(1, -1);
  const spans = resolveOutputSize(name, outputSize, spatial).map((outputs, axis) => {
    const input = spatial[axis]!;
    const limits = Array.from({ length: outputs }, (_, o) => {
      return [Math.floor((o * input) / outputs), Math.ceil(((o + 1) * input) / outputs)] as const;
    });
    return fixedSpans(x, limits);
  });
  const result = maxWindows(x, spans);
  disposeSpans(spans);
  return pooled(result, options.returnIndices);
}

/**
 * Adaptive max pooling over one axis: {@link adaptiveMaxPool2d} without H.
 *
 * @param x [N,W,C].
 * @returns [N,Q,C], and with `returnIndices` the indices too.
 * @throws ERR_ARGUMENT as {@link adaptiveMaxPool2d} does.
 */
export function adaptiveMaxPool1d(x: Tensor, outputSize: OutputSize, options: WantsIndices): WithIndices;
export function adaptiveMaxPool1d(x: Tensor, outputSize: OutputSize, options?: WantsNoIndices): Tensor;
export function adaptiveMaxPool1d(x: Tensor, outputSize: OutputSize, options: IndicesOption = {}): Tensor | WithIndices {
  return adaptiveMaxPool('adaptiveMaxPool1d', 1, x, outputSize, options);
}

/**
 * Max pooling to an output of given size: along each axis window o of O over an input of I elements goes from
 * floor(o I / O) to before ceil((o + 1) I / O), so windows differ in size by one and may overlap. NaN counts as largest;
 * among equals the gradient goes to the first.
 *
 * K. He et al., "Spatial pyramid pooling in deep convolutional networks for visual recognition", arXiv:1406.4729.
 *
 * @param x [N,H,W,C].
 * @param outputSize P and Q; null for H or W itself.
 * @returns [N,P,Q,C], and with `returnIndices` the indices too.
 * @throws ERR_ARGUMENT if x is not a float tensor with four axes, an image has no elements, or outputSize is malformed.
 */
export function adaptiveMaxPool2d(x: Tensor, outputSize: OutputSize, options: WantsIndices): WithIndices;
export function adaptiveMaxPool2d(x: Tensor, outputSize: OutputSize, options?: WantsNoIndices): Tensor;
export function adaptiveMaxPool2d(x: Tensor, outputSize: OutputSize, options: IndicesOption = {}): Tensor | WithIndices {
  return adaptiveMaxPool('adaptiveMaxPool2d', 2, x, outputSize, options);
}

/**
 * Adaptive max pooling over three axes: {@link adaptiveMaxPool2d} with a third one, D, in front.
 *
 * @param x [N,D,H,W,C].
 * @returns [N,Z,P,Q,C], and with `returnIndices` the indices too.
 * @throws ERR_ARGUMENT as {@link adaptiveMaxPool2d} does.
 */
export function adaptiveMaxPool3d(x: Tensor, outputSize: OutputSize, options: WantsIndices): WithIndices;
export function adaptiveMaxPool3d(x: Tensor, outputSize: OutputSize, options?: WantsNoIndices): Tensor;
export function adaptiveMaxPool3d(x: Tensor, outputSize: OutputSize, options: IndicesOption = {}): Tensor | WithIndices {
  return adaptiveMaxPool('adaptiveMaxPool3d', 3, x, outputSize, options);
}

function globalMaxPool(name: string, axes: number, x: Tensor): Tensor {
  checkPlane(name, x, axes);
  const { y, indices } = maxWindows(x, Array.from({ length: axes }, () => ({ outputs: 1 })));
  indices.dispose();
  const result = y.reshape([x.shape[0]!, x.shape.at(-1)!]);
  y.dispose();
  return result;
}

/**
 * The largest element over W, for each image and channel.
 *
 * @param x [N,W,C].
 * @returns [N,C].
 * @throws ERR_ARGUMENT as {@link globalMaxPool2d} does.
 */
export function globalMaxPool1d(x: Tensor): Tensor {
  return globalMaxPool('globalMaxPool1d', 1, x);
}

/**
 * The largest element over H and W, for each image and channel. NaN counts as largest; among equals the gradient goes
 * to the first.
 *
 * M. Oquab et al., "Is object localization for free?", 2015.
 *
 * @param x [N,H,W,C].
 * @returns [N,C].
 * @throws ERR_ARGUMENT if x is not a float tensor with four axes, or an image has no elements.
 */
export function globalMaxPool2d(x: Tensor): Tensor {
  return globalMaxPool('globalMaxPool2d', 2, x);
}

/**
 * The largest element over D, H and W, for each image and channel.
 *
 * @param x [N,D,H,W,C].
 * @returns [N,C].
 * @throws ERR_ARGUMENT as {@link globalMaxPool2d} does.
 */
export function globalMaxPool3d(x: Tensor): Tensor {
  return globalMaxPool('globalMaxPool3d', 3, x);
}
