/** Boxes of images that are filled with one value. */
import { run, type Params } from '../core/run.js';
import { scope } from '../core/scope.js';
import { shapeText } from '../core/shape.js';
import type { DType } from '../core/dtype.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkTensor } from '../ops/arguments.js';
import { checkFill, checkImages, checkProbability, checkRange, checkSide, type ImageExtents } from './arguments.js';
import type { Transform } from './transform.js';

/** Checks boxes [N,4] of as many images. @internal */
export function checkBoxes(who: string, boxes: Tensor<'int32'>, images: Tensor<DType>): void {
  checkTensor(who, 'boxes', boxes, 'int32', { name: 'images', device: images.device });
  const [n] = images.shape;
  if (boxes.shape.length !== 2 || boxes.shape[0] !== n || boxes.shape[1] !== 4) {
    throw argumentError(who, `expected boxes to have shape [${n},4], one for each image, but got ${shapeText(boxes.shape)}`);
  }
}

/** Boxes [N,4] of chance, and what share of each image is outside of its box, [N]. @internal */
export function drawBoxes(random: Tensor<'int32'>, { n, h, w }: ImageExtents, kind: Params<'draw_box'>['kind'], options: Partial<Params<'draw_box'>>): { box: Tensor<'int32'>; outside: Tensor } {
  const none = { probability: 1, areaLow: 1, areaHigh: 1, ratioLow: 1, ratioHigh: 1, size: 1, alpha: 1 };
  return run('draw_box', { random }, { ...none, ...options, kind, n, h, w }, { box: [n, 4], outside: [n] });
}

export interface EraseBoxesOptions {
  /** The byte. Default 0. */
  fill?: number;
}

/**
 * Fills a box of each image with one byte.
 *
 * @param images uint8 [N,H,W,C].
 * @param boxes int32 [N,4] = top, left, bottom, right: rows from top to below bottom, columns from left to below right.
 * @returns uint8 [N,H,W,C].
 */
export function eraseBoxes(images: Tensor<'uint8'>, boxes: Tensor<'int32'>, { fill = 0 }: EraseBoxesOptions = {}): Tensor<'uint8'> {
  const { n, h, w, c } = checkImages('eraseBoxes', images);
  checkBoxes('eraseBoxes', boxes, images);
  checkFill('eraseBoxes', fill);
  return run('erase', { x: images, box: boxes }, { n, h, w, c, fill }, { y: images.shape }).y;
}

export interface EraseOptions {
  /** Of each image to lose a box. Default 0.5. */
  probability?: number;
  /** The box's share of the image, from and to. Default [0.02, 0.33]. */
  area?: readonly [number, number];
  /** Its height over its width, from and to. Default [0.3, 3.3]. */
  ratio?: readonly [number, number];
  /** The byte that it is filled with. Default 0. */
  fill?: number;
}

/** Erases a rectangle of an area, a form and a place of chance (Z. Zhong et al., "Random erasing data augmentation", arXiv:1708.04896). */
export function erase({ probability = 0.5, area = [0.02, 0.33], ratio = [0.3, 3.3], fill = 0 }: EraseOptions = {}): Transform {
  checkProbability('erase', probability);
  checkRange('erase', 'area', area, 0, 1);
  checkRange('erase', 'ratio', ratio, 1e-3, 1e3);
  checkFill('erase', fill);
  const options = { probability, areaLow: area[0], areaHigh: area[1], ratioLow: ratio[0], ratioHigh: ratio[1] };
  return (images, random) => {
    const extents = checkImages('erase', images, random);
    return scope(() => eraseBoxes(images, drawBoxes(random, extents, 'erase', options).box, { fill }));
  };
}

export interface CutoutOptions {
  /** Side of the square in pixels. */
  size: number;
  /** Of each image to lose a square. Default 1. */
  probability?: number;
  /** The byte that it is filled with. Default 0. */
  fill?: number;
}

/**
 * Erases a square about a pixel of chance, as far as it is inside of the image (T. DeVries & G. Taylor, "Improved
 * regularization of convolutional neural networks with cutout", arXiv:1708.04552).
 */
export function cutout({ size, probability = 1, fill = 0 }: CutoutOptions): Transform {
  checkSide('cutout', 'size', size);
  checkProbability('cutout', probability);
  checkFill('cutout', fill);
  return (images, random) => {
    const extents = checkImages('cutout', images, random);
    return scope(() => eraseBoxes(images, drawBoxes(random, extents, 'cutout', { size, probability }).box, { fill }));
  };
}
