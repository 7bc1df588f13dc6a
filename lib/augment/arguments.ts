/** Checks of what augmentations are given. */
import { extent } from '../core/shape.js';
import type { DType } from '../core/dtype.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkNumber, checkRank, checkTensor, valueText } from '../ops/arguments.js';
import { checkRandomState } from '../ops/dropout.js';

/** Extents of a batch, by their letters. */
export interface ImageExtents {
  n: number;
  h: number;
  w: number;
  c: number;
}

const mostSide = 32768; // places are counted in 32 bits

export function extentsOf(images: Tensor<DType>): ImageExtents {
  const { shape } = images;
  return { n: extent(shape, 0), h: extent(shape, 1), w: extent(shape, 2), c: extent(shape, 3) };
}

/** Checks a batch of images of bytes [N,H,W,C], and the random state where there is one. */
export function checkImages(who: string, images: Tensor<'uint8'>, random?: Tensor<'int32'>): ImageExtents {
  checkTensor(who, 'images', images, 'uint8');
  checkRank(who, 'images', images, 4, '[N,H,W,C]');
  const extents = extentsOf(images);
  for (const side of [extents.h, extents.w]) checkSide(who, 'the height and width of images', side);
  if (random !== undefined) checkRandomState(who, random, { name: 'images', device: images.device });
  return extents;
}

/** Checks a length in pixels. */
export function checkSide(who: string, name: string, side: number, least = 1): void {
  if (!Number.isInteger(side) || side < least || side > mostSide) {
    throw argumentError(who, `expected ${name} to be a whole number from ${least} to ${mostSide}, but got ${valueText(side)}`);
  }
}

/** Checks a pair of numbers in order, from `least` to `most`. */
export function checkRange(who: string, name: string, range: readonly [number, number], least: number, most: number): void {
  const [low, high] = range;
  checkNumber(who, `the lower end of ${name}`, low, least, most);
  checkNumber(who, `the upper end of ${name}`, high, low, most);
}

export function checkProbability(who: string, probability: number): void {
  checkNumber(who, 'probability', probability, 0, 1);
}

/** Checks the byte that stands where there is no image. */
export function checkFill(who: string, fill: number): void {
  if (!Number.isInteger(fill) || fill < 0 || fill > 255) {
    throw argumentError(who, `expected fill to be a whole number from 0 to 255, but got ${valueText(fill)}`);
  }
}
