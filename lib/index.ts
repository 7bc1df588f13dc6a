/**
 * convolt: convolutional networks trained on NVIDIA GPUs, or on the CPU.
 *
 * Tensors, gradients, devices and ops are exported here; layers, optimisers, models, data and training are in
 * the namespaces `nn`, `optim`, `models`, `data`, `augment`, `train`,
 * `weights` and `explain`.
 */
export { detectAnomaly, startAnomalySearch, type AnomalySearch } from './core/anomaly.js';
export { autocast, type HalfType } from './core/autocast.js';
export { isBenchmarking, setBenchmark } from './core/benchmark.js';
export { capture, RecordedStep, type CaptureOptions } from './core/capture.js';
export { checkpoint } from './core/checkpoint.js';
export { customOp, type CustomOp, type Save } from './core/custom_op.js';
export {
  defaultDevice,
  device,
  devices,
  setDefaultDevice,
  type Backend,
  type Device,
  type DeviceInfo,
  type MemoryUse,
} from './core/device.js';
export type { DType, Float, HostArray, HostArrays } from './core/dtype.js';
export { ConvoltError, type ErrorCode } from './core/errors.js';
export { gradientCheck, type GradientCheckOptions } from './core/gradient_check.js';
export { Random, type RandomState } from './core/random.js';
export { recorded, RecordedFunction, type RecordedOptions, type StepInput } from './core/recorded.js';
export { keep, scope, type Disposable } from './core/scope.js';
export type { Shape } from './core/shape.js';
export { grad, noGrad, type BackwardOptions, type GradientHook } from './core/tape.js';
export { Tensor, tensor, type TensorOptions } from './core/tensor.js';
export { allowTf32, tf32Allowed } from './core/tf32.js';
export * from './ops/index.js';

export * as augment from './augment/index.js';
export * as data from './data/index.js';
export * as explain from './explain/index.js';
export * as models from './models/index.js';
export * as nn from './nn/index.js';
export * as onnx from './onnx/index.js';
export * as optim from './optim/index.js';
export * as train from './train/index.js';
export * as weights from './weights/index.js';
