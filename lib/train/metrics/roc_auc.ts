import { keep, scope } from '../../core/scope.js';
import { noGrad } from '../../core/tape.js';
import type { Tensor } from '../../core/tensor.js';
import { checkCount } from '../../nn/arguments.js';
import { concat, softmax, sort } from '../../ops/index.js';
import type { Metric } from './metric.js';

/**
 * Area under the receiver operating characteristic: the probability that an image of a class gets a higher score for it
 * than one that is not; equal scores count half. One class against the rest, scores being probabilities.
 * Hanley and McNeil, The meaning and use of the area under a ROC curve, 1982.
 */
export class RocAuc implements Metric {
  private readonly classes: number;
  private readonly scores: Tensor[] = []; // [M,C]
  private readonly labels: Promise<Int32Array>[] = []; // [M]

  /** Keeps all scores on the device until they are sorted. @throws ERR_ARGUMENT if `classes` is no whole number of at least 1. */
  constructor(classes: number) {
    checkCount('RocAuc', 'classes', classes);
    this.classes = classes;
  }

  update(logits: Tensor, target: Tensor<'int32'>): void {
    this.scores.push(keep(scope(() => noGrad(() => softmax(logits.reshape([-1, this.classes]), { axis: -1 })))));
    const read = target.data();
    read.catch(() => undefined); // result() sees it
    this.labels.push(read);
  }

  /** Of each class, NaN for one with no images or with all, and their mean over the others. Frees the scores. */
  async result(): Promise<{ perClass: number[]; mean: number }> {
    if (this.scores.length === 0) return { perClass: Array<number>(this.classes).fill(NaN), mean: NaN };
    const { values, indices } = scope(() => sort(concat(this.scores, 0), 0)); // [M,C]
    for (const score of this.scores.splice(0)) score.dispose();
    const labels = (await Promise.all(this.labels.splice(0))).flatMap((part) => [...part]);
    const [scores, places] = await Promise.all([values.data(), indices.data()]);
    values.dispose();
    indices.dispose();
    const perClass = Array.from({ length: this.classes }, (_, label) => {
      const at = (row: number) => row * this.classes + label;
      const known = [...labels.keys()].filter((row) => isClass(labels[places[at(row)] ?? 0] ?? -1, this.classes));
      return areaUnderRoc(known.map((row) => scores[at(row)] ?? NaN), known.map((row) => labels[places[at(row)] ?? 0] === label));
    });
    const defined = perClass.filter((area) => !Number.isNaN(area));
    return { perClass, mean: defined.reduce((sum, area) => sum + area, 0) / defined.length };
  }
}

const isClass = (label: number, classes: number): boolean => label >= 0 && label < classes;

/** @param scores in ascending order. @param isPositive whether each is of the class. */
function areaUnderRoc(scores: readonly number[], isPositive: readonly boolean[]): number {
  let pairs = 0, below = 0, positives = 0;
  for (let first = 0; first < scores.length; ) {
    let behind = first, positivesHere = 0;
    for (; behind < scores.length && scores[behind] === scores[first]; behind++) if (isPositive[behind]) positivesHere++;
    const last = Math.max(behind, first + 1); // NaN equals nothing
    const negativesHere = last - first - positivesHere;
    pairs += positivesHere * (below + negativesHere / 2);
    below += negativesHere;
    positives += positivesHere;
    first = last;
  }
  return pairs / (positives * below);
}
