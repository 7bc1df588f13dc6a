import { noGrad } from '../../core/tape.js';
import { scope } from '../../core/scope.js';
import type { Tensor } from '../../core/tensor.js';
import { checkCount } from '../../nn/arguments.js';
import { argmax, matmul, oneHot } from '../../ops/index.js';
import type { Metric } from './metric.js';
import { Tally } from './tally.js';

/**
 * How the measures of single classes become one: their mean ('macro'), their mean weighted by the classes' images
 * ('weighted'), or the measure of all images at once ('micro').
 */
export type Average = 'macro' | 'weighted' | 'micro';

/** Of one class, or averaged. What divides by 0 is 0. */
export interface ClassMeasure {
  /** Part of the images taken for the class that are of it. */
  precision: number;
  /** Part of the images of the class that are taken for it. */
  recall: number;
  /** Their harmonic mean. */
  f1: number;
  /** Images that are of the class and taken for it, of those that are either: intersection over union, or Jaccard's index. */
  iou: number;
}

const quotient = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

/** @param right of the class and taken for it. @param taken for it. @param images of it. */
function measure(right: number, taken: number, images: number): ClassMeasure {
  return {
    precision: quotient(right, taken),
    recall: quotient(right, images),
    f1: quotient(2 * right, taken + images),
    iou: quotient(right, taken + images - right),
  };
}

/** How many images, or pixels, of each class were taken for each class. */
export class ConfusionMatrix {
  readonly classes: number;
  /** counts[label * classes + prediction]. */
  readonly counts: Float64Array; // [classes, classes]

  constructor(classes: number, counts: Float64Array = new Float64Array(classes * classes)) {
    this.classes = classes;
    this.counts = counts;
  }

  add(label: number, prediction: number): void {
    const cell = label * this.classes + prediction;
    this.counts[cell] = this.count(label, prediction) + 1;
  }

  count(label: number, prediction: number): number {
    return this.counts[label * this.classes + prediction] ?? 0;
  }

  private get total(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** Images of each class. */
  private get images(): number[] {
    return this.rows().map((row) => row.reduce((sum, count) => sum + count, 0));
  }

  /** Images taken for each class. */
  private get taken(): number[] {
    const rows = this.rows();
    return Array.from({ length: this.classes }, (_, prediction) => rows.reduce((sum, row) => sum + (row[prediction] ?? 0), 0));
  }

  private get right(): number[] {
    return Array.from({ length: this.classes }, (_, label) => this.count(label, label));
  }

  /** Part of the images that were taken for what they are; 0 if there are none. */
  get accuracy(): number {
    return quotient(this.right.reduce((sum, count) => sum + count, 0), this.total);
  }

  /** One array for each label, with a count for each prediction. */
  rows(): number[][] {
    return Array.from({ length: this.classes }, (_, label) =>
      Array.from({ length: this.classes }, (_, prediction) => this.count(label, prediction)),
    );
  }

  /** Precision, recall, F1 and intersection over union of each class. */
  perClass(): ClassMeasure[] {
    const { right, taken, images } = this;
    return right.map((count, label) => measure(count, taken[label] ?? 0, images[label] ?? 0));
  }

  /** The same for all classes together. @param average default 'macro'. */
  average(average: Average = 'macro'): ClassMeasure {
    const { total, images } = this;
    const right = this.right.reduce((sum, count) => sum + count, 0);
    if (average === 'micro') return measure(right, total, total);
    const weights = average === 'macro' ? images.map(() => 1 / this.classes) : images.map((count) => quotient(count, total));
    const mean = (value: (of: ClassMeasure) => number) => this.perClass().reduce((sum, of, label) => sum + value(of) * (weights[label] ?? 0), 0);
    return { precision: mean((of) => of.precision), recall: mean((of) => of.recall), f1: mean((of) => of.f1), iou: mean((of) => of.iou) };
  }

  /** The mean intersection over union of the classes that are there or were predicted; 0 if there are none. */
  get meanIou(): number {
    const { taken, images } = this;
    const ious = this.perClass().flatMap(({ iou }, label) => ((taken[label] ?? 0) + (images[label] ?? 0) > 0 ? [iou] : []));
    return quotient(ious.reduce((sum, iou) => sum + iou, 0), ious.length);
  }
}

/** Counts predictions by label, for images (logits [N,classes]) or pixels (logits [N,H,W,classes]). */
export class ClassCounts implements Metric {
  private readonly classes: number;
  private readonly tally = new Tally();

  /** @throws ERR_ARGUMENT if `classes` is no whole number of at least 1. */
  constructor(classes: number) {
    checkCount('ClassCounts', 'classes', classes);
    this.classes = classes;
  }

  update(logits: Tensor, target: Tensor<'int32'>): void {
    scope(() =>
      noGrad(() => {
        const labels = oneHot(target.reshape([-1]), this.classes); // [M,C]
        const predictions = oneHot(argmax(logits, -1).reshape([-1]), this.classes); // [M,C]
        this.tally.add(matmul(labels, predictions, { transposeA: true }), target.numel);
      }),
    );
  }

  async result(): Promise<ConfusionMatrix> {
    const counts = await this.tally.totals();
    return new ConfusionMatrix(this.classes, counts.length > 0 ? counts : undefined);
  }
}

/** How many predictions equal their labels. */
export function countRight(labels: ArrayLike<number>, predictions: ArrayLike<number>): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === predictions[i]) right++;
  return right;
}
