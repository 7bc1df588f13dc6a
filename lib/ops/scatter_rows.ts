/**
 * Weighted sums of rows that an index names, y[o,s,:] = sum over taps t of weight[s,t] * x[o,index[s,t],:], and what their
 * gradients are made of. They are linear in each float input, so their gradients are one another.
 */
import { op, type Op } from '../core/op.js';

/** y[outer,sources,c] of x[outer,rows,c]. An index of -1, or `skip` - 1, adds nothing; others outside of x give NaN. */
export const gatherRows: Op<'gather_rows'> = op('gatherRows', 'gather_rows', {
  saves: ['x', 'index', 'weight'],
  gradients: {
    x: (dy, { saved: { index, weight }, params, shapes }) => scatterRows({ dy, index, weight }, params, { dx: shapes.x }).dx,
    index: null,
    weight: (dy, { saved: { x, index }, params, shapes }) =>
      gatherRowsWeightGrad({ x, dy, index }, params, { dweight: shapes.weight }).dweight,
  },
});

/** dx[outer,rows,c] of dy[outer,sources,c]: each row of dy, weighted, added to the rows that it was summed from. */
export const scatterRows: Op<'scatter_rows'> = op('scatterRows', 'scatter_rows', {
  saves: ['dy', 'index', 'weight'],
  gradients: {
    dy: (ddx, { saved: { index, weight }, params, shapes }) => gatherRows({ x: ddx, index, weight }, params, { y: shapes.dy }).y,
    index: null,
    weight: (ddx, { saved: { dy, index }, params, shapes }) =>
      gatherRowsWeightGrad({ x: ddx, dy, index }, params, { dweight: shapes.weight }).dweight,
  },
});

/** dweight[sources,taps]: the products of the rows that each entry joins. */
export const gatherRowsWeightGrad: Op<'gather_rows_weight_grad'> = op('the weight gradient of gatherRows', 'gather_rows_weight_grad', {
  saves: ['x', 'dy', 'index'],
  gradients: {
    x: (ddw, { saved: { dy, index }, params, shapes }) => scatterRows({ dy, index, weight: ddw }, params, { dx: shapes.x }).dx,
    dy: (ddw, { saved: { x, index }, params, shapes }) => gatherRows({ x, index, weight: ddw }, params, { y: shapes.dy }).y,
    index: null,
  },
});
