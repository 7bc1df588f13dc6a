import { resolveDevice, type Tensor } from '../core/tensor.js';
import { dropout, dropout2d, dropPath, randomState, type DropoutOptions } from '../ops/index.js';
import { Module, type ModuleOptions } from './module.js';
import { buffer, randomOf } from './parameter.js';

/** What layers that drop at random have in common. */
abstract class RandomlyDropping extends Module {
  /** The state of the device's generator, saved with the module: a resumed run continues the same draws. */
  readonly randomState: Tensor<'int32'>; // [4]
  private readonly probability: number;

  /** @param probability of a part to become 0. Default 0.5. */
  constructor(probability = 0.5, options: ModuleOptions = {}) {
    super();
    this.probability = probability;
    this.randomState = buffer(randomState(randomOf(options).integer(2 ** 31), resolveDevice(options.device)));
  }

  protected get dropping(): DropoutOptions {
    return { probability: this.probability, training: this.training, random: this.randomState };
  }
}

/**
 * In training, sets each element to 0 with the given probability and divides the rest by 1 - probability; in
 * evaluation, leaves x as it is. Srivastava et al., Dropout, 2014. See {@link dropout}.
 */
export class Dropout extends RandomlyDropping {
  override forward(x: Tensor): Tensor {
    return dropout(x, this.dropping);
  }
}

/** Dropout of whole channels of images [N,H,W,C]. Tompson et al., 2014. See {@link dropout2d}. */
export class Dropout2d extends RandomlyDropping {
  override forward(x: Tensor): Tensor {
    return dropout2d(x, this.dropping);
  }
}

/** Dropout of whole samples: stochastic depth, behind a residual branch. Huang et al., 2016. See {@link dropPath}. */
export class DropPath extends RandomlyDropping {
  override forward(x: Tensor): Tensor {
    return dropPath(x, this.dropping);
  }
}
