/** Sets of labelled images in memory. */
import { ConvoltError } from '../core/errors.js';
import { numel, shapeText, type Shape } from '../core/shape.js';

/** Images of one size, with a label for each. */
export class Dataset {
  readonly images: Uint8Array; // [N,H,W,C]
  readonly labels: Uint8Array; // [N]
  /** Of one image: [H,W,C]. */
  readonly shape: Shape;
  /** Names of the classes, by label. */
  readonly classes: readonly string[];

  /** @throws ERR_DATA if the lengths do not agree, or a label names no class. */
  constructor({ images, labels, shape, classes }: { images: Uint8Array; labels: Uint8Array; shape: Shape; classes: readonly string[] }) {
    if (images.length !== labels.length * numel(shape)) {
      throw new ConvoltError('ERR_DATA', `Dataset: expected ${labels.length} images of ${shapeText(shape)}, one for each label, but got ${images.length} bytes`);
    }
    const wrong = labels.findIndex((label) => label >= classes.length);
    if (wrong >= 0) {
      throw new ConvoltError('ERR_DATA', `Dataset: expected labels below ${classes.length}, the number of classes, but image ${wrong} has label ${labels[wrong]}`);
    }
    this.images = images;
    this.labels = labels;
    this.shape = shape;
    this.classes = classes;
  }

  get length(): number {
    return this.labels.length;
  }

  /** One image, as a view. */
  image(index: number): Uint8Array {
    const size = numel(this.shape);
    return this.images.subarray(index * size, (index + 1) * size);
  }

  /** The first `count` images, or all if there are fewer, without a copy. */
  take(count: number): Dataset {
    const { shape, classes } = this;
    return new Dataset({ images: this.images.subarray(0, count * numel(shape)), labels: this.labels.subarray(0, count), shape, classes });
  }
}
