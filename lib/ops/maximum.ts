/** The larger and the smaller of two tensors, element by element. */
import { filled } from '../core/gradient_memory.js';
import { op, type Op } from '../core/op.js';
import type { Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { checkSameFloats } from './arguments.js';
import { broadcastWalk, commonShape, overCommonShape, pairWalk } from './broadcast.js';
import { sumTo } from './reduce.js';

const maximumGradOp: Op<'maximum_grad'> = op('the gradient of maximum', 'maximum_grad', {
  saves: ['a', 'b'],
  gradients: {
    a: null,
    b: null,
    dy: (ddx, { saved: { a, b }, params, shapes }) => maximumGradOp({ a, b, dy: ddx }, params, { da: shapes.dy }).da,
  },
});

/** dy where a > b, half of it where they are equal, 0 elsewhere; summed to a shape. */
function whereLarger(a: Tensor, b: Tensor, dy: Tensor, shape: Shape): Tensor {
  const { shape: extents, strides: [strideA = [], strideB = [], strideC = []] } = broadcastWalk(
    'maximum',
    { a: a.shape, b: b.shape, dy: dy.shape },
    dy.shape,
  );
  return sumTo(maximumGradOp({ a, b, dy }, { shape: extents, strideA, strideB, strideC }, { da: dy.shape }).da, shape);
}

const maximumOp = op('maximum', 'maximum', {
  saves: ['a', 'b'],
  gradients: {
    a: (dy, { saved: { a, b }, shapes }) => whereLarger(a, b, dy, shapes.a),
    b: (dy, { saved: { a, b }, shapes }) => whereLarger(b, a, dy, shapes.b),
  },
});

const minimumOp = op('minimum', 'minimum', {
  saves: ['a', 'b'],
  gradients: {
    a: (dy, { saved: { a, b }, shapes }) => whereLarger(b, a, dy, shapes.a),
    b: (dy, { saved: { a, b }, shapes }) => whereLarger(a, b, dy, shapes.b),
  },
});

function extreme(name: 'maximum' | 'minimum', a: Tensor, b: Tensor | number): Tensor {
  checkSameFloats(name, { a });
  if (typeof b === 'number') {
    const operand = filled([], b, a.device, a.dtype);
    const result = extreme(name, a, operand);
    operand.dispose();
    return result;
  }
  checkSameFloats(name, { a, b });
  const y = commonShape(name, { a: a.shape, b: b.shape }), native = name === 'maximum' ? maximumOp : minimumOp;
  return overCommonShape(y, a, b, (a, b) => native({ a, b }, pairWalk(name, a.shape, b.shape, y), { y }).y);
}

/**
 * The larger of a and b, element by element, with broadcasting as in {@link add}; NaN if one of them is. Equal ones
 * share the gradient by halves.
 *
 * @param a floats of any type.
 * @param b of the same type, or a number.
 * @returns the shape that both stretch to.
 * @throws ERR_ARGUMENT as {@link add} does.
 */
export function maximum(a: Tensor, b: Tensor | number): Tensor {
  return extreme('maximum', a, b);
}

/**
 * The smaller of a and b, element by element, with broadcasting as in {@link add}; NaN if one of them is. Equal ones
 * share the gradient by halves.
 *
 * @param a floats of any type.
 * @param b of the same type, or a number.
 * @returns the shape that both stretch to.
 * @throws ERR_ARGUMENT as {@link add} does.
 */
export function minimum(a: Tensor, b: Tensor | number): Tensor {
  return extreme('minimum', a, b);
}
