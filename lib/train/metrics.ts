/** How many images of each class were taken for each class. */
export class ConfusionMatrix {
  readonly classes: number;
  /** counts[label * classes + prediction]. */
  readonly counts: Float64Array; // [classes, classes]

  constructor(classes: number) {
    this.classes = classes;
    this.counts = new Float64Array(classes * classes);
  }

  add(label: number, prediction: number): void {
    const cell = label * this.classes + prediction;
    this.counts[cell] = this.count(label, prediction) + 1;
  }

  count(label: number, prediction: number): number {
    return this.counts[label * this.classes + prediction] ?? 0;
  }

  /** Part of the images that were taken for what they are; 0 if there are none. */
  get accuracy(): number {
    let right = 0;
    for (let label = 0; label < this.classes; label++) right += this.count(label, label);
    const total = this.counts.reduce((sum, count) => sum + count, 0);
    return total > 0 ? right / total : 0;
  }

  /** One array for each label, with a count for each prediction. */
  rows(): number[][] {
    return Array.from({ length: this.classes }, (_, label) =>
      Array.from({ length: this.classes }, (_, prediction) => this.count(label, prediction)),
    );
  }
}

/** How many predictions equal their labels. */
export function countRight(labels: ArrayLike<number>, predictions: ArrayLike<number>): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === predictions[i]) right++;
  return right;
}
