export {
  celu, elu, gelu, hardshrink, hardsigmoid, hardswish, hardtanh, leakyRelu, logSigmoid, mish, relu, relu6, selu, sigmoid, silu, softplus,
  softshrink, softsign, tanh, tanhshrink, threshold, type EluOptions, type GeluOptions, type HardtanhOptions, type LeakyReluOptions,
  type ShrinkOptions, type SoftplusOptions, type ThresholdOptions,
} from './activation.js';
export {
  avgPool1d, avgPool2d, avgPool3d, globalAvgPool2d, sumPool1d, sumPool2d, sumPool3d, type AvgPoolOptions, type SumPoolOptions,
} from './avg_pool.js';
export { batchNorm, type BatchNormOptions } from './batch_norm.js';
export { cast } from './cast.js';
export { concat, stack } from './concat.js';
export { conv1d, conv2d, conv3d, type ConvAlgorithm, type ConvOptions } from './conv.js';
export { convTranspose1d, convTranspose2d, convTranspose3d, type ConvTransposeOptions } from './conv_transpose.js';
export { crossEntropy, type CrossEntropyOptions } from './cross_entropy.js';
export { dropout, randomState, type DropoutOptions } from './dropout.js';
export { add, affine, div, mul, neg, sub, toFloat, type AffineOptions } from './elementwise.js';
export { embedding, indexSelect, type EmbeddingOptions } from './embedding.js';
export { expand, repeat, tile } from './expand.js';
export { full, ones, zeros, type FillOptions } from './fill.js';
export { gather, scatterAdd } from './gather.js';
export { groupNorm, instanceNorm, type GroupNormOptions, type InstanceNormOptions } from './group_norm.js';
export { layerNorm, rmsNorm, type LayerNormOptions, type RmsNormOptions } from './layer_norm.js';
export type { Reduction } from './loss.js';
export {
  abs, ceil, clamp, cos, erf, exp, expm1, floor, log, log1p, pow, reciprocal, round, rsqrt, sign, sin, sqrt, square, type ClampOptions,
} from './math.js';
export { linear, matmul, type MatmulOptions } from './matmul.js';
export { maxPool1d, maxPool2d, maxPool3d, type MaxPoolOptions } from './max_pool.js';
export { mseLoss, type MseLossOptions } from './mse_loss.js';
export { batchedNms, nms, type NmsOptions } from './nms.js';
export { permute, transpose } from './permute.js';
export { argmax, mean, sum, type ReduceOptions } from './reduce.js';
export { flatten, squeeze, unsqueeze } from './reshape.js';
export { psRoiAlign, psRoiPool, roiAlign, type PsRoiAlignOptions, type PsRoiPoolOptions, type RoiAlignOptions } from './roi_align.js';
export { chunk, flip, roll, slice, split, type SliceOptions } from './slice.js';
export { softmax } from './softmax.js';
export type { Padding, PerAxis } from './window.js';
