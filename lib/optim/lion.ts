import { run, type Params } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkNumber } from '../ops/arguments.js';
import { Optimizer } from './optimizer.js';
import type { OptimizedParameters, ParameterRange } from './parameter_groups.js';

export interface LionOptions {
  /** Learning rate: about a tenth of Adam's. Default 1e-4. */
  lr?: number;
  /** Weights of earlier gradients in the step, and in what is kept of them. Default [0.9, 0.99]. */
  betas?: readonly [number, number];
  /** Times lr · p that the parameter shrinks by. Default 0. */
  weightDecay?: number;
  /** Climbs instead of descending. Default false. */
  maximize?: boolean;
}

/**
 * Lion: steps of one size for all elements.
 *
 *     p = p - lr · (sign(beta1 · m + (1 - beta1) · g) + weightDecay · p)
 *     m = beta2 · m + (1 - beta2) · g
 *
 * Chen et al., Symbolic discovery of optimization algorithms, arXiv:2302.06675, 2023, algorithm 2.
 */
export class Lion extends Optimizer {
  private readonly settings: Omit<Params<'lion'>, 'weightDecay'>;
  private readonly m: Tensor;

  /** @throws ERR_ARGUMENT for an option out of range, no parameters, or parameters of another optimiser. */
  constructor(parameters: OptimizedParameters, options: LionOptions = {}) {
    const { lr = 1e-4, betas: [beta1, beta2] = [0.9, 0.99], weightDecay = 0, maximize = false } = options;
    checkNumber('Lion', 'betas[0]', beta1, 0, 1, true);
    checkNumber('Lion', 'betas[1]', beta2, 0, 1, true);
    checkNumber('Lion', 'weightDecay', weightDecay, 0, Infinity, true);
    super('Lion', parameters, lr, weightDecay);
    this.settings = { beta1, beta2, direction: maximize ? -1 : 1 };
    this.m = this.rememberZeros('m');
  }

  protected override update({ param, grad, lr, step, weightDecay, of }: ParameterRange, half: Tensor | undefined): void {
    run('lion', { param, grad, m: of(this.m), lr, step, half }, { ...this.settings, weightDecay }, {});
  }
}
