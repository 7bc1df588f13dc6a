export { relu, sigmoid, tanh } from './activation.js';
export {
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  globalMaxPool1d,
  globalMaxPool2d,
  globalMaxPool3d,
  type OutputSize,
} from './adaptive_max_pool.js';
export { avgPool1d, avgPool2d, avgPool3d, globalAvgPool1d, globalAvgPool2d, globalAvgPool3d, sumPool1d, sumPool2d, sumPool3d, type AvgPoolOptions, type SumPoolOptions } from './avg_pool.js';
export { batchNorm, type BatchNormOptions } from './batch_norm.js';
export { cast } from './cast.js';
export { channelAvgPool, channelLpPool, channelMaxPool } from './channel_pool.js';
export { conv1d, conv2d, conv3d, type ConvOptions } from './conv.js';
export { crossEntropy, type CrossEntropyOptions } from './cross_entropy.js';
export { dropout, randomState, type DropoutOptions } from './dropout.js';
export { add, affine, div, mul, neg, sub, toFloat, type AffineOptions } from './elementwise.js';
export { full, ones, zeros, type FillOptions } from './fill.js';
export { fractionalMaxPool2d, fractionalMaxPool3d, type FractionalMaxPoolOptions } from './fractional_max_pool.js';
export type { Reduction } from './loss.js';
export { lpPool1d, lpPool2d, lpPool3d, type LpPoolOptions } from './lp_pool.js';
export { linear, matmul, type MatmulOptions } from './matmul.js';
export { maxPool1d, maxPool2d, maxPool3d, type MaxPoolOptions } from './max_pool.js';
export { maxUnpool1d, maxUnpool2d, maxUnpool3d, type MaxUnpoolOptions } from './max_unpool.js';
export type { IndicesOption, WantsIndices, WantsNoIndices, WithIndices } from './max_windows.js';
export { mseLoss, type MseLossOptions } from './mse_loss.js';
export { argmax, mean, sum, type ReduceOptions } from './reduce.js';
export { psRoiPool, roiPool, type RoiPoolOptions } from './roi_pool.js';
export { softmax } from './softmax.js';
export { weightedAvgPool1d, weightedAvgPool2d, weightedAvgPool3d, type WeightedAvgPoolOptions } from './weighted_avg_pool.js';
export type { Padding, PerAxis } from './window.js';
