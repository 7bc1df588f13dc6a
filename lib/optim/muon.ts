import { accumulateInto } from '../core/gradient_memory.js';
import { run } from '../core/run.js';
import { scope } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';
import { checkNumber } from '../ops/arguments.js';
import { add, div, matmul, mul, norm } from '../ops/index.js';
import { Optimizer } from './optimizer.js';
import { groupsOf, type OptimizedParameters, type ParameterGroup, type ParameterRange } from './parameter_groups.js';

export interface MuonOptions {
  /** Learning rate. Default 0.02. */
  lr?: number;
  /** Weight of earlier gradients. Default 0.95. */
  momentum?: number;
  /** Times lr · p that the parameter shrinks by. Default 0. */
  weightDecay?: number;
  /** Rounds of the Newton-Schulz iteration. Default 5. */
  iterations?: number;
  /** AdamW's, for parameters with fewer than two axes. Default lr 3e-4, betas [0.9, 0.999], eps 1e-8. */
  vectors?: { lr?: number; betas?: readonly [number, number]; eps?: number };
  /** Climbs instead of descending. Default false. */
  maximize?: boolean;
}

/** Of the polynomial that drives singular values towards 1. */
const [linear, cubic, quintic] = [3.4445, -4.775, 2.0315];

/**
 * The nearest matrix with orthogonal rows or columns, about: singular values come to lie between 0.7 and 1.2.
 *
 * @param g [rows,columns]. @returns the same shape.
 */
function orthogonalized(g: Tensor, iterations: number): Tensor {
  return scope(() => {
    const [rows = 0, columns = 0] = g.shape;
    let x = div(g, add(norm(g), 1e-7));
    for (let i = 0; i < iterations; i++) {
      // x xᵀ or xᵀ x, whichever is smaller.
      const gram = rows <= columns ? matmul(x, x, { transposeB: true }) : matmul(x, x, { transposeA: true });
      const polynomial = add(mul(gram, cubic), mul(matmul(gram, gram), quintic));
      x = add(mul(x, linear), rows <= columns ? matmul(polynomial, x) : matmul(x, polynomial));
    }
    return x;
  });
}

/** Parameters with two axes or more apart from the others, which have a rate of their own. */
function apart(given: OptimizedParameters, vectorScale: number): ParameterGroup[] {
  return groupsOf(given).flatMap(({ parameters, lrScale = 1, ...rest }) => [
    { ...rest, lrScale, parameters: parameters.filter(({ shape }) => shape.length >= 2) },
    { ...rest, lrScale: lrScale * vectorScale, parameters: parameters.filter(({ shape }) => shape.length < 2) },
  ]);
}

/**
 * Muon: momentum whose step is made orthogonal, for weights with two axes or more, as matrices [first axis, the others]:
 *
 *     v = momentum · v + (1 - momentum) · g
 *     u = orthogonalised((1 - momentum) · g + momentum · v)
 *     p = (1 - lr · weightDecay) · p - lr · √max(1, rows / columns) · u
 *
 * The other parameters are AdamW's, with the same weight decay.
 *
 * Jordan et al., Muon: an optimizer for hidden layers in neural networks, 2024, as torch.optim.Muon formulates it.
 */
export class Muon extends Optimizer {
  private readonly momentum: number;
  private readonly iterations: number;
  private readonly vectors: { beta1: number; beta2: number; eps: number };
  private readonly direction: number;
  private readonly velocity: Tensor;
  private readonly square: Tensor;

  /** @throws ERR_ARGUMENT for an option out of range, no parameters, or parameters of another optimiser. */
  constructor(parameters: OptimizedParameters, options: MuonOptions = {}) {
    const { lr = 0.02, momentum = 0.95, weightDecay = 0, iterations = 5, maximize = false } = options;
    const { lr: vectorRate = 3e-4, betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8 } = options.vectors ?? {};
    checkNumber('Muon', 'momentum', momentum, 0, 1, true);
    checkNumber('Muon', 'weightDecay', weightDecay, 0, Infinity, true);
    checkNumber('Muon', 'iterations', iterations, 1, 100);
    checkNumber('Muon', 'vectors.betas[0]', beta1, 0, 1, true);
    checkNumber('Muon', 'vectors.betas[1]', beta2, 0, 1, true);
    checkNumber('Muon', 'vectors.eps', eps, 0, Infinity, true);
    super('Muon', apart(parameters, lr > 0 ? vectorRate / lr : 1), lr, weightDecay);
    this.momentum = momentum;
    this.iterations = iterations;
    this.vectors = { beta1, beta2, eps };
    this.direction = maximize ? -1 : 1;
    this.velocity = this.rememberZeros('velocity');
    this.square = this.rememberZeros('square');
  }

  protected override update(range: ParameterRange, half: Tensor | undefined): void {
    const { param, grad, lr, step, weightDecay, of } = range;
    const { direction } = this;
    const [first] = range.parameters;
    const velocity = of(this.velocity);
    if (first && first.shape.length < 2) {
      run('adam', { param, grad, m: velocity, v: of(this.square), lr, step, half }, { ...this.vectors, weightDecay, decoupled: 1, direction }, {});
      return;
    }
    const { momentum } = this;
    scope(() => {
      accumulateInto(velocity, grad, momentum, direction * (1 - momentum));
      const update = add(mul(grad, direction * (1 - momentum)), mul(velocity, momentum)); // [size]
      for (const [i, { shape, numel }] of range.parameters.entries()) {
        const part = update.view(range.offsets[i] ?? 0, [shape[0] ?? 1, numel / (shape[0] ?? 1)]); // [rows,columns]
        const [rows = 1, columns = 1] = part.shape;
        accumulateInto(part, orthogonalized(part, this.iterations), 0, Math.sqrt(Math.max(1, rows / columns)));
      }
      // A plain step on the update: param -= lr (update + weightDecay param).
      run('sgd', { param, grad: update, lr, step, half }, { momentum: 0, dampening: 0, weightDecay, nesterov: 0, direction: 1 }, {});
    });
  }
}
