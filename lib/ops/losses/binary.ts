/** Losses of two-sided decisions, one for each element: probabilities, logits, and sides -1 and 1. */
import { sameShape, shapeText } from '../../core/shape.js';
import { noGrad } from '../../core/tape.js';
import type { Tensor } from '../../core/tensor.js';
import { logSigmoid, relu, sigmoid } from '../activation.js';
import { argumentError, checkFloats, checkNumber } from '../arguments.js';
import { commonShape } from '../broadcast.js';
import { add, affine, mul, neg, sub } from '../elementwise.js';
import { clamp, log } from '../math.js';
import { pow } from '../pow.js';
import { mean } from '../reduce.js';
import { checkAlike, reducedLoss, type LossOptions } from './loss.js';

/** Checks a factor that stretches to the shape of x. */
function checkFactor(op: string, name: string, factor: Tensor | undefined, x: Tensor): void {
  checkFloats(op, { x }, { [name]: factor });
  if (factor && !sameShape(commonShape(op, { x: x.shape, [name]: factor.shape }), x.shape)) {
    throw argumentError(op, `expected ${name} to stretch to x ${shapeText(x.shape)}, but got ${shapeText(factor.shape)}`);
  }
}

function weighted(losses: Tensor, weight: Tensor | undefined): Tensor {
  return weight ? mul(losses, weight) : losses;
}

/** 1 - x. */
function complement(x: Tensor): Tensor {
  return affine(x, { scale: -1, shift: 1 });
}

/** log(x), at least -100. Its gradient is 1 / x, at most 1e12. */
function boundedLog(x: Tensor): Tensor {
  const missing = noGrad(() => sub(clamp(x, { min: 1e-12 }), x));
  const logarithm = log(add(x, missing));
  return add(logarithm, noGrad(() => sub(clamp(log(x), { min: -100 }), logarithm)));
}

export interface BinaryCrossEntropyOptions extends LossOptions {
  /** A factor for each loss, of a shape that stretches to that of x. Default 1. */
  weight?: Tensor | undefined;
}

/**
 * -(target * log(x) + (1 - target) * log(1 - x)). Logarithms count as at least -100. From logits,
 * {@link binaryCrossEntropyWithLogits} is faster and more exact.
 *
 * @param x float32 probabilities, any shape.
 * @param target float32 probabilities, the shape of x.
 * @returns [] for reductions 'mean' and 'sum', the shape of x for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together, or the reduction is not one of the three.
 */
export function binaryCrossEntropy(x: Tensor, target: Tensor, options: BinaryCrossEntropyOptions = {}): Tensor {
  const { weight } = options;
  checkAlike('binaryCrossEntropy', { x, target });
  checkFactor('binaryCrossEntropy', 'weight', weight, x);
  return reducedLoss('binaryCrossEntropy', options, () => {
    const likelihood = add(mul(target, boundedLog(x)), mul(complement(target), boundedLog(complement(x))));
    return weighted(neg(likelihood), weight);
  });
}

/** Binary cross-entropy of logits, element by element. */
function logitLosses(x: Tensor, target: Tensor, posWeight?: Tensor): Tensor {
  const logarithm = logSigmoid(x);
  const positive = posWeight ? mul(affine(mul(target, affine(posWeight, { shift: -1 })), { shift: 1 }), logarithm) : logarithm;
  return sub(mul(complement(target), x), positive);
}

export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** A factor for the part of positive targets, of a shape that stretches to that of x, such as [classes]. Default 1. */
  posWeight?: Tensor | undefined;
}

/**
 * Binary cross-entropy of p = sigmoid(x), without overflow: -(posWeight * target * log(p) + (1 - target) * log(1 - p)).
 *
 * @param x float32 logits, any shape.
 * @param target float32 probabilities, the shape of x.
 * @returns [] for reductions 'mean' and 'sum', the shape of x for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together, or the reduction is not one of the three.
 */
export function binaryCrossEntropyWithLogits(x: Tensor, target: Tensor, options: BinaryCrossEntropyWithLogitsOptions = {}): Tensor {
  const { weight, posWeight } = options;
  checkAlike('binaryCrossEntropyWithLogits', { x, target });
  checkFactor('binaryCrossEntropyWithLogits', 'weight', weight, x);
  checkFactor('binaryCrossEntropyWithLogits', 'posWeight', posWeight, x);
  return reducedLoss('binaryCrossEntropyWithLogits', options, () => weighted(logitLosses(x, target, posWeight), weight));
}

export interface SigmoidFocalLossOptions extends LossOptions {
  /** Weight of positive targets, 1 - alpha being that of negative ones; null for none. Default 0.25. */
  alpha?: number | null | undefined;
  /** How little well decided elements count. Default 2. */
  gamma?: number | undefined;
}

/**
 * Focal loss of logits: binary cross-entropy times (1 - q)^gamma, where q is the probability given to the target, and times
 * alpha or 1 - alpha. T.-Y. Lin et al., "Focal loss for dense object detection", arXiv:1708.02002.
 *
 * @param x float32 logits, any shape.
 * @param target float32, 0 or 1, the shape of x.
 * @returns [] for reductions 'mean' and 'sum', the shape of x for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or an option is malformed.
 */
export function sigmoidFocalLoss(x: Tensor, target: Tensor, options: SigmoidFocalLossOptions = {}): Tensor {
  const { alpha = 0.25, gamma = 2 } = options;
  checkAlike('sigmoidFocalLoss', { x, target });
  if (alpha !== null) checkNumber('sigmoidFocalLoss', 'alpha', alpha, 0, 1);
  checkNumber('sigmoidFocalLoss', 'gamma', gamma, 0, Infinity, true);
  return reducedLoss('sigmoidFocalLoss', options, () => {
    const missed = add(mul(sigmoid(x), complement(target)), mul(sigmoid(neg(x)), target)); // 1 - q
    const loss = mul(logitLosses(x, target), pow(missed, gamma));
    return alpha === null ? loss : mul(loss, affine(target, { scale: 2 * alpha - 1, shift: 1 - alpha }));
  });
}

export interface HingeEmbeddingLossOptions extends LossOptions {
  /** The distance that dissimilar pairs should have. Default 1. */
  margin?: number | undefined;
}

/**
 * Of distances: x where the target is 1, and max(0, margin - x) where it is -1.
 *
 * @param x float32, any shape.
 * @param target float32, 1 or -1, the shape of x.
 * @returns [] for reductions 'mean' and 'sum', the shape of x for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or an option is malformed.
 */
export function hingeEmbeddingLoss(x: Tensor, target: Tensor, options: HingeEmbeddingLossOptions = {}): Tensor {
  const { margin = 1 } = options;
  checkAlike('hingeEmbeddingLoss', { x, target });
  checkNumber('hingeEmbeddingLoss', 'margin', margin, -Infinity, Infinity);
  return reducedLoss('hingeEmbeddingLoss', options, () => {
    const similar = affine(target, { scale: 0.5, shift: 0.5 });
    return add(mul(similar, x), mul(complement(similar), relu(affine(x, { scale: -1, shift: margin }))));
  });
}

/**
 * log(1 + exp(-target * x)), without overflow.
 *
 * @param x float32, any shape.
 * @param target float32, 1 or -1, the shape of x.
 * @returns [] for reductions 'mean' and 'sum', the shape of x for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or the reduction is not one of the three.
 */
export function softMarginLoss(x: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkAlike('softMarginLoss', { x, target });
  return reducedLoss('softMarginLoss', options, () => neg(logSigmoid(mul(target, x))));
}

export interface MultilabelSoftMarginLossOptions extends LossOptions {
  /** A factor for each class, of a shape that stretches to that of x. Default 1. */
  weight?: Tensor | undefined;
}

/**
 * The mean over the classes of binary cross-entropies of logits: one loss for each row.
 *
 * @param x float32 logits [..., classes].
 * @param target float32, 0 or 1, the shape of x.
 * @returns [] for reductions 'mean' and 'sum', the shape of x without its last axis for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together, x has no axis, or the reduction is not one of the
 *   three.
 */
export function multilabelSoftMarginLoss(x: Tensor, target: Tensor, options: MultilabelSoftMarginLossOptions = {}): Tensor {
  const { weight } = options;
  checkAlike('multilabelSoftMarginLoss', { x, target });
  checkFactor('multilabelSoftMarginLoss', 'weight', weight, x);
  if (x.shape.length === 0) throw argumentError('multilabelSoftMarginLoss', 'expected x to have at least one axis, but got shape []');
  return reducedLoss('multilabelSoftMarginLoss', options, () => mean(weighted(logitLosses(x, target), weight), { axes: -1 }));
}
