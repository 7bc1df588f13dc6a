import type { Tensor } from '../core/tensor.js';
import { Module } from '../nn/index.js';
import { concat } from '../ops/index.js';

/** Modules whose outputs are put side by side, x [N,H,W,C] to [N,P,Q,sum of K]. */
export class Mixed extends Module {
  readonly branches: readonly Module[];

  constructor(...branches: Module[]) {
    super();
    this.branches = branches;
  }

  override forward(x: Tensor): Tensor {
    return concat(this.branches.map((branch) => branch.forward(x)), -1);
  }
}
