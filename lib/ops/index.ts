export {
  celu, elu, gelu, hardshrink, hardsigmoid, hardswish, hardtanh, leakyRelu, logSigmoid, mish, relu, relu6, selu, sigmoid, silu, softplus,
  softshrink, softsign, tanh, tanhshrink, threshold, type EluOptions, type GeluOptions, type HardtanhOptions, type LeakyReluOptions,
  type ShrinkOptions, type SoftplusOptions, type ThresholdOptions,
} from './activation.js';
export { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d, type AdaptiveSize } from './adaptive_avg_pool.js';
export {
  adaptiveMaxPool1d, adaptiveMaxPool2d, adaptiveMaxPool3d, globalMaxPool1d, globalMaxPool2d, globalMaxPool3d, type OutputSize,
} from './adaptive_max_pool.js';
export { all, any } from './any.js';
export {
  avgPool1d, avgPool2d, avgPool3d, globalAvgPool1d, globalAvgPool2d, globalAvgPool3d, sumPool1d, sumPool2d, sumPool3d,
  type AvgPoolOptions, type SumPoolOptions,
} from './avg_pool.js';
export { batchNorm, type BatchNormOptions } from './batch_norm.js';
export {
  boxIou, completeBoxIou, completeBoxIouLoss, distanceBoxIou, distanceBoxIouLoss, generalizedBoxIou, generalizedBoxIouLoss,
  type BoxIouOptions, type BoxLossOptions,
} from './box_iou.js';
export { boxArea, boxConvert, clipBoxes, type BoxFormat } from './boxes.js';
export { cast } from './cast.js';
export { channelAvgPool, channelLpPool, channelMaxPool } from './channel_pool.js';
export { eq, ge, gt, le, logicalAnd, logicalNot, logicalOr, logicalXor, lt, ne } from './compare.js';
export { concat, stack } from './concat.js';
export { convBatchNorm, type ConvBatchNormLayer } from './conv_batch_norm.js';
export { conv1d, conv2d, conv3d, type ConvActivation, type ConvAlgorithm, type ConvOptions } from './conv.js';
export { convTranspose1d, convTranspose2d, convTranspose3d, type ConvTransposeOptions } from './conv_transpose.js';
export { convolve, dynamicConv, lightweightConv, type LightweightConvOptions } from './convolve.js';
export { cumsum, type CumsumOptions } from './cumsum.js';
export { deformConv2d, type DeformConv2dOptions } from './deform_conv.js';
export { dropout, dropout2d, dropPath, randomState, type DropoutOptions } from './dropout.js';
export { add, affine, div, mul, neg, sub, toFloat, type AffineOptions } from './elementwise.js';
export { embedding, indexSelect, type EmbeddingOptions } from './embedding.js';
export { expand, repeat, tile } from './expand.js';
export { argmax, argmin, max, min, type ArgOptions } from './extreme.js';
export { full, ones, zeros, type FillOptions } from './fill.js';
export { applyFilter, filterNames, filters, type ApplyFilterOptions, type Filter, type FilterName } from './filters.js';
export { fractionalMaxPool2d, fractionalMaxPool3d, type FractionalMaxPoolOptions } from './fractional_max_pool.js';
export { gather, scatterAdd } from './gather.js';
export { glu, maxout, type GluOptions } from './glu.js';
export { affineGrid, gridSample, type GridOptions, type GridSampleOptions } from './grid_sample.js';
export { groupNorm, instanceNorm, type GroupNormOptions, type InstanceNormOptions } from './group_norm.js';
export { interpolate, type InterpolateMode, type InterpolateOptions } from './interpolate.js';
export { layerNorm, rmsNorm, type LayerNormOptions, type RmsNormOptions } from './layer_norm.js';
export { localContrastNorm, type LocalContrastNormOptions } from './local_contrast_norm.js';
export { localResponseNorm, type LocalResponseNormOptions } from './local_response_norm.js';
export { logSumExp } from './log_sum_exp.js';
export * from './losses/index.js';
export { lpPool1d, lpPool2d, lpPool3d, type LpPoolOptions } from './lp_pool.js';
export {
  abs, atan, ceil, clamp, cos, erf, exp, expm1, floor, log, log1p, reciprocal, round, rsqrt, sign, sin, sqrt, square, type ClampOptions,
} from './math.js';
export { bilinear, linear, matmul, type MatmulOptions } from './matmul.js';
export { maxPool1d, maxPool2d, maxPool3d, type MaxPoolOptions } from './max_pool.js';
export { maxUnpool1d, maxUnpool2d, maxUnpool3d, type MaxUnpoolOptions } from './max_unpool.js';
export type { IndicesOption, WantsIndices, WantsNoIndices, WithIndices } from './max_windows.js';
export { maximum, minimum } from './maximum.js';
export { batchedNms, nms, type NmsOptions } from './nms.js';
export { normalize, type NormalizeOptions } from './normalize.js';
export { oneHot } from './one_hot.js';
export { pad, type PadMode, type PadOptions, type PadPair } from './pad.js';
export type { PaddingMode } from './pad_windows.js';
export { permute, transpose } from './permute.js';
export { channelShuffle, depthToSpace, pixelShuffle, pixelUnshuffle, spaceToDepth, type BlockOrder } from './pixel_shuffle.js';
export { pow } from './pow.js';
export { prelu } from './prelu.js';
export { prod } from './product.js';
export { mean, sum, type ReduceOptions } from './reduce.js';
export { flatten, squeeze, unsqueeze } from './reshape.js';
export { psRoiAlign, psRoiPool, roiAlign, type PsRoiAlignOptions, type PsRoiPoolOptions, type RoiAlignOptions } from './roi_align.js';
export { roiPool, type RoiPoolOptions } from './roi_pool.js';
export { chunk, flip, roll, slice, split, type SliceOptions } from './slice.js';
export { logSoftmax, softmax, softmin, type SoftmaxOptions } from './softmax.js';
export { argsort, sort, topK, type Sorted, type SortOptions, type TopKOptions } from './sort.js';
export { standardizeWeight, type StandardizeWeightOptions } from './standardize_weight.js';
export { fold, unfold, type FoldOptions, type UnfoldOptions } from './unfold.js';
export { std, variance, type VarianceOptions } from './variance.js';
export { norm, type NormOptions } from './vector_norm.js';
export { weightedAvgPool1d, weightedAvgPool2d, weightedAvgPool3d, type WeightedAvgPoolOptions } from './weighted_avg_pool.js';
export { where } from './where.js';
export type { Padding, PerAxis } from './window.js';
