/** JPEG, PNG and WebP files as pixels of one size, decoded by the package sharp on threads of its own. */
import { availableParallelism } from 'node:os';
import type { Sharp, SharpOptions } from 'sharp';

import { ConvoltError } from '../core/errors.js';

/** The package sharp, which is optional. @throws ERR_ARGUMENT, said by `who`, if it is not there. @internal */
export async function loadSharp(who: string): Promise<(input: string | Uint8Array, options?: SharpOptions) => Sharp> {
  try {
    return (await import('sharp')).default;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    const why = isMissing ? 'it is not installed (npm install sharp)' : `it cannot be loaded: ${String(error)}`;
    throw new ConvoltError('ERR_ARGUMENT', `${who}: expected the package sharp to read images with, but ${why}`);
  }
}

/** How image files become arrays of one shape. */
export interface DecodeOptions {
  /** Height and width of all images, or one number for both. */
  size: number | readonly [height: number, width: number];
  /**
   * What is done with images of other proportions: 'cover' cuts off what is too long on either side, 'fill' stretches,
   * 'contain' adds black bars. Default 'cover'.
   */
  fit?: 'cover' | 'fill' | 'contain';
  /** 3 is RGB, 1 is grey. Default 3. */
  channels?: 1 | 3;
  /** Images in work at one time. Default twice the number of cores. */
  concurrency?: number;
}

/** File names of images that are read. @internal */
export const imageFile = /\.(jpe?g|png|webp)$/i;

/** Decodes files and bytes of files. */
export interface Decoder {
  /** Of one image: [H,W,C]. */
  shape: [height: number, width: number, channels: number];
  /**
   * The pixels [H,W,C] of an image.
   *
   * @param input the file's name, or what is in it, which is asked for when its turn comes.
   * @param name for messages.
   * @throws ERR_DATA if it cannot be decoded.
   */
  decode(input: string | (() => Uint8Array | Promise<Uint8Array>), name: string): Promise<Uint8Array>;
}

/** @throws ERR_ARGUMENT, said by `who`, if the size is none or sharp is missing. @internal */
export async function openDecoder(who: string, { size, fit = 'cover', channels = 3, concurrency = 2 * availableParallelism() }: DecodeOptions): Promise<Decoder> {
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  if (![height, width, concurrency].every((count) => Number.isInteger(count) && count >= 1)) {
    throw new ConvoltError('ERR_ARGUMENT', `${who}: expected size and concurrency to be whole numbers of at least 1, but got size [${height},${width}] and concurrency ${concurrency}`);
  }
  const sharp = await loadSharp(who);
  const inTurn = limited(concurrency);
  return {
    shape: [height, width, channels],
    decode: (input, name) =>
      inTurn(async () => {
        try {
          const image = sharp(typeof input === 'string' ? input : await input()).resize({ width, height, fit, background: 'black' });
          const coloured = channels === 1 ? image.flatten().greyscale().toColourspace('b-w') : image.flatten().toColourspace('srgb');
          return await coloured.raw().toBuffer();
        } catch (error) {
          if (error instanceof ConvoltError) throw error;
          const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
          throw new ConvoltError('ERR_DATA', `${name}: expected a whole JPEG, PNG or WebP image, but got ${reason}`, { cause: error });
        }
      }),
  };
}

/** Runs at most `most` tasks at one time, in the order in which they are given. */
function limited(most: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await task();
    } finally {
      const next = waiting.shift(); // takes over this one's place
      if (next) next();
      else running--;
    }
  };
}
