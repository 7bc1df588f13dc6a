/** Networks, each family in one file. */
export * from './lenet5.js';
export * from './mobilenet_v2.js';
export type { ModelOptions } from './options.js';
export { createModel, isModelName, modelInfo, modelName, modelNames, type ModelName } from './registry.js';
export {
  ResNet, resnet101, resnet152, resnet18, resnet34, resnet50, resnext101_32x8d, resnext101_64x4d, resnext50_32x4d, wide_resnet101_2,
  wide_resnet50_2,
} from './resnet.js';
export * from './smallnet.js';
export { loadTorchStateDict, torchTensors, type TorchTensor } from './torch_weights.js';
