/** What augmentations are, and how they follow each other. */
import type { DType } from '../core/dtype.js';
import { scope } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';

/**
 * Makes other images of a batch: uint8 [N,H,W,C] to uint8 [N,P,Q,C]. What is random is drawn on the device for each image
 * from `random`, the state of `randomState`, which each call moves on: the same state gives the same images.
 */
export type Transform = (images: Tensor<'uint8'>, random: Tensor<'int32'>) => Tensor<'uint8'>;

/** What may come last: a {@link Transform}, or what makes floats of images, like `normalize`. */
export type LastTransform<D extends DType> = (images: Tensor<'uint8'>, random: Tensor<'int32'>) => Tensor<D>;

/** How likely a transform changes an image. */
export interface ChanceOptions {
  /** Of each image. Default 0.5. */
  probability?: number;
}

/**
 * Transforms one after the other, as one.
 *
 *     const augmentation = augment.compose([augment.randomCrop({ size: 28, padding: 4 }), augment.flip(), augment.normalize()]);
 *     const x = augmentation(images, random); // float32 [N,28,28,C]
 */
export function compose<D extends DType>(transforms: readonly [...Transform[], LastTransform<D>]): LastTransform<D> {
  const first = transforms.slice(0, -1) as readonly Transform[], last = transforms[transforms.length - 1] as LastTransform<D>;
  return (images, random) => scope(() => last(first.reduce((made, transform) => transform(made, random), images), random));
}
