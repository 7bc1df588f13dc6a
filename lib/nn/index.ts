/** Layers and what networks are made of. */
export { ReLU, Sigmoid, Tanh } from './activations.js';
export type { Pair } from './arguments.js';
export { BatchNorm2d, type BatchNormOptions } from './batch_norm.js';
export { Conv1d, Conv2d, Conv3d, convToLinear, linearToConv, SeparableConv2d, type ConvLayerOptions } from './conv.js';
export { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, type ConvTransposeLayerOptions } from './conv_transpose.js';
export { Dropout } from './dropout.js';
export { Flatten } from './flatten.js';
export { Fold, Unfold } from './fold.js';
export * as initializers from './initializers.js';
export type { Initializer } from './initializers.js';
export { Linear, type LinearOptions } from './linear.js';
export { LocalResponseNorm } from './local_response_norm.js';
export { Module, type ModuleOptions, type SavedTensor, type StateDict } from './module.js';
export { CircularPad, ConstantPad, ReflectionPad, ReplicationPad, ZeroPad, type Surround } from './padding.js';
export { buffer, Parameter, parameter } from './parameter.js';
export { AvgPool2d, GlobalAvgPool2d, MaxPool2d, type PoolOptions } from './pooling.js';
export { AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d, ChannelShuffle, PixelShuffle, PixelUnshuffle, Upsample } from './resampling.js';
export { Sequential } from './sequential.js';
