import { ConvoltError } from '../core/errors.js';
import type { PerAxis } from '../ops/index.js';

/** One number for height and width, or the two. */
export type Pair = number | readonly [number, number];

export function pair(value: Pair): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}

/** One number for each of `axes` spatial axes, or one for all. @throws ERR_ARGUMENT unless they are whole numbers of at least 1. */
export function extents(who: string, argument: string, value: PerAxis, axes: number): readonly number[] {
  const list = typeof value === 'number' ? Array<number>(axes).fill(value) : value;
  if (list.length !== axes) {
    throw new ConvoltError('ERR_ARGUMENT', `${who}: expected ${argument} to be a number, or one for each of ${axes} axes, but got [${list.join(',')}]`);
  }
  for (const item of list) checkCount(who, argument, item);
  return list;
}

/** @throws ERR_ARGUMENT unless `value` is a whole number of at least 1. */
export function checkCount(who: string, argument: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new ConvoltError(
      'ERR_ARGUMENT',
      `${who}: expected ${argument} to be a whole number of at least 1, but got ${value}`,
    );
  }
}
