/** Comparisons and logic, element by element. Truth is uint8: 1 or 0. None of these has a gradient. */
import type { DType } from '../core/dtype.js';
import { isFloat } from '../core/dtype.js';
import { converted, filled } from '../core/gradient_memory.js';
import { call, type Params } from '../core/run.js';
import { scope } from '../core/scope.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { argumentError, checkAnyTensor, checkTensor, valueText } from './arguments.js';
import { commonShape, overCommonShape, pairWalk } from './broadcast.js';

type Relation = Params<'compare'>['relation'];
type Connective = Params<'logical'>['connective'];

function isFloatTensor(x: Tensor<DType>): x is Tensor {
  return isFloat(x.dtype);
}

/** A number of the type of x: one element that stretches. */
function numberLike(name: string, x: Tensor<DType>, value: number): Tensor<DType> {
  if (isFloatTensor(x)) return filled([], value, x.device, x.dtype);
  if (!Number.isInteger(value) || Math.abs(value) >= 2 ** 31) {
    throw argumentError(name, `expected b to be a whole number of 32 bits, as a is ${x.dtype}, but got ${valueText(value)}`);
  }
  return tensor(Int32Array.of(value), { shape: [], device: x.device });
}

/** The relation of a to b, or if `swapped` of b to a. */
function compare(name: string, relation: Relation, first: Tensor<DType>, second: Tensor<DType> | number, swapped = false): Tensor<'uint8'> {
  checkAnyTensor(name, 'a', first);
  return scope(() => {
    const other = typeof second === 'number' ? numberLike(name, first, second) : second;
    checkAnyTensor(name, 'b', other, { name: 'a', device: first.device });
    if (typeof second !== 'number' && first.dtype !== other.dtype) {
      throw argumentError(name, `expected b to be of type ${first.dtype}, like a, but got ${other.dtype}`);
    }
    const y = commonShape(name, { a: first.shape, b: other.shape });
    const [a, b] = swapped ? [other, first] : [first, other];
    return overCommonShape(y, a, b, (a, b) => {
      const params = { relation, ...pairWalk(name, a.shape, b.shape, y) };
      if (isFloatTensor(a) && isFloatTensor(b)) return call('compare', { a, b }, params, { y }).y;
      return call('compare_i32', { a: converted(a, 'int32'), b: converted(b, 'int32') }, params, { y }).y;
    });
  });
}

/**
 * Where a equals b, with broadcasting as in {@link add}; NaN equals nothing.
 *
 * @param a of any type.
 * @param b of the same type, or a number.
 * @returns uint8, the shape that both stretch to.
 * @throws ERR_ARGUMENT if types or devices differ, the shapes do not broadcast, or more than six separate groups of axes
 *   would be needed.
 */
export function eq<D extends DType>(a: Tensor<D>, b: Tensor<D> | number): Tensor<'uint8'> {
  return compare('eq', 'equal', a, b);
}

/** Where a does not equal b. See {@link eq}. */
export function ne<D extends DType>(a: Tensor<D>, b: Tensor<D> | number): Tensor<'uint8'> {
  return compare('ne', 'notEqual', a, b);
}

/** Where a < b. See {@link eq}. */
export function lt<D extends DType>(a: Tensor<D>, b: Tensor<D> | number): Tensor<'uint8'> {
  return compare('lt', 'less', a, b);
}

/** Where a <= b. See {@link eq}. */
export function le<D extends DType>(a: Tensor<D>, b: Tensor<D> | number): Tensor<'uint8'> {
  return compare('le', 'lessEqual', a, b);
}

/** Where a > b. See {@link eq}. */
export function gt<D extends DType>(a: Tensor<D>, b: Tensor<D> | number): Tensor<'uint8'> {
  return compare('gt', 'less', a, b, true);
}

/** Where a >= b. See {@link eq}. */
export function ge<D extends DType>(a: Tensor<D>, b: Tensor<D> | number): Tensor<'uint8'> {
  return compare('ge', 'lessEqual', a, b, true);
}

function logical(name: string, connective: Connective, a: Tensor<'uint8'>, b: Tensor<'uint8'>): Tensor<'uint8'> {
  checkTensor(name, 'a', a, 'uint8');
  checkTensor(name, 'b', b, 'uint8', { name: 'a', device: a.device });
  const y = commonShape(name, { a: a.shape, b: b.shape });
  return overCommonShape(y, a, b, (a, b) => call('logical', { a, b }, { connective, ...pairWalk(name, a.shape, b.shape, y) }, { y }).y);
}

/**
 * Where a and b are both not 0, with broadcasting as in {@link add}.
 *
 * @param a uint8.
 * @param b uint8.
 * @returns uint8, 1 or 0, the shape that both stretch to.
 * @throws ERR_ARGUMENT if types or devices differ, or the shapes do not broadcast.
 */
export function logicalAnd(a: Tensor<'uint8'>, b: Tensor<'uint8'>): Tensor<'uint8'> {
  return logical('logicalAnd', 'conjunction', a, b);
}

/** Where a or b, or both, are not 0. See {@link logicalAnd}. */
export function logicalOr(a: Tensor<'uint8'>, b: Tensor<'uint8'>): Tensor<'uint8'> {
  return logical('logicalOr', 'disjunction', a, b);
}

/** Where one of a and b is not 0 and the other is. See {@link logicalAnd}. */
export function logicalXor(a: Tensor<'uint8'>, b: Tensor<'uint8'>): Tensor<'uint8'> {
  return logical('logicalXor', 'exclusion', a, b);
}

/**
 * Where x is 0.
 *
 * @param x uint8, any shape.
 * @returns uint8, 1 or 0, the shape of x.
 * @throws ERR_ARGUMENT if x is not a live uint8 tensor.
 */
export function logicalNot(x: Tensor<'uint8'>): Tensor<'uint8'> {
  checkTensor('logicalNot', 'x', x, 'uint8');
  return call('logical_not', { x }, {}, { y: x.shape }).y;
}
