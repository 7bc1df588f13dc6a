import { run, type Params } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkNumber } from '../ops/arguments.js';
import { Optimizer } from './optimizer.js';
import type { OptimizedParameters, ParameterRange } from './parameter_groups.js';

export interface RMSpropOptions {
  /** Learning rate. Default 0.01. */
  lr?: number;
  /** Weight of earlier gradients in the mean square. Default 0.99. */
  alpha?: number;
  /** Added to the root of the mean square. Default 1e-8. */
  eps?: number;
  /** Weight of earlier updates. Default 0. */
  momentum?: number;
  /** Divide by the standard deviation of the gradient instead of the root of its mean square. Default false. */
  centered?: boolean;
  /** Times the parameter is added to its gradient (L2 penalty). Default 0. */
  weightDecay?: number;
  /** Climbs instead of descending. Default false. */
  maximize?: boolean;
}

/**
 * RMSprop, as in torch:
 *
 *     g = gradient + weightDecay · p                  (maximize: -gradient)
 *     s = alpha · s + (1 - alpha) · g²
 *     m = alpha · m + (1 - alpha) · g                 (centered only; otherwise m = 0)
 *     u = momentum · u + g / (√(s - m²) + eps)
 *     p = p - lr · u
 *
 * Tieleman and Hinton, Lecture 6.5: RMSprop, Coursera: neural networks for machine learning, 2012. Centered: Graves,
 * Generating sequences with recurrent neural networks, arXiv:1308.0850, 2013.
 */
export class RMSprop extends Optimizer {
  private readonly settings: Omit<Params<'rmsprop'>, 'weightDecay'>;
  private readonly square: Tensor;
  private readonly mean: Tensor | undefined;
  private readonly velocity: Tensor | undefined;

  /** @throws ERR_ARGUMENT for an option out of range, no parameters, or parameters of another optimiser. */
  constructor(parameters: OptimizedParameters, options: RMSpropOptions = {}) {
    const { lr = 0.01, alpha = 0.99, eps = 1e-8, momentum = 0, centered = false, weightDecay = 0, maximize = false } = options;
    checkNumber('RMSprop', 'alpha', alpha, 0, 1, true);
    checkNumber('RMSprop', 'eps', eps, 0, Infinity, true);
    checkNumber('RMSprop', 'momentum', momentum, 0, Infinity, true);
    checkNumber('RMSprop', 'weightDecay', weightDecay, 0, Infinity, true);
    super('RMSprop', parameters, lr, weightDecay);
    this.settings = { alpha, eps, momentum, direction: maximize ? -1 : 1 };
    this.square = this.rememberZeros('square');
    this.mean = centered ? this.rememberZeros('mean') : undefined;
    this.velocity = momentum > 0 ? this.rememberZeros('velocity') : undefined;
  }

  protected override update({ param, grad, lr, step, weightDecay, of }: ParameterRange, half: Tensor | undefined): void {
    run('rmsprop', { param, grad, square: of(this.square), mean: this.mean && of(this.mean), velocity: this.velocity && of(this.velocity), lr, step, half }, { ...this.settings, weightDecay }, {});
  }
}
