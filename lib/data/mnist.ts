/** MNIST (Y. LeCun, L. Bottou, Y. Bengio & P. Haffner, 1998), and other sets in the same four IDX files. */

import { ConvoltError } from '../core/errors.js';
import { extent, shapeText, type Shape } from '../core/shape.js';
import { Skips } from './corrupt.js';
import { Dataset, type Corrupt } from './dataset.js';
import { decodeIdx, findIdxFile, readUnpacked } from './idx.js';

const digits = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;

export interface MnistOptions {
  /** Names of the classes, by label. Default: the ten digits. */
  classes?: readonly string[];
  /** What becomes of an image with a label of no class. Default 'throw'. */
  corrupt?: Corrupt;
}

/**
 * Reads a folder with `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the same of `t10k`, packed (`.gz`) or not:
 * 60,000 and 10,000 images [28,28,1] of MNIST, or another set in such files.
 *
 * @throws ERR_FILE if a file is missing; ERR_DATA if one is not what it should be, or has no image for each label.
 */
export async function mnist(folder: string, options: MnistOptions = {}): Promise<{ train: Dataset; test: Dataset }> {
  const [train, test] = await Promise.all([readPair(folder, 'train', options), readPair(folder, 't10k', options)]);
  return { train, test };
}

async function readIdx(folder: string, name: string): Promise<{ shape: Shape; data: Uint8Array; path: string }> {
  const path = await findIdxFile(folder, name);
  if (!path) throw new ConvoltError('ERR_FILE', `mnist: expected ${name} or ${name}.gz in ${folder}, but there is neither`);
  return { ...decodeIdx(await readUnpacked(path), path), path };
}

async function readPair(folder: string, part: 'train' | 't10k', { classes = digits, corrupt }: MnistOptions): Promise<Dataset> {
  const [images, labels] = await Promise.all([readIdx(folder, `${part}-images-idx3-ubyte`), readIdx(folder, `${part}-labels-idx1-ubyte`)]);
  if (images.shape.length !== 3 || labels.shape.length !== 1 || images.shape[0] !== labels.shape[0]) {
    throw new ConvoltError('ERR_DATA', `${labels.path}: expected a label for each image of ${shapeText(images.shape)} in ${images.path}, but got ${shapeText(labels.shape)}`);
  }
  const skips = new Skips(corrupt), kept: number[] = [];
  for (const [index, label] of labels.data.entries()) {
    if (label < classes.length) kept.push(index);
    else skips.leaveOut(`${labels.path} image ${index}`, `expected a label below ${classes.length}, but got ${label}`);
  }
  const [height, width] = [extent(images.shape, 1), extent(images.shape, 2)], size = height * width;
  const isWhole = kept.length === labels.data.length;
  return new Dataset({
    images: isWhole ? images.data : Buffer.concat(kept.map((index) => images.data.subarray(index * size, (index + 1) * size))),
    labels: isWhole ? labels.data : kept.map((index) => labels.data[index] ?? 0),
    shape: [height, width, 1],
    classes,
    skipped: skips.notes,
  });
}
