/** Gates and competition between channels: activations that make fewer channels of more. */
import { call } from '../core/run.js';
import { scope } from '../core/scope.js';
import { numel, shapeText, type Shape } from '../core/shape.js';
import { OpNode, wantsGradient } from '../core/tape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { sigmoid } from './activation.js';
import { argumentError, checkSameFloats, resolveAxis, valueText } from './arguments.js';
import { mul } from './elementwise.js';
import { maxPool1d } from './max_pool.js';
import { where } from './where.js';

/** x[:, which] of x [outer,2,inner], as [outer,1,inner]. Its gradient has zeros in the other half. */
function half(x: Tensor, which: 0 | 1): Tensor {
  const [outer = 0, , inner = 0] = x.shape, { device } = x;
  const reach = outer * inner === 0 ? 0 : (outer - 1) * 2 * inner + inner;
  const walk = { shape: [1, 1, 1, 1, outer, inner], stride: [0, 0, 0, 0, 2 * inner, 1] };
  const part = x.view(reach === 0 ? 0 : which * inner, [reach]);
  const { y } = call('affine', { x: part }, { ...walk, scale: 1, shift: 0 }, { y: [outer, 1, inner] });
  part.dispose();
  if (wantsGradient({ x }, ['x'])) {
    const expand = (dy: Tensor) => scope(() => {
      const first = tensor(Uint8Array.of(1, 0), { shape: [2, 1], device });
      return which === 0 ? where(first, dy, 0) : where(first, 0, dy);
    });
    y.node = new OpNode('glu', [x.node], (_, dy) => expand(dy), []);
  }
  return y;
}

export interface GluOptions {
  /** Which is cut into halves; negative ones count from the end. Default the last. */
  axis?: number | undefined;
}

/**
 * Gated linear unit: a * sigmoid(b), where a and b are the two halves of x along one axis.
 *
 * Y. Dauphin et al., "Language modeling with gated convolutional networks", arXiv:1612.08083.
 *
 * @param x floats of any type, of an even extent along the axis.
 * @returns the shape of x with half of that extent.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats, the axis is not one of its, or cannot be halved.
 */
export function glu(x: Tensor, { axis = -1 }: GluOptions = {}): Tensor {
  checkSameFloats('glu', { x });
  const along = resolveAxis('glu', 'axis', axis, x), size = x.shape[along]!;
  if (size % 2 !== 0) throw argumentError('glu', `expected x to have an even extent along axis ${along}, but got shape ${shapeText(x.shape)}`);
  const y: Shape = x.shape.map((extent, i) => (i === along ? size / 2 : extent));
  return scope(() => {
    const halves = x.reshape([numel(x.shape.slice(0, along)), 2, numel(y.slice(along))]);
    return mul(half(halves, 0), sigmoid(half(halves, 1))).reshape(y);
  });
}

/**
 * The largest of each group of neighbouring channels: y[..., c] is the largest of x[..., c * pieces] to
 * x[..., c * pieces + pieces - 1].
 *
 * I. Goodfellow et al., "Maxout networks", arXiv:1302.4389.
 *
 * @param x floats, [..., C].
 * @param pieces channels of a group; it divides C.
 * @returns [..., C/pieces].
 * @throws ERR_ARGUMENT if x is not a live tensor of floats with an axis, or pieces does not divide its channels.
 */
export function maxout(x: Tensor, pieces: number): Tensor {
  checkSameFloats('maxout', { x });
  const channels = x.shape.at(-1);
  if (channels === undefined) throw argumentError('maxout', 'expected x to have at least one axis, but got shape []');
  if (!Number.isInteger(pieces) || pieces < 1 || channels % pieces !== 0) {
    throw argumentError('maxout', `expected pieces to be a whole number that divides the ${channels} channels of x ${shapeText(x.shape)}, but got ${valueText(pieces)}`);
  }
  const y = [...x.shape.slice(0, -1), channels / pieces];
  if (channels === 0) return x.reshape(y);
  return scope(() => maxPool1d(x.reshape([numel(x.shape.slice(0, -1)), channels, 1]), { kernel: pieces }).reshape(y));
}
