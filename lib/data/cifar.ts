/**
 * CIFAR-10 and CIFAR-100 (A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009) in the binary
 * version: records of the label, or a coarse and a fine one, and 32 x 32 pixels, first all red, then green, then blue.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ConvoltError } from '../core/errors.js';
import { Skips } from './corrupt.js';
import { Dataset, type Corrupt } from './dataset.js';
import { readUnpacked } from './idx.js';

const SIDE = 32, PLANE = SIDE * SIDE;

export interface CifarOptions {
  /** What becomes of a record with a label of no class, or one that the file ends in. Default 'throw'. */
  corrupt?: Corrupt;
}

export interface Cifar100Options extends CifarOptions {
  /** The 100 fine or the 20 coarse classes. Default 'fine'. */
  labels?: 'fine' | 'coarse';
}

/** How the files of a version are laid out. */
interface Layout {
  train: readonly string[];
  test: readonly string[];
  names: string;
  /** Bytes before the pixels, and which of them is the label. */
  labelBytes: number;
  labelByte: number;
}

const cifar10Layout: Layout = {
  train: [1, 2, 3, 4, 5].map((part) => `data_batch_${part}.bin`),
  test: ['test_batch.bin'],
  names: 'batches.meta.txt',
  labelBytes: 1,
  labelByte: 0,
};

const cifar100Layout = (labels: 'fine' | 'coarse'): Layout => ({
  train: ['train.bin'],
  test: ['test.bin'],
  names: `${labels}_label_names.txt`,
  labelBytes: 2,
  labelByte: labels === 'fine' ? 1 : 0,
});

/**
 * Reads CIFAR-10 from the folder that `cifar-10-binary.tar.gz` unpacks to: 50,000 and 10,000 images [32,32,3].
 *
 * @throws ERR_FILE if a file is missing, ERR_DATA if one is not what it should be.
 */
export function cifar10(folder: string, options: CifarOptions = {}): Promise<{ train: Dataset; test: Dataset }> {
  return readCifar(folder, cifar10Layout, options);
}

/** Reads CIFAR-100 from the folder that `cifar-100-binary.tar.gz` unpacks to. @throws as {@link cifar10} does. */
export function cifar100(folder: string, { labels = 'fine', ...options }: Cifar100Options = {}): Promise<{ train: Dataset; test: Dataset }> {
  return readCifar(folder, cifar100Layout(labels), options);
}

async function readCifar(folder: string, layout: Layout, { corrupt }: CifarOptions): Promise<{ train: Dataset; test: Dataset }> {
  const namesFile = join(folder, layout.names);
  const names = await readFile(namesFile, 'utf8').catch((error: Error) => {
    throw new ConvoltError('ERR_FILE', `${namesFile}: expected the names of CIFAR's classes, but got ${error.message}`, { cause: error });
  });
  const classes = names.split('\n').map((name) => name.trim()).filter(Boolean);
  const set = async (files: readonly string[]): Promise<Dataset> => {
    const skips = new Skips(corrupt), records: Records[] = [];
    for (const file of files) records.push(await readRecords(join(folder, file), layout, classes.length, skips));
    const images = Buffer.concat(records.map(({ images }) => images));
    return new Dataset({ images, labels: records.flatMap(({ labels }) => labels), shape: [SIDE, SIDE, 3], classes, skipped: skips.notes });
  };
  return { train: await set(layout.train), test: await set(layout.test) };
}

interface Records {
  images: Uint8Array; // [N,32,32,3]
  labels: number[]; // [N]
}

async function readRecords(file: string, { labelBytes, labelByte }: Layout, classes: number, skips: Skips): Promise<Records> {
  const bytes = await readUnpacked(file);
  const recordBytes = labelBytes + 3 * PLANE, count = Math.floor(bytes.length / recordBytes);
  if (bytes.length !== count * recordBytes || count === 0) {
    skips.leaveOut(file, `expected whole records of ${recordBytes} bytes, but record ${count} has only ${bytes.length % recordBytes}`);
  }
  const images = new Uint8Array(count * 3 * PLANE), labels: number[] = [];
  for (let record = 0; record < count; record++) {
    const at = record * recordBytes, label = bytes[at + labelByte] ?? 0;
    if (label >= classes) {
      skips.leaveOut(`${file} record ${record}`, `expected a label below ${classes}, but got ${label}`);
      continue;
    }
    const pixels = at + labelBytes, to = labels.push(label) * 3 * PLANE - 3 * PLANE;
    for (let i = 0; i < PLANE; i++) for (let c = 0; c < 3; c++) images[to + 3 * i + c] = bytes[pixels + c * PLANE + i] ?? 0;
  }
  return { images: images.subarray(0, labels.length * 3 * PLANE), labels };
}
