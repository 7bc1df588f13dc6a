/** Cross-entropy of logits with class labels or with probabilities, and negative log likelihood. */
import { isFloat, type DType } from '../../core/dtype.js';
import { op, type Op } from '../../core/op.js';
import { run } from '../../core/run.js';
import { scope } from '../../core/scope.js';
import { numel, sameShape, shapeText, type Shape } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { argumentError, checkAnyTensor, checkChoice, checkFloats, checkNumber, checkTensor, checkVector, valueText } from '../arguments.js';
import { div, mul, sub } from '../elementwise.js';
import { full } from '../fill.js';
import { sum } from '../reduce.js';
import { softmax } from '../softmax.js';
import { reduceLoss, type LossOptions } from './loss.js';

export interface ClassLossOptions extends LossOptions {
  /** [classes], a factor for each class' part of the loss. Has no gradient. Default 1 each. */
  weight?: Tensor | undefined;
  /** Rows with this label count neither in the loss nor in its mean; from -32768 to 32768. Default none. */
  ignoreIndex?: number | undefined;
}

export interface CrossEntropyOptions extends ClassLossOptions {
  /** Share of the target's probability that is spread evenly over all classes, in [0, 1]. Default 0. */
  labelSmoothing?: number | undefined;
}

/** Gradients of rows, [rows], for each class. */
function forClasses(dloss: Tensor): Tensor {
  return dloss.reshape([dloss.numel, 1]);
}

const lossOfLabels = op('crossEntropy', 'cross_entropy_forward', {
  saves: ['logits', 'target', 'weight', 'logSumExp', 'total'],
  gradients: {
    logits: (dloss, { saved, params, shapes }) => gradientOfLabels({ ...saved, dloss }, params, { dlogits: shapes.logits }).dlogits,
    target: null,
    weight: null,
  },
});

// dlogits = dloss (total softmax(logits) - q), where total and q do not depend on the logits, and logSumExp is theirs.
const gradientOfLabels: Op<'cross_entropy_grad'> = op('the gradient of crossEntropy', 'cross_entropy_grad', {
  saves: ['logits', 'target', 'weight', 'logSumExp', 'total', 'dloss'],
  gradients: {
    logits: (ddlogits, { saved: { logits, total, dloss }, params: { rows, classes }, shapes }) => {
      const p = softmax(logits.reshape([rows, classes]));
      const part = mul(ddlogits.reshape([rows, classes]), p), mean = sum(part, { axes: 1, keepDims: true });
      return mul(sub(part, mul(p, mean)), forClasses(mul(dloss, total))).reshape(shapes.logits);
    },
    target: null,
    weight: null,
    logSumExp: null,
    total: null,
    dloss: (ddlogits, { saved: { logits, target, weight, logSumExp, total }, params, shapes }) => {
      const ones = full(shapes.dloss, 1, { device: logits.device });
      const slope = gradientOfLabels({ logits, target, weight, logSumExp, total, dloss: ones }, params, { dlogits: shapes.logits }).dlogits;
      return sum(mul(ddlogits, slope), { axes: -1 });
    },
  },
});

const lossOfProbabilities = op('crossEntropy', 'soft_cross_entropy_forward', {
  saves: ['logits', 'target', 'weight', 'logSumExp', 'total'],
  shared: (dloss, { saved, params, shapes }) =>
    run('soft_cross_entropy_grad', { ...saved, dloss }, params, { dlogits: shapes.logits, dtarget: shapes.target }),
  gradients: {
    logits: (_, __, shared) => shared().dlogits,
    target: (_, __, shared) => shared().dtarget,
    weight: null,
  },
});

/** Checks what crossEntropy and nllLoss have in common. Returns the number of classes. */
function checkRows(op: string, rowsName: string, rows: Tensor, { reduction, weight, ignoreIndex }: ClassLossOptions): number {
  checkFloats(op, { [rowsName]: rows }, { weight });
  if (reduction !== undefined) checkChoice(op, 'reduction', reduction, ['mean', 'sum', 'none']);
  const classes = rows.shape.at(-1) ?? 0, shape = shapeText(rows.shape);
  if (classes === 0) throw argumentError(op, `expected ${rowsName} to end in an axis of classes, but got shape ${shape}`);
  checkVector(op, 'weight', weight, classes, `one for each class of ${rowsName} ${shape}`);
  if (ignoreIndex !== undefined && !(Number.isInteger(ignoreIndex) && Math.abs(ignoreIndex) <= 32768)) {
    throw argumentError(op, `expected ignoreIndex to be a whole number from -32768 to 32768, but got ${valueText(ignoreIndex)}`);
  }
  return classes;
}

/** Checks that labels or probabilities have the shape that goes with the logits. */
function checkTargetShape(op: string, target: Tensor<DType>, shape: Shape, what: string, rowsName: string, rows: Tensor): void {
  if (!sameShape(target.shape, shape)) {
    throw argumentError(
      op,
      `expected target to have shape ${shapeText(shape)}, ${what} of ${rowsName} ${shapeText(rows.shape)}, but got ${shapeText(target.shape)}`,
    );
  }
}

/** Checks logits, or their logarithms, with a label for each row. */
export function checkLabelled(op: string, rowsName: string, rows: Tensor, target: Tensor<'int32'>, options: ClassLossOptions): void {
  checkRows(op, rowsName, rows, options);
  checkTensor(op, 'target', target, 'int32', { name: rowsName, device: rows.device });
  checkTargetShape(op, target, rows.shape.slice(0, -1), 'a label for each row', rowsName, rows);
}

function isProbabilities(target: Tensor | Tensor<'int32'>): target is Tensor {
  return isFloat(target.dtype);
}

/** The loss of rows with labels, reduced. */
function labelLoss(
  op: string,
  logits: Tensor,
  target: Tensor<'int32'>,
  { reduction = 'mean', weight, ignoreIndex }: ClassLossOptions,
  { labelSmoothing, normalised }: { labelSmoothing: number; normalised: 0 | 1 },
): Tensor {
  const shape = logits.shape.slice(0, -1), ignores = ignoreIndex === undefined ? 0 : 1;
  const params = { rows: numel(shape), classes: logits.shape.at(-1)!, labelSmoothing, ignores, ignoreIndex: ignoreIndex ?? 0, normalised };
  return scope(() => {
    const outputs = { loss: shape, logSumExp: shape, total: shape, share: shape };
    const { loss, share } = lossOfLabels({ logits, target, weight }, params, outputs);
    const weighted = weight !== undefined || ignoreIndex !== undefined;
    return reduction === 'mean' && weighted ? div(sum(loss), sum(share)) : reduceLoss(op, loss, reduction);
  });
}

/** {@link crossEntropy} with labels, under the name of the op that users called. */
export function labelCrossEntropy(op: string, logits: Tensor, target: Tensor<'int32'>, options: CrossEntropyOptions): Tensor {
  checkRows(op, 'logits', logits, options);
  checkTensor(op, 'target', target, 'int32', { name: 'logits', device: logits.device });
  checkTargetShape(op, target, logits.shape.slice(0, -1), 'a label for each row', 'logits', logits);
  return labelLoss(op, logits, target, options, { labelSmoothing: options.labelSmoothing ?? 0, normalised: 0 });
}

/**
 * Cross-entropy of softmax(logits) with labels or with probabilities:
 *
 *     loss = -sum over classes k of weight[k] * q[k] * log softmax(logits)[k]
 *
 * where q is (1 - labelSmoothing) * t plus labelSmoothing / classes, and t the probabilities, or 1 at the label. The
 * mean is that over all rows; with labels and weights or an ignoreIndex, the sum divided by that of the weights of the
 * labels that count, which of none is NaN. A label outside of 0 … classes - 1 other than ignoreIndex gives NaN and no
 * gradient, as labels are on the device and not looked at here. `torch.nn.functional.cross_entropy`, with the classes last.
 *
 * Label smoothing: C. Szegedy et al., "Rethinking the Inception architecture", arXiv:1512.00567.
 *
 * @param logits float32 [..., classes]: [N,classes] for images, [N,H,W,classes] for pixels.
 * @param target int32 labels, in the shape of logits without its last axis; or float32 probabilities, in that of logits.
 * @returns [] for reductions 'mean' and 'sum', the shape of logits without its last axis for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together, there are no classes, or an option
 *   is malformed.
 */
export function crossEntropy(logits: Tensor, target: Tensor<'int32'> | Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { reduction = 'mean', labelSmoothing = 0, weight } = options;
  const classes = checkRows('crossEntropy', 'logits', logits, options);
  checkNumber('crossEntropy', 'labelSmoothing', labelSmoothing, 0, 1);
  checkAnyTensor('crossEntropy', 'target', target, { name: 'logits', device: logits.device });
  if (!isProbabilities(target)) return labelCrossEntropy('crossEntropy', logits, target, options);
  checkFloats('crossEntropy', { target });
  checkTargetShape('crossEntropy', target, logits.shape, 'a probability for each element', 'logits', logits);
  const shape = logits.shape.slice(0, -1);
  const params = { rows: numel(shape), classes, labelSmoothing, ignores: 0, ignoreIndex: 0, normalised: 0 };
  return scope(() => {
    const { loss } = lossOfProbabilities({ logits, target, weight }, params, { loss: shape, logSumExp: shape, total: shape });
    return reduceLoss('crossEntropy', loss, reduction);
  });
}

/**
 * Negative log likelihood of labels: -weight[label] * logProbabilities[label]. The mean, weights and labels that count
 * are as in {@link crossEntropy}, which is this of log softmax. `torch.nn.functional.nll_loss`, with the classes last.
 *
 * @param logProbabilities float32 [..., classes].
 * @param target int32 labels, in the shape of logProbabilities without its last axis.
 * @returns [] for reductions 'mean' and 'sum', the shape of target for 'none'.
 * @throws ERR_ARGUMENT as {@link crossEntropy} does.
 */
export function nllLoss(logProbabilities: Tensor, target: Tensor<'int32'>, options: ClassLossOptions = {}): Tensor {
  checkLabelled('nllLoss', 'logProbabilities', logProbabilities, target, options);
  return labelLoss('nllLoss', logProbabilities, target, options, { labelSmoothing: 0, normalised: 1 });
}
