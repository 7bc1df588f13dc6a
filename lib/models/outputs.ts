import type { Tensor } from '../core/tensor.js';

/** What a network with auxiliary classifiers gives in training. */
export interface Outputs {
  logits: Tensor; // [N,classes]
  /** Of classifiers half way, in their order; none if the network was made without. */
  auxiliary: Tensor[]; // [N,classes] each
}
