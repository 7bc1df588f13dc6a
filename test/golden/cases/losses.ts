/** Losses. Where make_golden.py gives torch an argument that the case does not record, it is here as well. */
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  cosineEmbeddingLoss,
  crossEntropy,
  ctcLoss,
  gaussianNllLoss,
  hingeEmbeddingLoss,
  huberLoss,
  klDiv,
  l1Loss,
  logSoftmax,
  marginRankingLoss,
  mseLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  nllLoss,
  poissonNllLoss,
  sigmoidFocalLoss,
  smoothL1Loss,
  softMarginLoss,
  tripletMarginLoss,
  type LossOptions,
  type Reduction,
} from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import { channelsLast } from '../layout.js';
import type { GoldenOp, GoldenOps } from './golden_op.js';

interface Attributes {
  reduction: Reduction;
}

interface Bend extends Attributes {
  beta_or_delta: number;
}

interface Smoothing extends Attributes {
  ignore_index?: number;
  label_smoothing?: number;
}

interface Focus extends Attributes {
  alpha: number;
  gamma: number;
}

interface Inputs {
  x: Tensor;
  t: Tensor;
}

interface Labelled {
  x: Tensor;
  t: Tensor<'int32'>;
  cw?: Tensor;
}

interface Sequences extends Labelled {
  il: Tensor<'int32'>;
  tl: Tensor<'int32'>;
}

/** A loss of x and a target. */
function ofTarget(loss: (x: Tensor, target: Tensor, options: LossOptions) => Tensor): GoldenOp {
  return { compute: ({ x, t }: Inputs, { reduction }: Attributes) => ({ y: loss(x, t, { reduction }) }) };
}

export const losses: GoldenOps = {
  cross_entropy: {
    layouts: { x: channelsLast },
    compute({ x, t, cw: weight }: Labelled, { reduction, ignore_index: ignoreIndex, label_smoothing: labelSmoothing }: Smoothing) {
      return { y: crossEntropy(x, t, { reduction, weight, ignoreIndex, labelSmoothing }) };
    },
  },
  nll_loss: { compute: ({ x, t, cw: weight }: Labelled, { reduction }: Attributes) => ({ y: nllLoss(x, t, { reduction, weight }) }) },
  mse_loss: ofTarget(mseLoss),
  l1_loss: ofTarget(l1Loss),
  smooth_l1_loss: {
    compute: ({ x, t }: Inputs, { reduction, beta_or_delta: beta }: Bend) => ({ y: smoothL1Loss(x, t, { reduction, beta }) }),
  },
  huber_loss: { compute: ({ x, t }: Inputs, { reduction, beta_or_delta: delta }: Bend) => ({ y: huberLoss(x, t, { reduction, delta }) }) },
  binary_cross_entropy: {
    compute: ({ x, t, cw: weight }: Inputs & { cw: Tensor }, { reduction }: Attributes) => ({
      y: binaryCrossEntropy(x, t, { reduction, weight }),
    }),
  },
  binary_cross_entropy_with_logits: {
    compute: ({ x, t, pw: posWeight }: Inputs & { pw: Tensor }, { reduction }: Attributes) => ({
      y: binaryCrossEntropyWithLogits(x, t, { reduction, posWeight }),
    }),
  },
  kl_div: ofTarget(klDiv),
  poisson_nll_loss: ofTarget((x, target, { reduction }) => poissonNllLoss(x, target, { reduction, full: true })),
  gaussian_nll_loss: {
    compute: ({ x, t, var: variance }: Inputs & { var: Tensor }, { reduction }: Attributes) => ({
      y: gaussianNllLoss(x, t, variance, { reduction, full: true }),
    }),
  },
  hinge_embedding_loss: ofTarget((x, target, { reduction }) => hingeEmbeddingLoss(x, target, { reduction, margin: 0.8 })),
  margin_ranking_loss: {
    compute: ({ x, z, t }: Inputs & { z: Tensor }, { reduction }: Attributes) => ({ y: marginRankingLoss(x, z, t, { reduction, margin: 0.3 }) }),
  },
  cosine_embedding_loss: {
    compute: ({ x, z, t }: Inputs & { z: Tensor }, { reduction }: Attributes) => ({ y: cosineEmbeddingLoss(x, z, t, { reduction, margin: 0.2 }) }),
  },
  triplet_margin_loss: {
    compute: ({ x, z, neg }: { x: Tensor; z: Tensor; neg: Tensor }, { reduction }: Attributes) => ({
      y: tripletMarginLoss(x, z, neg, { reduction, margin: 1.2, swap: true }),
    }),
  },
  multi_margin_loss: {
    compute: ({ x, t }: Labelled, { reduction }: Attributes) => ({ y: multiMarginLoss(x, t, { reduction, margin: 0.9 }) }),
  },
  multilabel_margin_loss: { compute: ({ x, t }: Labelled, { reduction }: Attributes) => ({ y: multilabelMarginLoss(x, t, { reduction }) }) },
  multilabel_soft_margin_loss: ofTarget(multilabelSoftMarginLoss),
  soft_margin_loss: ofTarget(softMarginLoss),
  ctc_loss: {
    compute: ({ x, t, il: inputLengths, tl: targetLengths }: Sequences, { reduction, blank }: Attributes & { blank: number }) => ({
      y: ctcLoss(logSoftmax(x, { axis: 2 }), t, { inputLengths, targetLengths, blank, reduction }),
    }),
  },
  sigmoid_focal_loss: {
    compute: ({ x, t }: Inputs, { reduction, alpha, gamma }: Focus) => ({ y: sigmoidFocalLoss(x, t, { reduction, alpha, gamma }) }),
  },
};
