/** Why PyTorch is much faster at some ops: what stands beside a ratio below 0.6 in the results of bench/ops.ts. */
import type { OpsRow } from './ops.js';

/** Ratios below it want a reason. */
export const SLOW = 0.6;

interface Reason {
  op: string;
  /** Of the case. Default: whatever it is. */
  name?: RegExp;
  /** Default: both. */
  pass?: OpsRow['pass'];
  reason: string;
}

const reasons: readonly Reason[] = [
  { op: 'concat', pass: 'forward', reason: 'channels last, the inputs alternate by 256 bytes; with NCHW each image is two long copies' },
  { op: 'concat', pass: 'forward and backward', reason: "PyTorch's gradients are views; a tensor of convolt has memory of its own" },
  { op: 'permute', pass: 'forward and backward', reason: "PyTorch's gradient is a view; convolt's is a copy" },
  { op: 'sum', name: /^all/, pass: 'forward and backward', reason: "PyTorch's gradient is a view of one number; convolt's is written" },
  { op: 'pad', name: /^zeros/, reason: 'two calls: the whole result is filled, then x is copied over most of it' },
  { op: 'max', reason: 'finds the place of each maximum too, for the gradient; amax finds none' },
  { op: 'mseLoss', reason: 'three calls: difference, square, mean' },
  { op: 'gelu', reason: "the polynomials of the CUDA kernels, with an exp, so that devices agree; PyTorch has oneDNN's approximation" },
  { op: 'leakyRelu', pass: 'forward and backward', reason: 'a factor of 0 wins over an infinite gradient, which takes another pass over slopes in the cache' },
  { op: 'hardswish', pass: 'forward and backward', reason: 'a pass over slopes in the cache, as for leakyRelu: on one core the gradient takes 350 us to 303 of PyTorch' },
  {
    op: 'maximum', pass: 'forward',
    reason: 'on one core 279 us to 317 of PyTorch; on both, runs differ from 0.52 to 0.74, as those of add and mul, which move the same bytes',
  },
  { op: 'groupNorm', pass: 'forward and backward', reason: 'channels last, each group is two of 64 neighbours: x and dy are read for each 16 channels anew' },
  { op: 'instanceNorm', pass: 'forward and backward', reason: 'channels last, x and dy are read for each 16 channels anew' },
  { op: 'batchNorm', pass: 'forward and backward', reason: 'the sums for weight and bias read x and dy for each 16 channels anew' },
  { op: 'conv2d', name: /^LeNet/, pass: 'forward', reason: 'fewer channels than a vector: loops of our own, which oneDNN, filled up to 16 channels, beats where both cores are idle' },
  { op: 'linear', name: /^(512|4096)/, reason: 'oneDNN lays out the transposed weights anew in each call, which with 16 to 64 rows takes as long as the product' },
  { op: 'crossEntropy', reason: 'a call of a few microseconds, which waits for the thread of the device' },
  { op: 'mul', name: /^a gate/, pass: 'forward', reason: 'a call for each run of 64 elements, which is as far as the gate goes' },
  { op: 'add', name: /^a bias/, pass: 'forward', reason: 'a call for each run of 64 elements, which is as far as the bias goes' },
  { op: 'mean', reason: 'sums in a fixed order of lanes, so that no number of cores changes them' },
  { op: 'interpolate', name: /^nearest/, reason: 'a sparse matrix along each axis, one after the other, as for all modes' },
  { op: 'avgPool2d', name: /^3x3/, reason: 'windows that overlap are summed one by one' },
];

/** The reason for a row's ratio, if one is wanted: null if none is, undefined if none is known. */
export function reasonFor(row: Pick<OpsRow, 'op' | 'name' | 'pass' | 'ratio'>): string | null | undefined {
  if (row.ratio === null || row.ratio >= SLOW) return null;
  return reasons.find(({ op, name, pass }) => op === row.op && (name?.test(row.name) ?? true) && (pass ?? row.pass) === row.pass)?.reason;
}
