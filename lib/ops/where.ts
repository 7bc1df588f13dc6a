/** One of two tensors, element by element. */
import { filled } from '../core/gradient_memory.js';
import { op, type Op } from '../core/op.js';
import { scope } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkSameFloats, checkTensor, valueText } from './arguments.js';
import { broadcastWalk, commonShape, overCommonShape } from './broadcast.js';
import { sumTo } from './reduce.js';

const whereOp: Op<'where'> = op('where', 'where', {
  saves: ['condition'],
  gradients: {
    condition: null,
    a: (dy, { saved: { condition }, shapes }) => sumTo(where(condition, dy, 0), shapes.a),
    b: (dy, { saved: { condition }, shapes }) => sumTo(where(condition, 0, dy), shapes.b),
  },
});

function whereOf(condition: Tensor<'uint8'>, a: Tensor, b: Tensor): Tensor {
  checkSameFloats('where', { a, b });
  checkTensor('where', 'condition', condition, 'uint8', { name: 'a', device: a.device });
  const y = commonShape('where', { condition: condition.shape, a: a.shape, b: b.shape });
  return overCommonShape(y, a, b, (a, b) =>
    overCommonShape(y, condition, a, (condition, a) => {
      const operands = { condition: condition.shape, a: a.shape, b: b.shape };
      const { shape, strides: [strideA = [], strideB = [], strideC = []] } = broadcastWalk('where', operands, y);
      return whereOp({ condition, a, b }, { shape, strideA, strideB, strideC }, { y }).y;
    }),
  );
}

/**
 * a where the condition is not 0, b elsewhere. The three broadcast as in {@link add}.
 *
 * @param condition uint8, as comparisons make it.
 * @param a floats of any type, or a number.
 * @param b of the same type, or a number; one of the two is a tensor.
 * @returns the shape that all stretch to.
 * @throws ERR_ARGUMENT if types or devices do not fit together, the shapes do not broadcast, or more than six separate
 *   groups of axes would be needed.
 */
export function where(condition: Tensor<'uint8'>, a: Tensor, b: Tensor | number): Tensor;
export function where(condition: Tensor<'uint8'>, a: number, b: Tensor): Tensor;
export function where(condition: Tensor<'uint8'>, a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof a !== 'number' && typeof b !== 'number') return whereOf(condition, a, b);
  const like = typeof a === 'number' ? b : a;
  if (typeof like === 'number') throw argumentError('where', `expected a or b to be a tensor, but got ${valueText(a)} and ${valueText(b)}`);
  checkSameFloats('where', { [like === a ? 'a' : 'b']: like });
  const asTensor = (value: Tensor | number) => (typeof value === 'number' ? filled([], value, like.device, like.dtype) : value);
  return scope(() => whereOf(condition, asTensor(a), asTensor(b)));
}
