import { ConvoltError } from '../core/errors.js';

/** One number for height and width, or the two. */
export type Pair = number | readonly [number, number];

export function pair(value: Pair): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
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
