/** Broadcasting by its definition, in float64. */
import { compute, offset, type NdArray } from './array.js';

/** An element of an array that stretches to the shape of `index`. */
function stretched(array: NdArray, index: readonly number[]): number {
  const own = index.slice(index.length - array.shape.length).map((at, axis) => (array.shape[axis] === 1 ? 0 : at));
  return array.data[offset(array.shape, own)]!;
}

function commonShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const extents = (shape: readonly number[]) => [...Array<number>(rank - shape.length).fill(1), ...shape];
  const extentsB = extents(b);
  return extents(a).map((extent, axis) => (extent === 1 ? extentsB[axis]! : extent));
}

export function broadcast(a: NdArray, b: NdArray, value: (a: number, b: number) => number): NdArray {
  return compute(commonShape(a.shape, b.shape), (index) => value(stretched(a, index), stretched(b, index)));
}

export function broadcast3(a: NdArray, b: NdArray, c: NdArray, value: (a: number, b: number, c: number) => number): NdArray {
  const shape = commonShape(commonShape(a.shape, b.shape), c.shape);
  return compute(shape, (index) => value(stretched(a, index), stretched(b, index), stretched(c, index)));
}
