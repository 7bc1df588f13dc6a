import type { Tensor } from '../../core/tensor.js';

/** A measure over many batches, whose work is done on the device that has the logits. */
export interface Metric {
  /**
   * Takes a batch.
   *
   * @param logits [...,classes], float32.
   * @param target labels [...], int32; one that is no class does not count.
   */
  update(logits: Tensor, target: Tensor<'int32'>): void;
}
