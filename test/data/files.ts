/** Small data sets on disk, in a folder that lives as long as the tests of a file. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll } from 'vitest';

import { batches, type Batch, type BatchOptions, type Dataset } from '../../lib/data/index.js';
import { TestRandom } from '../ops/array.js';

export interface Pixels {
  data: Uint8Array; // [height,width,channels]
  height: number;
  width: number;
  channels: 1 | 3;
}

/** A folder that is removed after the tests, and a function that writes a file in it and returns its path. */
export function testFolder(name: string): { folder: string; write: (file: string, bytes: Uint8Array | string) => string } {
  const folder = mkdtempSync(path.join(tmpdir(), `convolt-${name}-`));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (file: string, bytes: Uint8Array | string): string => {
    const target = path.join(folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, bytes);
    return target;
  };
  return { folder, write };
}

/** A picture of soft colours, which JPEG changes little. */
export function picture(height: number, width: number, seed: number, channels: 1 | 3 = 3): Pixels {
  const random = new TestRandom(seed);
  const [a, b, c] = [random.uniform(), random.uniform(), random.uniform()];
  const data = Uint8Array.from({ length: height * width * channels }, (_, i) => {
    const x = Math.floor(i / channels) % width, y = Math.floor(i / channels / width);
    return 40 + 170 * (0.5 + 0.5 * Math.sin(a * 6 + (x / width) * 2 + (y / height) * (1 + b) + (i % channels) * c));
  });
  return { data, height, width, channels };
}

export function encode({ data, height, width, channels }: Pixels, format: 'jpeg' | 'png' | 'webp'): Promise<Buffer> {
  const quality = format === 'jpeg' ? { quality: 100, chromaSubsampling: '4:4:4' } : format === 'webp' ? { lossless: true } : {};
  return sharp(data, { raw: { width, height, channels } }).toFormat(format, quality).toBuffer();
}

/** The largest difference of two images. */
export function farthest(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Infinity;
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

/** One image of a data set, as a plain array. */
export async function readImage(dataset: Dataset, index: number): Promise<Uint8Array | null> {
  const image = await dataset.image(index);
  return image && Uint8Array.from(image);
}

/** All batches of a data set. */
export async function collect(dataset: Dataset, options: BatchOptions): Promise<Batch[]> {
  const all = [];
  for await (const batch of batches(dataset, options)) all.push(batch);
  return all;
}
