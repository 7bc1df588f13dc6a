/** Softmax over the last axis. */
import { op } from '../core/op.js';
import { run } from '../core/run.js';
import { numel } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkFloats } from './arguments.js';

const softmaxOp = op('softmax', 'softmax_forward', {
  saves: ['y'],
  gradients: {
    x: (dy, { saved, params, shapes }) => run('softmax_grad', { y: saved.y, dy }, params, { dx: shapes.x }).dx,
  },
});

/**
 * exp(x) / sum of exp(x) over the last axis, which in images is that of channels or classes. The largest
 * element is subtracted first, so nothing overflows.
 *
 * @param x float32 [..., C].
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor with at least one axis.
 */
export function softmax(x: Tensor): Tensor {
  checkFloats('softmax', { x });
  const cols = x.shape.at(-1);
  if (cols === undefined) throw argumentError('softmax', 'expected x to have at least one axis, but got shape []');
  return softmaxOp({ x }, { rows: numel(x.shape.slice(0, -1)), cols }, { y: x.shape }).y;
}
