/** Cross-entropy of logits with class labels. */
import { op } from '../core/op.js';
import { run } from '../core/run.js';
import { numel, sameShape, shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkFloats, checkNumber, checkTensor } from './arguments.js';
import { reduceLoss, type Reduction } from './loss.js';

export interface CrossEntropyOptions {
  /** What becomes of the losses. Default 'mean'. */
  reduction?: Reduction | undefined;
  /** Share of the target's probability that is spread evenly over all classes, in [0, 1]. Default 0. */
  labelSmoothing?: number | undefined;
}

const lossOfRows = op('crossEntropy', 'cross_entropy_forward', {
  saves: ['logits', 'target', 'logSumExp'],
  gradients: {
    logits: (dloss, { saved, params, shapes }) =>
      run('cross_entropy_grad', { ...saved, dloss }, params, { dlogits: shapes.logits }).dlogits,
    target: null,
  },
});

/**
 * Cross-entropy of softmax(logits) with labels:
 *
 *     loss = -sum over classes k of t[k] * log softmax(logits)[k]
 *
 * where t is 1 - labelSmoothing at the label, plus labelSmoothing / classes everywhere. A label outside of
 * 0 … classes - 1 gives NaN and no gradient, as labels are on the device and not looked at here.
 *
 * Label smoothing: C. Szegedy et al., "Rethinking the Inception architecture", arXiv:1512.00567.
 *
 * @param logits float32 [..., classes]: [N,classes] for images, [N,H,W,classes] for pixels.
 * @param target int32 labels, in the shape of logits without its last axis.
 * @returns [] for reductions 'mean' and 'sum', the shape of target for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together, there are no classes, or an option
 *   is malformed.
 */
export function crossEntropy(
  logits: Tensor,
  target: Tensor<'int32'>,
  { reduction = 'mean', labelSmoothing = 0 }: CrossEntropyOptions = {},
): Tensor {
  checkFloats('crossEntropy', { logits });
  checkTensor('crossEntropy', 'target', target, 'int32', { name: 'logits', device: logits.device });
  checkNumber('crossEntropy', 'labelSmoothing', labelSmoothing, 0, 1);
  const classes = logits.shape.at(-1) ?? 0;
  if (classes === 0) {
    throw argumentError('crossEntropy', `expected logits to end in an axis of classes, but got shape ${shapeText(logits.shape)}`);
  }
  const shape = logits.shape.slice(0, -1);
  if (!sameShape(target.shape, shape)) {
    throw argumentError(
      'crossEntropy',
      `expected target to have shape ${shapeText(shape)}, a label for each row of logits ${shapeText(logits.shape)}, ` +
        `but got ${shapeText(target.shape)}`,
    );
  }
  const params = { rows: numel(shape), classes, labelSmoothing };
  const { loss, logSumExp } = lossOfRows({ logits, target }, params, { loss: shape, logSumExp: shape });
  logSumExp.dispose();
  return reduceLoss('crossEntropy', loss, reduction);
}
