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
}

export interface BatchOptions {
  /** Images in a batch. */
  batch: number;
  /** Draws the order of the images; without it they come in their own. */
  random?: Random;
  /** Leaves a smaller last batch out. Default false. */
  dropLast?: boolean;
  /** Batches that are put together before they are asked for. Default 2. */
  prefetch?: number;
  /** The first batch that is wanted, from 0: those before it keep their images and are left out. Default 0. */
  from?: number;
}

/**
 * The data set once, in batches.
 *
 * @throws ERR_ARGUMENT if `batch` is not a whole number of at least 1.
 */
export async function* batches(dataset: Dataset, { batch, random, dropLast = false, prefetch = 2, from = 0 }: BatchOptions): AsyncGenerator<Batch, void, undefined> {
  if (!Number.isInteger(batch) || batch < 1) {
    throw new ConvoltError('ERR_ARGUMENT', `batches: expected batch to be a whole number of at least 1, but got ${batch}`);
  }
  const order = Uint32Array.from({ length: dataset.length }, (_, index) => index);
  random?.shuffle(order);
  const last = dropLast ? dataset.length - batch : dataset.length - 1;
  const ready: Promise<Batch>[] = [];
  for (let at = from * batch; at <= last || ready.length > 0; at += batch) {
    if (at <= last) ready.push(later(() => assemble(dataset, order.slice(at, at + batch))));
    if (ready.length > prefetch || at > last) yield await (ready.shift() as Promise<Batch>);
  }
}

/** Runs `work` when the event loop has a turn to spare. */
function later<T>(work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}

function assemble(dataset: Dataset, indices: Uint32Array): Batch {
  const size = numel(dataset.shape);
  const images = new Uint8Array(indices.length * size), labels = new Int32Array(indices.length);
  for (const [row, index] of indices.entries()) {
    images.set(dataset.image(index), row * size);
    labels[row] = dataset.labels[index] ?? 0;
  }
  return { images, labels, shape: [indices.length, ...dataset.shape], indices };
}
