import type { Tensor } from '../core/tensor.js';
import { pad, type PadMode, type PadPair } from '../ops/index.js';
import { Module } from './module.js';

/** A number for all sides, or for each spatial axis a number or a pair [before, after]. Negative numbers cut off. */
export type Surround = number | readonly (number | PadPair)[];

/** Padding of the axes between the first and the last. */
abstract class Pad extends Module {
  private readonly surround: Surround;
  private readonly settings: { mode: PadMode; value: number };

  constructor(surround: Surround, mode: PadMode, value: number) {
    super();
    this.surround = surround;
    this.settings = { mode, value };
  }

  override forward(x: Tensor): Tensor {
    const { surround } = this;
    const spatial = typeof surround === 'number' ? Array<number>(Math.max(0, x.shape.length - 2)).fill(surround) : surround;
    return pad(x, [0, ...spatial, 0], this.settings);
  }
}

/** One value around the spatial axes of x [N,…,C]. See {@link pad}. */
export class ConstantPad extends Pad {
  constructor(surround: Surround, value: number) {
    super(surround, 'constant', value);
  }
}

/** Zeros around the spatial axes of x [N,…,C]. See {@link pad}. */
export class ZeroPad extends Pad {
  constructor(surround: Surround) {
    super(surround, 'constant', 0);
  }
}

/** x [N,…,C] mirrored at the borders of its spatial axes. See {@link pad}. */
export class ReflectionPad extends Pad {
  constructor(surround: Surround) {
    super(surround, 'reflect', 0);
  }
}

/** The borders of x [N,…,C] continued along its spatial axes. See {@link pad}. */
export class ReplicationPad extends Pad {
  constructor(surround: Surround) {
    super(surround, 'replicate', 0);
  }
}

/** x [N,…,C] continued by its other end along its spatial axes. See {@link pad}. */
export class CircularPad extends Pad {
  constructor(surround: Surround) {
    super(surround, 'circular', 0);
  }
}
