/** Layers and what networks are made of. */
export { ReLU, Sigmoid, Tanh } from './activations.js';
export type { Pair } from './arguments.js';
export { BatchNorm2d, type BatchNormOptions } from './batch_norm.js';
export { ChannelAvgPool, ChannelLpPool, ChannelMaxPool } from './channel_pooling.js';
export { Conv2d, type Conv2dOptions } from './conv.js';
export { Dropout } from './dropout.js';
export { Flatten } from './flatten.js';
export { FractionalMaxPool2d, FractionalMaxPool3d, type FractionalMaxPoolOptions } from './fractional_max_pool.js';
export * as initializers from './initializers.js';
export type { Initializer } from './initializers.js';
export { Linear, type LinearOptions } from './linear.js';
export { Module, type ModuleOptions, type SavedTensor, type StateDict } from './module.js';
export { buffer, parameter, Parameter } from './parameter.js';
export {
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  GlobalAvgPool1d,
  GlobalAvgPool2d,
  GlobalAvgPool3d,
  GlobalMaxPool1d,
  GlobalMaxPool2d,
  GlobalMaxPool3d,
  LpPool1d,
  LpPool2d,
  LpPool3d,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  SumPool1d,
  SumPool2d,
  SumPool3d,
  type AvgPoolOptions,
  type LpPoolOptions,
  type PoolOptions,
} from './pooling.js';
export { Sequential } from './sequential.js';
