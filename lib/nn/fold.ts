import type { Tensor } from '../core/tensor.js';
import { fold, unfold, type FoldOptions, type UnfoldOptions } from '../ops/index.js';
import { Module } from './module.js';

/** The elements under each window, x [N,H,W,C] to [N,P,Q,R,S,C]. See {@link unfold}. */
export class Unfold extends Module {
  private readonly settings: UnfoldOptions;

  constructor(options: UnfoldOptions) {
    super();
    this.settings = options;
  }

  override forward(x: Tensor): Tensor {
    return unfold(x, this.settings);
  }
}

/** The sum of windows where they lie, x [N,P,Q,R,S,C] to [N,H,W,C]. See {@link fold}. */
export class Fold extends Module {
  private readonly settings: FoldOptions;

  constructor(options: FoldOptions) {
    super();
    this.settings = options;
  }

  override forward(x: Tensor): Tensor {
    return fold(x, this.settings);
  }
}
