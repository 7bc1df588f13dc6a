export { blur, gaussianBlur, type GaussianBlurOptions } from './blur.js';
export {
  autocontrast,
  colorJitter,
  equalize,
  grayscale,
  invert,
  posterize,
  recolor,
  sharpness,
  solarize,
  type ColorJitterOptions,
  type Recoloring,
} from './color.js';
export { cutout, erase, eraseBoxes, type CutoutOptions, type EraseOptions } from './erase.js';
export { cutmix, mixRows, mixup, pasteBoxes, type Mixed, type MixOptions } from './mix.js';
export { normalize, type NormalizeOptions } from './normalize.js';
export { randAugment, type RandAugmentOptions } from './rand_augment.js';
export { fiveCrop, flips, meanOverViews, tenCrop } from './test_time.js';
export { compose, type LastTransform, type Transform } from './transform.js';
export {
  affine,
  centerCrop,
  flip,
  randomCrop,
  randomResizedCrop,
  resize,
  rotation,
  shear,
  verticalFlip,
  warp,
  zoom,
  type AffineOptions,
  type RandomCropOptions,
  type RandomResizedCropOptions,
  type SamplingOptions,
  type WarpOptions,
} from './warp.js';
