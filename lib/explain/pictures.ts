/** What is in a network as pictures: pixels of bytes. */
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { checkCount } from '../nn/arguments.js';
import { argumentError, checkFloats, checkNumber, checkOptions } from '../ops/arguments.js';
import { pictureGrid, type Picture, type PictureGridLayout } from './picture_grid.js';

export interface PictureGridOptions {
  /** Pictures in a row. Default: what makes the whole about square. */
  columns?: number;
  /** How many are shown at most. Default 64. */
  most?: number;
  /** The side of the square that a value becomes. Default 1. */
  enlarge?: number;
}

/** How so many pictures are laid out. @throws ERR_ARGUMENT, said by `who`, if an option is out of range. */
function layoutOf(who: string, available: number, options: PictureGridOptions): PictureGridLayout & { count: number } {
  checkOptions(who, options);
  const { most = 64, enlarge = 1 } = options, count = Math.min(available, most);
  checkCount(who, 'most', most);
  return { count, columns: options.columns ?? Math.ceil(Math.sqrt(count)), enlarge };
}

/** Values as bytes: the smallest is 0 and the largest 255. */
function stretched(values: ArrayLike<number>): number[] {
  const list = Array.from(values), finite = list.filter(Number.isFinite);
  const least = finite.reduce((a, b) => Math.min(a, b), Infinity), most = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  return list.map((value) => (most > least ? (255 * (value - least)) / (most - least) : 0));
}

/**
 * The filters of a convolution side by side, each stretched over all greys or colours of its own.
 *
 * @param weight [K,R,S,C]: in colour if C is 3, else the first channel of each.
 * @throws ERR_ARGUMENT if it has another number of axes.
 */
export async function filterPictures(weight: Tensor, options: PictureGridOptions = {}): Promise<Picture> {
  checkFloats('filterPictures', { weight });
  if (weight.shape.length !== 4) throw argumentError('filterPictures', `expected weight to be [K,R,S,C], but got ${shapeText(weight.shape)}`);
  const [k, height, width, c] = weight.shape as readonly [number, number, number, number], channels = c === 3 ? 3 : 1;
  const values = await weight.data(), size = height * width * c;
  const { count, ...layout } = layoutOf('filterPictures', k, options);
  const pictures = Array.from({ length: count }, (_, i) => {
    const filter = values.subarray(i * size, (i + 1) * size);
    return stretched(channels === 3 ? filter : filter.filter((_value, at) => at % c === 0));
  });
  return pictureGrid(pictures, { height, width, channels }, layout);
}

export interface ActivationPictureOptions extends PictureGridOptions {
  /** Whether the channels with the largest values come first, where those that do not answer would fill a part. Default false. */
  strongest?: boolean;
}

/**
 * The channels of a layer's output for one image side by side, each stretched over all greys of its own.
 *
 * @param maps [1,P,Q,K].
 * @throws ERR_ARGUMENT if they are those of more than one image.
 */
export async function activationPictures(maps: Tensor, options: ActivationPictureOptions = {}): Promise<Picture> {
  checkFloats('activationPictures', { maps });
  if (maps.shape.length !== 4 || maps.shape[0] !== 1) {
    throw argumentError('activationPictures', `expected maps of one image [1,P,Q,K], but got ${shapeText(maps.shape)}`);
  }
  const [, height, width, k] = maps.shape as readonly [number, number, number, number];
  const { count, ...layout } = layoutOf('activationPictures', k, options), values = await maps.data();
  const channels = Array.from({ length: k }, (_, channel) => values.filter((_value, at) => at % k === channel));
  const largest = new Map(channels.map((channel) => [channel, channel.reduce((a, b) => Math.max(a, b))]));
  if (options.strongest) channels.sort((a, b) => largest.get(b)! - largest.get(a)!);
  const pictures = channels.slice(0, count).map(stretched);
  return pictureGrid(pictures, { height, width, channels: 1 }, layout);
}

/** An image of any numbers [1,H,W,3] or [1,H,W,1], stretched over all bytes. @throws ERR_ARGUMENT if it is none. */
export async function imagePicture(image: Tensor): Promise<Picture> {
  checkFloats('imagePicture', { image });
  return { pixels: Uint8Array.from(stretched(await image.data())), ...imageExtents('imagePicture', 'image', image) };
}

/** The extents of one image. @throws ERR_ARGUMENT, said by `who`, if it is none. */
function imageExtents(who: string, name: string, { shape }: Tensor): Omit<Picture, 'pixels'> {
  const [n, height = 0, width = 0, channels] = shape;
  if (shape.length === 4 && n === 1 && (channels === 1 || channels === 3)) return { height, width, channels };
  throw argumentError(who, `expected ${name} to be one image [1,H,W,1] or [1,H,W,3], but got ${shapeText(shape)}`);
}

/** The value that a share of the values does not exceed. */
function quantile(values: Float32Array, share: number): number {
  return Float32Array.from(values).sort()[Math.floor(share * (values.length - 1))] ?? 0;
}

/**
 * A gradient of any numbers [1,H,W,3] or [1,H,W,1] around grey, which is 0: as bright or as dark as can be is what 99 % of
 * the numbers do not exceed, since a few far ones would hide the others.
 */
export async function gradientPicture(gradient: Tensor): Promise<Picture> {
  checkFloats('gradientPicture', { gradient });
  const { height, width, channels } = imageExtents('gradientPicture', 'gradient', gradient), values = await gradient.data();
  const most = quantile(values.map(Math.abs), 0.99);
  const pixels = Uint8ClampedArray.from(values, (value) => 127.5 + (most > 0 ? (127.5 * value) / most : 0)); // rounds, and clips to bytes
  return { pixels: new Uint8Array(pixels.buffer), height, width, channels };
}

/** From black over red and yellow to white. @param share in [0, 1]. */
function heat(share: number): readonly [number, number, number] {
  const part = (from: number) => 255 * Math.min(Math.max(3 * share - from, 0), 1);
  return [part(0), part(1), part(2)];
}

export interface HeatOptions {
  /** Share of the values that are told apart; those above are white. Default 1. */
  clip?: number;
}

/**
 * A map [P,Q] of values as colours: 0 and less is black, the largest white, with red and yellow between.
 *
 * @param behind a picture that shows through, in grey. Values are of its nearest places.
 * @throws ERR_ARGUMENT if the map has another number of axes, or clip is out of range.
 */
export async function heatPicture(map: Tensor, behind?: Picture, { clip = 1 }: HeatOptions = {}): Promise<Picture> {
  checkFloats('heatPicture', { map });
  if (map.shape.length !== 2) throw argumentError('heatPicture', `expected map to be [P,Q], but got ${shapeText(map.shape)}`);
  checkNumber('heatPicture', 'clip', clip, 0, 1);
  const [p, q] = map.shape as readonly [number, number], values = await map.data();
  const { height, width } = behind ?? { height: p, width: q };
  const most = quantile(values, clip), pixels = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = values[Math.floor((y * p) / height) * q + Math.floor((x * q) / width)]!;
      const colour = heat(most > 0 ? Math.min(Math.max(0, value) / most, 1) : 0), at = y * width + x;
      for (let c = 0; c < 3; c++) pixels[at * 3 + c] = behind ? 0.4 * greyOf(behind, at) + 0.6 * colour[c]! : colour[c]!;
    }
  }
  return { pixels, height, width, channels: 3 };
}

function greyOf({ pixels, channels }: Picture, at: number): number {
  return channels === 1 ? pixels[at]! : (pixels[at * 3]! + pixels[at * 3 + 1]! + pixels[at * 3 + 2]!) / 3;
}

/** A picture in another size and in colour: its nearest pixels, the whole of it, with white around it. */
export function fitted(picture: Picture, size: number): Picture {
  const scale = Math.min(size / picture.height, size / picture.width), pixels = new Uint8Array(size * size * 3).fill(255);
  const high = Math.floor(picture.height * scale), wide = Math.floor(picture.width * scale);
  const top = Math.floor((size - high) / 2), left = Math.floor((size - wide) / 2);
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) {
      const from = Math.floor(y / scale) * picture.width + Math.floor(x / scale), to = ((top + y) * size + left + x) * 3;
      for (let c = 0; c < 3; c++) pixels[to + c] = picture.pixels[from * picture.channels + (picture.channels === 3 ? c : 0)]!;
    }
  }
  return { pixels, height: size, width: size, channels: 3 };
}
