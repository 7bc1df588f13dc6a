/** Running sums along an axis. */
import { op, type Op } from '../core/op.js';
import type { Tensor } from '../core/tensor.js';
import { checkFloats, resolveAxis } from './arguments.js';
import { aroundAxis } from './gather.js';

export interface CumsumOptions {
  /** Whether sums start at the end of the axis. Default false. */
  reverse?: boolean | undefined;
}

// Linear; the gradient is the sum from the other end.
const cumsumOp: Op<'cumsum'> = op('cumsum', 'cumsum', {
  saves: [],
  gradients: { x: (dy, { params, shapes }) => cumsumOp({ x: dy }, { ...params, reverse: 1 - params.reverse }, { y: shapes.x }).y },
});

/**
 * Running sums along an axis; for the last one y[...,i] = sum over j <= i of x[...,j].
 *
 * @param x float32, any shape but [].
 * @param axis negative ones count from the end. Default the last.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor, or the axis is not one of its.
 */
export function cumsum(x: Tensor, axis = -1, { reverse = false }: CumsumOptions = {}): Tensor {
  checkFloats('cumsum', { x });
  const along = resolveAxis('cumsum', 'axis', axis, x);
  return cumsumOp({ x }, { ...aroundAxis(x.shape, along), reverse: Number(reverse) }, { y: x.shape }).y;
}
