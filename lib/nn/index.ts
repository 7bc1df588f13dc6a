/** Layers and what networks are made of. */
export {
  CELU, ELU, GELU, GLU, Hardshrink, Hardsigmoid, Hardswish, Hardtanh, LeakyReLU, LogSigmoid, LogSoftmax, Maxout, Mish, ReLU, ReLU6, SELU,
  Sigmoid, SiLU, Softmax, Softmin, Softplus, Softshrink, Softsign, Tanh, Tanhshrink, Threshold,
} from './activations.js';
export type { Pair } from './arguments.js';
export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNorm, type BatchNormOptions } from './batch_norm.js';
export { Bilinear, type BilinearOptions } from './bilinear.js';
export { ChannelAvgPool, ChannelLpPool, ChannelMaxPool } from './channel_pooling.js';
export { Conv1d, Conv2d, Conv3d, convToLinear, linearToConv, type Conv, type ConvLayerOptions } from './conv.js';
export { forwardConvBatchNorm, type ConvBatchNorm } from './conv_batch_norm.js';
export { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, type ConvTransposeLayerOptions } from './conv_transpose.js';
export { DeformConv2d } from './deform_conv.js';
export { Dropout, Dropout2d, DropPath } from './dropout.js';
export { Embedding, type EmbeddingLayerOptions } from './embedding.js';
export { Flatten } from './flatten.js';
export { Fold, Unfold } from './fold.js';
export { foldBatchNorm } from './fold_batch_norm.js';
export { FractionalMaxPool2d, FractionalMaxPool3d, type FractionalMaxPoolOptions } from './fractional_max_pool.js';
export { fineTune, freezeBatchNorm, freezeUntil, trainableParameters, type FineTuneOptions } from './freeze.js';
export { GroupNorm, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, type GroupNormOptions, type InstanceNormOptions } from './group_norm.js';
export * as initializers from './initializers.js';
export type { Initializer } from './initializers.js';
export { LayerNorm, RMSNorm, type LayerNormOptions, type RMSNormOptions } from './layer_norm.js';
export { ImageLinear, Linear, type LinearOptions } from './linear.js';
export { LocalContrastNorm } from './local_contrast_norm.js';
export { LocalResponseNorm } from './local_response_norm.js';
export { lsuv, type LsuvOptions } from './lsuv.js';
export { memoryReport, type MemoryHolder, type MemoryReport } from './memory_report.js';
export {
  Module, type ForwardHook, type LoadStateDictOptions, type ModuleOptions, type PredictOptions, type SavedTensor, type StateDict,
} from './module.js';
export { outputSize, type OutputSizeOptions } from './output_size.js';
export { CircularPad, ConstantPad, ReflectionPad, ReplicationPad, ZeroPad, type Surround } from './padding.js';
export { buffer, Parameter, parameter } from './parameter.js';
export {
  AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveMaxPool3d, AvgPool1d, AvgPool2d, AvgPool3d, GlobalAvgPool1d, GlobalAvgPool2d,
  GlobalAvgPool3d, GlobalMaxPool1d, GlobalMaxPool2d, GlobalMaxPool3d, LpPool1d, LpPool2d, LpPool3d, MaxPool1d, MaxPool2d, MaxPool3d,
  SumPool1d, SumPool2d, SumPool3d, type AvgPoolOptions, type LpPoolOptions, type PoolOptions,
} from './pooling.js';
export { PReLU, type PReLUOptions } from './prelu.js';
export type { ReceptiveField } from './receptive_field.js';
export { AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d, ChannelShuffle, PixelShuffle, PixelUnshuffle, Upsample } from './resampling.js';
export { PSRoIAlign, PSRoIPool, RoIAlign } from './roi_align.js';
export { SeparableConv2d } from './separable_conv.js';
export { NamedSequential, Sequential } from './sequential.js';
export { multiplyAdds, receptiveField, summary, type LayerSummary, type ModelSummary } from './summary.js';
export { FeatureExtractor, tap, type TapOptions } from './tap.js';
export { namingLayers } from './wrapping.js';
