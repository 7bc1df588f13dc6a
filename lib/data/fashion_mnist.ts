/**
 * Fashion-MNIST (Xiao, Rasul & Vollgraf, arXiv:1708.07747): 60,000 training and 10,000 test images of clothes,
 * 28 x 28 grey pixels, ten classes.
 */
import { createHash } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { ConvoltError } from '../core/errors.js';
import { Dataset } from './dataset.js';
import { decodeIdx, findIdxFile, readUnpacked } from './idx.js';

export const fashionMnistClasses = [
  'T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot',
] as const;

/** The four files and the sha256 of what is in them, unpacked. */
const files = {
  'train-images-idx3-ubyte': 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
  'train-labels-idx1-ubyte': 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
  't10k-images-idx3-ubyte': '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
  't10k-labels-idx1-ubyte': '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
} as const;
type FileName = keyof typeof files;

const systemFolder = '/usr/share/datasets/fashion-mnist'; // of Debian's package dataset-fashion-mnist
const publicSource = 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/';

export interface FashionMnistOptions {
  /** Where the files are, packed or not. Default: CONVOLT_FASHION_MNIST, Debian's folder, or the cache, into which they are downloaded. */
  folder?: string;
  /** Where they are downloaded from, packed. */
  source?: string;
  /** Called as bytes arrive. `total` is 0 when the server does not tell it. */
  onProgress?: (file: string, received: number, total: number) => void;
}

/**
 * Finds, checks and reads the data set.
 *
 * @throws ERR_FILE if a file is missing in a named folder, or cannot be downloaded; ERR_DATA if one is not what it should be.
 */
export async function fashionMnist(options: FashionMnistOptions = {}): Promise<{ train: Dataset; test: Dataset; folder: string }> {
  const folder = await findFolder(options);
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
    readChecked(folder, 'train-images-idx3-ubyte'),
    readChecked(folder, 'train-labels-idx1-ubyte'),
    readChecked(folder, 't10k-images-idx3-ubyte'),
    readChecked(folder, 't10k-labels-idx1-ubyte'),
  ]);
  const set = (images: Uint8Array, labels: Uint8Array) => new Dataset({ images, labels, shape: [28, 28, 1], classes: fashionMnistClasses });
  return { train: set(trainImages, trainLabels), test: set(testImages, testLabels), folder };
}

async function isComplete(folder: string): Promise<boolean> {
  for (const name of Object.keys(files) as FileName[]) if (!(await findIdxFile(folder, name))) return false;
  return true;
}

async function findFolder(options: FashionMnistOptions): Promise<string> {
  const named = options.folder ?? process.env['CONVOLT_FASHION_MNIST'];
  if (named) return named;
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'convolt', 'fashion-mnist');
  for (const folder of [systemFolder, cache]) if (await isComplete(folder)) return folder;
  await download(cache, options);
  return cache;
}

async function readChecked(folder: string, name: FileName): Promise<Uint8Array> {
  const path = await findIdxFile(folder, name);
  if (!path) throw new ConvoltError('ERR_FILE', `fashion-mnist: expected ${name} or ${name}.gz in ${folder}, but there is neither`);
  const bytes = await readUnpacked(path);
  const { data } = decodeIdx(bytes, path); // says more than a checksum could
  checkSum(bytes, name, path);
  return data;
}

function checkSum(bytes: Uint8Array, name: FileName, path: string): void {
  const sum = createHash('sha256').update(bytes).digest('hex');
  if (sum !== files[name]) {
    throw new ConvoltError('ERR_DATA', `${path}: expected Fashion-MNIST's ${name} with sha256 ${files[name]}, but got ${sum}`);
  }
}

/** Downloads what is missing in a folder. A file gets its name only when it is whole and has been checked. */
async function download(folder: string, { source = publicSource, onProgress }: FashionMnistOptions): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of Object.keys(files) as FileName[]) {
    if (await findIdxFile(folder, name)) continue;
    const packed = `${name}.gz`, unfinished = join(folder, `${packed}.${process.pid}.part`);
    try {
      await writeFile(unfinished, await fetchBytes(new URL(packed, source), (received, total) => onProgress?.(packed, received, total)));
      checkSum(await readUnpacked(unfinished), name, unfinished);
      await rename(unfinished, join(folder, packed));
    } finally {
      await rm(unfinished, { force: true });
    }
  }
}

async function fetchBytes(url: URL, onProgress: (received: number, total: number) => void): Promise<Uint8Array> {
  const unavailable = (reason: string, cause?: unknown) =>
    new ConvoltError(
      'ERR_FILE',
      `fashion-mnist: expected to download ${url.href}, but ${reason}; install the package dataset-fashion-mnist or name a folder that has the files`,
      { cause },
    );
  const parts: Uint8Array[] = [];
  try {
    const response = await fetch(url);
    if (!response.ok || !response.body) throw unavailable(`the server answered ${response.status}`);
    const total = Number(response.headers.get('content-length') ?? 0);
    let received = 0;
    for await (const part of response.body as ReadableStream<Uint8Array>) {
      parts.push(part);
      received += part.length;
      onProgress(received, total);
    }
  } catch (error) {
    if (error instanceof ConvoltError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw unavailable(cause instanceof Error ? cause.message : String(cause), error);
  }
  return Buffer.concat(parts);
}
