/** What the tests of losses share. */
import type { Reduction } from '../../lib/ops/index.js';
import { compute, type NdArray } from './array.js';

/** The three reductions, for cases. */
export const reductions: readonly Reduction[] = ['mean', 'sum', 'none'];

/** Losses reduced, written as the definition has it. */
export function reduced(losses: NdArray, reduction: Reduction | undefined = 'mean'): NdArray {
  if (reduction === 'none') return losses;
  const total = losses.data.reduce((sum, value) => sum + value, 0);
  return { shape: [], data: Float64Array.of(reduction === 'mean' ? total / losses.data.length : total) };
}

/** A loss for each element of arrays of one shape. */
export function elementwise(arrays: readonly NdArray[], loss: (...values: number[]) => number): NdArray {
  return compute(arrays[0]!.shape, (_, i) => loss(...arrays.map(({ data }) => data[i]!)));
}

/** A loss for each row of arrays [..., C] of one shape. */
export function rowwise(arrays: readonly NdArray[], loss: (...rows: number[][]) => number): NdArray {
  const { shape } = arrays[0]!, size = shape.at(-1)!;
  return compute(shape.slice(0, -1), (_, row) => loss(...arrays.map(({ data }) => [...data.subarray(row * size, (row + 1) * size)])));
}

export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Sides 1 and -1, or 1 and 0, which no gradient is taken of: a list, by turns of odd lengths. */
export function sides(count: number, other: -1 | 0): number[] {
  return Array.from({ length: count }, (_, i) => ((i * 5 + 1) % 3 === 0 ? other : 1));
}
