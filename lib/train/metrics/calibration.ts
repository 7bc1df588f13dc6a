import { scope } from '../../core/scope.js';
import { noGrad } from '../../core/tape.js';
import type { Tensor } from '../../core/tensor.js';
import { checkCount } from '../../nn/arguments.js';
import { add, argmax, cast, ceil, clamp, eq, logicalAnd, matmul, max, mul, oneHot, ones, softmax, stack, ge, lt } from '../../ops/index.js';
import type { Metric } from './metric.js';
import { Tally } from './tally.js';

/** Images of which the model was about equally sure. */
export interface CalibrationBin {
  images: number;
  /** Mean of the largest probabilities; 0 without images. */
  confidence: number;
  /** Part of the images that were taken for what they are; 0 without images. */
  accuracy: number;
}

export interface CalibrationResult {
  /** Mean difference between confidence and accuracy, the bins weighted by their images. */
  expectedError: number;
  /** The largest difference of a bin. */
  largestError: number;
  /** Bin i has the images with confidence in (i/n, (i+1)/n]. */
  bins: CalibrationBin[];
}

/**
 * Whether a model is right as often as it is sure.
 * Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, 2017.
 */
export class Calibration implements Metric {
  private readonly bins: number;
  private readonly tally = new Tally();

  /** @param bins of equal width. Default 15. @throws ERR_ARGUMENT if it is no whole number of at least 1. */
  constructor(bins = 15) {
    checkCount('Calibration', 'bins', bins);
    this.bins = bins;
  }

  update(logits: Tensor, target: Tensor<'int32'>): void {
    const classes = logits.shape.at(-1) ?? 0;
    scope(() =>
      noGrad(() => {
        const rows = logits.reshape([-1, classes]), labels = target.reshape([-1]); // [M,C], [M]
        const confidence = max(softmax(rows, { axis: -1 }), { axes: -1 }); // [M]
        const right = cast(eq(argmax(rows, -1), labels), 'float32'); // [M]
        const bin = clamp(add(ceil(mul(confidence, this.bins)), -1), { min: 0, max: this.bins - 1 }); // [M]
        const counts = cast(logicalAnd(ge(labels, 0), lt(labels, classes)), 'float32').reshape([-1, 1]); // [M,1]
        const inBin = mul(oneHot(cast(bin, 'int32'), this.bins), counts); // [M,bins]
        const facts = stack([ones([labels.numel], { device: logits.device }), confidence, right], 1); // [M,3]
        this.tally.add(matmul(inBin, facts, { transposeA: true }), labels.numel); // [bins,3]
      }),
    );
  }

  async result(): Promise<CalibrationResult> {
    const totals = await this.tally.totals();
    const bins = Array.from({ length: this.bins }, (_, i): CalibrationBin => {
      const [images = 0, confidence = 0, right = 0] = totals.subarray(3 * i, 3 * i + 3);
      return { images, confidence: images > 0 ? confidence / images : 0, accuracy: images > 0 ? right / images : 0 };
    });
    const all = bins.reduce((sum, { images }) => sum + images, 0);
    const errors = bins.map(({ confidence, accuracy }) => Math.abs(confidence - accuracy));
    const weighted = errors.reduce((sum, error, i) => sum + error * (bins[i]?.images ?? 0), 0);
    return { expectedError: all > 0 ? weighted / all : 0, largestError: Math.max(...errors), bins };
  }
}
