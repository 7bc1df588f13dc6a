/** ReLU with a slope below 0 that is learned. */
import { op } from '../core/op.js';
import { scope } from '../core/scope.js';
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkSameFloats } from './arguments.js';
import { overCommonShape, pairWalk } from './broadcast.js';
import { gt } from './compare.js';
import { mul } from './elementwise.js';
import { clamp } from './math.js';
import { sumTo } from './reduce.js';
import { where } from './where.js';

const preluOp = op('prelu', 'prelu_forward', {
  saves: ['x', 'weight'],
  gradients: {
    x: (dy, { saved: { x, weight } }) => scope(() => where(gt(x, 0), dy, mul(dy, weight))),
    weight: (dy, { saved: { x }, shapes }) => scope(() => sumTo(mul(dy, clamp(x, { max: 0 })), shapes.weight)),
  },
});

/**
 * x where x > 0, weight * x elsewhere.
 *
 * K. He et al., "Delving deep into rectifiers", arXiv:1502.01852.
 *
 * @param x floats of any type, [..., C].
 * @param weight of the same type: [C], a slope for each channel, or [1], one for all.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if types or devices differ, or weight has another length.
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  checkSameFloats('prelu', { x, weight });
  const channels = x.shape.at(-1) ?? 1;
  if (weight.shape.length !== 1 || (weight.shape[0] !== 1 && weight.shape[0] !== channels)) {
    throw argumentError('prelu', `expected weight to have shape [1] or [${channels}], like the channels of x ${shapeText(x.shape)}, but got ${shapeText(weight.shape)}`);
  }
  const y = x.shape;
  if (y.length === 0) return scope(() => prelu(x.reshape([1]), weight).reshape([]));
  return overCommonShape(y, x, weight, (x, weight) => preluOp({ x, weight }, pairWalk('prelu', x.shape, weight.shape, y), { y }).y);
}
