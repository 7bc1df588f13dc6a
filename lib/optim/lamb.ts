import { run } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkNumber } from '../ops/arguments.js';
import { Optimizer } from './optimizer.js';
import type { OptimizedParameters, ParameterRange } from './parameter_groups.js';

export interface LAMBOptions {
  /** Learning rate. Default 1e-3. */
  lr?: number;
  /** Weights of earlier gradients in the mean and in the mean square. Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the root of the mean square. Default 1e-6. */
  eps?: number;
  /** Times the parameter is added to its step. Default 0.01. */
  weightDecay?: number;
  /** Climbs instead of descending. Default false. */
  maximize?: boolean;
}

/**
 * LAMB: Adam with a rate for each layer, for large batches.
 *
 *     m = beta1 · m + (1 - beta1) · g
 *     v = beta2 · v + (1 - beta2) · g²
 *     u = (m / (1 - beta1ᵗ)) / (√(v / (1 - beta2ᵗ)) + eps) + weightDecay · p
 *     p = p - lr · |p| / |u| · u
 *
 * The quotient of norms is 1 where one is 0, and for parameters with fewer than two axes (biases, normalisations), as is usual.
 *
 * You et al., Large batch optimization for deep learning: training BERT in 76 minutes, 2020, algorithm 2.
 */
export class LAMB extends Optimizer {
  private readonly settings: { beta1: number; beta2: number; eps: number; direction: number };
  private readonly m: Tensor;
  private readonly v: Tensor;

  /** @throws ERR_ARGUMENT for an option out of range, no parameters, or parameters of another optimiser. */
  constructor(parameters: OptimizedParameters, options: LAMBOptions = {}) {
    const { lr = 1e-3, betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-6, weightDecay = 0.01, maximize = false } = options;
    checkNumber('LAMB', 'betas[0]', beta1, 0, 1, true);
    checkNumber('LAMB', 'betas[1]', beta2, 0, 1, true);
    checkNumber('LAMB', 'eps', eps, 0, Infinity, true);
    checkNumber('LAMB', 'weightDecay', weightDecay, 0, Infinity, true);
    super('LAMB', parameters, lr, weightDecay);
    this.settings = { beta1, beta2, eps, direction: maximize ? -1 : 1 };
    this.m = this.rememberZeros('m');
    this.v = this.rememberZeros('v');
  }

  protected override update(range: ParameterRange, half: Tensor | undefined): void {
    const { param, grad, lr, step, weightDecay, of } = range;
    const layer = this.layersOf(range);
    const params = { ...this.settings, weightDecay, n: param.numel, count: range.parameters.length };
    run('lamb', { param, grad, m: of(this.m), v: of(this.v), layer, lr, step, half }, params, {});
  }
}
