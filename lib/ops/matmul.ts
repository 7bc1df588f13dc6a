/** Matrix products: matmul, and linear, which is one with a stored transpose and a bias. */
import { op, type Op } from '../core/op.js';
import type { Params } from '../core/run.js';
import { numel, shapeText, type Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkRank, checkSameFloats, checkVector } from './arguments.js';
import { sumTo } from './reduce.js';

/** y[m,n] = op(a)[m,k] op(b)[k,n], in the shape that is asked for. */
function product(a: Tensor, b: Tensor, params: Params<'matmul'>, shape: Shape): Tensor {
  return multiply({ a, b }, params, { y: shape }).y;
}

const multiply: Op<'matmul'> = op('matmul', 'matmul', {
  saves: ['a', 'b'],
  gradients: {
    a: (dy, { saved: { b }, params: { m, n, k, transposeA, transposeB }, shapes }) =>
      transposeA
        ? product(b, dy, { m: k, n: m, k: n, transposeA: transposeB, transposeB: 1 }, shapes.a)
        : product(dy, b, { m, n: k, k: n, transposeA: 0, transposeB: 1 - transposeB }, shapes.a),
    b: (dy, { saved: { a }, params: { m, n, k, transposeA, transposeB }, shapes }) =>
      transposeB
        ? product(dy, a, { m: n, n: k, k: m, transposeA: 1, transposeB: transposeA }, shapes.b)
        : product(a, dy, { m: k, n, k: m, transposeA: 1 - transposeA, transposeB: 0 }, shapes.b),
    bias: (dy, { shapes }) => sumTo(dy, shapes.bias),
  },
});

export interface MatmulOptions {
  /** Whether `a` is stored as [k,m]. Default false. */
  transposeA?: boolean | undefined;
  /** Whether `b` is stored as [n,k]. Default false. */
  transposeB?: boolean | undefined;
}

/**
 * The product of two matrices, y[i,j] = sum over l of a[i,l] * b[l,j].
 *
 * @param a [m,k], or [k,m] with `transposeA`.
 * @param b [k,n], or [n,k] with `transposeB`.
 * @returns [m,n].
 * @throws ERR_ARGUMENT if they are not matrices of float32 on one device, or their inner extents differ.
 */
export function matmul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: MatmulOptions = {}): Tensor {
  checkSameFloats('matmul', { a, b });
  checkRank('matmul', 'a', a, 2, transposeA ? '[k,m]' : '[m,k]');
  checkRank('matmul', 'b', b, 2, transposeB ? '[n,k]' : '[k,n]');
  const m = a.shape[transposeA ? 1 : 0]!, k = a.shape[transposeA ? 0 : 1]!;
  const n = b.shape[transposeB ? 0 : 1]!, inner = b.shape[transposeB ? 1 : 0]!;
  if (inner !== k) {
    throw argumentError(
      'matmul',
      `expected b to have ${k} ${transposeB ? 'columns' : 'rows'}, as many as a ${shapeText(a.shape)} has ` +
        `${transposeA ? 'rows' : 'columns'}, but got ${inner} (b ${shapeText(b.shape)})`,
    );
  }
  return multiply({ a, b }, { m, n, k, transposeA: Number(transposeA), transposeB: Number(transposeB) }, { y: [m, n] }).y;
}

/**
 * A fully connected layer, y = x weight^T + bias, over the last axis of x.
 *
 * @param x [..., in].
 * @param weight [out, in].
 * @param bias [out]. Default none.
 * @returns [..., out].
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together.
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  checkSameFloats('linear', { x, weight }, { bias });
  checkRank('linear', 'weight', weight, 2, '[out,in]');
  const out = weight.shape[0]!, k = weight.shape[1]!;
  if (x.shape.at(-1) !== k) {
    throw argumentError(
      'linear',
      `expected x to end in ${k} features, like weight ${shapeText(weight.shape)}, but got x ${shapeText(x.shape)}`,
    );
  }
  checkVector('linear', 'bias', bias, out, `one for each row of weight ${shapeText(weight.shape)}`);
  const leading = x.shape.slice(0, -1);
  const params = { m: numel(leading), n: out, k, transposeA: 0, transposeB: 1 };
  return multiply({ a: x, b: weight, bias }, params, { y: [...leading, out] }).y;
}
