/** Batches of a data set, put together ahead of their use. */
import { ConvoltError } from '../core/errors.js';
import type { Random } from '../core/random.js';
import { numel } from '../core/shape.js';
import type { Dataset } from './dataset.js';

export interface Batch {
  images: Uint8Array; // [N,H,W,C]
  labels: Int32Array; // [N]
  /** Of `images`: [N,H,W,C]. */
  shape: number[];
  /** Where in the data set each image stands. */
  indices: Uint32Array; // [N]
  /** Images of the epoch up to the end of this batch, those left out included: what {@link BatchOptions.from} goes on from. */
  position: number;
}

export interface BatchOptions {
  /** Images in a batch. */
  batch: number;
  /** Draws the order of the images; without it they come in their own. */
  random?: Random;
  /** Goes on in the middle of an epoch, after so many images of it. Default 0. */
  from?: number;
  /** Leaves a smaller last batch out. Default false. */
  dropLast?: boolean;
  /** Batches that are put together before they are asked for. Default 2. */
  prefetch?: number;
}

/**
 * The data set once, in batches. The order depends on the state of `random` alone: with `random: seeded.fork(epoch)`
 * an epoch is a function of (seed, epoch), and with `from: position` a run that was stopped goes on with the batches
 * that it would have had.
 *
 * Images that the data set leaves out are missing from their batch; one in which all are missing does not come.
 *
 * @throws ERR_ARGUMENT if `batch` is not a whole number of at least 1, or `from` no place in the data set.
 */
export async function* batches(dataset: Dataset, options: BatchOptions): AsyncGenerator<Batch, void, undefined> {
  const { batch, random, from = 0, dropLast = false, prefetch = 2 } = options;
  if (!Number.isInteger(batch) || batch < 1) {
    throw new ConvoltError('ERR_ARGUMENT', `batches: expected batch to be a whole number of at least 1, but got ${batch}`);
  }
  if (!Number.isInteger(from) || from < 0 || from > dataset.length) {
    throw new ConvoltError('ERR_ARGUMENT', `batches: expected from to be a whole number from 0 to ${dataset.length}, the number of images, but got ${from}`);
  }
  const order = Uint32Array.from({ length: dataset.length }, (_, index) => index);
  random?.shuffle(order);
  const last = dropLast ? dataset.length - batch : dataset.length - 1;
  const ready: Promise<Batch>[] = [];
  for (let at = from; at <= last || ready.length > 0; at += batch) {
    if (at <= last) {
      const assembled = assemble(dataset, order.slice(at, at + batch), Math.min(at + batch, dataset.length));
      assembled.catch(() => undefined); // An error is thrown when its turn comes, below.
      ready.push(assembled);
    }
    if (ready.length > prefetch || at > last) {
      const next = await ready.shift()!;
      if (next.labels.length > 0) yield next;
    }
  }
}

/** Resolves when the event loop has a turn to spare. */
function spareTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function assemble(dataset: Dataset, indices: Uint32Array, position: number): Promise<Batch> {
  await spareTurn();
  const size = numel(dataset.shape);
  const images = new Uint8Array(indices.length * size);
  const isThere = new Uint8Array(indices.length);
  const put = (image: Uint8Array | null, row: number): void => {
    if (!image) return;
    images.set(image, row * size);
    isThere[row] = 1;
  };
  const reads: Promise<void>[] = [];
  for (const [row, index] of indices.entries()) {
    const image = dataset.image(index);
    if (image instanceof Promise) reads.push(image.then((read) => put(read, row)));
    else put(image, row);
  }
  await Promise.all(reads);
  const there = indices.filter((_, row) => isThere[row]);
  return {
    images: there.length === indices.length ? images : closeUp(images, isThere, size),
    labels: Int32Array.from(there, (index) => dataset.labels[index] ?? 0),
    shape: [there.length, ...dataset.shape],
    indices: there,
    position,
  };
}

/** The rows that are there, one after the other. */
function closeUp(images: Uint8Array, isThere: Uint8Array, size: number): Uint8Array {
  let rows = 0;
  for (const [row, there] of isThere.entries()) if (there) images.copyWithin(rows++ * size, row * size, (row + 1) * size);
  return images.subarray(0, rows * size);
}
