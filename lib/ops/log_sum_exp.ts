/** The logarithm of a sum of exponentials, over any axes. */
import { op, type Op } from '../core/op.js';
import type { Params } from '../core/run.js';
import type { Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { checkFloats } from './arguments.js';
import { mul, neg } from './elementwise.js';
import { ones } from './fill.js';
import { reduceAxes, resolveReduction, sum, type ReduceOptions } from './reduce.js';

const logSumExpOp: Op<'log_sum_exp'> = op('logSumExp', 'log_sum_exp', {
  saves: ['x', 'y'],
  gradients: { x: (dy, { saved: { x, y }, params, shapes }) => logSumExpGrad({ x, y, dy }, params, { dx: shapes.x }).dx },
});

/** The sum of a tensor like x over the axis that was reduced. */
function sumAlong(dx: Tensor, { outer, size, inner }: Params<'log_sum_exp'>, shape: Shape): Tensor {
  return sum(dx.reshape([outer, size, inner]), { axes: 1 }).reshape(shape);
}

// dx = dy exp(x - y).
const logSumExpGrad: Op<'log_sum_exp_grad'> = op('the gradient of logSumExp', 'log_sum_exp_grad', {
  saves: ['x', 'y', 'dy'],
  gradients: {
    x: (ddx, { saved, params, shapes }) => mul(ddx, logSumExpGrad(saved, params, { dx: shapes.x }).dx),
    y: (ddx, { saved, params, shapes }) => neg(sumAlong(mul(ddx, logSumExpGrad(saved, params, { dx: shapes.x }).dx), params, shapes.y)),
    dy: (ddx, { saved: { x, y }, params, shapes }) => {
      const one = logSumExpGrad({ x, y, dy: ones(shapes.dy, { device: x.device }) }, params, { dx: shapes.x }).dx;
      return sumAlong(mul(ddx, one), params, shapes.dy);
    },
  },
});

/**
 * log(sum(exp(x))) over some axes. The largest element is subtracted first, so nothing overflows; of no elements it is
 * minus infinity.
 *
 * @param x float32, any shape.
 * @returns the shape of x without the reduced axes, or with 1 in their places.
 * @throws ERR_ARGUMENT if x is not a live float32 tensor or an axis is not one of its.
 */
export function logSumExp(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkFloats('logSumExp', { x });
  return reduceAxes(x, resolveReduction('logSumExp', x, options), (from, axes, y) => logSumExpOp({ x: from }, axes, { y }).y);
}
