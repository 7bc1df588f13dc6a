export {
  celu, elu, gelu, hardshrink, hardsigmoid, hardswish, hardtanh, leakyRelu, logSigmoid, mish, relu, relu6, selu, sigmoid, silu, softplus,
  softshrink, softsign, tanh, tanhshrink, threshold, type EluOptions, type GeluOptions, type HardtanhOptions, type LeakyReluOptions,
  type ShrinkOptions, type SoftplusOptions, type ThresholdOptions,
} from './activation.js';
export { avgPool1d, avgPool2d, avgPool3d, globalAvgPool2d, type AvgPoolOptions } from './avg_pool.js';
export { batchNorm, type BatchNormOptions } from './batch_norm.js';
export { cast } from './cast.js';
export { eq, ge, gt, le, logicalAnd, logicalNot, logicalOr, logicalXor, lt, ne } from './compare.js';
export { conv1d, conv2d, conv3d, type ConvOptions } from './conv.js';
export { crossEntropy, type CrossEntropyOptions } from './cross_entropy.js';
export { dropout, dropout2d, dropPath, randomState, type DropoutOptions } from './dropout.js';
export { add, affine, div, mul, neg, sub, toFloat, type AffineOptions } from './elementwise.js';
export { full, ones, zeros, type FillOptions } from './fill.js';
export { glu, maxout, type GluOptions } from './glu.js';
export type { Reduction } from './loss.js';
export { linear, matmul, type MatmulOptions } from './matmul.js';
export {
  abs, ceil, clamp, cos, erf, exp, expm1, floor, log, log1p, reciprocal, round, rsqrt, sign, sin, sqrt, square, type ClampOptions,
} from './math.js';
export { maximum, minimum } from './maximum.js';
export { maxPool1d, maxPool2d, maxPool3d, type MaxPoolOptions } from './max_pool.js';
export { mseLoss, type MseLossOptions } from './mse_loss.js';
export { pow } from './pow.js';
export { prelu } from './prelu.js';
export { argmax, mean, sum, type ReduceOptions } from './reduce.js';
export { logSoftmax, softmax, softmin, type SoftmaxOptions } from './softmax.js';
export { where } from './where.js';
export type { Padding, PerAxis } from './window.js';
