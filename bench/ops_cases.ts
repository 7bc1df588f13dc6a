/**
 * What bench/ops.ts measures, on both sides: layers of ResNet and MobileNet at batch 8 to 16, of LeNet at batch 64, and what
 * goes with them. Shapes are convolt's, channels last; bench/peers/ops_torch.py turns those of images round.
 */

/** A tensor's shape, or for labels and indices their shape and how many different ones there are. */
export type Input = readonly number[] | { shape: readonly number[]; below: number };

export interface OpsCase {
  /** The function on both sides. */
  op: string;
  /** What tells the cases of one op apart. */
  name: string;
  /** By name. Tensors of rank 3 and more have channels, if `images`. */
  inputs: Readonly<Record<string, Input>>;
  options: Readonly<Record<string, number | boolean | string | readonly number[]>>;
  images: boolean;
  /** Whether there is a gradient to be measured. */
  differentiable: boolean;
}

function op(op: string, name: string, inputs: OpsCase['inputs'], options: OpsCase['options'] = {}): OpsCase {
  return { op, name, inputs, options, images: false, differentiable: true };
}

function image(name: string, of: string, inputs: OpsCase['inputs'], options: OpsCase['options'] = {}): OpsCase {
  return { ...op(name, of, inputs, options), images: true };
}

/** A convolution of x [N,H,W,C] with k filters of extent r, with bias. */
function conv(name: string, x: readonly number[], k: number, r: number, options: { groups?: number; stride?: number; padding?: number; dilation?: number } = {}): OpsCase {
  return image('conv2d', name, { x, weight: [k, r, r, x[3]! / (options.groups ?? 1)], bias: [k] }, options);
}

/** Functions of one number. */
const unary = [
  'relu', 'sigmoid', 'tanh', 'leakyRelu', 'elu', 'selu', 'gelu', 'silu', 'mish', 'hardswish', 'hardsigmoid', 'softplus', 'exp', 'abs', 'square',
];
const functions: OpsCase[] = unary.map((name) => op(name, '[8,56,56,64]', { x: [8, 56, 56, 64] }));

/** One channel vector for each of what batch normalisation has. */
const channels = (c: number) => ({ weight: [c], bias: [c], runningMean: [c], runningVar: [c] });

export const opsCases: readonly OpsCase[] = [
  conv('LeNet 5x5, 1 to 6, 28x28, batch 64', [64, 28, 28, 1], 6, 5, { padding: 2 }),
  conv('LeNet 5x5, 6 to 16, 14x14, batch 64', [64, 14, 14, 6], 16, 5),
  conv('ResNet 7x7 / 2, 3 to 64, 224x224', [8, 224, 224, 3], 64, 7, { stride: 2, padding: 3 }),
  conv('ResNet 3x3, 64 to 64, 56x56', [8, 56, 56, 64], 64, 3, { padding: 1 }),
  conv('ResNet 3x3 / 2, 64 to 128, 56x56', [8, 56, 56, 64], 128, 3, { stride: 2, padding: 1 }),
  conv('ResNet 3x3, 256 to 256, 14x14', [16, 14, 14, 256], 256, 3, { padding: 1 }),
  conv('1x1, 64 to 256, 56x56', [8, 56, 56, 64], 256, 1),
  conv('1x1, 256 to 64, 56x56', [8, 56, 56, 256], 64, 1),
  conv('1x1 / 2, 256 to 512, 28x28', [8, 28, 28, 256], 512, 1, { stride: 2 }),
  conv('dilation 2, 3x3, 128 to 128, 28x28', [8, 28, 28, 128], 128, 3, { padding: 2, dilation: 2 }),
  conv('groups 32, 3x3, 128 to 128, 28x28', [8, 28, 28, 128], 128, 3, { padding: 1, groups: 32 }),
  conv('depthwise 3x3, 96, 56x56', [8, 56, 56, 96], 96, 3, { padding: 1, groups: 96 }),
  conv('depthwise 3x3 / 2, 144, 56x56', [8, 56, 56, 144], 144, 3, { stride: 2, padding: 1, groups: 144 }),
  conv('depthwise 5x5, 240, 14x14', [16, 14, 14, 240], 240, 5, { padding: 2, groups: 240 }),
  image('conv1d', '5, 64 to 64, 256', { x: [16, 256, 64], weight: [64, 5, 64], bias: [64] }, { padding: 2 }),
  image('conv3d', '3x3x3, 16 to 32, 8x28x28', { x: [4, 8, 28, 28, 16], weight: [32, 3, 3, 3, 16], bias: [32] }, { padding: 1 }),

  image('convTranspose2d', '4x4 / 2, 128 to 64, 28x28', { x: [8, 28, 28, 128], weight: [128, 4, 4, 64], bias: [64] }, { stride: 2, padding: 1 }),

  op('linear', 'LeNet 400 to 120, batch 64', { x: [64, 400], weight: [120, 400], bias: [120] }),
  op('linear', '512 to 1000, batch 64', { x: [64, 512], weight: [1000, 512], bias: [1000] }),
  op('linear', '4096 to 4096, batch 16', { x: [16, 4096], weight: [4096, 4096], bias: [4096] }),
  op('matmul', '512 x 512 x 512', { a: [512, 512], b: [512, 512] }),

  image('maxPool2d', '2x2, LeNet, batch 64', { x: [64, 28, 28, 6] }, { kernel: 2 }),
  image('maxPool2d', '3x3 / 2, 64, 112x112', { x: [8, 112, 112, 64] }, { kernel: 3, stride: 2, padding: 1 }),
  image('avgPool2d', '2x2, 64, 56x56', { x: [8, 56, 56, 64] }, { kernel: 2 }),
  image('avgPool2d', '3x3 / 1, 64, 28x28', { x: [8, 28, 28, 64] }, { kernel: 3, stride: 1, padding: 1 }),
  image('globalAvgPool2d', '512, 7x7', { x: [16, 7, 7, 512] }),

  image('globalMaxPool2d', '512, 7x7', { x: [16, 7, 7, 512] }),
  image('adaptiveAvgPool2d', 'to 6x6, 256, 13x13', { x: [16, 13, 13, 256] }, { outputSize: 6 }),

  image('batchNorm', 'training, relu, 64, 56x56', { x: [8, 56, 56, 64], ...channels(64) }, { training: true, activation: 'relu' }),
  image('batchNorm', 'training, + residual, relu, 64, 56x56', { x: [8, 56, 56, 64], residual: [8, 56, 56, 64], ...channels(64) }, { training: true, activation: 'relu' }),
  image('groupNorm', '32 groups, 64, 56x56', { x: [8, 56, 56, 64], weight: [64], bias: [64] }, { groups: 32 }),
  image('instanceNorm', '64, 56x56', { x: [8, 56, 56, 64], weight: [64], bias: [64] }),
  op('layerNorm', '[16,196,384]', { x: [16, 196, 384], weight: [384], bias: [384] }),
  image('localResponseNorm', '5, 96, 27x27', { x: [8, 27, 27, 96] }, { size: 5 }),
  image('batchNorm', 'training, 64, 56x56', { x: [8, 56, 56, 64], ...channels(64) }, { training: true }),
  image('batchNorm', 'training, 256, 14x14', { x: [16, 14, 14, 256], ...channels(256) }, { training: true }),
  image('batchNorm', 'evaluation, 64, 56x56', { x: [8, 56, 56, 64], ...channels(64) }, { training: false }),

  ...functions,
  op('relu', 'LeNet, batch 64', { x: [64, 28, 28, 6] }),
  op('softmax', '[64,1000]', { x: [64, 1000] }),
  op('softmax', '[8,56,56,21]', { x: [8, 56, 56, 21] }),
  op('logSoftmax', '[64,1000]', { x: [64, 1000] }),
  op('crossEntropy', '[64,10]', { logits: [64, 10], target: { shape: [64], below: 10 } }),
  op('crossEntropy', '[64,1000]', { logits: [64, 1000], target: { shape: [64], below: 1000 } }),
  op('mseLoss', '[16,3,64,64]', { x: [16, 3, 64, 64], target: [16, 3, 64, 64] }),
  op('dropout', '0.5, [64,4096]', { x: [64, 4096] }, { probability: 0.5 }),

  op('add', '[8,56,56,64]', { a: [8, 56, 56, 64], b: [8, 56, 56, 64] }),
  op('mul', '[8,56,56,64]', { a: [8, 56, 56, 64], b: [8, 56, 56, 64] }),
  op('div', '[8,56,56,64]', { a: [8, 56, 56, 64], b: [8, 56, 56, 64] }),
  op('add', 'a bias, [8,56,56,64] + [64]', { a: [8, 56, 56, 64], b: [64] }),
  op('mul', 'a gate, [8,56,56,64] * [8,1,1,64]', { a: [8, 56, 56, 64], b: [8, 1, 1, 64] }),
  op('sum', 'all of [8,56,56,64]', { x: [8, 56, 56, 64] }),
  op('sum', 'axis 0 of [1024,1024]', { x: [1024, 1024] }, { axes: [0] }),
  op('mean', 'axis 1 of [1024,1024]', { x: [1024, 1024] }, { axes: [1] }),
  op('max', 'axis 1 of [1024,1024]', { x: [1024, 1024] }, { axes: [1] }),
  op('variance', 'axis 1 of [1024,1024]', { x: [1024, 1024] }, { axes: [1] }),
  op('cumsum', 'axis 1 of [1024,1024]', { x: [1024, 1024] }),
  op('maximum', '[8,56,56,64]', { a: [8, 56, 56, 64], b: [8, 56, 56, 64] }),
  op('where', '[8,56,56,64]', { condition: { shape: [8, 56, 56, 64], below: 2 }, a: [8, 56, 56, 64], b: [8, 56, 56, 64] }),

  image('pad', 'reflect 3, 64, 56x56', { x: [8, 56, 56, 64] }, { each: 3, mode: 'reflect' }),
  image('pad', 'zeros 1, 64, 56x56', { x: [8, 56, 56, 64] }, { each: 1, mode: 'constant' }),
  image('concat', 'channels, 2 of 64, 56x56', { a: [8, 56, 56, 64], b: [8, 56, 56, 64] }),
  op('permute', '[8,56,56,64] to [8,64,56,56]', { x: [8, 56, 56, 64] }),
  image('pixelShuffle', '2, 256 to 64, 28x28', { x: [8, 28, 28, 256] }, { r: 2 }),
  image('interpolate', 'nearest x2, 64, 28x28', { x: [8, 28, 28, 64] }, { scaleFactor: 2, mode: 'nearest' }),
  image('interpolate', 'bilinear x2, 64, 28x28', { x: [8, 28, 28, 64] }, { scaleFactor: 2, mode: 'bilinear' }),
  image('interpolate', 'bicubic x2, 16, 28x28', { x: [8, 28, 28, 16] }, { scaleFactor: 2, mode: 'bicubic' }),
  image('gridSample', 'bilinear, 32, 56x56', { x: [8, 56, 56, 32], grid: [8, 56, 56, 2] }),
  op('embedding', '[8192] of [10000,256]', { weight: [10000, 256], indices: { shape: [8192], below: 10000 } }),
  op('gather', '[1024,256] of [1024,1024]', { x: [1024, 1024], indices: { shape: [1024, 256], below: 1024 } }),
  { ...op('argmax', '[1024,1000]', { x: [1024, 1000] }), differentiable: false },
];
