import { run } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { checkNumber } from '../ops/arguments.js';
import { Optimizer } from './optimizer.js';
import type { OptimizedParameters, ParameterRange } from './parameter_groups.js';

export interface AdamOptions {
  /** Learning rate. Default 1e-3. */
  lr?: number;
  /** Weights of earlier gradients in the mean and in the mean square. Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the root of the mean square. Default 1e-8. */
  eps?: number;
  /** Default 0; 0.01 for {@link AdamW}. */
  weightDecay?: number;
  /** Divide by the largest mean square so far (Reddi, Kale and Kumar, 2018). Default false. */
  amsgrad?: boolean;
  /** Climbs instead of descending. Default false. */
  maximize?: boolean;
}

/** What Adam and AdamW share. */
class AdamFamily extends Optimizer {
  private readonly settings: {
    beta1: number;
    beta2: number;
    eps: number;
    decoupled: number;
    direction: number;
  };
  private readonly m: Tensor;
  private readonly v: Tensor;
  private readonly vmax: Tensor | undefined;

  /** @param decoupled whether weight decay acts on the parameter instead of on the gradient. */
  constructor(who: string, decoupled: boolean, parameters: OptimizedParameters, options: AdamOptions) {
    const {
      lr = 1e-3,
      betas: [beta1, beta2] = [0.9, 0.999],
      eps = 1e-8,
      weightDecay = 0,
      amsgrad = false,
      maximize = false,
    } = options;
    checkNumber(who, 'betas[0]', beta1, 0, 1, true);
    checkNumber(who, 'betas[1]', beta2, 0, 1, true);
    checkNumber(who, 'eps', eps, 0, Infinity, true);
    checkNumber(who, 'weightDecay', weightDecay, 0, Infinity, true);
    super(who, parameters, lr, weightDecay);
    this.settings = { beta1, beta2, eps, decoupled: decoupled ? 1 : 0, direction: maximize ? -1 : 1 };
    this.m = this.rememberZeros('m');
    this.v = this.rememberZeros('v');
    this.vmax = amsgrad ? this.rememberZeros('vmax') : undefined;
  }

  protected override update({ param, grad, lr, step, weightDecay, of }: ParameterRange, half: Tensor | undefined): void {
    run('adam', { param, grad, m: of(this.m), v: of(this.v), vmax: this.vmax && of(this.vmax), lr, step, half }, { ...this.settings, weightDecay }, {});
  }
}

/**
 * Adam, as in torch, with weightDecay · p added to the gradient g (L2 penalty), which `maximize` negates first:
 *
 *     m = beta1 · m + (1 - beta1) · g
 *     v = beta2 · v + (1 - beta2) · g²
 *     p = p - lr · (m / (1 - beta1ᵗ)) / (√(v / (1 - beta2ᵗ)) + eps)
 *
 * Kingma and Ba, Adam: a method for stochastic optimization, 2015.
 */
export class Adam extends AdamFamily {
  /** @throws ERR_ARGUMENT for an option out of range, no parameters, or parameters of another optimiser. */
  constructor(parameters: OptimizedParameters, options: AdamOptions = {}) {
    super('Adam', false, parameters, options);
  }
}

/**
 * Adam with decoupled weight decay: p = p - lr · weightDecay · p before the step, by default with 0.01.
 * Loshchilov and Hutter, Decoupled weight decay regularization, 2019.
 */
export class AdamW extends AdamFamily {
  /** @throws ERR_ARGUMENT for an option out of range, no parameters, or parameters of another optimiser. */
  constructor(parameters: OptimizedParameters, options: AdamOptions = {}) {
    super('AdamW', true, parameters, { weightDecay: 0.01, ...options });
  }
}
