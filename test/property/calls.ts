/** A valid call of every public op, for tests that spoil one argument of it. */
import type { Device } from '../../lib/core/device.js';
import type { DType } from '../../lib/core/dtype.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import type * as ops from '../../lib/ops/index.js';
import { count } from '../ops/array.js';

/** A tensor to be made on some device. */
export interface TensorSpec {
  kind: 'tensor';
  shape: readonly number[];
  /** 'int32' has whole numbers from 0 to below. */
  dtype: 'float32' | 'int32' | 'uint8';
  below: number;
  isOptional: boolean;
}

function spec(shape: readonly number[], dtype: TensorSpec['dtype'], { below = 0, isOptional = false } = {}): TensorSpec {
  return { kind: 'tensor', shape, dtype, below, isOptional };
}

export function isSpec(value: unknown): value is TensorSpec {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

export function make({ shape, dtype, below }: Omit<TensorSpec, 'kind' | 'isOptional'>, device: Device): Tensor<DType> {
  const length = count(shape);
  if (dtype === 'int32') return tensor(Int32Array.from({ length }, (_, i) => i % below), { shape, device });
  if (dtype === 'uint8') return tensor(new Uint8Array(length), { shape, device });
  return tensor(Float32Array.from({ length }, (_, i) => ((i * 7) % 11) / 4 + 0.25), { shape, device });
}

const f = (...shape: number[]) => spec(shape, 'float32');
const i32 = (below: number, ...shape: number[]) => spec(shape, 'int32', { below });
const u8 = (...shape: number[]) => spec(shape, 'uint8');
const optional = (...shape: number[]) => spec(shape, 'float32', { isOptional: true });

/** Arguments in their order; an object is one of options. */
export type Arguments = readonly unknown[];

type Functions<T> = { [K in keyof T]: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T];
export type OpName = Functions<typeof ops>;

const channels = { weight: optional(4), bias: optional(4) };
const elementwise = [f(2, 3, 4)];
const image = f(2, 6, 5, 4);
const rois = f(3, 5);

/** Every op has to be here: a new one is a compile error until it is. */
export const calls: Readonly<Record<OpName, Arguments>> = {
  abs: elementwise,
  add: [f(2, 3), f(3)],
  affine: [f(2, 3), { scale: 2, shift: 1 }],
  argmax: [f(2, 3, 4), 1],
  avgPool1d: [f(2, 6, 4), { kernel: 2, stride: 1, padding: 1, countPadding: false }],
  avgPool2d: [image, { kernel: [2, 3], stride: 1, padding: 1, countPadding: true }],
  avgPool3d: [f(1, 3, 4, 5, 2), { kernel: 2, stride: 1, padding: [0, 1, [1, 0]] }],
  batchNorm: [image, { ...channels, runningMean: optional(4), runningVar: optional(4), momentum: 0.1, eps: 1e-5, training: true }],
  batchedNms: [f(5, 4), f(5), i32(2, 5), { iouThreshold: 0.5 }],
  cast: [f(2, 3), 'float16'],
  ceil: elementwise,
  celu: [f(2, 3), { alpha: 1 }],
  chunk: [f(4, 3), 2, 0],
  clamp: [f(2, 3), { min: -1, max: 1 }],
  concat: [[f(2, 3), f(4, 3)], 0],
  conv1d: [f(2, 8, 4), f(6, 3, 2), { bias: optional(6), stride: 2, padding: 1, dilation: 1, groups: 2, algorithm: 'im2col' }],
  conv2d: [image, f(6, 3, 3, 2), { bias: optional(6), stride: [1, 2], padding: [1, [0, 1]], dilation: 1, groups: 2 }],
  conv3d: [f(1, 3, 4, 5, 2), f(3, 2, 2, 2, 2), { bias: optional(3), stride: 1, padding: 'same', dilation: 1, groups: 1 }],
  convTranspose1d: [f(2, 8, 4), f(4, 3, 2), { bias: optional(4), stride: 2, padding: 1, dilation: 1, groups: 2, outputPadding: 1 }],
  convTranspose2d: [image, f(4, 3, 3, 2), { bias: optional(4), stride: [1, 2], padding: [1, [0, 1]], dilation: 1, groups: 2 }],
  convTranspose3d: [f(1, 3, 4, 5, 2), f(2, 2, 2, 2, 2), { bias: optional(2), stride: 1, padding: 'valid' }],
  cos: elementwise,
  crossEntropy: [f(6, 5), i32(5, 6), { reduction: 'mean', labelSmoothing: 0.1 }],
  div: [f(2, 3), f(3)],
  dropout: [f(2, 3), { probability: 0.5, training: true, random: i32(9, 4) }],
  elu: [f(2, 3), { alpha: 1 }],
  embedding: [f(7, 3), i32(7, 2, 5), { paddingIndex: 1 }],
  erf: elementwise,
  exp: elementwise,
  expand: [f(1, 3), [2, 3]],
  expm1: elementwise,
  flatten: [f(2, 3, 4), 0, 1],
  flip: [f(2, 3, 4), [0, 2]],
  floor: elementwise,
  full: [[2, 3], 1.5, { requiresGrad: false }],
  gather: [f(2, 5, 3), i32(5, 2, 4, 3), 1],
  gelu: [f(2, 3), { approximate: 'tanh' }],
  globalAvgPool2d: [image],
  groupNorm: [image, 2, { ...channels, eps: 1e-5 }],
  hardshrink: [f(2, 3), { lambda: 0.5 }],
  hardsigmoid: elementwise,
  hardswish: elementwise,
  hardtanh: [f(2, 3), { min: -1, max: 1 }],
  indexSelect: [f(2, 5, 3), i32(5, 4), 1],
  instanceNorm: [image, { ...channels, eps: 1e-5, momentum: 0.1 }],
  layerNorm: [f(2, 3, 4), { axes: [2], ...channels, eps: 1e-5 }],
  leakyRelu: [f(2, 3), { negativeSlope: 0.1 }],
  linear: [f(2, 3), f(4, 3), optional(4)],
  log: elementwise,
  log1p: elementwise,
  logSigmoid: elementwise,
  matmul: [f(2, 3), f(3, 4), { transposeA: false, transposeB: false }],
  maxPool1d: [f(2, 6, 4), { kernel: 2, stride: 1, padding: 1, dilation: 1, ceilMode: true }],
  maxPool2d: [image, { kernel: [2, 3], stride: 1, padding: 1, dilation: 1 }],
  maxPool3d: [f(1, 3, 4, 5, 2), { kernel: 2, stride: 1, padding: [0, 1, [1, 0]] }],
  mean: [f(2, 3, 4), { axes: [0, -1], keepDims: true }],
  mish: elementwise,
  mseLoss: [f(2, 3), f(2, 3), { reduction: 'sum' }],
  mul: [f(2, 3), f(3)],
  neg: elementwise,
  nms: [f(5, 4), f(5), { iouThreshold: 0.5 }],
  ones: [[2, 3], { requiresGrad: true }],
  permute: [f(2, 3, 4), [2, 0, 1]],
  pow: [f(2, 3), 2.5],
  psRoiAlign: [image, rois, { outputSize: 2, spatialScale: 0.5, samplingRatio: 2 }],
  psRoiPool: [image, rois, { outputSize: 2, spatialScale: 0.5 }],
  randomState: [5],
  reciprocal: elementwise,
  relu: elementwise,
  relu6: elementwise,
  repeat: [f(2, 3), 2, 1],
  rmsNorm: [f(2, 3, 4), { axes: [2], weight: optional(4), eps: 1e-5 }],
  roiAlign: [image, rois, { outputSize: [2, 3], spatialScale: 0.5, samplingRatio: 2, aligned: true }],
  roll: [f(2, 3, 4), [1, 2], [0, 2]],
  round: elementwise,
  rsqrt: elementwise,
  scatterAdd: [f(2, 4, 3), i32(5, 2, 4, 3), 5, 1],
  selu: elementwise,
  sigmoid: elementwise,
  sign: elementwise,
  silu: elementwise,
  sin: elementwise,
  slice: [f(4, 5), { axis: [0, 1], start: [1, 0], end: [3, -1], step: [1, 2] }],
  softmax: elementwise,
  softplus: [f(2, 3), { beta: 1, threshold: 20 }],
  softshrink: [f(2, 3), { lambda: 0.5 }],
  softsign: elementwise,
  split: [f(4, 3), [1, 3], 0],
  sqrt: elementwise,
  square: elementwise,
  squeeze: [f(2, 1, 3), 1],
  stack: [[f(2, 3), f(2, 3)], 1],
  sub: [f(2, 3), f(3)],
  sum: [f(2, 3, 4), { axes: 1, keepDims: false }],
  sumPool1d: [f(2, 6, 4), { kernel: 2, stride: 1, padding: 1 }],
  sumPool2d: [image, { kernel: 2, stride: [1, 2], padding: 1 }],
  sumPool3d: [f(1, 3, 4, 5, 2), { kernel: 2 }],
  tanh: elementwise,
  tanhshrink: elementwise,
  threshold: [f(2, 3), { threshold: 0.1, value: 20 }],
  tile: [f(2, 3), [2, 1]],
  toFloat: [u8(2, 3), { scale: 0.5, shift: 1 }],
  transpose: [f(2, 3, 4), 0, 2],
  unsqueeze: [f(2, 3), 1],
  zeros: [[2, 3], { requiresGrad: true }],
};
