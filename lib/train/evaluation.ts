import type { ConfusionMatrix } from './metrics/index.js';

/** What a model says of a data set, image by image. */
export interface Evaluation {
  /** Mean of the losses. */
  loss: number;
  accuracy: number;
  confusion: ConfusionMatrix;
  losses: Float32Array; // [images], NaN for one that was left out
  predictions: Int32Array; // [images], -1 for one that was left out
}
