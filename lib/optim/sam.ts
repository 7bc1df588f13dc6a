import { accumulateInto, filled } from '../core/gradient_memory.js';
import { keep, scope } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';
import { checkNumber } from '../ops/arguments.js';
import { abs, add, div, mul, norm } from '../ops/index.js';
import type { Optimizer } from './optimizer.js';

export interface SAMOptions {
  /** How far the parameters climb, as a 2-norm. Default 0.05; 0.5 is usual with `adaptive`. */
  radius?: number;
  /** Whether each element climbs in units of its own size (Kwon et al., ASAM, 2021). Default false. */
  adaptive?: boolean;
}

/**
 * Sharpness-aware minimisation around any optimiser: the gradient is taken where the loss is worst nearby.
 *
 *     loss(model).backward();  sam.climb();        // p = p + radius · g / |g|
 *     optimizer.zeroGrad();
 *     loss(model).backward();  sam.step();         // p as before, then the optimiser's step with the new gradient
 *
 * Adaptive: p = p + radius · p² · g / ||p| · g|.
 *
 * Foret et al., Sharpness-aware minimization for efficiently improving generalization, 2021.
 */
export class SAM {
  readonly optimizer: Optimizer;
  private readonly radius: number;
  private readonly adaptive: boolean;
  private readonly before: Tensor; // [size]
  private isUp = false;

  /** @throws ERR_ARGUMENT if the radius is negative or not finite. */
  constructor(optimizer: Optimizer, { radius = 0.05, adaptive = false }: SAMOptions = {}) {
    checkNumber('SAM', 'radius', radius, 0, Infinity, true);
    this.optimizer = optimizer;
    this.radius = radius;
    this.adaptive = adaptive;
    const { values } = optimizer.buffers;
    this.before = keep(filled(values.shape, 0, values.device));
  }

  /** Moves the parameters up their gradients. */
  climb(): void {
    const { values, gradients } = this.optimizer.buffers;
    accumulateInto(this.before, values, 0);
    scope(() => {
      const size = this.adaptive ? abs(values) : undefined;
      const scaled = size ? mul(gradients, size) : gradients;
      const direction = size ? mul(scaled, size) : gradients;
      accumulateInto(values, mul(direction, div(this.radius, add(norm(scaled), 1e-12))), 1);
    });
    this.isUp = true;
  }

  /** Moves the parameters back to where they were before {@link climb}. */
  comeBack(): void {
    if (this.isUp) accumulateInto(this.optimizer.buffers.values, this.before, 0);
    this.isUp = false;
  }

  /** Moves the parameters back and does the optimiser's step. */
  step(): void {
    this.comeBack();
    this.optimizer.step();
  }

  dispose(): void {
    this.before.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
