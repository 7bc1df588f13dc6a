/** Gaussian blur. */
import { run } from '../core/run.js';
import { scope } from '../core/scope.js';
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkTensor, valueText } from '../ops/arguments.js';
import { checkImages, checkProbability, checkRange } from './arguments.js';
import type { Transform } from './transform.js';

export interface BlurOptions {
  /** Length of the filter, odd, and so that half of it is less than height and width. */
  kernel: number;
}

/**
 * Each image convolved with a Gaussian of its own, and mirrored at its borders. One with a sigma of 0 stays as it is.
 *
 * @param images uint8 [N,H,W,C].
 * @param sigma float32 [N], in pixels.
 * @returns uint8 [N,H,W,C], rounded.
 */
export function blur(images: Tensor<'uint8'>, sigma: Tensor, { kernel }: BlurOptions): Tensor<'uint8'> {
  const { n, h, w, c } = checkImages('blur', images);
  checkTensor('blur', 'sigma', sigma, 'float32', { name: 'images', device: images.device });
  if (sigma.shape.length !== 1 || sigma.shape[0] !== n) {
    throw argumentError('blur', `expected sigma to have shape [${n}], a number for each image, but got ${shapeText(sigma.shape)}`);
  }
  if (!Number.isInteger(kernel) || kernel < 1 || kernel % 2 === 0 || (kernel - 1) / 2 >= Math.min(h, w)) {
    throw argumentError('blur', `expected kernel to be odd and half of it to be less than the sides of ${shapeText(images.shape)}, but got ${valueText(kernel)}`);
  }
  return run('gaussian_blur', { x: images, sigma }, { n, h, w, c, kernel }, { y: images.shape }).y;
}

export interface GaussianBlurOptions {
  /** Length of the filter: odd. */
  kernel: number;
  /** Its width in pixels, from and to. Default [0.1, 2]. */
  sigma?: readonly [number, number];
  /** Of each image to be blurred. Default 1. */
  probability?: number;
}

/** Blurs images, by a width of chance. */
export function gaussianBlur({ kernel, sigma = [0.1, 2], probability = 1 }: GaussianBlurOptions): Transform {
  checkRange('gaussianBlur', 'sigma', sigma, 1e-3, 1e3);
  checkProbability('gaussianBlur', probability);
  return (images, random) => {
    const { n } = checkImages('gaussianBlur', images, random);
    return scope(() => {
      const { amount } = run('draw_amount', { random }, { n, low: sigma[0], high: sigma[1], probability }, { amount: [n] });
      return blur(images, amount, { kernel });
    });
  };
}
