/** Conversion between element types. */
import { isFloat, type DType } from '../core/dtype.js';
import { converted } from '../core/gradient_memory.js';
import { OpNode, wantsGradient } from '../core/tape.js';
import type { Tensor } from '../core/tensor.js';
import { checkAnyTensor, checkChoice } from './arguments.js';

const dtypes: readonly DType[] = ['float32', 'bfloat16', 'float16', 'int32', 'uint8'];

function hasType<D extends DType>(x: Tensor<DType>, dtype: D): x is Tensor<D> {
  return x.dtype === dtype;
}

/**
 * The elements in another type. Floats are rounded to the nearest (ties to even) when they become shorter; floats
 * become integers by dropping the fraction, with what lies outside the integer's range at its ends and NaN as 0.
 * A gradient flows between float types.
 *
 * @param x of any type and shape.
 * @returns the shape of x; it shares the memory of x if that has the type already.
 * @throws ERR_ARGUMENT if x is not a live tensor, or dtype is not one of the five element types.
 */
export function cast<D extends DType>(x: Tensor<DType>, dtype: D): Tensor<D> {
  checkAnyTensor('cast', 'x', x);
  checkChoice('cast', 'dtype', dtype, dtypes);
  const from = x.dtype;
  if (hasType(x, dtype)) return x.reshape(x.shape);
  const y = converted(x, dtype);
  if (isFloat(from) && isFloat(dtype) && wantsGradient({ x }, ['x'])) {
    y.node = new OpNode('cast', [x.node], (_, dy) => cast(dy, from), []);
  }
  return y;
}
