/** Fixed filters of image processing, as depthwise convolutions. */
import { scope } from '../core/scope.js';
import { extent, shapeText } from '../core/shape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { cast } from './cast.js';
import { argumentError, checkChoice, checkRank, checkSameFloats, isList, valueText } from './arguments.js';
import { convNd } from './conv.js';
import { expand } from './expand.js';
import type { PaddingMode } from './pad_windows.js';

/** Rows of weights. They are applied as they stand: not flipped. */
export type Filter = readonly (readonly number[])[];

/** Every number of a filter divided by one. */
function over(divisor: number, rows: Filter): Filter {
  return rows.map((row) => row.map((weight) => weight / divisor));
}

/** The outer product of binomial coefficients with themselves, which approaches a Gaussian. */
function binomial(coefficients: readonly number[]): Filter {
  const sum = coefficients.reduce((total, value) => total + value, 0);
  return over(sum * sum, coefficients.map((a) => coefficients.map((b) => a * b)));
}

const gaussian5 = binomial([1, 4, 6, 4, 1]);

/** Filters by name. Those that blur or sharpen add up to 1, those that find edges to 0. */
export const filters = {
  identity: [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
  /** Diagonal edges: the difference between the diagonals. */
  edgeDiagonal: [[1, 0, -1], [0, 0, 0], [-1, 0, 1]],
  /** The Laplacian over four neighbours. */
  edgeFour: [[0, -1, 0], [-1, 4, -1], [0, -1, 0]],
  /** The Laplacian over eight neighbours. */
  edgeEight: [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
  sharpen: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
  boxBlur: over(9, [[1, 1, 1], [1, 1, 1], [1, 1, 1]]),
  gaussian3: binomial([1, 2, 1]),
  gaussian5,
  /** Twice the image minus its 5 x 5 Gaussian blur. */
  unsharp: gaussian5.map((row, r) => row.map((weight, s) => (r === 2 && s === 2 ? 2 : 0) - weight)),
} as const satisfies Record<string, Filter>;

export type FilterName = keyof typeof filters;

export const filterNames = Object.keys(filters) as readonly FilterName[];

export interface ApplyFilterOptions {
  /** What lies around the image. Default 'replicate', which makes no edge. */
  paddingMode?: PaddingMode | undefined;
}

/**
 * Each channel of x convolved with one filter: y[n,h,w,c] = sum over r, s of filter[r][s] * x[n,h+r-R/2,w+s-S/2,c].
 *
 * The filters are those of R. C. Gonzalez, R. E. Woods, "Digital image processing", chapter 3.
 *
 * @param x [N,H,W,C].
 * @param filter a name of {@link filters}, or rows of numbers.
 * @returns the shape and type of x.
 * @throws ERR_ARGUMENT if x has other axes, or the filter is neither a name nor rows of equal length.
 */
export function applyFilter(x: Tensor, filter: FilterName | Filter, { paddingMode = 'replicate' }: ApplyFilterOptions = {}): Tensor {
  checkSameFloats('applyFilter', { x });
  checkRank('applyFilter', 'x', x, 4, '[N,H,W,C]');
  checkChoice('applyFilter', 'paddingMode', paddingMode, ['zeros', 'reflect', 'replicate', 'circular']);
  if (typeof filter === 'string') checkChoice('applyFilter', 'filter', filter, filterNames);
  const rows: Filter = typeof filter === 'string' ? filters[filter] : filter;
  const width = isList(rows) ? rows[0]?.length : undefined;
  if (!width || !rows.every((row) => isList(row) && row.length === width && row.every((weight) => typeof weight === 'number'))) {
    throw argumentError('applyFilter', `expected filter to be a name or rows of equally many numbers, but got ${valueText(filter)}`);
  }
  const channels = extent(x.shape, 3);
  if (channels === 0) throw argumentError('applyFilter', `expected x to have channels, but got shape ${shapeText(x.shape)}`);
  return scope(() => {
    const weight = cast(tensor(rows.flat(), { shape: [1, rows.length, width, 1], device: x.device }), x.dtype);
    return convNd('applyFilter', 2, x, expand(weight, [channels, rows.length, width, 1]), { groups: channels, padding: 'same', paddingMode });
  });
}
