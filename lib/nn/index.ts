/** Layers and what networks are made of. */
export { ReLU, Sigmoid, Tanh } from './activations.js';
export type { Pair } from './arguments.js';
export { BatchNorm2d, type BatchNormOptions } from './batch_norm.js';
export { Conv2d, type Conv2dOptions } from './conv.js';
export { Dropout } from './dropout.js';
export { Flatten } from './flatten.js';
export { Fold, Unfold } from './fold.js';
export * as initializers from './initializers.js';
export type { Initializer } from './initializers.js';
export { Linear, type LinearOptions } from './linear.js';
export { LocalResponseNorm } from './local_response_norm.js';
export { Module, type ModuleOptions, type SavedTensor, type StateDict } from './module.js';
export { CircularPad, ConstantPad, ReflectionPad, ReplicationPad, ZeroPad, type Surround } from './padding.js';
export { buffer, parameter, Parameter } from './parameter.js';
export { AvgPool2d, GlobalAvgPool2d, MaxPool2d, type PoolOptions } from './pooling.js';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  ChannelShuffle,
  PixelShuffle,
  PixelUnshuffle,
  Upsample,
} from './resampling.js';
export { Sequential } from './sequential.js';
