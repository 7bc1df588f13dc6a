/** Losses of class scores and of probabilities other than cross-entropy. */
import { shapeText } from '../../core/shape.js';
import { scope } from '../../core/scope.js';
import { noGrad } from '../../core/tape.js';
import { tensor, type Tensor } from '../../core/tensor.js';
import { relu } from '../activation.js';
import { argumentError, checkChoice, checkFloats, checkNumber, checkRank, checkTensor, checkVector } from '../arguments.js';
import { cast } from '../cast.js';
import { add, affine, div, mul, neg, sub } from '../elementwise.js';
import { indexSelect } from '../embedding.js';
import { gather, scatterAdd } from '../gather.js';
import { matmul } from '../matmul.js';
import { clamp, exp, log, sign } from '../math.js';
import { pow } from '../pow.js';
import { sum } from '../reduce.js';
import { labelCrossEntropy, type ClassLossOptions } from './cross_entropy.js';
import { checkAlike, reducedLoss, reduceLoss, type LossOptions, type Reduction } from './loss.js';

export interface KlDivOptions {
  /** What becomes of the losses; 'batchMean' divides their sum by the first extent. Default 'mean'. */
  reduction?: Reduction | 'batchMean' | undefined;
  /** Whether the target are logarithms too. Default false. */
  logTarget?: boolean | undefined;
}

/**
 * Kullback-Leibler divergence of the distribution x from the target, element by element: target * (log(target) - x), which
 * is 0 where the target is 0. With 'batchMean' it is that of the definition; 'mean' divides by all elements.
 * S. Kullback, R. A. Leibler, "On information and sufficiency", 1951.
 *
 * @param x float32 logarithms of probabilities, any shape.
 * @param target float32 probabilities, the shape of x.
 * @returns [] for reductions 'mean', 'batchMean' and 'sum', the shape of x for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or an option is malformed.
 */
export function klDiv(x: Tensor, target: Tensor, { reduction = 'mean', logTarget = false }: KlDivOptions = {}): Tensor {
  checkAlike('klDiv', { x, target });
  checkChoice('klDiv', 'reduction', reduction, ['mean', 'sum', 'none', 'batchMean']);
  const [batch] = x.shape;
  if (reduction === 'batchMean' && batch === undefined) {
    throw argumentError('klDiv', "expected x to have at least one axis for reduction 'batchMean', but got shape []");
  }
  const leastNumber = 1e-38; // whose logarithm is finite
  return scope(() => {
    const logarithm = logTarget ? target : log(clamp(target, { min: leastNumber }));
    const losses = mul(logTarget ? exp(target) : target, sub(logarithm, x));
    return reduction === 'batchMean' ? affine(sum(losses), { scale: 1 / batch! }) : reduceLoss('klDiv', losses, reduction);
  });
}

/** Checks scores [N,classes]. */
function checkScores(op: string, x: Tensor): void {
  checkFloats(op, { x });
  checkRank(op, 'x', x, 2, '[N,classes]');
  if (x.shape[1] === 0) throw argumentError(op, `expected x to have at least one class, but got shape ${shapeText(x.shape)}`);
}

export interface MultiMarginLossOptions extends LossOptions {
  /** The power of each difference. Default 1. */
  p?: 1 | 2 | undefined;
  /** How much larger the score of the label should be. Default 1. */
  margin?: number | undefined;
  /** [classes], a factor for each label. Has no gradient. Default 1 each. */
  weight?: Tensor | undefined;
}

/**
 * The mean over the classes k other than the label of weight[label] * max(0, margin - x[label] + x[k])^p, the label's own
 * 0 included. K. Crammer, Y. Singer, "On the algorithmic implementation of multiclass kernel-based vector machines", 2001.
 * A label that names no class gives NaN.
 *
 * @param x float32 scores [N,classes].
 * @param target int32 labels [N].
 * @returns [] for reductions 'mean' and 'sum', [N] for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together, or an option is malformed.
 */
export function multiMarginLoss(x: Tensor, target: Tensor<'int32'>, options: MultiMarginLossOptions = {}): Tensor {
  const { p = 1, margin = 1, weight } = options;
  checkScores('multiMarginLoss', x);
  const [n = 0, classes = 0] = x.shape;
  checkTensor('multiMarginLoss', 'target', target, 'int32', { name: 'x', device: x.device });
  checkVector('multiMarginLoss', 'target', target, n, `a label for each row of x ${shapeText(x.shape)}`);
  checkFloats('multiMarginLoss', { x }, { weight });
  checkVector('multiMarginLoss', 'weight', weight, classes, `one for each class of x ${shapeText(x.shape)}`);
  checkChoice('multiMarginLoss', 'p', String(p), ['1', '2']);
  checkNumber('multiMarginLoss', 'margin', margin, 0, Infinity, true);
  return reducedLoss('multiMarginLoss', options, () => {
    const own = gather(x, target.reshape([n, 1]));
    const violations = pow(relu(affine(sub(x, own), { shift: margin })), p);
    const ownViolation = gather(violations, target.reshape([n, 1])).reshape([n]); // margin^p, which does not count
    const losses = affine(sub(sum(violations, { axes: 1 }), ownViolation), { scale: 1 / classes });
    return weight ? mul(losses, noGrad(() => indexSelect(weight, target))) : losses;
  });
}

/** Of rows of labels that end at the first -1: whether a place counts, as 1 or 0. */
function countedPlaces(labels: Tensor): Tensor {
  const width = labels.shape[1]!;
  const upTo = tensor(Float32Array.from({ length: width * width }, (_, i) => (Math.floor(i / width) <= i % width ? 1 : 0)), {
    shape: [width, width],
    device: labels.device,
  });
  const ends = sign(relu(neg(labels)));
  return affine(clamp(matmul(ends, upTo), { max: 1 }), { scale: -1, shift: 1 });
}

/**
 * The mean over the classes of max(0, 1 - (x[j] - x[k])), summed over the labels j and the classes k that are none.
 *
 * @param x float32 scores [N,classes].
 * @param target int32 [N,classes]: the labels of each row, which end at the first -1.
 * @returns [] for reductions 'mean' and 'sum', [N] for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or the reduction is not one of the three.
 */
export function multilabelMarginLoss(x: Tensor, target: Tensor<'int32'>, options: LossOptions = {}): Tensor {
  checkScores('multilabelMarginLoss', x);
  const [n = 0, classes = 0] = x.shape;
  checkTensor('multilabelMarginLoss', 'target', target, 'int32', { name: 'x', device: x.device });
  if (target.shape.length !== 2 || target.shape[0] !== n || target.shape[1] !== classes) {
    const expected = `expected target to have shape ${shapeText(x.shape)}, like x`;
    throw argumentError('multilabelMarginLoss', `${expected}, but got ${shapeText(target.shape)}`);
  }
  return reducedLoss('multilabelMarginLoss', options, () => {
    const labels = cast(target, 'float32'), counted = countedPlaces(labels);
    const places = cast(clamp(labels, { min: 0 }), 'int32');
    const others = affine(clamp(scatterAdd(counted, places, classes), { max: 1 }), { scale: -1, shift: 1 });
    const pairs = sub(x.reshape([n, 1, classes]), gather(x, places).reshape([n, classes, 1]));
    const violations = mul(relu(affine(pairs, { shift: 1 })), mul(counted.reshape([n, classes, 1]), others.reshape([n, 1, classes])));
    return affine(sum(violations, { axes: [1, 2] }), { scale: 1 / classes });
  });
}

export interface FocalLossOptions extends ClassLossOptions {
  /** How little well decided rows count. Default 2. */
  gamma?: number | undefined;
}

/**
 * Focal loss of logits with labels: cross-entropy times (1 - q)^gamma, where q is the probability given to the label. The
 * mean is that over all rows. T.-Y. Lin et al., "Focal loss for dense object detection", arXiv:1708.02002.
 *
 * @param logits float32 [..., classes].
 * @param target int32 labels, in the shape of logits without its last axis.
 * @returns [] for reductions 'mean' and 'sum', the shape of target for 'none'.
 * @throws ERR_ARGUMENT as {@link crossEntropy} does, or if gamma is malformed.
 */
export function focalLoss(logits: Tensor, target: Tensor<'int32'>, { gamma = 2, reduction, weight, ignoreIndex }: FocalLossOptions = {}): Tensor {
  checkNumber('focalLoss', 'gamma', gamma, 0, Infinity, true);
  return reducedLoss('focalLoss', { reduction }, () => {
    const plain = labelCrossEntropy('focalLoss', logits, target, { ignoreIndex, reduction: 'none' });
    const weighted = weight === undefined ? plain : labelCrossEntropy('focalLoss', logits, target, { ignoreIndex, weight, reduction: 'none' });
    return mul(weighted, pow(affine(exp(neg(plain)), { scale: -1, shift: 1 }), gamma));
  });
}

export interface SymmetricCrossEntropyOptions extends LossOptions {
  /** Weight of the cross-entropy. Default 0.1. */
  alpha?: number | undefined;
  /** Weight of the reverse cross-entropy. Default 1. */
  beta?: number | undefined;
  /** What the probability 0 of the other classes counts as, in the logarithm. Default 1e-4. */
  least?: number | undefined;
}

/**
 * For noisy labels: alpha times cross-entropy plus beta times the reverse one, -log(least) * (1 - q), where q is the
 * probability given to the label. Y. Wang et al., "Symmetric cross entropy for robust learning with noisy labels",
 * arXiv:1908.06112.
 *
 * @param logits float32 [..., classes].
 * @param target int32 labels, in the shape of logits without its last axis.
 * @returns [] for reductions 'mean' and 'sum', the shape of target for 'none'.
 * @throws ERR_ARGUMENT as {@link crossEntropy} does, or if an option is malformed.
 */
export function symmetricCrossEntropy(logits: Tensor, target: Tensor<'int32'>, options: SymmetricCrossEntropyOptions = {}): Tensor {
  const { alpha = 0.1, beta = 1, least = 1e-4 } = options;
  checkNumber('symmetricCrossEntropy', 'alpha', alpha, 0, Infinity, true);
  checkNumber('symmetricCrossEntropy', 'beta', beta, 0, Infinity, true);
  checkNumber('symmetricCrossEntropy', 'least', least, Number.MIN_VALUE, 1);
  return reducedLoss('symmetricCrossEntropy', options, () => {
    const forward = labelCrossEntropy('symmetricCrossEntropy', logits, target, { reduction: 'none' }), reverse = -Math.log(least) * beta;
    return add(affine(forward, { scale: alpha }), affine(exp(neg(forward)), { scale: -reverse, shift: reverse }));
  });
}

export interface DiceLossOptions extends LossOptions {
  /** Added to both sides of the quotient, so that it is 1 where there is nothing. Default 1. */
  smooth?: number | undefined;
}

/**
 * 1 - (2 sum(x * target) + smooth) / (sum(x) + sum(target) + smooth), the sums being those over the places of an image: one
 * loss for each image and class. F. Milletari, N. Navab, S.-A. Ahmadi, "V-Net", arXiv:1606.04797.
 *
 * @param x float32 probabilities [N,...,classes].
 * @param target float32, 1 where an element belongs to the class, the shape of x.
 * @returns [] for reductions 'mean' and 'sum', [N,classes] for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, x has fewer than three axes, or an option is malformed.
 */
export function diceLoss(x: Tensor, target: Tensor, options: DiceLossOptions = {}): Tensor {
  const { smooth = 1 } = options;
  checkAlike('diceLoss', { x, target });
  checkNumber('diceLoss', 'smooth', smooth, 0, Infinity, true);
  if (x.shape.length < 3) {
    throw argumentError('diceLoss', `expected x to have the axes [N,...,classes], at least three, but got shape ${shapeText(x.shape)}`);
  }
  const axes = x.shape.map((_, axis) => axis).slice(1, -1);
  return reducedLoss('diceLoss', options, () => {
    const shared = affine(sum(mul(x, target), { axes }), { scale: 2, shift: smooth });
    const all = affine(add(sum(x, { axes }), sum(target, { axes })), { shift: smooth });
    return affine(div(shared, all), { scale: -1, shift: 1 });
  });
}
