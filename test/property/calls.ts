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
  adaptiveAvgPool1d: [f(2, 7, 4), 3],
  adaptiveAvgPool2d: [image, [3, null]],
  adaptiveAvgPool3d: [f(1, 3, 4, 5, 2), 2],
  adaptiveMaxPool1d: [f(2, 7, 4), 3, { returnIndices: false }],
  adaptiveMaxPool2d: [image, [3, null], { returnIndices: true }],
  adaptiveMaxPool3d: [f(1, 3, 4, 5, 2), 2],
  add: [f(2, 3), f(3)],
  affine: [f(2, 3), { scale: 2, shift: 1 }],
  affineGrid: [f(2, 2, 3), [3, 4], { alignCorners: false }],
  all: [u8(2, 3), { axes: [0], keepDims: true }],
  any: [u8(2, 3), { axes: 1 }],
  applyFilter: [image, 'sharpen', { paddingMode: 'reflect' }],
  argmax: [f(2, 3, 4), 1],
  argmin: [f(2, 3, 4), 1, { keepDims: true }],
  argsort: [f(2, 5), 1, { descending: true }],
  atan: elementwise,
  avgPool1d: [f(2, 6, 4), { kernel: 2, stride: 1, padding: 1, countPadding: false }],
  avgPool2d: [image, { kernel: [2, 3], stride: 1, padding: 1, countPadding: true }],
  avgPool3d: [f(1, 3, 4, 5, 2), { kernel: 2, stride: 1, padding: [0, 1, [1, 0]] }],
  batchedNms: [f(5, 4), f(5), i32(2, 5), { iouThreshold: 0.5 }],
  batchNorm: [
    image,
    { ...channels, runningMean: optional(4), runningVar: optional(4), momentum: 0.1, eps: 1e-5, training: true },
  ],
  bilinear: [f(2, 3), f(2, 4), f(5, 3, 4), optional(5)],
  binaryCrossEntropy: [f(2, 3), f(2, 3), { weight: optional(3), reduction: 'sum' }],
  binaryCrossEntropyWithLogits: [f(2, 3), f(2, 3), { posWeight: optional(3), weight: optional(3), reduction: 'mean' }],
  boxArea: [f(5, 4)],
  boxConvert: [f(5, 4), 'xyxy', 'cxcywh'],
  boxIou: [f(5, 4), f(3, 4)],
  cast: [f(2, 3), 'float16'],
  ceil: elementwise,
  celu: [f(2, 3), { alpha: 1 }],
  channelAvgPool: [f(2, 6), { kernel: 2, stride: 1 }],
  channelLpPool: [f(2, 6), { kernel: 2, norm: 2 }],
  channelMaxPool: [f(2, 6), { kernel: 2, stride: 1, padding: 1 }],
  channelShuffle: [image, 2],
  chunk: [f(4, 3), 2, 0],
  clamp: [f(2, 3), { min: -1, max: 1 }],
  clipBoxes: [f(5, 4), [8, 9]],
  completeBoxIou: [f(5, 4), f(3, 4), { eps: 1e-7 }],
  completeBoxIouLoss: [f(5, 4), f(5, 4), { reduction: 'none', eps: 1e-7 }],
  concat: [[f(2, 3), f(4, 3)], 0],
  contrastiveLoss: [f(2, 3), f(2, 3), f(2), { margin: 1, reduction: 'sum' }],
  conv1d: [
    f(2, 8, 4), f(6, 3, 2),
    { bias: optional(6), stride: 2, padding: 1, dilation: 1, groups: 2, algorithm: 'im2col' },
  ],
  conv2d: [image, f(6, 3, 3, 2), { bias: optional(6), stride: [1, 2], padding: [1, [0, 1]], dilation: 1, groups: 2 }],
  conv3d: [
    f(1, 3, 4, 5, 2), f(3, 2, 2, 2, 2),
    { bias: optional(3), stride: 1, padding: 'same', dilation: 1, groups: 1 },
  ],
  convTranspose1d: [
    f(2, 8, 4), f(4, 3, 2),
    { bias: optional(4), stride: 2, padding: 1, dilation: 1, groups: 2, outputPadding: 1 },
  ],
  convTranspose2d: [
    image, f(4, 3, 3, 2),
    { bias: optional(4), stride: [1, 2], padding: [1, [0, 1]], dilation: 1, groups: 2 },
  ],
  convTranspose3d: [f(1, 3, 4, 5, 2), f(2, 2, 2, 2, 2), { bias: optional(2), stride: 1, padding: 'valid' }],
  cos: elementwise,
  cosineEmbeddingLoss: [f(2, 3), f(2, 3), f(2), { margin: 0.5, reduction: 'sum' }],
  cosineSimilarity: [f(2, 3), f(2, 3), { axis: 1, eps: 1e-8 }],
  crossEntropy: [f(6, 5), i32(5, 6), { reduction: 'mean', labelSmoothing: 0.1 }],
  ctcLoss: [
    f(6, 2, 4), i32(3, 2, 3),
    { inputLengths: i32(9, 2), targetLengths: i32(9, 2), blank: 3, zeroInfinity: true, reduction: 'sum' },
  ],
  cumsum: [f(2, 3, 4), 1, { reverse: true }],
  deformConv2d: [
    f(1, 5, 5, 4), f(1, 3, 3, 18), f(2, 3, 3, 4),
    { bias: optional(2), mask: optional(1, 3, 3, 9), stride: 1, padding: 0, dilation: 1, groups: 1 },
  ],
  depthToSpace: [image, 2, 'CRD'],
  diceLoss: [f(2, 5, 3), f(2, 5, 3), { smooth: 1, reduction: 'mean' }],
  distanceBoxIou: [f(5, 4), f(3, 4), { eps: 1e-7 }],
  distanceBoxIouLoss: [f(5, 4), f(5, 4), { reduction: 'sum', eps: 1e-7 }],
  div: [f(2, 3), f(3)],
  dropout: [f(2, 3), { probability: 0.5, training: true, random: i32(9, 4) }],
  dropout2d: [image, { probability: 0.5, training: true, random: i32(9, 4) }],
  dropPath: [f(2, 3), { probability: 0.5, training: true, random: i32(9, 4) }],
  elu: [f(2, 3), { alpha: 1 }],
  embedding: [f(7, 3), i32(7, 2, 5), { paddingIndex: 1 }],
  eq: [f(2, 3), f(3)],
  erf: elementwise,
  exp: elementwise,
  expand: [f(1, 3), [2, 3]],
  expm1: elementwise,
  flatten: [f(2, 3, 4), 0, 1],
  flip: [f(2, 3, 4), [0, 2]],
  floor: elementwise,
  focalLoss: [f(6, 5), i32(5, 6), { gamma: 2, weight: optional(5), ignoreIndex: 1, reduction: 'mean' }],
  fold: [f(2, 4, 3, 5), { size: [6], stride: 1, padding: 0, dilation: 1 }],
  fractionalMaxPool2d: [image, { kernel: 2, outputSize: [3, 2], samples: f(2, 4, 2) }],
  fractionalMaxPool3d: [f(1, 4, 4, 5, 2), { kernel: 2, outputRatio: 0.5, samples: f(1, 2, 3) }],
  full: [[2, 3], 1.5, { requiresGrad: false }],
  gather: [f(2, 5, 3), i32(5, 2, 4, 3), 1],
  gaussianNllLoss: [f(2, 3), f(2, 3), f(3), { full: true, eps: 1e-6, reduction: 'mean' }],
  ge: [f(2, 3), f(3)],
  gelu: [f(2, 3), { approximate: 'tanh' }],
  generalizedBoxIou: [f(5, 4), f(3, 4)],
  generalizedBoxIouLoss: [f(5, 4), f(5, 4), { reduction: 'mean', eps: 1e-7 }],
  globalAvgPool1d: [f(2, 7, 4)],
  globalAvgPool2d: [image],
  globalAvgPool3d: [f(1, 3, 4, 5, 2)],
  globalMaxPool1d: [f(2, 7, 4)],
  globalMaxPool2d: [image],
  globalMaxPool3d: [f(1, 3, 4, 5, 2)],
  glu: [image, { axis: -1 }],
  gridSample: [image, f(2, 3, 4, 2), { mode: 'bicubic', paddingMode: 'reflection', alignCorners: true }],
  groupNorm: [image, 2, { ...channels, eps: 1e-5 }],
  gt: [f(2, 3), f(3)],
  hardshrink: [f(2, 3), { lambda: 0.5 }],
  hardsigmoid: elementwise,
  hardswish: elementwise,
  hardtanh: [f(2, 3), { min: -1, max: 1 }],
  hingeEmbeddingLoss: [f(2, 3), f(2, 3), { margin: 1, reduction: 'mean' }],
  huberLoss: [f(2, 3), f(2, 3), { delta: 1, reduction: 'mean' }],
  indexSelect: [f(2, 5, 3), i32(5, 4), 1],
  infoNceLoss: [f(4, 3), f(4, 3), { temperature: 0.1, reduction: 'mean' }],
  instanceNorm: [image, { ...channels, eps: 1e-5, momentum: 0.1 }],
  interpolate: [image, { size: [3, 7], mode: 'bilinear', alignCorners: true }],
  klDiv: [f(2, 3), f(2, 3), { reduction: 'batchMean', logTarget: true }],
  l1Loss: [f(2, 3), f(2, 3), { reduction: 'mean' }],
  layerNorm: [f(2, 3, 4), { axes: [2], ...channels, eps: 1e-5 }],
  le: [f(2, 3), f(3)],
  leakyRelu: [f(2, 3), { negativeSlope: 0.1 }],
  linear: [f(2, 3), f(4, 3), optional(4)],
  localContrastNorm: [image, { size: 3, sigma: 1, eps: 1e-4 }],
  localResponseNorm: [image, { size: 3, alpha: 1e-4, beta: 0.75, k: 1 }],
  log: elementwise,
  log1p: elementwise,
  logicalAnd: [u8(2, 3), u8(3)],
  logicalNot: [u8(2, 3)],
  logicalOr: [u8(2, 3), u8(3)],
  logicalXor: [u8(2, 3), u8(3)],
  logSigmoid: elementwise,
  logSoftmax: [f(2, 3, 4), { axis: 1 }],
  logSumExp: [f(2, 3, 4), { axes: [1], keepDims: true }],
  lpPool1d: [f(2, 6, 4), { norm: 3, kernel: 2, stride: 1, ceilMode: true }],
  lpPool2d: [image, { norm: 2, kernel: [2, 3], stride: 1 }],
  lpPool3d: [f(1, 3, 4, 5, 2), { norm: 1, kernel: 2 }],
  lt: [f(2, 3), f(3)],
  marginRankingLoss: [f(2, 3), f(2, 3), f(2, 3), { margin: 0.5, reduction: 'mean' }],
  matmul: [f(2, 3), f(3, 4), { transposeA: false, transposeB: false }],
  max: [f(2, 3, 4), { axes: 1, keepDims: false }],
  maximum: [f(2, 3), f(3)],
  maxout: [f(2, 6), 3],
  maxPool1d: [f(2, 6, 4), { kernel: 2, stride: 1, padding: 1, dilation: 1, ceilMode: true }],
  maxPool2d: [image, { kernel: [2, 3], stride: 1, padding: 1, dilation: 1 }],
  maxPool3d: [f(1, 3, 4, 5, 2), { kernel: 2, stride: 1, padding: [0, 1, [1, 0]] }],
  maxUnpool1d: [f(2, 3, 4), i32(6, 2, 3, 4), { kernel: 2, stride: 2, padding: 0, outputSize: 6 }],
  maxUnpool2d: [f(2, 3, 2, 4), i32(24, 2, 3, 2, 4), { kernel: [2, 2], stride: 2, padding: 0 }],
  maxUnpool3d: [f(1, 2, 2, 2, 3), i32(64, 1, 2, 2, 2, 3), { kernel: 2 }],
  mean: [f(2, 3, 4), { axes: [0, -1], keepDims: true }],
  min: [f(2, 3, 4), { axes: [0, 2], keepDims: true }],
  minimum: [f(2, 3), f(3)],
  mish: elementwise,
  mseLoss: [f(2, 3), f(2, 3), { reduction: 'sum' }],
  mul: [f(2, 3), f(3)],
  multilabelMarginLoss: [f(4, 5), i32(5, 4, 5), { reduction: 'mean' }],
  multilabelSoftMarginLoss: [f(4, 5), f(4, 5), { weight: optional(5), reduction: 'mean' }],
  multiMarginLoss: [f(4, 5), i32(5, 4), { p: 2, margin: 1, weight: optional(5), reduction: 'mean' }],
  ne: [f(2, 3), f(3)],
  neg: elementwise,
  nllLoss: [f(6, 5), i32(5, 6), { weight: optional(5), ignoreIndex: 2, reduction: 'sum' }],
  nms: [f(5, 4), f(5), { iouThreshold: 0.5 }],
  normalize: [f(2, 3, 4), { p: 2, axis: 1, eps: 1e-12 }],
  norm: [f(2, 3, 4), { p: 3, axes: [1], keepDims: true }],
  ntXentLoss: [f(4, 3), f(4, 3), { temperature: 0.5, reduction: 'mean' }],
  oneHot: [i32(5, 2, 3), 5],
  ones: [[2, 3], { requiresGrad: true }],
  pad: [f(2, 3, 4), [1, [0, 2], 0], { mode: 'replicate', value: 0.5 }],
  pairwiseDistance: [f(2, 3), f(2, 3), { p: 3, eps: 1e-6, keepDims: true }],
  permute: [f(2, 3, 4), [2, 0, 1]],
  pixelShuffle: [image, 2],
  pixelUnshuffle: [f(2, 6, 4, 3), 2],
  poissonNllLoss: [f(2, 3), f(2, 3), { logInput: true, full: true, eps: 1e-8, reduction: 'mean' }],
  pow: [f(2, 3), 2.5],
  prelu: [image, f(4)],
  prod: [f(2, 3, 4), { axes: 1, keepDims: true }],
  psRoiAlign: [image, rois, { outputSize: 2, spatialScale: 0.5, samplingRatio: 2 }],
  psRoiPool: [image, rois, { outputSize: 2, spatialScale: 0.5 }],
  randomState: [5],
  reciprocal: elementwise,
  relu: elementwise,
  relu6: elementwise,
  repeat: [f(2, 3), 2, 1],
  rmsNorm: [f(2, 3, 4), { axes: [2], weight: optional(4), eps: 1e-5 }],
  roiAlign: [image, rois, { outputSize: [2, 3], spatialScale: 0.5, samplingRatio: 2, aligned: true }],
  roiPool: [image, rois, { outputSize: [2, 3], spatialScale: 0.5 }],
  roll: [f(2, 3, 4), [1, 2], [0, 2]],
  round: elementwise,
  rsqrt: elementwise,
  scatterAdd: [f(2, 4, 3), i32(5, 2, 4, 3), 5, 1],
  selu: elementwise,
  sigmoid: elementwise,
  sigmoidFocalLoss: [f(2, 3), f(2, 3), { alpha: 0.25, gamma: 2, reduction: 'mean' }],
  sign: elementwise,
  silu: elementwise,
  sin: elementwise,
  slice: [f(4, 5), { axis: [0, 1], start: [1, 0], end: [3, -1], step: [1, 2] }],
  smoothL1Loss: [f(2, 3), f(2, 3), { beta: 1, reduction: 'mean' }],
  softMarginLoss: [f(2, 3), f(2, 3), { reduction: 'mean' }],
  softmax: elementwise,
  softmin: [f(2, 3, 4), { axis: 1 }],
  softplus: [f(2, 3), { beta: 1, threshold: 20 }],
  softshrink: [f(2, 3), { lambda: 0.5 }],
  softsign: elementwise,
  sort: [f(2, 5), 1, { descending: false }],
  spaceToDepth: [f(2, 6, 4, 3), 2, 'DCR'],
  split: [f(4, 3), [1, 3], 0],
  sqrt: elementwise,
  square: elementwise,
  squeeze: [f(2, 1, 3), 1],
  stack: [[f(2, 3), f(2, 3)], 1],
  standardizeWeight: [f(4, 3, 3, 2), { eps: 1e-5 }],
  std: [f(2, 3, 4), { correction: 1, axes: [1], keepDims: true }],
  sub: [f(2, 3), f(3)],
  sum: [f(2, 3, 4), { axes: 1, keepDims: false }],
  sumPool1d: [f(2, 6, 4), { kernel: 2, stride: 1, padding: 1 }],
  sumPool2d: [image, { kernel: 2, stride: [1, 2], padding: 1 }],
  sumPool3d: [f(1, 3, 4, 5, 2), { kernel: 2 }],
  symmetricCrossEntropy: [f(6, 5), i32(5, 6), { alpha: 0.1, beta: 1, least: 1e-4, reduction: 'mean' }],
  tanh: elementwise,
  tanhshrink: elementwise,
  threshold: [f(2, 3), { threshold: 0.1, value: 20 }],
  tile: [f(2, 3), [2, 1]],
  toFloat: [u8(2, 3), { scale: 0.5, shift: 1 }],
  topK: [f(2, 5), 3, 1, { largest: false }],
  transpose: [f(2, 3, 4), 0, 2],
  tripletMarginLoss: [f(2, 3), f(2, 3), f(2, 3), { margin: 1, p: 2, eps: 1e-6, swap: true, reduction: 'mean' }],
  unfold: [image, { kernel: [2, 3], stride: 1, padding: 1, dilation: 1 }],
  unsqueeze: [f(2, 3), 1],
  variance: [f(2, 3, 4), { correction: 0, axes: [1, 2], keepDims: false }],
  weightedAvgPool1d: [f(2, 6, 4), f(2), { stride: 1, padding: 1, dilation: 1, countPadding: false }],
  weightedAvgPool2d: [image, f(4, 2, 3), { stride: 1, padding: 1 }],
  weightedAvgPool3d: [f(1, 3, 4, 5, 2), f(2, 2, 2)],
  where: [u8(2, 3), f(2, 3), f(3)],
  zeros: [[2, 3], { requiresGrad: true }],
};
