export {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  hingeEmbeddingLoss,
  multilabelSoftMarginLoss,
  sigmoidFocalLoss,
  softMarginLoss,
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
  type HingeEmbeddingLossOptions,
  type MultilabelSoftMarginLossOptions,
  type SigmoidFocalLossOptions,
} from './binary.js';
export {
  diceLoss,
  focalLoss,
  klDiv,
  multilabelMarginLoss,
  multiMarginLoss,
  symmetricCrossEntropy,
  type DiceLossOptions,
  type FocalLossOptions,
  type KlDivOptions,
  type MultiMarginLossOptions,
  type SymmetricCrossEntropyOptions,
} from './classification.js';
export { infoNceLoss, ntXentLoss, type ContrastOptions } from './contrast.js';
export { crossEntropy, nllLoss, type ClassLossOptions, type CrossEntropyOptions } from './cross_entropy.js';
export { ctcLoss, type CtcLossOptions } from './ctc.js';
export {
  contrastiveLoss,
  cosineEmbeddingLoss,
  cosineSimilarity,
  marginRankingLoss,
  pairwiseDistance,
  tripletMarginLoss,
  type ContrastiveLossOptions,
  type CosineSimilarityOptions,
  type MarginOptions,
  type PairwiseDistanceOptions,
  type TripletMarginLossOptions,
} from './embedding.js';
export type { LossOptions, Reduction } from './loss.js';
export { perceptualLoss, type PerceptualLossOptions } from './perceptual.js';
export {
  gaussianNllLoss,
  huberLoss,
  l1Loss,
  mseLoss,
  poissonNllLoss,
  smoothL1Loss,
  type GaussianNllLossOptions,
  type HuberLossOptions,
  type PoissonNllLossOptions,
  type SmoothL1LossOptions,
} from './regression.js';
