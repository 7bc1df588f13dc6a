/**
 * Values by formula, which torch's golden outputs were computed from: make_golden.py describes it. The k-th tensor of a
 * state dict has a value for each of its elements, in torch's order.
 */
import { numel, type Shape } from '../../lib/core/shape.js';

/** v(k, i), for i from 0 to count - 1: a hash of tensor number and element number, in [-1, 1). */
export function hashed(k: number, count: number, seed = 0): Float64Array {
  const values = new Float64Array(count), base = (Math.imul(k, 0x85ebca77) + Math.imul(seed, 0xc2b2ae3d)) | 0;
  for (let i = 0; i < count; i++) {
    let h = (Math.imul(i, 0x9e3779b1) + base) | 0;
    h ^= h >>> 16;
    h = Math.imul(h, 0x7feb352d);
    h ^= h >>> 15;
    h = Math.imul(h, 0x846ca68b);
    h ^= h >>> 16;
    values[i] = (h >>> 8) / 2 ** 23 - 1;
  }
  return values;
}

/** The affine function of v that a tensor's values are: its middle and half its range. */
function spread(name: string, shape: Shape, gain: number): readonly [middle: number, half: number] {
  const key = name.split('.').at(-1)!;
  if (key === 'class_token' || key === 'pos_embedding') return [0, 0.02];
  if (key === 'layer_scale') return [0, 0.5];
  if (key === 'logit_scale') return [2, 0.5];
  if (shape.length >= 2) return [0, Math.sqrt(gain / (numel(shape) / shape[0]!))];
  return key === 'weight' || key === 'running_var' ? [1, 0.2] : [0, 0.1];
}

/** The values of the k-th tensor, in torch's order. */
export function formulaWeights(name: string, shape: Shape, k: number, gain = 4): Float32Array {
  const [middle, half] = spread(name, shape, gain), v = hashed(k, numel(shape));
  const values = new Float32Array(v.length);
  for (let i = 0; i < v.length; i++) values[i] = middle + half * v[i]!;
  return values;
}

/** A batch of images [N,C,H,W]. */
export function formulaImages(shape: Shape): Float32Array {
  const [images, ...rest] = shape, size = numel(rest), values = new Float32Array(numel(shape));
  for (let n = 0; n < images!; n++) values.set(hashed(0x10000 + n, size), n * size);
  return values;
}
