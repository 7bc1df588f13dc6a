export { blur, gaussianBlur, type BlurOptions, type GaussianBlurOptions } from './blur.js';
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
  type GrayscaleOptions,
  type PosterizeOptions,
  type Recoloring,
  type SharpnessOptions,
  type SolarizeOptions,
} from './color.js';
export { cutout, erase, eraseBoxes, type CutoutOptions, type EraseBoxesOptions, type EraseOptions } from './erase.js';
export { cutmix, mixRows, mixup, pasteBoxes, type Mixed, type MixOptions } from './mix.js';
export { normalize, type NormalizeOptions } from './normalize.js';
export { randAugment, type RandAugmentOptions } from './rand_augment.js';
export { fiveCrop, flips, meanOverViews, tenCrop } from './test_time.js';
export { compose, type ChanceOptions, type LastTransform, type Transform } from './transform.js';
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
  type RotationOptions,
  type SamplingOptions,
  type ShearOptions,
  type SizeOptions,
  type WarpOptions,
  type ZoomOptions,
} from './warp.js';
