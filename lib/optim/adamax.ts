import { run, type Params } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkNumber } from '../ops/arguments.js';
import { Optimizer } from './optimizer.js';
import type { OptimizedParameters, ParameterRange } from './parameter_groups.js';

export interface AdamaxOptions {
  /** Learning rate. Default 2e-3. */
  lr?: number;
  /** Weights of earlier gradients in the mean and in the largest one. Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the gradient's magnitude. Default 1e-8. */
  eps?: number;
  /** Times the parameter is added to its gradient (L2 penalty). Default 0. */
  weightDecay?: number;
  /** Climbs instead of descending. Default false. */
  maximize?: boolean;
}

/**
 * Adamax, as in torch: Adam with the largest gradient so far, which fades, in place of the mean square.
 *
 *     g = gradient + weightDecay · p                  (maximize: -gradient)
 *     m = beta1 · m + (1 - beta1) · g
 *     u = max(beta2 · u, |g| + eps)
 *     p = p - lr / (1 - beta1ᵗ) · m / u
 *
 * Kingma and Ba, Adam: a method for stochastic optimization, 2015, section 7.1.
 */
export class Adamax extends Optimizer {
  private readonly settings: Omit<Params<'adamax'>, 'weightDecay'>;
  private readonly m: Tensor;
  private readonly largest: Tensor;

  /** @throws ERR_ARGUMENT for an option out of range, no parameters, or parameters of another optimiser. */
  constructor(parameters: OptimizedParameters, options: AdamaxOptions = {}) {
    const { lr = 2e-3, betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8, weightDecay = 0, maximize = false } = options;
    checkNumber('Adamax', 'betas[0]', beta1, 0, 1, true);
    checkNumber('Adamax', 'betas[1]', beta2, 0, 1, true);
    checkNumber('Adamax', 'eps', eps, 0, Infinity, true);
    checkNumber('Adamax', 'weightDecay', weightDecay, 0, Infinity, true);
    super('Adamax', parameters, lr, weightDecay);
    this.settings = { beta1, beta2, eps, direction: maximize ? -1 : 1 };
    this.m = this.rememberZeros('m');
    this.largest = this.rememberZeros('largest');
  }

  protected override update({ param, grad, lr, step, weightDecay, of }: ParameterRange, half: Tensor | undefined): void {
    run('adamax', { param, grad, m: of(this.m), largest: of(this.largest), lr, step, half }, { ...this.settings, weightDecay }, {});
  }
}
