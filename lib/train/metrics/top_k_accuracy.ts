import { scope } from '../../core/scope.js';
import { noGrad } from '../../core/tape.js';
import type { Tensor } from '../../core/tensor.js';
import { checkCount } from '../../nn/arguments.js';
import { cast, concat, eq, oneHot, sum, topK } from '../../ops/index.js';
import type { Metric } from './metric.js';
import { Tally } from './tally.js';

/** Part of the images whose class is among the k that the model thinks likeliest; of equal logits the first come first. */
export class TopKAccuracy implements Metric {
  private readonly ks: readonly number[];
  private readonly tally = new Tally();

  /** @param ks for which k. Default 1 and 5. @throws ERR_ARGUMENT if one is no whole number of at least 1. */
  constructor(ks: readonly number[] = [1, 5]) {
    for (const k of ks) checkCount('TopKAccuracy', 'k', k);
    this.ks = ks;
  }

  /** @throws ERR_ARGUMENT if there are fewer classes than the largest k. */
  update(logits: Tensor, target: Tensor<'int32'>): void {
    scope(() =>
      noGrad(() => {
        const most = Math.max(...this.ks), classes = logits.shape.at(-1) ?? 0;
        const { indices } = topK(logits.reshape([-1, classes]), most); // [M,k]
        const hits = cast(eq(indices, target.reshape([-1, 1])), 'float32'); // [M,k]
        const images = sum(oneHot(target, classes)).reshape([1]);
        this.tally.add(concat([sum(hits, { axes: 0 }), images]), target.numel); // hits at each place, and images
      }),
    );
  }

  /** By k; 0 if there were no images. */
  async result(): Promise<Map<number, number>> {
    const totals = await this.tally.totals(); // [k+1]
    const images = totals.at(-1) ?? 0;
    return new Map(this.ks.map((k) => [k, images > 0 ? totals.slice(0, k).reduce((sum, count) => sum + count, 0) / images : 0]));
  }
}
