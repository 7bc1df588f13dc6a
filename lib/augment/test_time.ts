/** Test-time augmentation: several views of the same images, and the mean of what a model says of them. */
import { scope } from '../core/scope.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { pair } from '../nn/arguments.js';
import { argumentError } from '../ops/arguments.js';
import { add, affine as scaled } from '../ops/index.js';
import { checkImages } from './arguments.js';
import { cutRegion, warp, type SizeOptions } from './warp.js';

/** Images mirrored from left to right. uint8 [N,H,W,C] to the same. */
function mirrored(images: Tensor<'uint8'>): Tensor<'uint8'> {
  const { n, w } = checkImages('flips', images);
  const row = [-1, 0, w, 0, 1, 0];
  const rows = Float32Array.from({ length: 6 * n }, (_, i) => row[i % 6] ?? 0);
  return scope(() => warp(images, tensor(rows, { shape: [n, 6], device: images.device }), { interpolation: 'nearest' }));
}

/** The images, and the same mirrored: two of uint8 [N,H,W,C]. */
export function flips(images: Tensor<'uint8'>): Tensor<'uint8'>[] {
  return [images.reshape(images.shape), mirrored(images)];
}

/**
 * The four corners and the middle of images: five of uint8 [N,P,Q,C].
 *
 * @throws ERR_ARGUMENT if images are smaller.
 */
export function fiveCrop(images: Tensor<'uint8'>, { size }: SizeOptions): Tensor<'uint8'>[] {
  const { h, w } = checkImages('fiveCrop', images);
  const [p, q] = pair(size);
  if (!(p >= 1 && p <= h && q >= 1 && q <= w)) {
    throw argumentError('fiveCrop', `expected size to be at most [${h},${w}], that of images, but got [${p},${q}]`);
  }
  const bottom = h - p, right = w - q;
  const corners = [[0, 0], [0, right], [bottom, 0], [bottom, right], [Math.floor(bottom / 2), Math.floor(right / 2)]] as const;
  return corners.map(([top, left]) => cutRegion(images, top, left, [p, q]));
}

/** {@link fiveCrop} of images and of the same mirrored: ten of uint8 [N,P,Q,C]. */
export function tenCrop(images: Tensor<'uint8'>, options: SizeOptions): Tensor<'uint8'>[] {
  return scope(() => flips(images).flatMap((view) => fiveCrop(view, options)));
}

/**
 * The mean of what `predict` says of each view.
 *
 *     const probabilities = augment.meanOverViews(augment.flips(images), (view) => softmax(model.forward(toFloat(view))));
 *
 * @param predict gives float32 tensors of one shape.
 * @throws ERR_ARGUMENT if there are no views.
 */
export function meanOverViews(views: readonly Tensor<'uint8'>[], predict: (view: Tensor<'uint8'>) => Tensor): Tensor {
  if (views.length === 0) throw argumentError('meanOverViews', 'expected at least one view, but got none');
  return scope(() => {
    const sum = views.map(predict).reduce((total, prediction) => add(total, prediction));
    return scaled(sum, { scale: 1 / views.length });
  });
}
