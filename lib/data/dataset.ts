/** Sets of labelled images of one size, read in any order. */
import { ConvoltError } from '../core/errors.js';
import type { Random } from '../core/random.js';
import { numel, shapeText, type Shape } from '../core/shape.js';

/** The bytes of one image [H,W,C], now or later; null for one that is left out. */
export type ImageRead = Uint8Array | null | Promise<Uint8Array | null>;

/** What becomes of data that is wrong: an error that names the file, or it is left out and noted in `skipped`. */
export type Corrupt = 'throw' | 'skip';

export interface DatasetOptions {
  /** All images [N,H,W,C], or a function that reads one. */
  images: Uint8Array | ((index: number) => ImageRead);
  /** For each image the number of its class. */
  labels: ArrayLike<number>; // [N]
  /** Of one image: [H,W,C]. */
  shape: Shape;
  /** Names of the classes, by label. */
  classes: readonly string[];
  /** Notes what was left out; see {@link Dataset.skipped}. */
  skipped?: ReadonlyMap<string, string>;
}

export interface Sample {
  image: Uint8Array; // [H,W,C]
  label: number;
  /** Its place in the data set. */
  index: number;
}

export interface SplitOptions {
  /** Draws which images go where; without it they are cut in their order. */
  random?: Random | undefined;
  /** Whether each part has its share of every class. Default true. */
  stratified?: boolean;
}

export interface MapOptions {
  /** Of the new images. Default: that of the old. */
  shape?: Shape;
}

/**
 * Images of one size, with a label for each. `subset` and its like are views, which share what they read from.
 * Iterating gives the samples one by one; {@link batches} gives many at a time, ahead of their use.
 */
export class Dataset implements AsyncIterable<Sample> {
  readonly labels: Int32Array; // [N]
  /** Of one image: [H,W,C]. */
  readonly shape: Shape;
  /** Names of the classes, by label. */
  readonly classes: readonly string[];
  /** What was wrong with what has been left out so far, by the name of a file or of a part of it. Shared by all views. */
  readonly skipped: ReadonlyMap<string, string>;
  private readonly read: (index: number) => ImageRead;

  /** @throws ERR_DATA if the lengths do not agree, or a label names no class. */
  constructor({ images, labels, shape, classes, skipped = new Map() }: DatasetOptions) {
    const size = numel(shape);
    if (images instanceof Uint8Array && images.length !== labels.length * size) {
      throw new ConvoltError('ERR_DATA', `Dataset: expected ${labels.length} images of ${shapeText(shape)}, one for each label, but got ${images.length} bytes`);
    }
    this.labels = Int32Array.from(labels);
    const wrong = this.labels.findIndex((label) => label < 0 || label >= classes.length);
    if (wrong >= 0) {
      throw new ConvoltError('ERR_DATA', `Dataset: expected labels from 0 to below ${classes.length}, the number of classes, but image ${wrong} has label ${this.labels[wrong]}`);
    }
    this.read = images instanceof Uint8Array ? (index) => images.subarray(index * size, (index + 1) * size) : images;
    this.shape = shape;
    this.classes = classes;
    this.skipped = skipped;
  }

  get length(): number {
    return this.labels.length;
  }

  /**
   * One image [H,W,C]: at once, as a view, where images are in memory, else a promise; null if it is left out.
   *
   * @throws ERR_ARGUMENT if there is no such image; what cannot be read is ERR_FILE or ERR_DATA.
   */
  image(index: number): ImageRead {
    if (!(Number.isInteger(index) && index >= 0 && index < this.length)) {
      throw new ConvoltError('ERR_ARGUMENT', `image: expected index to be a whole number from 0 to below ${this.length}, but got ${index}`);
    }
    return this.read(index);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Sample, void, undefined> {
    for (const [index, label] of this.labels.entries()) {
      const image = await this.image(index);
      if (image) yield { image, label, index };
    }
  }

  /**
   * Each image as `change` makes it, when it is read.
   */
  map(change: (image: Uint8Array, label: number) => Uint8Array | Promise<Uint8Array>, { shape = this.shape }: MapOptions = {}): Dataset {
    const apply = (image: Uint8Array | null, index: number) => image && change(image, this.labels[index] ?? 0);
    const images = (index: number): ImageRead => {
      const image = this.image(index);
      return image instanceof Promise ? image.then((read) => apply(read, index)) : apply(image, index);
    };
    return new Dataset({ images, labels: this.labels, shape, classes: this.classes, skipped: this.skipped });
  }

  /** The images at some places, in that order. @throws ERR_ARGUMENT if there is none at one of them. */
  subset(indices: ArrayLike<number>): Dataset {
    const places = Uint32Array.from(indices), { shape, classes, skipped } = this;
    const wrong = Array.from(indices).find((index) => !Number.isInteger(index) || index < 0 || index >= this.length);
    if (wrong !== undefined) {
      throw new ConvoltError('ERR_ARGUMENT', `subset: expected whole numbers from 0 to below ${this.length}, but got ${wrong}`);
    }
    return new Dataset({
      images: (index) => this.image(places[index] ?? 0),
      labels: Int32Array.from(places, (place) => this.labels[place] ?? 0),
      shape,
      classes,
      skipped,
    });
  }

  /** The first `count` images, or all if there are fewer. */
  take(count: number): Dataset {
    return this.subset(Uint32Array.from({ length: Math.min(count, this.length) }, (_, index) => index));
  }

  /** The images in an order of chance. */
  shuffle(random: Random): Dataset {
    return this.subset(random.shuffle(Uint32Array.from({ length: this.length }, (_, index) => index)));
  }

  /**
   * Parts that have no image in common, e.g. `const [train, test] = images.split([0.9, 0.1], { random })`. An image keeps
   * its place among those of its part.
   *
   * @param shares of all images, which add up to at most 1. Parts are rounded so that shares that add up to 1 leave none out.
   * @throws ERR_ARGUMENT if a share is not above 0, or they add up to more than 1.
   */
  split<const Shares extends readonly number[]>(shares: Shares, options: SplitOptions = {}): { -readonly [K in keyof Shares]: Dataset } {
    const total = shares.reduce((sum, share) => sum + share, 0);
    if (!shares.every((share) => share > 0) || !(total <= 1 + 1e-9)) {
      throw new ConvoltError('ERR_ARGUMENT', `split: expected shares above 0 that add up to at most 1, but got [${shares.join(',')}]`);
    }
    const order = this.cutOrder(options);
    let share = 0;
    const parts = shares.map((part) => {
      const first = Math.round(share * order.length);
      share += part;
      return this.subset(order.slice(first, Math.round(share * order.length)).sort());
    });
    return parts as { -readonly [K in keyof Shares]: Dataset };
  }

  /**
   * `count` pairs for cross-validation: each image is in the test part of one of them, and in the training part of the
   * others.
   *
   * @throws ERR_ARGUMENT if `count` is not a whole number from 2 to the number of images.
   */
  folds(count: number, options: SplitOptions = {}): { train: Dataset; test: Dataset }[] {
    if (!Number.isInteger(count) || count < 2 || count > this.length) {
      throw new ConvoltError('ERR_ARGUMENT', `folds: expected count to be a whole number from 2 to ${this.length}, the number of images, but got ${count}`);
    }
    const order = this.cutOrder(options);
    const cut = (fold: number): number => Math.round((fold * order.length) / count);
    return Array.from({ length: count }, (_, fold) => {
      const test = order.slice(cut(fold), cut(fold + 1));
      const inTest = new Set(test);
      return { train: this.subset(order.filter((index) => !inTest.has(index)).sort()), test: this.subset(test.sort()) };
    });
  }

  /** An order of which every stretch is a fair part: of chance, and with its share of each class. */
  private cutOrder({ random, stratified = true }: SplitOptions): Uint32Array {
    const order = Uint32Array.from({ length: this.length }, (_, index) => index);
    random?.shuffle(order);
    if (!stratified) return order;
    // Each class is spread evenly over [0, 1): its i-th image of n stands at (i + 1/2) / n.
    const counts = new Float64Array(this.classes.length), seen = new Float64Array(this.classes.length), place = new Float64Array(this.length);
    for (const label of this.labels) counts[label]!++;
    for (const index of order) {
      const label = this.labels[index]!;
      place[index] = (seen[label]!++ + 0.5) / counts[label]!;
    }
    return order.sort((a, b) => place[a]! - place[b]! || this.labels[a]! - this.labels[b]!);
  }
}
