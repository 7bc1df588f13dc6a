/** Networks, each family in one file. */
export * from './alexnet.js';
export { BasicConv2d } from './basic_conv.js';
export * from './bit.js';
export { ConvNorm, type Activation, type ConvNormOptions } from './conv_norm.js';
export * from './convnext.js';
export * from './densenet.js';
export * from './efficientnet.js';
export { fullyConvolutional, type FullyConvolutionalOptions } from './fully_convolutional.js';
export * from './googlenet.js';
export * from './inception_v3.js';
export * from './inception_v4.js';
export * from './lenet5.js';
export * from './maxvit.js';
export * from './mlp.js';
export * from './mnasnet.js';
export * from './mobilenet_v1.js';
export * from './mobilenet_v2.js';
export { MobileNetV3, mobilenet_v3_large, mobilenet_v3_small, type MobileNetV3Row } from './mobilenet_v3.js';
export * from './nasnet.js';
export * from './nin.js';
export type { ModelOptions } from './options.js';
export type { Outputs } from './outputs.js';
export { createModel, isModelName, modelInfo, modelName, modelNames, type ModelEntry, type ModelName } from './registry.js';
export * from './polynet.js';
export * from './regnet.js';
export {
  ResNet, resnet101, resnet152, resnet18, resnet34, resnet50, resnext101_32x8d, resnext101_64x4d, resnext50_32x4d,
  wide_resnet101_2, wide_resnet50_2, type BlockShape, type ResidualBlock, type ResNetPlan,
} from './resnet.js';
export * from './s3d.js';
export * from './se_resnet.js';
export * from './segmentation.js';
export * from './shufflenet_v2.js';
export * from './smallnet.js';
export * from './squeezenet.js';
export * from './swin_transformer.js';
export { loadTorchStateDict, torchTensors, type TorchTensor } from './torch_weights.js';
export * from './vgg.js';
export * from './video_resnet.js';
export * from './vision_transformer.js';
export * from './visual_words.js';
export * from './xception.js';
export * from './zfnet.js';
