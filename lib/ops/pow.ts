/** Powers, element by element. */
import { filled } from '../core/gradient_memory.js';
import { op } from '../core/op.js';
import { scope } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkFinite, checkSameFloats, valueText } from './arguments.js';
import { commonShape, overCommonShape, pairWalk } from './broadcast.js';
import { eq } from './compare.js';
import { mul, sub } from './elementwise.js';
import { log } from './math.js';
import { sumTo } from './reduce.js';
import { unary } from './unary.js';
import { where } from './where.js';

const constantPower = unary('pow', 'power', 'x');

/** Powers that are cheaper than the general one. */
const directPowers = new Map([
  [2, unary('pow', 'square', 'x')],
  [3, unary('pow', 'cube', 'x')],
  [0.5, unary('pow', 'sqrt', 'y')],
  [-0.5, unary('pow', 'rsqrt', 'y')],
  [-1, unary('pow', 'reciprocal', 'y')],
]);

// Where b is 0 the slope by a is 0, also at a = 0; where a is 0 the slope by b is 0.
const powOp = op('pow', 'power', {
  saves: ['a', 'b', 'y'],
  gradients: {
    a: (dy, { saved: { a, b }, shapes }) =>
      scope(() => sumTo(mul(dy, mul(b, pow(a, where(eq(b, 0), 0, sub(b, 1))))), shapes.a)),
    b: (dy, { saved: { a, y }, shapes }) => scope(() => sumTo(mul(dy, mul(y, log(where(eq(a, 0), 1, a)))), shapes.b)),
  },
});

/**
 * base^exponent, element by element, with broadcasting as in {@link add}: NaN for a base below 0 and an exponent that is
 * no whole number.
 *
 * @param base floats of any type, or a number.
 * @param exponent of the same type, or a finite number; one of the two is a tensor.
 * @returns the shape that both stretch to.
 * @throws ERR_ARGUMENT if types or devices differ, the shapes do not broadcast, or a number is not finite.
 */
export function pow(base: Tensor, exponent: Tensor | number): Tensor;
export function pow(base: number, exponent: Tensor): Tensor;
export function pow(base: Tensor | number, exponent: Tensor | number): Tensor {
  if (typeof exponent === 'number') {
    if (typeof base === 'number') {
      throw argumentError('pow', `expected base or exponent to be a tensor, but got ${valueText(base)} and ${valueText(exponent)}`);
    }
    checkFinite('pow', { exponent });
    return directPowers.get(exponent)?.(base) ?? constantPower(base, exponent);
  }
  if (typeof base === 'number') {
    checkFinite('pow', { base });
    checkSameFloats('pow', { exponent });
    const operand = filled([], base, exponent.device, exponent.dtype);
    const result = pow(operand, exponent);
    operand.dispose();
    return result;
  }
  checkSameFloats('pow', { base, exponent });
  const y = commonShape('pow', { base: base.shape, exponent: exponent.shape });
  return overCommonShape(y, base, exponent, (a, b) => powOp({ a, b }, pairWalk('pow', a.shape, b.shape, y), { y }).y);
}
