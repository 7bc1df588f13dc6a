import { run, type Params } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkNumber } from '../ops/arguments.js';
import { Optimizer } from './optimizer.js';
import type { OptimizedParameters, ParameterRange } from './parameter_groups.js';

export interface AdagradOptions {
  /** Learning rate. Default 0.01. */
  lr?: number;
  /** How fast the learning rate falls. Default 0. */
  lrDecay?: number;
  /** What the sum of squares begins with. Default 0. */
  initialSum?: number;
  /** Added to the root of the sum. Default 1e-10. */
  eps?: number;
  /** Times the parameter is added to its gradient (L2 penalty). Default 0. */
  weightDecay?: number;
  /** Climbs instead of descending. Default false. */
  maximize?: boolean;
}

/**
 * Adagrad, as in torch, at step t = 1, 2, …:
 *
 *     g = gradient + weightDecay · p                  (maximize: -gradient)
 *     s = s + g²
 *     p = p - lr / (1 + (t - 1) · lrDecay) · g / (√s + eps)
 *
 * Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and stochastic optimization, JMLR, 2011.
 */
export class Adagrad extends Optimizer {
  private readonly settings: Omit<Params<'adagrad'>, 'weightDecay'>;
  private readonly sum: Tensor;

  /** @throws ERR_ARGUMENT for an option out of range, no parameters, or parameters of another optimiser. */
  constructor(parameters: OptimizedParameters, options: AdagradOptions = {}) {
    const { lr = 0.01, lrDecay = 0, initialSum = 0, eps = 1e-10, weightDecay = 0, maximize = false } = options;
    checkNumber('Adagrad', 'lrDecay', lrDecay, 0, Infinity, true);
    checkNumber('Adagrad', 'initialSum', initialSum, 0, Infinity, true);
    checkNumber('Adagrad', 'eps', eps, 0, Infinity, true);
    checkNumber('Adagrad', 'weightDecay', weightDecay, 0, Infinity, true);
    super('Adagrad', parameters, lr, weightDecay);
    this.settings = { lrDecay, eps, direction: maximize ? -1 : 1 };
    this.sum = this.rememberFilled('sum', initialSum);
  }

  protected override update({ param, grad, lr, step, weightDecay, of }: ParameterRange, half: Tensor | undefined): void {
    run('adagrad', { param, grad, sum: of(this.sum), lr, step, half }, { ...this.settings, weightDecay }, {});
  }
}
