/** Layers and what networks are made of. */
export { ReLU, Sigmoid, Tanh } from './activations.js';
export type { Pair } from './arguments.js';
export { BatchNorm2d, type BatchNormOptions } from './batch_norm.js';
export { Conv1d, Conv2d, Conv3d, convToLinear, linearToConv, SeparableConv2d, type ConvLayerOptions } from './conv.js';
export { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, type ConvTransposeLayerOptions } from './conv_transpose.js';
export { Dropout } from './dropout.js';
export { Flatten } from './flatten.js';
export * as initializers from './initializers.js';
export type { Initializer } from './initializers.js';
export { Linear, type LinearOptions } from './linear.js';
export { Module, type ModuleOptions, type SavedTensor, type StateDict } from './module.js';
export { outputSize, type OutputSizeOptions } from './output_size.js';
export { buffer, parameter, Parameter } from './parameter.js';
export { AvgPool2d, GlobalAvgPool2d, MaxPool2d, type PoolOptions } from './pooling.js';
export type { ReceptiveField } from './receptive_field.js';
export { Sequential } from './sequential.js';
export { multiplyAdds, receptiveField, summary, type LayerSummary, type ModelSummary } from './summary.js';
