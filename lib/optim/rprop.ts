import { run, type Params } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkNumber } from '../ops/arguments.js';
import { Optimizer } from './optimizer.js';
import type { OptimizedParameters, ParameterRange } from './parameter_groups.js';

export interface RpropOptions {
  /** Step size of each element at first. Default 0.01. */
  lr?: number;
  /** What a step size is multiplied by where the gradient's sign changes, and where it stays. Default [0.5, 1.2]. */
  etas?: readonly [number, number];
  /** Smallest and largest step size. Default [1e-6, 50]. */
  stepSizes?: readonly [number, number];
  /** Climbs instead of descending. Default false. */
  maximize?: boolean;
}

/**
 * Rprop, as in torch: steps by the gradient's sign alone, each element with a size of its own, at first lr. For gradients
 * of the whole data set. Setting `lr` later changes nothing.
 *
 *     size = size · etas[1] where g · previous g > 0, size · etas[0] where it is below 0, within stepSizes
 *     g = 0 where g · previous g < 0
 *     p = p - sign(g) · size
 *
 * Riedmiller and Braun, A direct adaptive method for faster backpropagation learning: the RPROP algorithm, 1993.
 */
export class Rprop extends Optimizer {
  private readonly settings: Params<'rprop'>;
  private readonly previous: Tensor;
  private readonly size: Tensor;

  /** @throws ERR_ARGUMENT for an option out of range, no parameters, or parameters of another optimiser. */
  constructor(parameters: OptimizedParameters, options: RpropOptions = {}) {
    const { lr = 0.01, etas: [etaMinus, etaPlus] = [0.5, 1.2], stepSizes: [least, most] = [1e-6, 50], maximize = false } = options;
    checkNumber('Rprop', 'etas[0]', etaMinus, 0, 1, true);
    checkNumber('Rprop', 'etas[1]', etaPlus, 1, Infinity, true);
    checkNumber('Rprop', 'stepSizes[0]', least, 0, Infinity, true);
    checkNumber('Rprop', 'stepSizes[1]', most, least, Infinity, true);
    super('Rprop', parameters, lr);
    this.settings = { etaMinus, etaPlus, least, most, direction: maximize ? -1 : 1 };
    this.previous = this.rememberZeros('previous');
    this.size = this.rememberZeros('size');
  }

  protected override update({ param, grad, lr, step, of }: ParameterRange, half: Tensor | undefined): void {
    run('rprop', { param, grad, previous: of(this.previous), size: of(this.size), lr, step, half }, this.settings, {});
  }
}
