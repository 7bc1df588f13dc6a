/** Softmax, its logarithm and its mirror image, along one axis. */
import { op, type Op } from '../core/op.js';
import { scope } from '../core/scope.js';
import { numel } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkSameFloats, resolveAxis } from './arguments.js';
import { mul, neg, sub } from './elementwise.js';
import { exp } from './math.js';
import { sum } from './reduce.js';

/** x as [outer,size,inner], with the axis in the middle. */
interface Rows {
  outer: number;
  size: number;
  inner: number;
}

/** Sums along the rows, in a shape that stretches over them, and tensors of rows in that view. */
function viewedBy({ outer, size, inner }: Rows) {
  const rows = (x: Tensor) => x.reshape([outer, size, inner]);
  return { rows, total: (x: Tensor) => sum(rows(x), { axes: 1, keepDims: true }) };
}

// dx = y (dy - sum(y dy)): symmetric in the rows, so it is its own gradient by dy.
const softmaxGrad: Op<'softmax_grad'> = op('the gradient of softmax', 'softmax_grad', {
  saves: ['y', 'dy'],
  gradients: {
    y: (ddx, { saved: { y, dy }, params, shapes }) =>
      scope(() => {
        const { rows, total } = viewedBy(params);
        const direct = mul(rows(ddx), sub(rows(dy), total(mul(y, dy))));
        return sub(direct, mul(rows(dy), total(mul(ddx, y)))).reshape(shapes.y);
      }),
    dy: (ddx, { saved: { y }, params, shapes }) => softmaxGrad({ y, dy: ddx }, params, { dx: shapes.dy }).dx,
  },
});

const softmaxOp = op('softmax', 'softmax_forward', {
  saves: ['y'],
  gradients: { x: (dy, { saved: { y }, params, shapes }) => softmaxGrad({ y, dy }, params, { dx: shapes.x }).dx },
});

// dx = dy - exp(y) sum(dy)
const logSoftmaxGrad: Op<'log_softmax_grad'> = op('the gradient of logSoftmax', 'log_softmax_grad', {
  saves: ['y', 'dy'],
  gradients: {
    y: (ddx, { saved: { y, dy }, params, shapes }) =>
      scope(() => {
        const { rows, total } = viewedBy(params);
        return neg(mul(rows(mul(ddx, exp(y))), total(dy))).reshape(shapes.y);
      }),
    dy: (ddx, { saved: { y }, params, shapes }) =>
      scope(() => {
        const { rows, total } = viewedBy(params);
        return sub(rows(ddx), total(mul(ddx, exp(y)))).reshape(shapes.dy);
      }),
  },
});

const logSoftmaxOp = op('logSoftmax', 'log_softmax_forward', {
  saves: ['y'],
  gradients: { x: (dy, { saved: { y }, params, shapes }) => logSoftmaxGrad({ y, dy }, params, { dx: shapes.x }).dx },
});

export interface SoftmaxOptions {
  /** Along which to normalise; negative ones count from the end. Default the last, which in images is that of channels. */
  axis?: number | undefined;
}

function rowsAlong(name: string, x: Tensor, { axis = -1 }: SoftmaxOptions): Rows {
  checkSameFloats(name, { x });
  if (x.shape.length === 0) throw argumentError(name, 'expected x to have at least one axis, but got shape []');
  const along = resolveAxis(name, 'axis', axis, x);
  return { outer: numel(x.shape.slice(0, along)), size: x.shape[along]!, inner: numel(x.shape.slice(along + 1)) };
}

/**
 * exp(x) / sum of exp(x) along one axis. The largest element is subtracted first, so nothing overflows.
 *
 * @param x floats of any type, with at least one axis.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats, or the axis is not one of its.
 */
export function softmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  return softmaxOp({ x }, rowsAlong('softmax', x, options), { y: x.shape }).y;
}

/**
 * x - log(sum of exp(x)) along one axis: the logarithm of {@link softmax}, accurate where that is close to 0.
 *
 * @param x floats of any type, with at least one axis.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats, or the axis is not one of its.
 */
export function logSoftmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  return logSoftmaxOp({ x }, rowsAlong('logSoftmax', x, options), { y: x.shape }).y;
}

/**
 * exp(-x) / sum of exp(-x) along one axis: {@link softmax} of -x.
 *
 * @param x floats of any type, with at least one axis.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats, or the axis is not one of its.
 */
export function softmin(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  const rows = rowsAlong('softmin', x, options);
  return scope(() => softmaxOp({ x: neg(x) }, rows, { y: x.shape }).y);
}
