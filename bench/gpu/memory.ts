/** Ops that memory bounds: their time as a part of that of the bytes which they have to move. */
import { avgPool2d, batchNorm, grad, maxPool2d, noGrad, ones, optim, relu, scope, zeros, type Device, type Tensor } from 'convolt';

import type { InputType, Inputs } from './inputs.js';
import { rootOf } from './library.js';
import { measure, type Patience } from './measure.js';
import type { Measured, Row } from './result.js';
import { measuredBy, type Side } from './side.js';

export interface MemorySizes {
  /** Of images [n,size,size,c]. */
  n: number;
  size: number;
  c: number;
  /** Of an optimiser: as many as a ResNet-50 has. */
  parameters: number;
}

export const memorySizes: MemorySizes = { n: 256, size: 56, c: 256, parameters: 25_557_032 };

interface Work {
  forward: (x: Tensor) => Tensor;
  /** Passes over x of each kind of work, at the least: statistics need all of x before the first result. */
  reads: { forward: number; backward: number };
}

/** The channel vectors of a batch normalisation, and a residual where it has one. */
function normalisation(on: Device, inputs: Inputs, { n, size, c }: MemorySizes, dtype: InputType) {
  const vectors = { weight: ones([c], { device: on }), bias: zeros([c], { device: on }), runningMean: zeros([c], { device: on }), runningVar: ones([c], { device: on }) };
  vectors.weight.requiresGrad = vectors.bias.requiresGrad = true;
  const residual = inputs.normal([n, size, size, c], dtype);
  residual.requiresGrad = true;
  return { vectors, residual };
}

/**
 * The ops, as PyTorch's side has them, with the passes over x that they need: forward x, x, y of a normalisation; backward
 * x, dy, x, dy, dx; pooling by 2 leaves a quarter of x, whose maxima are found again by an index of a byte.
 */
function works(on: Device, inputs: Inputs, sizes: MemorySizes, dtype: InputType): Record<string, Work> {
  const { vectors, residual } = normalisation(on, inputs, sizes, dtype);
  const index = 1 / 4 / (dtype === 'float32' ? 4 : 2); // of an image that is a quarter as large
  return {
    'relu': { forward: relu, reads: { forward: 2, backward: 3 } },
    'batchnorm': { forward: (x) => batchNorm(x, { ...vectors, training: true }), reads: { forward: 3, backward: 5 } },
    'batchnorm+relu': { forward: (x) => batchNorm(x, { ...vectors, training: true, activation: 'relu' }), reads: { forward: 3, backward: 5 } },
    'batchnorm+add+relu': { forward: (x) => batchNorm(x, { ...vectors, training: true, residual, activation: 'relu' }), reads: { forward: 4, backward: 8 } },
    'maxpool-3x3s2': { forward: (x) => maxPool2d(x, { kernel: 3, stride: 2, padding: 1 }), reads: { forward: 1.25 + index, backward: 1.25 + index } },
    'avgpool-2x2': { forward: (x) => avgPool2d(x, { kernel: 2 }), reads: { forward: 1.25, backward: 1.25 } },
  };
}

/** The optimisers, with the float32 numbers of each parameter that a step reads and writes. */
const optimizers: Record<string, { make: (parameters: Tensor[]) => optim.Optimizer; numbers: number }> = {
  'sgd+momentum': { make: (parameters) => new optim.SGD(parameters, { lr: 0.01, momentum: 0.9 }), numbers: 5 },
  'adamw': { make: (parameters) => new optim.AdamW(parameters, { lr: 0.01 }), numbers: 7 },
};

export const memoryNames: readonly string[] = [
  ...['relu', 'batchnorm', 'batchnorm+relu', 'batchnorm+add+relu', 'maxpool-3x3s2', 'avgpool-2x2'].flatMap((name) => [`${name} forward`, `${name} forward+backward`]),
  ...Object.keys(optimizers).map((name) => `${name} step`),
];

interface Context {
  on: Device;
  inputs: Inputs;
  sizes: MemorySizes;
  dtype: InputType;
  patience: Patience;
}

async function measureOp({ on, inputs, sizes, dtype, patience }: Context, name: string, pass: string): Promise<{ ours: Measured; bytes: number }> {
  const { n, size, c } = sizes;
  const { forward, reads } = works(on, inputs, sizes, dtype)[name]!;
  const x = inputs.normal([n, size, size, c], dtype);
  const bytesOfX = x.numel * (dtype === 'float32' ? 4 : 2);
  try {
    if (pass === 'forward') return { ours: await measure(on, () => noGrad(() => scope(() => void forward(x))), patience), bytes: reads.forward * bytesOfX };
    x.requiresGrad = true;
    const { shape } = scope(() => forward(x));
    const cotangent = inputs.normal(shape, dtype);
    const ours = await measure(on, () => scope(() => void grad(rootOf(forward(x), cotangent), [x])), patience);
    cotangent.dispose();
    return { ours, bytes: (reads.forward + reads.backward) * bytesOfX };
  } finally {
    x.dispose();
  }
}

async function measureOptimizer({ on, inputs, sizes, patience }: Context, name: string): Promise<{ ours: Measured; bytes: number }> {
  const { make, numbers } = optimizers[name]!;
  const parameter = inputs.normal([sizes.parameters], 'float32');
  parameter.requiresGrad = true;
  const optimizer = make([parameter]);
  optimizer.zeroGrad();
  const cotangent = inputs.normal([sizes.parameters], 'float32');
  scope(() => rootOf(parameter, cotangent).backward());
  const ours = await measure(on, () => optimizer.step(), patience);
  cotangent.dispose();
  parameter.dispose();
  return { ours, bytes: 4 * numbers * sizes.parameters };
}

/** Measures the ops of these names until the deadline. */
export async function memoryOps(context: Context, names: readonly string[], peers: readonly Side[], deadline: number): Promise<{ rows: Row[]; left: string[] }> {
  const { n, size, c, parameters } = context.sizes, rows: Row[] = [];
  for (const [i, both] of names.entries()) {
    if (Date.now() > deadline) return { rows, left: names.slice(i) };
    const [name, pass] = both.split(' ') as [string, string];
    const found = pass === 'step' ? await measureOptimizer(context, name) : await measureOp(context, name, pass);
    const row: Row = { part: 'memory', name: both, kind: pass === 'step' ? 'optimiser' : 'layer', flops: 0, ...found, peers: {} };
    for (const peer of peers) {
      const request = ['memory', name, pass, n, size, c, parameters, context.patience.seconds].join(' ');
      row.peers[peer.name] = measuredBy(peer.name, await peer.ask(request, Date.now() + 60_000));
    }
    rows.push(row);
  }
  return { rows, left: [] };
}
