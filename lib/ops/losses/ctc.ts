/** Connectionist temporal classification: labels of a sequence whose places in it are not known. */
import { op } from '../../core/op.js';
import { run } from '../../core/run.js';
import { shapeText } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { argumentError, checkFloats, checkRank, checkTensor, checkVector, valueText } from '../arguments.js';
import { cast } from '../cast.js';
import { div } from '../elementwise.js';
import { clamp } from '../math.js';
import { reducedLoss, type LossOptions } from './loss.js';

export interface CtcLossOptions extends LossOptions {
  /** int32 [N]: how many steps of each sequence count. */
  inputLengths: Tensor<'int32'>;
  /** int32 [N]: how many labels each sequence has. */
  targetLengths: Tensor<'int32'>;
  /** The class that stands for no label. Default 0. */
  blank?: number | undefined;
  /** Whether a sequence that is too short for its labels has the loss 0, and no gradient, instead of Infinity. Default false. */
  zeroInfinity?: boolean | undefined;
}

const ctc = op('ctcLoss', 'ctc_forward', {
  saves: ['logProbs', 'target', 'inputLengths', 'targetLengths', 'alpha'],
  gradients: {
    logProbs: (dloss, { saved, params, shapes }) => run('ctc_grad', { ...saved, dloss }, params, { dlogProbs: shapes.logProbs }).dlogProbs,
    target: null,
    inputLengths: null,
    targetLengths: null,
  },
});

/**
 * -log of the probability of a sequence's labels: of all paths, with one class for each step, that are the labels once
 * repetitions, and then blanks, are left out. The mean is that of each loss divided by the number of its labels, or by 1.
 * Lengths or labels out of bounds give NaN and no gradient, as they are on the device and not looked at here.
 * `torch.nn.functional.ctc_loss`.
 *
 * A. Graves et al., "Connectionist temporal classification: labelling unsegmented sequence data with recurrent neural
 * networks", 2006.
 *
 * @param logProbabilities float32 [T,N,C]: for each step, those of the classes; logSoftmax gives them.
 * @param target int32 [N,S]: the labels of each sequence, none of them blank; what is behind its length does not count.
 * @returns [] for reductions 'mean' and 'sum', [N] for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together, or an option is malformed.
 */
export function ctcLoss(logProbabilities: Tensor, target: Tensor<'int32'>, options: CtcLossOptions): Tensor {
  const { inputLengths, targetLengths, blank = 0, zeroInfinity = false, reduction = 'mean' } = options;
  checkFloats('ctcLoss', { logProbabilities });
  checkRank('ctcLoss', 'logProbabilities', logProbabilities, 3, '[T,N,C]');
  const [t = 0, n = 0, c = 0] = logProbabilities.shape, like = { name: 'logProbabilities', device: logProbabilities.device };
  checkTensor('ctcLoss', 'target', target, 'int32', like);
  checkTensor('ctcLoss', 'inputLengths', inputLengths, 'int32', like);
  checkTensor('ctcLoss', 'targetLengths', targetLengths, 'int32', like);
  if (target.shape.length !== 2 || target.shape[0] !== n) {
    throw argumentError('ctcLoss', `expected target to have shape [${n},S], the labels of each sequence, but got ${shapeText(target.shape)}`);
  }
  const why = `one for each sequence of logProbabilities ${shapeText(logProbabilities.shape)}`;
  checkVector('ctcLoss', 'inputLengths', inputLengths, n, why);
  checkVector('ctcLoss', 'targetLengths', targetLengths, n, why);
  if (!Number.isInteger(blank) || blank < 0 || blank >= c) {
    throw argumentError('ctcLoss', `expected blank to be one of the ${c} classes of logProbabilities, but got ${valueText(blank)}`);
  }
  const s = target.shape[1]!, states = 2 * s + 1;
  return reducedLoss('ctcLoss', { reduction }, () => {
    const params = { t, n, c, s, states, blank, zeroInfinity: zeroInfinity ? 1 : 0 };
    const { loss } = ctc({ logProbs: logProbabilities, target, inputLengths, targetLengths }, params, { loss: [n], alpha: [n, t, states] });
    return reduction === 'mean' ? div(loss, clamp(cast(targetLengths, 'float32'), { min: 1 })) : loss;
  });
}
