/** RandAugment: a few operations of chance, all of one strength. */
import { run } from '../core/run.js';
import { scope } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkNumber } from '../ops/arguments.js';
import { checkFill, checkImages } from './arguments.js';
import { recolorAs } from './color.js';
import type { Transform } from './transform.js';
import { warp } from './warp.js';

export interface RandAugmentOptions {
  /** Operations on each image, one after the other. Default 2. */
  operations?: number;
  /** Their strength, from 0 to 30. Default 9. */
  magnitude?: number;
  /** The byte outside of an image that is moved. Default 0. */
  fill?: number;
}

/**
 * Each image under some of fourteen operations, each as likely: identity, shear and shift along x or y, rotation,
 * brightness, saturation, contrast, sharpness, posterize, solarize, autocontrast and equalize, with torchvision's ranges.
 *
 * E. Cubuk et al., "RandAugment: practical automated data augmentation with a reduced search space", arXiv:1909.13719.
 *
 * @throws ERR_ARGUMENT if an option is out of its range.
 */
export function randAugment({ operations = 2, magnitude = 9, fill = 0 }: RandAugmentOptions = {}): Transform {
  if (!Number.isInteger(operations) || operations < 1) {
    throw argumentError('randAugment', `expected operations to be a whole number of at least 1, but got ${operations}`);
  }
  checkNumber('randAugment', 'magnitude', magnitude, 0, 30);
  checkFill('randAugment', fill);
  const once = (images: Tensor<'uint8'>, random: Tensor<'int32'>): Tensor<'uint8'> => {
    const { n, h, w } = checkImages('randAugment', images, random);
    return scope(() => {
      const shapes = { matrix: [n, 6], function: [n, 1], amount: [n, 1] };
      const { matrix, ...colors } = run('draw_rand_augment', { random }, { n, h, w, magnitude: magnitude / 30 }, shapes);
      return recolorAs(warp(images, matrix, { interpolation: 'nearest', fill }), colors, 1);
    });
  };
  return (images, random) =>
    scope(() => {
      let made = once(images, random);
      for (let operation = 1; operation < operations; operation++) made = once(made, random);
      return made;
    });
}
