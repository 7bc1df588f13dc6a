/** Functions of mathematics, element by element. */
import type { Tensor } from '../core/tensor.js';
import { checkNumber } from './arguments.js';
import { unary } from './unary.js';

const expOf = unary('exp', 'exp', 'y');
const expm1Of = unary('expm1', 'expm1', 'y');
const logOf = unary('log', 'log', 'x');
const log1pOf = unary('log1p', 'log1p', 'x');
const sqrtOf = unary('sqrt', 'sqrt', 'y');
const rsqrtOf = unary('rsqrt', 'rsqrt', 'y');
const squareOf = unary('square', 'square', 'x');
const reciprocalOf = unary('reciprocal', 'reciprocal', 'y');
const absOf = unary('abs', 'abs', 'x');
const signOf = unary('sign', 'sign', 'x');
const floorOf = unary('floor', 'floor', 'x');
const ceilOf = unary('ceil', 'ceil', 'x');
const roundOf = unary('round', 'round', 'x');
const sinOf = unary('sin', 'sin', 'x');
const cosOf = unary('cos', 'cos', 'x');
const atanOf = unary('atan', 'atan', 'x');
const erfOf = unary('erf', 'erf', 'x');
const clampOf = unary('clamp', 'clamp', 'x');

/**
 * The exponential function e^x.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function exp(x: Tensor): Tensor {
  return expOf(x);
}

/**
 * exp(x) - 1, accurate for small x.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function expm1(x: Tensor): Tensor {
  return expm1Of(x);
}

/**
 * The natural logarithm: -Infinity at 0, NaN below.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function log(x: Tensor): Tensor {
  return logOf(x);
}

/**
 * log(1 + x), accurate for small x.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function log1p(x: Tensor): Tensor {
  return log1pOf(x);
}

/**
 * The square root, NaN below 0. The gradient at 0 is infinite.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function sqrt(x: Tensor): Tensor {
  return sqrtOf(x);
}

/**
 * 1 / sqrt(x).
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function rsqrt(x: Tensor): Tensor {
  return rsqrtOf(x);
}

/**
 * x * x.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function square(x: Tensor): Tensor {
  return squareOf(x);
}

/**
 * 1 / x.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function reciprocal(x: Tensor): Tensor {
  return reciprocalOf(x);
}

/**
 * |x|. The gradient at 0 is 0.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function abs(x: Tensor): Tensor {
  return absOf(x);
}

/**
 * 1 where x > 0, -1 where x < 0, and x itself where it is 0 or NaN. The gradient is 0.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function sign(x: Tensor): Tensor {
  return signOf(x);
}

/**
 * The largest whole number up to x. The gradient is 0.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function floor(x: Tensor): Tensor {
  return floorOf(x);
}

/**
 * The smallest whole number from x on. The gradient is 0.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function ceil(x: Tensor): Tensor {
  return ceilOf(x);
}

/**
 * The nearest whole number, of two the even one. The gradient is 0.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function round(x: Tensor): Tensor {
  return roundOf(x);
}

/**
 * The sine of x, in radians.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function sin(x: Tensor): Tensor {
  return sinOf(x);
}

/**
 * The cosine of x, in radians.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function cos(x: Tensor): Tensor {
  return cosOf(x);
}

/**
 * The angle in radians, from -pi / 2 to pi / 2, whose tangent is x.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function atan(x: Tensor): Tensor {
  return atanOf(x);
}

/**
 * The error function 2 / sqrt(pi) * integral of exp(-t^2) for t from 0 to x.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function erf(x: Tensor): Tensor {
  return erfOf(x);
}

export interface ClampOptions {
  /** Default none. */
  min?: number | undefined;
  /** Default none. */
  max?: number | undefined;
}

/**
 * min(max(x, min), max). The gradient is 1 from min to max, both included, and 0 outside.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats, or min and max are not numbers in order.
 */
export function clamp(x: Tensor, { min = -Infinity, max = Infinity }: ClampOptions): Tensor {
  checkNumber('clamp', 'min', min, -Infinity, max);
  checkNumber('clamp', 'max', max, min, Infinity);
  return clampOf(x, min, max);
}
