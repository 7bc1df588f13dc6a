import { accumulateInto } from '../core/gradient_memory.js';
import { run, type Params } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkNumber } from '../ops/arguments.js';
import { Optimizer } from './optimizer.js';
import type { OptimizedParameters, ParameterRange } from './parameter_groups.js';

export interface ASGDOptions {
  /** Learning rate. Default 0.01. */
  lr?: number;
  /** Decay of the parameters, and of the learning rate. Default 1e-4. */
  lambda?: number;
  /** Power with which the learning rate falls. Default 0.75. */
  alpha?: number;
  /** Steps after which averaging begins. Default 1e6. */
  averageFrom?: number;
  /** Times the parameter is added to its gradient (L2 penalty). Default 0. */
  weightDecay?: number;
  /** Climbs instead of descending. Default false. */
  maximize?: boolean;
}

/**
 * Averaged stochastic gradient descent, as in torch, at step t = 1, 2, …:
 *
 *     g = gradient + weightDecay · p                  (maximize: -gradient)
 *     η = lr / (1 + lambda · lr · (t - 1))^alpha
 *     p = (1 - lambda · η) · p - η · g
 *     average = average + (p - average) / max(1, t - 1 - averageFrom)
 *
 * Polyak and Juditsky, Acceleration of stochastic approximation by averaging, 1992.
 */
export class ASGD extends Optimizer {
  private readonly settings: Omit<Params<'asgd'>, 'weightDecay'>;
  private readonly average: Tensor;

  /** @throws ERR_ARGUMENT for an option out of range, no parameters, or parameters of another optimiser. */
  constructor(parameters: OptimizedParameters, options: ASGDOptions = {}) {
    const { lr = 0.01, lambda = 1e-4, alpha = 0.75, averageFrom = 1e6, weightDecay = 0, maximize = false } = options;
    checkNumber('ASGD', 'lambda', lambda, 0, Infinity, true);
    checkNumber('ASGD', 'alpha', alpha, 0, Infinity, true);
    checkNumber('ASGD', 'averageFrom', averageFrom, 0, Infinity, true);
    checkNumber('ASGD', 'weightDecay', weightDecay, 0, Infinity, true);
    super('ASGD', parameters, lr, weightDecay);
    this.settings = { lambda, alpha, averageFrom, direction: maximize ? -1 : 1 };
    this.average = this.rememberZeros('average');
  }

  /** Puts the average, which is in stateDict() as `average`, in the parameters' place; steps go on from there. */
  useAverage(): void {
    accumulateInto(this.flat.values, this.average, 0);
  }

  protected override update({ param, grad, lr, step, weightDecay, of }: ParameterRange, half: Tensor | undefined): void {
    run('asgd', { param, grad, average: of(this.average), lr, step, half }, { ...this.settings, weightDecay }, {});
  }
}
