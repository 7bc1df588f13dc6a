/** Matrix products: matmul, and linear, which is one with a stored transpose and a bias. */
import { op, type Op } from '../core/op.js';
import type { Params } from '../core/run.js';
import { scope } from '../core/scope.js';
import { numel, sameShape, shapeText, type Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkRank, checkSameFloats, checkVector } from './arguments.js';
import { batchMatmul } from './batch_matmul.js';
import { commonShape } from './broadcast.js';
import { mul } from './elementwise.js';
import { sumTo } from './reduce.js';

/** y[m,n] = op(a)[m,k] op(b)[k,n], in the shape that is asked for. */
function product(a: Tensor, b: Tensor, params: Params<'matmul'>, shape: Shape): Tensor {
  return multiply({ a, b }, params, { y: shape }).y;
}

const multiply: Op<'matmul'> = op('matmul', 'matmul', {
  isProduct: true,
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

/** The leading axes, behind which the matrices of a product lie. */
function leadingAxes(a: Tensor, b: Tensor): Shape {
  const ofA = a.shape.slice(0, -2), ofB = b.shape.slice(0, -2);
  const shared = Math.min(ofA.length, ofB.length);
  for (let axis = -shared; axis < 0; axis++) {
    const extentA = ofA.at(axis), extentB = ofB.at(axis);
    if (extentA !== extentB && extentA !== 1 && extentB !== 1) {
      throw argumentError(
        'matmul',
        `expected the axes of b before the last two to broadcast with those of a ${shapeText(a.shape)}, with extents equal or 1, ` +
          `but got b ${shapeText(b.shape)}`,
      );
    }
  }
  return commonShape('matmul', { a: ofA, b: ofB });
}

function checkMatrices(name: string, value: Tensor, layout: string): void {
  if (value.shape.length < 2) {
    throw argumentError('matmul', `expected ${name} to have at least the 2 axes ${layout}, but got shape ${shapeText(value.shape)}`);
  }
}

/**
 * The product of two matrices, y[...,i,j] = sum over l of a[...,i,l] * b[...,l,j]. Axes before the last two hold that many
 * matrices; they broadcast as in {@link add}.
 *
 * @param a float [...,m,k], or [...,k,m] with `transposeA`.
 * @param b the type of a, [...,k,n], or [...,n,k] with `transposeB`.
 * @returns the type of a, [...,m,n].
 * @throws ERR_ARGUMENT if types, devices or shapes do not fit together.
 */
export function matmul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: MatmulOptions = {}): Tensor {
  checkSameFloats('matmul', { a, b });
  checkMatrices('a', a, transposeA ? '[k,m]' : '[m,k]');
  checkMatrices('b', b, transposeB ? '[n,k]' : '[k,n]');
  const m = a.shape.at(transposeA ? -1 : -2)!, k = a.shape.at(transposeA ? -2 : -1)!;
  const n = b.shape.at(transposeB ? -2 : -1)!, inner = b.shape.at(transposeB ? -1 : -2)!;
  if (inner !== k) {
    throw argumentError(
      'matmul',
      `expected b to have ${k} ${transposeB ? 'columns' : 'rows'}, as many as a ${shapeText(a.shape)} has ` +
        `${transposeA ? 'rows' : 'columns'}, but got ${inner} (b ${shapeText(b.shape)})`,
    );
  }
  const leading = leadingAxes(a, b), transposed = { transposeA: Number(transposeA), transposeB: Number(transposeB) };
  const ofA = numel(a.shape.slice(0, -2)), ofB = numel(b.shape.slice(0, -2));
  if (ofB === 1 && (ofA === 1 || !transposeA)) {
    return multiply({ a, b }, { m: ofA * m, n, k, ...transposed }, { y: [...leading, m, n] }).y; // the rows of all of a are one matrix
  }
  return batchMatmul(a, b, leading, { m, n, k, ...transposed });
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

/**
 * A bilinear map, y[...,o] = bias[o] + sum over i, j of x[...,i] * weight[o,i,j] * z[...,j]. `torch.nn.functional.bilinear`.
 *
 * @param x float [...,in1].
 * @param z the type of x, [...,in2].
 * @param weight the type of x, [out,in1,in2].
 * @param bias the type of x, [out]. Default none.
 * @returns the type of x, [...,out].
 * @throws ERR_ARGUMENT if types, devices or shapes do not fit together.
 */
export function bilinear(x: Tensor, z: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  checkSameFloats('bilinear', { x, z, weight }, { bias });
  checkRank('bilinear', 'weight', weight, 3, '[out,in1,in2]');
  const [out, in1, in2] = weight.shape as [number, number, number];
  const leading = x.shape.slice(0, -1), rows = numel(leading);
  if (x.shape.at(-1) !== in1) {
    throw argumentError('bilinear', `expected x to end in ${in1} features, like weight ${shapeText(weight.shape)}, but got x ${shapeText(x.shape)}`);
  }
  if (!sameShape(z.shape, [...leading, in2])) {
    throw argumentError(
      'bilinear',
      `expected z to have shape ${shapeText([...leading, in2])}, like x ${shapeText(x.shape)} and weight ${shapeText(weight.shape)}, ` +
        `but got ${shapeText(z.shape)}`,
    );
  }
  checkVector('bilinear', 'bias', bias, out, `one for each output of weight ${shapeText(weight.shape)}`);
  return scope(() => {
    const pairs = mul(x.reshape([rows, in1, 1]), z.reshape([rows, 1, in2])).reshape([rows, in1 * in2]);
    return linear(pairs, weight.reshape([out, in1 * in2]), bias).reshape([...leading, out]);
  });
}
