/** Average pooling to a given size: windows that cover the input evenly. */
import { scope } from '../core/scope.js';
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkMapped, checkRank, checkSameFloats, isList, valueText } from './arguments.js';
import { resampleAxes, type AxisMap } from './resample.js';
import { inputLayout } from './window.js';

/** Extents of the result: one for all spatial axes, or one for each; null keeps that of x. */
export type AdaptiveSize = number | readonly (number | null)[];

/** The means of the elements from floor(i * size / count) up to ceil((i + 1) * size / count). */
export function adaptiveMap(size: number, count: number): AxisMap {
  return {
    key: 'adaptive mean',
    size,
    count,
    row: (output) => {
      const first = Math.floor((output * size) / count), end = Math.ceil(((output + 1) * size) / count);
      return Array.from({ length: end - first }, (_, i) => ({ index: first + i, weight: 1 / (end - first) }));
    },
  };
}

/** Extents of the result of adaptive pooling. */
export function adaptiveExtents(op: string, x: Tensor, axes: number, size: AdaptiveSize): number[] {
  checkRank(op, 'x', x, axes + 2, inputLayout(axes));
  const list = typeof size === 'number' ? Array<number>(axes).fill(size) : size;
  const isValid = (value: unknown) => value === null || (Number.isSafeInteger(value) && (value as number) >= 0);
  if (!isList(list) || list.length !== axes || !list.every(isValid)) {
    throw argumentError(op, `expected size to be a whole number of at least 0, or one or null for each of the ${axes} spatial axes, but got ${valueText(size)}`);
  }
  if (x.shape.slice(1, -1).includes(0)) {
    throw argumentError(op, `expected x to have elements along its spatial axes, but got shape ${shapeText(x.shape)}`);
  }
  const extents = list.map((value, axis) => value ?? x.shape[axis + 1]!);
  checkMapped(op, 'size', extents);
  return extents;
}

function adaptiveAvgPool(op: string, axes: number, x: Tensor, size: AdaptiveSize): Tensor {
  checkSameFloats(op, { x });
  const extents = adaptiveExtents(op, x, axes, size);
  const pooled = extents.map((count, axis) => ({ axis: axis + 1, map: adaptiveMap(x.shape[axis + 1]!, count) }));
  return scope(() => resampleAxes(op, x, pooled.filter(({ map }) => map.size !== map.count)));
}

/**
 * Average pooling to a given extent: {@link adaptiveAvgPool2d} without H.
 *
 * @param x [N,W,C].
 * @returns [N,Q,C], of the type of x.
 * @throws ERR_ARGUMENT as {@link adaptiveAvgPool2d} does.
 */
export function adaptiveAvgPool1d(x: Tensor, size: AdaptiveSize): Tensor {
  return adaptiveAvgPool('adaptiveAvgPool1d', 1, x, size);
}

/**
 * Average pooling to given extents: y[p] is the mean of the elements from floor(p * H / P) up to, but not including,
 * ceil((p + 1) * H / P), along each spatial axis.
 *
 * @param x [N,H,W,C].
 * @param size P and Q: one number for both, or a list in which null keeps the extent of x.
 * @returns [N,P,Q,C], of the type of x.
 * @throws ERR_ARGUMENT if x has other axes or no element in one, or size is malformed.
 */
export function adaptiveAvgPool2d(x: Tensor, size: AdaptiveSize): Tensor {
  return adaptiveAvgPool('adaptiveAvgPool2d', 2, x, size);
}

/**
 * Average pooling to given extents: {@link adaptiveAvgPool2d} with a third axis, D, in front.
 *
 * @param x [N,D,H,W,C].
 * @returns [N,Z,P,Q,C], of the type of x.
 * @throws ERR_ARGUMENT as {@link adaptiveAvgPool2d} does.
 */
export function adaptiveAvgPool3d(x: Tensor, size: AdaptiveSize): Tensor {
  return adaptiveAvgPool('adaptiveAvgPool3d', 3, x, size);
}
