import { run, type Params } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkNumber } from '../ops/arguments.js';
import { Optimizer } from './optimizer.js';
import type { OptimizedParameters, ParameterRange } from './parameter_groups.js';

export interface NAdamOptions {
  /** Learning rate. Default 2e-3. */
  lr?: number;
  /** Weights of earlier gradients in the mean and in the mean square. Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the root of the mean square. Default 1e-8. */
  eps?: number;
  /** How fast the momentum rises to beta1. Default 4e-3. */
  momentumDecay?: number;
  /** Whether Πₜ₊₁ has the factor μₜ twice, as in PyTorch 1.13, to go on with what that began. Default false. */
  repeatMu?: boolean;
  /** Times the parameter is added to its gradient (L2 penalty). Default 0. */
  weightDecay?: number;
  /** Climbs instead of descending. Default false. */
  maximize?: boolean;
}

/**
 * NAdam, as in torch: Adam with Nesterov's momentum.
 *
 *     g = gradient + weightDecay · p                  (maximize: -gradient)
 *     m = beta1 · m + (1 - beta1) · g
 *     v = beta2 · v + (1 - beta2) · g²
 *     μₜ = beta1 · (1 - 0.96^(t · momentumDecay) / 2),  Πₜ = μ₁ · … · μₜ
 *     u = (1 - μₜ) / (1 - Πₜ) · g + μₜ₊₁ / (1 - Πₜ₊₁) · m
 *     p = p - lr · u / (√(v / (1 - beta2ᵗ)) + eps)
 *
 * Dozat, Incorporating Nesterov momentum into Adam, ICLR workshop, 2016.
 */
export class NAdam extends Optimizer {
  private readonly settings: Omit<Params<'nadam'>, 'weightDecay'>;
  private readonly m: Tensor;
  private readonly v: Tensor;
  private readonly muProduct: Tensor;

  /** @throws ERR_ARGUMENT for an option out of range, no parameters, or parameters of another optimiser. */
  constructor(parameters: OptimizedParameters, options: NAdamOptions = {}) {
    const { lr = 2e-3, betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8, momentumDecay = 4e-3, repeatMu = false, weightDecay = 0, maximize = false } = options;
    checkNumber('NAdam', 'betas[0]', beta1, 0, 1, true);
    checkNumber('NAdam', 'betas[1]', beta2, 0, 1, true);
    checkNumber('NAdam', 'eps', eps, 0, Infinity, true);
    checkNumber('NAdam', 'momentumDecay', momentumDecay, 0, Infinity, true);
    checkNumber('NAdam', 'weightDecay', weightDecay, 0, Infinity, true);
    super('NAdam', parameters, lr, weightDecay);
    this.settings = { beta1, beta2, eps, momentumDecay, repeatMu: repeatMu ? 1 : 0, direction: maximize ? -1 : 1 };
    this.m = this.rememberZeros('m');
    this.v = this.rememberZeros('v');
    this.muProduct = this.rememberPerGroup('muProduct', 1);
  }

  protected override update({ param, grad, lr, step, weightDecay, of, own }: ParameterRange, half: Tensor | undefined): void {
    run('nadam', { param, grad, m: of(this.m), v: of(this.v), muProduct: own(this.muProduct), lr, step, half }, { ...this.settings, weightDecay }, {});
  }
}
