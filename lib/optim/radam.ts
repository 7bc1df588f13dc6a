import { run, type Params } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkNumber } from '../ops/arguments.js';
import { Optimizer } from './optimizer.js';
import type { OptimizedParameters, ParameterRange } from './parameter_groups.js';

export interface RAdamOptions {
  /** Learning rate. Default 1e-3. */
  lr?: number;
  /** Weights of earlier gradients in the mean and in the mean square. Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the root of the mean square. Default 1e-8. */
  eps?: number;
  /** Times the parameter is added to its gradient (L2 penalty). Default 0. */
  weightDecay?: number;
  /** Climbs instead of descending. Default false. */
  maximize?: boolean;
}

/**
 * RAdam, as in torch: Adam whose step is rectified for the variance of the mean square, and does without it while that is
 * unknown, in the first steps.
 *
 *     g = gradient + weightDecay · p                  (maximize: -gradient)
 *     m = beta1 · m + (1 - beta1) · g
 *     v = beta2 · v + (1 - beta2) · g²
 *     ρ∞ = 2 / (1 - beta2) - 1,  ρ = ρ∞ - 2t · beta2ᵗ / (1 - beta2ᵗ)
 *     r = √((ρ - 4)(ρ - 2) ρ∞ / ((ρ∞ - 4)(ρ∞ - 2) ρ))
 *     p = p - lr · m / (1 - beta1ᵗ) · (ρ > 5 ? r · √(1 - beta2ᵗ) / (√v + eps) : 1)
 *
 * Liu et al., On the variance of the adaptive learning rate and beyond, 2020.
 */
export class RAdam extends Optimizer {
  private readonly settings: Omit<Params<'radam'>, 'weightDecay'>;
  private readonly m: Tensor;
  private readonly v: Tensor;

  /** @throws ERR_ARGUMENT for an option out of range, no parameters, or parameters of another optimiser. */
  constructor(parameters: OptimizedParameters, options: RAdamOptions = {}) {
    const { lr = 1e-3, betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8, weightDecay = 0, maximize = false } = options;
    checkNumber('RAdam', 'betas[0]', beta1, 0, 1, true);
    checkNumber('RAdam', 'betas[1]', beta2, 0, 1, true);
    checkNumber('RAdam', 'eps', eps, 0, Infinity, true);
    checkNumber('RAdam', 'weightDecay', weightDecay, 0, Infinity, true);
    super('RAdam', parameters, lr, weightDecay);
    this.settings = { beta1, beta2, eps, direction: maximize ? -1 : 1 };
    this.m = this.rememberZeros('m');
    this.v = this.rememberZeros('v');
  }

  protected override update({ param, grad, lr, step, weightDecay, of }: ParameterRange, half: Tensor | undefined): void {
    run('radam', { param, grad, m: of(this.m), v: of(this.v), lr, step, half }, { ...this.settings, weightDecay }, {});
  }
}
