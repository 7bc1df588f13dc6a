/** Layers and what networks are made of. */
export { ReLU, Sigmoid, Tanh } from './activations.js';
export type { Pair } from './arguments.js';
export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormOptions } from './batch_norm.js';
export { Conv2d, type Conv2dOptions } from './conv.js';
export { Dropout } from './dropout.js';
export { Flatten } from './flatten.js';
export { GroupNorm, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, type GroupNormOptions, type InstanceNormOptions } from './group_norm.js';
export * as initializers from './initializers.js';
export type { Initializer } from './initializers.js';
export { LayerNorm, RMSNorm, type LayerNormOptions, type RMSNormOptions } from './layer_norm.js';
export { Linear, type LinearOptions } from './linear.js';
export { lsuv, type LsuvOptions } from './lsuv.js';
export { Module, type ForwardHook, type ModuleOptions, type SavedTensor, type StateDict } from './module.js';
export { buffer, parameter, Parameter } from './parameter.js';
export { AvgPool2d, GlobalAvgPool2d, MaxPool2d, type PoolOptions } from './pooling.js';
export { Sequential } from './sequential.js';
