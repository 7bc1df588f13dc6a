import { run } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkNumber } from '../ops/arguments.js';
import { Optimizer } from './optimizer.js';
import type { OptimizedParameters, ParameterRange } from './parameter_groups.js';

export interface LARSOptions {
  /** Learning rate. */
  lr: number;
  /** Weight of earlier steps. Default 0.9. */
  momentum?: number;
  /** A layer's step in units of its weights' norm, at learning rate 1. Default 1e-3. */
  trust?: number;
  /** Added to the norm that the weights' is divided by. Default 1e-9. */
  eps?: number;
  /** Times the parameter is added to its gradient (L2 penalty). Default 0. */
  weightDecay?: number;
  /** Climbs instead of descending. Default false. */
  maximize?: boolean;
}

/**
 * LARS: momentum with a rate for each layer, for large batches.
 *
 *     ratio = trust · |p| / (|g| + weightDecay · |p| + eps)
 *     v = momentum · v + lr · ratio · (g + weightDecay · p)
 *     p = p - v
 *
 * The ratio is 1 where a norm is 0, and for parameters with fewer than two axes (biases, normalisations), as is usual.
 *
 * You, Gitman and Ginsburg, Large batch training of convolutional networks, arXiv:1708.03888, 2017, algorithm 1.
 */
export class LARS extends Optimizer {
  private readonly settings: { momentum: number; trust: number; eps: number; direction: number };
  private readonly velocity: Tensor;

  /** @throws ERR_ARGUMENT for an option out of range, no parameters, or parameters of another optimiser. */
  constructor(parameters: OptimizedParameters, options: LARSOptions) {
    const { lr, momentum = 0.9, trust = 1e-3, eps = 1e-9, weightDecay = 0, maximize = false } = options;
    checkNumber('LARS', 'momentum', momentum, 0, Infinity, true);
    checkNumber('LARS', 'trust', trust, 0, Infinity, true);
    checkNumber('LARS', 'eps', eps, 0, Infinity, true);
    checkNumber('LARS', 'weightDecay', weightDecay, 0, Infinity, true);
    super('LARS', parameters, lr, weightDecay);
    this.settings = { momentum, trust, eps, direction: maximize ? -1 : 1 };
    this.velocity = this.rememberZeros('velocity');
  }

  protected override update(range: ParameterRange, half: Tensor | undefined): void {
    const { param, grad, lr, step, weightDecay, of } = range;
    const layer = this.layersOf(range);
    const params = { ...this.settings, weightDecay, n: param.numel, count: range.parameters.length };
    run('lars', { param, grad, velocity: of(this.velocity), layer, lr, step, half }, params, {});
  }
}
