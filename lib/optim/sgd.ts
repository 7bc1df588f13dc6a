import { ConvoltError } from '../core/errors.js';
import { run } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkNumber } from '../ops/arguments.js';
import { Optimizer } from './optimizer.js';
import type { OptimizedParameters, ParameterRange } from './parameter_groups.js';

export interface SGDOptions {
  /** Learning rate. */
  lr: number;
  /** Weight of earlier gradients. Default 0. */
  momentum?: number;
  /** Part of the gradient that does not enter the momentum, but for the first step. Default 0. */
  dampening?: number;
  /** Times the parameter is added to its gradient (L2 penalty). Default 0. */
  weightDecay?: number;
  /** Nesterov's momentum; needs momentum > 0 and dampening 0. Default false. */
  nesterov?: boolean;
  /** Climbs instead of descending. Default false. */
  maximize?: boolean;
}

/**
 * Stochastic gradient descent, with momentum as in torch:
 *
 *     g = gradient + weightDecay · p                  (maximize: -gradient)
 *     v = momentum · v + (1 - dampening) · g      (first step: v = g)
 *     p = p - lr · (nesterov ? g + momentum · v : v)
 *
 * Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum in deep learning,
 * 2013.
 */
export class SGD extends Optimizer {
  private readonly settings: { momentum: number; dampening: number; nesterov: number; direction: number };
  private readonly velocity: Tensor | undefined;

  /** @throws ERR_ARGUMENT for an option out of range, no parameters, or parameters of another optimiser. */
  constructor(parameters: OptimizedParameters, options: SGDOptions) {
    const { lr, momentum = 0, dampening = 0, weightDecay = 0, nesterov = false, maximize = false } = options;
    checkNumber('SGD', 'momentum', momentum, 0, Infinity, true);
    checkNumber('SGD', 'dampening', dampening, 0, Infinity, true);
    checkNumber('SGD', 'weightDecay', weightDecay, 0, Infinity, true);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ConvoltError(
        'ERR_ARGUMENT',
        `SGD: expected momentum above 0 and dampening 0 with nesterov, ` +
          `but got momentum ${momentum} and dampening ${dampening}`,
      );
    }
    super('SGD', parameters, lr, weightDecay);
    this.settings = { momentum, dampening, nesterov: nesterov ? 1 : 0, direction: maximize ? -1 : 1 };
    this.velocity = momentum > 0 ? this.rememberZeros('velocity') : undefined;
  }

  protected override update({ param, grad, lr, step, weightDecay, of }: ParameterRange, half: Tensor | undefined): void {
    run('sgd', { param, grad, velocity: this.velocity && of(this.velocity), lr, step, half }, { ...this.settings, weightDecay }, {});
  }
}
