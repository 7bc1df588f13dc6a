/** Images seen through an affine map: crops, flips, rotation, zoom and shear. */
import { run, type Params } from '../core/run.js';
import { scope } from '../core/scope.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { pair, type Pair } from '../nn/arguments.js';
import { argumentError, checkChoice, checkNumber, checkTensor } from '../ops/arguments.js';
import { shapeText } from '../core/shape.js';
import { checkFill, checkImages, checkProbability, checkRange, checkSide, type ImageExtents } from './arguments.js';
import type { ChanceOptions, Transform } from './transform.js';

/** How what lies between pixels is read, and what lies outside of an image. */
export interface SamplingOptions {
  /** Default 'bilinear'. */
  interpolation?: 'nearest' | 'bilinear';
  /** The byte outside of an image. Default 0. */
  fill?: number;
}

export interface WarpOptions extends SamplingOptions {
  /** Height and width of the results. Default: those of the images. */
  size?: Pair;
  /** What lies outside of an image: bytes of `fill`, or its nearest pixel. Default 'fill'. */
  border?: 'fill' | 'edge';
}

/**
 * Each image through a map of its own, which gives for a place in the result the place in the image: x = xx u + xy v + x0
 * and y = yx u + yy v + y0, in pixels from the upper left corner, the first pixel's centre being (1/2, 1/2).
 *
 * @param images uint8 [N,H,W,C].
 * @param matrix float32 [N,6] = xx, xy, x0, yx, yy, y0.
 * @returns uint8 [N,P,Q,C]. A size below that of what is seen skips pixels: nothing is smoothed before.
 * @throws ERR_ARGUMENT if images or matrix are not such tensors, or an option is none of its choices.
 */
export function warp(images: Tensor<'uint8'>, matrix: Tensor, { size, border = 'fill', interpolation = 'bilinear', fill = 0 }: WarpOptions = {}): Tensor<'uint8'> {
  const { n, h, w, c } = checkImages('warp', images);
  checkTensor('warp', 'matrix', matrix, 'float32', { name: 'images', device: images.device });
  if (matrix.shape.length !== 2 || matrix.shape[0] !== n || matrix.shape[1] !== 6) {
    throw argumentError('warp', `expected matrix to have shape [${n},6], one row for each image, but got ${shapeText(matrix.shape)}`);
  }
  const [p, q] = size === undefined ? [h, w] : pair(size);
  for (const side of [p, q]) checkSide('warp', 'size', side);
  checkChoice('warp', 'border', border, ['fill', 'edge']);
  checkChoice('warp', 'interpolation', interpolation, ['nearest', 'bilinear']);
  checkFill('warp', fill);
  return run('warp', { x: images, matrix }, { n, h, w, c, p, q, interpolation, border, fill }, { y: [n, p, q, c] }).y;
}

/** A rectangle of an image, in pixels, seen in a result of some size. */
interface Region {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** The same region of every image, enlarged or reduced to [p,q]. */
function seeRegion(images: Tensor<'uint8'>, { top, left, height, width }: Region, [p, q]: readonly [number, number], options: WarpOptions): Tensor<'uint8'> {
  const row = [width / q, 0, left, 0, height / p, top];
  const rows = Float32Array.from({ length: 6 * (images.shape[0] ?? 0) }, (_, i) => row[i % 6] ?? 0);
  return scope(() => warp(images, tensor(rows, { shape: [rows.length / 6, 6], device: images.device }), { ...options, size: [p, q] }));
}

/** A region of every image, of whole pixels. @internal */
export function cutRegion(images: Tensor<'uint8'>, top: number, left: number, size: readonly [number, number]): Tensor<'uint8'> {
  const [height, width] = size;
  return seeRegion(images, { top, left, height, width }, size, {});
}

export interface SizeOptions {
  /** Height and width, or one number for both. */
  size: Pair;
}

/**
 * Images in another size, by bilinear interpolation. Nothing is smoothed before: to less than half of the size, pixels are
 * skipped.
 */
export function resize({ size }: SizeOptions): Transform {
  const [p, q] = pair(size);
  for (const side of [p, q]) checkSide('resize', 'size', side);
  return (images) => {
    const { h, w } = checkImages('resize', images);
    return seeRegion(images, { top: 0, left: 0, height: h, width: w }, [p, q], { border: 'edge' });
  };
}

/** The middle of images, with bytes of 0 around it if they are smaller. */
export function centerCrop({ size }: SizeOptions): Transform {
  const [p, q] = pair(size);
  for (const side of [p, q]) checkSide('centerCrop', 'size', side);
  return (images) => {
    const { h, w } = checkImages('centerCrop', images);
    return cutRegion(images, Math.floor((h - p) / 2), Math.floor((w - q) / 2), [p, q]);
  };
}

type ViewParams = Params<'draw_view'>;

/** A view that shows images as they are. */
const plainView = {
  region: 'whole', padding: 0, areaLow: 1, areaHigh: 1, ratioLow: 1, ratioHigh: 1,
  flipX: 0, flipY: 0, angle: 0, translateX: 0, translateY: 0, zoomLow: 1, zoomHigh: 1, shearX: 0, shearY: 0,
} as const satisfies Partial<ViewParams>;

type View = Partial<Omit<ViewParams, keyof ImageExtents>> & { p: number; q: number };

/** Draws a view for each image, and shows it. */
function seeView(images: Tensor<'uint8'>, random: Tensor<'int32'>, { n, h, w }: ImageExtents, view: View, options: WarpOptions): Tensor<'uint8'> {
  return scope(() => {
    const { matrix } = run('draw_view', { random }, { ...plainView, n, h, w, ...view }, { matrix: [n, 6] });
    return warp(images, matrix, { ...options, size: [view.p, view.q] });
  });
}

export interface RandomCropOptions {
  /** Height and width of the crop, or one number for both. */
  size: Pair;
  /** Pixels that are added on every side before. Default 0. */
  padding?: number;
  /** Their byte. Default 0. */
  fill?: number;
}

/**
 * A crop at a place of chance.
 *
 * @throws ERR_ARGUMENT from the transform, if images with their padding are smaller than the crop.
 */
export function randomCrop({ size, padding = 0, fill = 0 }: RandomCropOptions): Transform {
  const [p, q] = pair(size);
  for (const side of [p, q]) checkSide('randomCrop', 'size', side);
  checkSide('randomCrop', 'padding', padding, 0);
  checkFill('randomCrop', fill);
  return (images, random) => {
    const extents = checkImages('randomCrop', images, random);
    const { h, w } = extents;
    if (p > h + 2 * padding || q > w + 2 * padding) {
      throw argumentError('randomCrop', `expected size to be at most [${h + 2 * padding},${w + 2 * padding}], that of images with their padding, but got [${p},${q}]`);
    }
    return seeView(images, random, extents, { p, q, region: 'crop', padding }, { interpolation: 'nearest', fill });
  };
}

export interface RandomResizedCropOptions {
  /** Height and width of the results, or one number for both. */
  size: Pair;
  /** The crop's share of an image, from and to. Default [0.08, 1]. */
  area?: readonly [number, number];
  /** Its width over its height, from and to. Default [3/4, 4/3]. */
  ratio?: readonly [number, number];
}

/**
 * A crop of an area, a form and a place of chance, in one size: Inception's (C. Szegedy et al., arXiv:1409.4842). Pixels
 * beside a crop take part in the interpolation of its border.
 */
export function randomResizedCrop({ size, area = [0.08, 1], ratio = [3 / 4, 4 / 3] }: RandomResizedCropOptions): Transform {
  const [p, q] = pair(size);
  for (const side of [p, q]) checkSide('randomResizedCrop', 'size', side);
  checkRange('randomResizedCrop', 'area', area, 0, 1);
  checkRange('randomResizedCrop', 'ratio', ratio, 1e-3, 1e3);
  const view = { p, q, region: 'resizedCrop', areaLow: area[0], areaHigh: area[1], ratioLow: ratio[0], ratioHigh: ratio[1] } as const;
  return (images, random) => seeView(images, random, checkImages('randomResizedCrop', images, random), view, { border: 'edge' });
}

/** Mirrors images from left to right. */
export function flip({ probability = 0.5 }: ChanceOptions = {}): Transform {
  checkProbability('flip', probability);
  return (images, random) => {
    const extents = checkImages('flip', images, random);
    return seeView(images, random, extents, { p: extents.h, q: extents.w, flipX: probability }, { interpolation: 'nearest' });
  };
}

/** Turns images upside down. */
export function verticalFlip({ probability = 0.5 }: ChanceOptions = {}): Transform {
  checkProbability('verticalFlip', probability);
  return (images, random) => {
    const extents = checkImages('verticalFlip', images, random);
    return seeView(images, random, extents, { p: extents.h, q: extents.w, flipY: probability }, { interpolation: 'nearest' });
  };
}

export interface AffineOptions extends SamplingOptions {
  /** Rotation of at most so many degrees to either side. Default 0. */
  degrees?: number;
  /** Shifts by whole pixels, of at most these shares of width and height. Default [0, 0]. */
  translate?: readonly [x: number, y: number];
  /** Enlargement, from and to. Default [1, 1]. */
  zoom?: readonly [number, number];
  /** Shear of at most so many degrees, along x alone or along x and y. Default 0. */
  shear?: number | readonly [x: number, y: number];
}

/** Rotation, shift, zoom and shear about the centre, each drawn for itself, in one step. */
export function affine(options: AffineOptions): Transform {
  return affineAs('affine', options);
}

function affineAs(who: string, { degrees = 0, translate = [0, 0], zoom = [1, 1], shear = 0, ...sampling }: AffineOptions): Transform {
  checkNumber(who, 'degrees', degrees, 0, 180);
  for (const share of translate) checkNumber(who, 'translate', share, 0, 1);
  checkRange(who, 'zoom', zoom, 1e-3, 1e3);
  const [shearX, shearY] = typeof shear === 'number' ? [shear, 0] : shear;
  for (const angle of [shearX, shearY]) checkNumber(who, 'shear', angle, 0, 89);
  const radians = Math.PI / 180;
  const moves = {
    angle: degrees * radians, translateX: translate[0], translateY: translate[1], zoomLow: zoom[0], zoomHigh: zoom[1],
    shearX: shearX * radians, shearY: shearY * radians,
  };
  return (images, random) => {
    const extents = checkImages(who, images, random);
    return seeView(images, random, extents, { p: extents.h, q: extents.w, ...moves }, sampling);
  };
}

export interface RotationOptions extends SamplingOptions {
  /** At most, to either side. */
  degrees: number;
}

/** Turns images about their centre. */
export function rotation({ degrees, ...sampling }: RotationOptions): Transform {
  return affineAs('rotation', { degrees, ...sampling });
}

export interface ZoomOptions extends SamplingOptions {
  /** From and to, e.g. [0.8, 1.25]. */
  range: readonly [number, number];
}

/** Enlarges or reduces what images show, about their centre. */
export function zoom({ range, ...sampling }: ZoomOptions): Transform {
  return affineAs('zoom', { zoom: range, ...sampling });
}

export interface ShearOptions extends SamplingOptions {
  /** At most, to either side, along x alone or along x and y. */
  degrees: number | readonly [x: number, y: number];
}

/** Slants images. */
export function shear({ degrees, ...sampling }: ShearOptions): Transform {
  return affineAs('shear', { shear: degrees, ...sampling });
}
