/** Distances and similarities of vectors along the last axis, and losses of pairs and triplets of them. */
import { sameShape, shapeText } from '../../core/shape.js';
import { scope } from '../../core/scope.js';
import type { Tensor } from '../../core/tensor.js';
import { relu } from '../activation.js';
import { argumentError, checkFloats, checkNumber, resolveAxis } from '../arguments.js';
import { add, affine, div, mul, neg, sub } from '../elementwise.js';
import { abs, clamp, sqrt, square } from '../math.js';
import { pow } from '../pow.js';
import { sum } from '../reduce.js';
import { checkAlike, reducedLoss, type LossOptions } from './loss.js';

/** Checks vectors of one shape, which has an axis at its end to measure along. */
function checkVectors(op: string, tensors: Readonly<Record<string, Tensor>>): void {
  checkAlike(op, tensors);
  for (const [name, { shape }] of Object.entries(tensors)) {
    if (shape.length === 0) throw argumentError(op, `expected ${name} to have at least one axis, but got shape []`);
  }
}

/** Checks one number for each pair of vectors. */
function checkPairs(op: string, name: string, value: Tensor, vectorsName: string, vectors: Tensor): void {
  checkFloats(op, { [vectorsName]: vectors, [name]: value });
  const shape = vectors.shape.slice(0, -1);
  if (!sameShape(value.shape, shape)) {
    throw argumentError(
      op,
      `expected ${name} to have shape ${shapeText(shape)}, one for each vector of ${vectorsName} ${shapeText(vectors.shape)}, ` +
        `but got ${shapeText(value.shape)}`,
    );
  }
}

export interface CosineSimilarityOptions {
  /** The axis of the vectors; negative ones count from the end. Default the last. */
  axis?: number | undefined;
  /** Least product of the lengths. Default 1e-8. */
  eps?: number | undefined;
}

/**
 * a · b / max(|a| |b|, eps): the cosine of the angle between vectors.
 *
 * @param a float32, any shape but [].
 * @param b float32, the shape of a.
 * @returns the shape of a without the axis.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or an option is malformed.
 */
export function cosineSimilarity(a: Tensor, b: Tensor, { axis = -1, eps = 1e-8 }: CosineSimilarityOptions = {}): Tensor {
  checkVectors('cosineSimilarity', { a, b });
  checkNumber('cosineSimilarity', 'eps', eps, 0, Infinity, true);
  const axes = resolveAxis('cosineSimilarity', 'axis', axis, a);
  return scope(() => {
    const squares = mul(sum(square(a), { axes }), sum(square(b), { axes }));
    return div(sum(mul(a, b), { axes }), sqrt(clamp(squares, { min: eps * eps })));
  });
}

export interface PairwiseDistanceOptions {
  /** The norm: (sum of |d|^p)^(1/p). Above 0. Default 2. */
  p?: number | undefined;
  /** Added to each difference, which keeps the gradient finite where vectors are equal. Default 1e-6. */
  eps?: number | undefined;
  /** Whether the last axis stays, with extent 1. Default false. */
  keepDims?: boolean | undefined;
}

function distance(a: Tensor, b: Tensor, p: number, eps: number, keepDims = false): Tensor {
  const difference = affine(sub(a, b), { shift: eps }), options = { axes: -1, keepDims };
  if (p === 1) return sum(abs(difference), options);
  if (p === 2) return sqrt(sum(square(difference), options));
  return pow(sum(pow(abs(difference), p), options), 1 / p);
}

function checkDistance(op: string, p: number, eps: number): void {
  checkNumber(op, 'p', p, Number.MIN_VALUE, Infinity, true);
  checkNumber(op, 'eps', eps, 0, Infinity, true);
}

/**
 * The p-norm of a - b + eps over the last axis.
 *
 * @param a float32 [..., C].
 * @param b float32, the shape of a.
 * @returns the shape of a without its last axis, or with 1 in its place.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or an option is malformed.
 */
export function pairwiseDistance(a: Tensor, b: Tensor, { p = 2, eps = 1e-6, keepDims = false }: PairwiseDistanceOptions = {}): Tensor {
  checkVectors('pairwiseDistance', { a, b });
  checkDistance('pairwiseDistance', p, eps);
  return scope(() => distance(a, b, p, eps, keepDims));
}

export interface MarginOptions extends LossOptions {
  /** Default 0. */
  margin?: number | undefined;
}

/**
 * max(0, -target * (a - b) + margin): a should be the larger where the target is 1, and the smaller where it is -1.
 *
 * @param a float32, any shape.
 * @param b float32, the shape of a.
 * @param target float32, 1 or -1, the shape of a.
 * @returns [] for reductions 'mean' and 'sum', the shape of a for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or an option is malformed.
 */
export function marginRankingLoss(a: Tensor, b: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  const { margin = 0 } = options;
  checkAlike('marginRankingLoss', { a, b, target });
  checkNumber('marginRankingLoss', 'margin', margin, -Infinity, Infinity);
  return reducedLoss('marginRankingLoss', options, () => relu(affine(mul(target, sub(a, b)), { scale: -1, shift: margin })));
}

/**
 * Of pairs of vectors: 1 - cosine where the target is 1, and max(0, cosine - margin) where it is -1.
 *
 * @param a float32 [..., C].
 * @param b float32, the shape of a.
 * @param target float32, 1 or -1, the shape of a without its last axis.
 * @returns [] for reductions 'mean' and 'sum', the shape of target for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together, or an option is malformed.
 */
export function cosineEmbeddingLoss(a: Tensor, b: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  const { margin = 0 } = options;
  checkVectors('cosineEmbeddingLoss', { a, b });
  checkPairs('cosineEmbeddingLoss', 'target', target, 'a', a);
  checkNumber('cosineEmbeddingLoss', 'margin', margin, -1, 1);
  return reducedLoss('cosineEmbeddingLoss', options, () => {
    const cosine = cosineSimilarity(a, b), similar = affine(target, { scale: 0.5, shift: 0.5 });
    const near = mul(similar, affine(cosine, { scale: -1, shift: 1 }));
    return add(near, mul(affine(similar, { scale: -1, shift: 1 }), relu(affine(cosine, { shift: -margin }))));
  });
}

export interface TripletMarginLossOptions extends LossOptions {
  /** How much farther than the positive the negative should be. Default 1. */
  margin?: number | undefined;
  /** The norm of distances. Default 2. */
  p?: number | undefined;
  /** Added to each difference. Default 1e-6. */
  eps?: number | undefined;
  /** Whether the negative's distance from the positive counts where it is smaller than that from the anchor. Default false. */
  swap?: boolean | undefined;
}

/**
 * max(0, d(anchor, positive) - d(anchor, negative) + margin) with {@link pairwiseDistance}.
 * V. Balntas et al., "Learning local feature descriptors with triplets and shallow convolutional neural networks", 2016.
 *
 * @param anchor float32 [..., C].
 * @param positive float32, the shape of anchor.
 * @param negative float32, the shape of anchor.
 * @returns [] for reductions 'mean' and 'sum', the shape of anchor without its last axis for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or an option is malformed.
 */
export function tripletMarginLoss(anchor: Tensor, positive: Tensor, negative: Tensor, options: TripletMarginLossOptions = {}): Tensor {
  const { margin = 1, p = 2, eps = 1e-6, swap = false } = options;
  checkVectors('tripletMarginLoss', { anchor, positive, negative });
  checkDistance('tripletMarginLoss', p, eps);
  checkNumber('tripletMarginLoss', 'margin', margin, -Infinity, Infinity);
  return reducedLoss('tripletMarginLoss', options, () => {
    const near = distance(anchor, positive, p, eps);
    let far = distance(anchor, negative, p, eps);
    if (swap) far = sub(far, relu(sub(far, distance(positive, negative, p, eps)))); // the smaller of the two
    return relu(affine(sub(near, far), { shift: margin }));
  });
}

export interface ContrastiveLossOptions extends LossOptions {
  /** The distance that dissimilar pairs should have. Default 1. */
  margin?: number | undefined;
}

/**
 * Of pairs of vectors with the distance d, for siamese networks: d^2 / 2 where they are similar, and
 * max(0, margin - d)^2 / 2 where not. R. Hadsell, S. Chopra, Y. LeCun, "Dimensionality reduction by learning an invariant
 * mapping", 2006.
 *
 * @param a float32 [..., C].
 * @param b float32, the shape of a.
 * @param similar float32, 1 or 0, the shape of a without its last axis.
 * @returns [] for reductions 'mean' and 'sum', the shape of similar for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together, or an option is malformed.
 */
export function contrastiveLoss(a: Tensor, b: Tensor, similar: Tensor, options: ContrastiveLossOptions = {}): Tensor {
  const { margin = 1 } = options;
  checkVectors('contrastiveLoss', { a, b });
  checkPairs('contrastiveLoss', 'similar', similar, 'a', a);
  checkNumber('contrastiveLoss', 'margin', margin, 0, Infinity, true);
  return reducedLoss('contrastiveLoss', options, () => {
    const d = distance(a, b, 2, 1e-6), far = square(relu(affine(neg(d), { shift: margin })));
    return affine(add(mul(similar, square(d)), mul(affine(similar, { scale: -1, shift: 1 }), far)), { scale: 0.5 });
  });
}
