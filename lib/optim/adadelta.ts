import { run, type Params } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkNumber } from '../ops/arguments.js';
import { Optimizer } from './optimizer.js';
import type { OptimizedParameters, ParameterRange } from './parameter_groups.js';

export interface AdadeltaOptions {
  /** Learning rate. Default 1. */
  lr?: number;
  /** Weight of earlier values in both mean squares. Default 0.9. */
  rho?: number;
  /** Added to the mean squares before their roots are taken. Default 1e-6. */
  eps?: number;
  /** Times the parameter is added to its gradient (L2 penalty). Default 0. */
  weightDecay?: number;
  /** Climbs instead of descending. Default false. */
  maximize?: boolean;
}

/**
 * Adadelta, as in torch, s being the mean square of gradients and d that of changes:
 *
 *     g = gradient + weightDecay · p                  (maximize: -gradient)
 *     s = rho · s + (1 - rho) · g²
 *     u = √(d + eps) / √(s + eps) · g
 *     d = rho · d + (1 - rho) · u²
 *     p = p - lr · u
 *
 * Zeiler, ADADELTA: an adaptive learning rate method, arXiv:1212.5701, 2012.
 */
export class Adadelta extends Optimizer {
  private readonly settings: Omit<Params<'adadelta'>, 'weightDecay'>;
  private readonly square: Tensor;
  private readonly change: Tensor;

  /** @throws ERR_ARGUMENT for an option out of range, no parameters, or parameters of another optimiser. */
  constructor(parameters: OptimizedParameters, options: AdadeltaOptions = {}) {
    const { lr = 1, rho = 0.9, eps = 1e-6, weightDecay = 0, maximize = false } = options;
    checkNumber('Adadelta', 'rho', rho, 0, 1, true);
    checkNumber('Adadelta', 'eps', eps, 0, Infinity, true);
    checkNumber('Adadelta', 'weightDecay', weightDecay, 0, Infinity, true);
    super('Adadelta', parameters, lr, weightDecay);
    this.settings = { rho, eps, direction: maximize ? -1 : 1 };
    this.square = this.rememberZeros('square');
    this.change = this.rememberZeros('change');
  }

  protected override update({ param, grad, lr, step, weightDecay, of }: ParameterRange, half: Tensor | undefined): void {
    run('adadelta', { param, grad, square: of(this.square), change: of(this.change), lr, step, half }, { ...this.settings, weightDecay }, {});
  }
}
