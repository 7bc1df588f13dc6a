/** Products of many matrices, or of one with many: what matmul is for operands with leading axes. */
import { op, type Op } from '../core/op.js';
import type { Params } from '../core/run.js';
import { scope } from '../core/scope.js';
import { numel, type Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { spreadTo, sumTo } from './reduce.js';

/** An operand: its matrices, how many there are, and whether they are stored the other way round. */
interface Operand {
  x: Tensor;
  batch: number;
  transposed: number;
}

/** op(a)[m,k] op(b)[k,n] for each of the batch. */
function product(a: Operand, b: Operand, batch: number, extents: { m: number; n: number; k: number }): Tensor {
  const params = { batch, batchA: a.batch, batchB: b.batch, ...extents, transposeA: a.transposed, transposeB: b.transposed };
  return batchMultiply({ a: a.x, b: b.x }, params, { y: [batch, extents.m, extents.n] }).y;
}

/** The gradient of an operand that has one matrix for the whole batch, or one for each. */
function summed(each: Tensor, batch: number, shape: Shape): Tensor {
  return sumTo(each, [batch, ...each.shape.slice(1)]).reshape(shape);
}

const batchMultiply: Op<'batch_matmul'> = op('matmul', 'batch_matmul', {
  isProduct: true,
  saves: ['a', 'b'],
  gradients: {
    a: (dy, { saved: { b }, params: { batch, batchA, batchB, m, n, k, transposeA, transposeB }, shapes }) => {
      const ofY = { x: dy, batch }, ofB = { x: b, batch: batchB };
      const each = transposeA
        ? product({ ...ofB, transposed: transposeB }, { ...ofY, transposed: 1 }, batch, { m: k, n: m, k: n })
        : product({ ...ofY, transposed: 0 }, { ...ofB, transposed: 1 - transposeB }, batch, { m, n: k, k: n });
      return summed(each, batchA, shapes.a);
    },
    b: (dy, { saved: { a }, params: { batch, batchA, batchB, m, n, k, transposeA, transposeB }, shapes }) => {
      const ofY = { x: dy, batch }, ofA = { x: a, batch: batchA };
      const each = transposeB
        ? product({ ...ofY, transposed: 1 }, { ...ofA, transposed: transposeA }, batch, { m: n, n: k, k: m })
        : product({ ...ofA, transposed: 1 - transposeA }, { ...ofY, transposed: 0 }, batch, { m: k, n, k: m });
      return summed(each, batchB, shapes.b);
    },
  },
});

/** x with the given leading axes: as it is where it has one matrix or all, else with copies of its matrices. */
function stretched(x: Tensor, leading: Shape): Tensor {
  const own = x.shape.slice(0, -2), all = numel(leading);
  if (numel(own) === all || (numel(own) === 1 && all > 0)) return x;
  return spreadTo(x, [...leading, ...x.shape.slice(-2)]);
}

/** y[...leading,m,n] of operands whose leading axes stretch to those. */
export function batchMatmul(
  a: Tensor,
  b: Tensor,
  leading: Shape,
  params: Omit<Params<'batch_matmul'>, 'batch' | 'batchA' | 'batchB'>,
): Tensor {
  return scope(() => {
    const allA = stretched(a, leading), allB = stretched(b, leading);
    const batches = { batch: numel(leading), batchA: numel(allA.shape.slice(0, -2)), batchB: numel(allB.shape.slice(0, -2)) };
    return batchMultiply({ a: allA, b: allB }, { ...params, ...batches }, { y: [...leading, params.m, params.n] }).y;
  });
}
