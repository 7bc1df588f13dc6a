import { resolveDevice, type Tensor } from '../core/tensor.js';
import { dropout, randomState } from '../ops/index.js';
import { Module, type ModuleOptions } from './module.js';
import { buffer, randomOf } from './parameter.js';

/**
 * In training, sets each element to 0 with the given probability and divides the rest by 1 - probability; in
 * evaluation, leaves x as it is. Srivastava et al., Dropout, 2014. See {@link dropout}.
 */
export class Dropout extends Module {
  /** The state of the device's generator, saved with the module: a resumed run continues the same draws. */
  readonly randomState: Tensor<'int32'>; // [4]
  private readonly probability: number;

  /** @param probability of an element to become 0. Default 0.5. */
  constructor(probability = 0.5, options: ModuleOptions = {}) {
    super();
    this.probability = probability;
    this.randomState = buffer(randomState(randomOf(options).integer(2 ** 31), resolveDevice(options.device)));
  }

  override forward(x: Tensor): Tensor {
    return dropout(x, { probability: this.probability, training: this.training, random: this.randomState });
  }
}
