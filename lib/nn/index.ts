/** Layers and what networks are made of. */
export {
  CELU, ELU, GELU, GLU, Hardshrink, Hardsigmoid, Hardswish, Hardtanh, LeakyReLU, LogSigmoid, LogSoftmax,
  Maxout, Mish, ReLU, ReLU6, SELU, Sigmoid, SiLU, Softmax, Softmin, Softplus, Softshrink, Softsign, Tanh,
  Tanhshrink, Threshold,
} from './activations.js';
export type { Pair } from './arguments.js';
export { BatchNorm2d, type BatchNormOptions } from './batch_norm.js';
export { Conv2d, type Conv2dOptions } from './conv.js';
export { Dropout, Dropout2d, DropPath } from './dropout.js';
export { Flatten } from './flatten.js';
export * as initializers from './initializers.js';
export type { Initializer } from './initializers.js';
export { Linear, type LinearOptions } from './linear.js';
export { Module, type ModuleOptions, type SavedTensor, type StateDict } from './module.js';
export { buffer, parameter, Parameter } from './parameter.js';
export { AvgPool2d, GlobalAvgPool2d, MaxPool2d, type PoolOptions } from './pooling.js';
export { PReLU, type PReLUOptions } from './prelu.js';
export { Sequential } from './sequential.js';
