/** Losses that tell a vector's partner from all other vectors of a batch. */
import { shapeText } from '../../core/shape.js';
import { tensor, type Tensor } from '../../core/tensor.js';
import { checkNumber, checkRank, argumentError } from '../arguments.js';
import { add, affine, mul } from '../elementwise.js';
import { concat } from '../concat.js';
import { matmul } from '../matmul.js';
import { clamp, rsqrt, square } from '../math.js';
import { sum } from '../reduce.js';
import { crossEntropy } from './cross_entropy.js';
import { checkAlike, reducedLoss, type LossOptions } from './loss.js';

export interface ContrastOptions extends LossOptions {
  /** What similarities are divided by, above 0. */
  temperature?: number | undefined;
}

/** Vectors of length 1. */
function directions(x: Tensor): Tensor {
  const leastSquare = 1e-24;
  return mul(x, rsqrt(clamp(sum(square(x), { axes: -1, keepDims: true }), { min: leastSquare })));
}

/** The cosines of all pairs, divided by the temperature. */
function similarities(a: Tensor, b: Tensor, temperature: number): Tensor {
  return affine(matmul(directions(a), directions(b), { transposeB: true }), { scale: 1 / temperature });
}

function checkBatch(op: string, tensors: Readonly<Record<string, Tensor>>, temperature: number): void {
  checkAlike(op, tensors);
  for (const [name, value] of Object.entries(tensors)) {
    checkRank(op, name, value, 2, '[N,C]');
    if (value.shape[0] === 0) throw argumentError(op, `expected ${name} to have at least one vector, but got shape ${shapeText(value.shape)}`);
  }
  checkNumber(op, 'temperature', temperature, Number.MIN_VALUE, Infinity, true);
}

/**
 * InfoNCE: cross-entropy of the cosines of each query with all keys, divided by the temperature, with its own key as the
 * label. A. van den Oord, Y. Li, O. Vinyals, "Representation learning with contrastive predictive coding",
 * arXiv:1807.03748.
 *
 * @param queries float32 [N,C].
 * @param keys float32 [N,C]; key i belongs to query i.
 * @param options.temperature default 0.1.
 * @returns [] for reductions 'mean' and 'sum', [N] for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, there is no vector, or an option is malformed.
 */
export function infoNceLoss(queries: Tensor, keys: Tensor, options: ContrastOptions = {}): Tensor {
  const { temperature = 0.1 } = options;
  checkBatch('infoNceLoss', { queries, keys }, temperature);
  return reducedLoss('infoNceLoss', options, () => {
    const own = tensor(Int32Array.from({ length: queries.shape[0]! }, (_, i) => i), { device: queries.device });
    return crossEntropy(similarities(queries, keys, temperature), own, { reduction: 'none' });
  });
}

/**
 * Normalised temperature-scaled cross-entropy: cross-entropy of the cosines of each of the 2 N views with all others,
 * divided by the temperature, with the other view of its image as the label. T. Chen et al., "A simple framework for
 * contrastive learning of visual representations" (SimCLR), arXiv:2002.05709.
 *
 * @param a float32 [N,C]: a view of each image.
 * @param b float32 [N,C]: another one.
 * @param options.temperature default 0.5.
 * @returns [] for reductions 'mean' and 'sum', [2N] for 'none', those of a before those of b.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, there is no vector, or an option is malformed.
 */
export function ntXentLoss(a: Tensor, b: Tensor, options: ContrastOptions = {}): Tensor {
  const { temperature = 0.5 } = options;
  checkBatch('ntXentLoss', { a, b }, temperature);
  return reducedLoss('ntXentLoss', options, () => {
    const views = concat([a, b], 0), n = a.shape[0]!, count = 2 * n, { device } = a;
    const excluded = -1e30; // a similarity whose exponential is 0
    const itself = tensor(Float32Array.from({ length: count ** 2 }, (_, i) => (i % (count + 1) === 0 ? excluded : 0)), { shape: [count, count], device });
    const partners = tensor(Int32Array.from({ length: count }, (_, i) => (i + n) % count), { device });
    return crossEntropy(add(similarities(views, views, temperature), itself), partners, { reduction: 'none' });
  });
}
