export {
  celu, elu, gelu, hardshrink, hardsigmoid, hardswish, hardtanh, leakyRelu, logSigmoid, mish, relu, relu6, selu, sigmoid, silu, softplus,
  softshrink, softsign, tanh, tanhshrink, threshold, type EluOptions, type GeluOptions, type HardtanhOptions, type LeakyReluOptions,
  type ShrinkOptions, type SoftplusOptions, type ThresholdOptions,
} from './activation.js';
export { avgPool1d, avgPool2d, avgPool3d, globalAvgPool2d, type AvgPoolOptions } from './avg_pool.js';
export { batchNorm, type BatchNormOptions } from './batch_norm.js';
export {
  boxIou, completeBoxIou, completeBoxIouLoss, distanceBoxIou, distanceBoxIouLoss, generalizedBoxIou, generalizedBoxIouLoss,
  type BoxIouOptions, type BoxLossOptions,
} from './box_iou.js';
export { boxArea, boxConvert, clipBoxes, type BoxFormat } from './boxes.js';
export { cast } from './cast.js';
export { eq, ge, gt, le, logicalAnd, logicalNot, logicalOr, logicalXor, lt, ne } from './compare.js';
export { concat, stack } from './concat.js';
export { conv1d, conv2d, conv3d, type ConvOptions } from './conv.js';
export { crossEntropy, type CrossEntropyOptions } from './cross_entropy.js';
export { deformConv2d, type DeformConv2dOptions } from './deform_conv.js';
export { dropout, randomState, type DropoutOptions } from './dropout.js';
export { add, affine, div, mul, neg, sub, toFloat, type AffineOptions } from './elementwise.js';
export { embedding, indexSelect, type EmbeddingOptions } from './embedding.js';
export { expand, repeat, tile } from './expand.js';
export { full, ones, zeros, type FillOptions } from './fill.js';
export { gather, scatterAdd } from './gather.js';
export { affineGrid, gridSample, type GridOptions, type GridSampleOptions } from './grid_sample.js';
export type { Reduction } from './loss.js';
export {
  abs, atan, ceil, clamp, cos, erf, exp, expm1, floor, log, log1p, reciprocal, round, rsqrt, sign, sin, sqrt, square, type ClampOptions,
} from './math.js';
export { linear, matmul, type MatmulOptions } from './matmul.js';
export { maxPool1d, maxPool2d, maxPool3d, type MaxPoolOptions } from './max_pool.js';
export { maximum, minimum } from './maximum.js';
export { mseLoss, type MseLossOptions } from './mse_loss.js';
export { batchedNms, nms, type NmsOptions } from './nms.js';
export { permute, transpose } from './permute.js';
export { pow } from './pow.js';
export { prelu } from './prelu.js';
export { argmax, mean, sum, type ReduceOptions } from './reduce.js';
export { flatten, squeeze, unsqueeze } from './reshape.js';
export { psRoiAlign, psRoiPool, roiAlign, type PsRoiAlignOptions, type PsRoiPoolOptions, type RoiAlignOptions } from './roi_align.js';
export { chunk, flip, roll, slice, split, type SliceOptions } from './slice.js';
export { softmax } from './softmax.js';
export { where } from './where.js';
export type { Padding, PerAxis } from './window.js';
