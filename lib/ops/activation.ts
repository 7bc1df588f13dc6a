/** Activation functions, element by element. */
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkChoice, checkFinite, checkNonzero, checkNumber } from './arguments.js';
import { unary } from './unary.js';

const reluOf = unary('relu', 'relu', 'y');
const clampedTo6 = unary('relu6', 'hardtanh', 'y');
const leakyReluOf = unary('leakyRelu', 'leakyRelu', 'x');
const eluOf = unary('elu', 'elu', 'x');
const celuOf = unary('celu', 'elu', 'x');
const seluOf = unary('selu', 'selu', 'x');
const geluOf = { none: unary('gelu', 'gelu', 'x'), tanh: unary('gelu', 'geluTanh', 'x') };
const siluOf = unary('silu', 'silu', 'x');
const mishOf = unary('mish', 'mish', 'x');
const hardswishOf = unary('hardswish', 'hardswish', 'x');
const hardsigmoidOf = unary('hardsigmoid', 'hardsigmoid', 'x');
const hardtanhOf = unary('hardtanh', 'hardtanh', 'y');
const softplusOf = unary('softplus', 'softplus', 'x');
const softsignOf = unary('softsign', 'softsign', 'x');
const sigmoidOf = unary('sigmoid', 'sigmoid', 'y');
const logSigmoidOf = unary('logSigmoid', 'logSigmoid', 'x');
const tanhOf = unary('tanh', 'tanh', 'y');
const tanhshrinkOf = unary('tanhshrink', 'tanhshrink', 'x');
const softshrinkOf = unary('softshrink', 'softshrink', 'x');
const hardshrinkOf = unary('hardshrink', 'hardshrink', 'x');
const thresholdOf = unary('threshold', 'threshold', 'x');

/**
 * max(x, 0). The gradient at 0 is 0; NaN stays NaN.
 *
 * V. Nair, G. Hinton, "Rectified linear units improve restricted Boltzmann machines", 2010.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function relu(x: Tensor): Tensor {
  return reluOf(x);
}

/**
 * min(max(x, 0), 6). The gradient at 0 and at 6 is 0.
 *
 * A. Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function relu6(x: Tensor): Tensor {
  return clampedTo6(x, 0, 6);
}

export interface LeakyReluOptions {
  /** Default 0.01. */
  negativeSlope?: number | undefined;
}

/**
 * x where x > 0, negativeSlope * x elsewhere.
 *
 * A. Maas et al., "Rectifier nonlinearities improve neural network acoustic models", 2013.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats, or an option is not a finite number.
 */
export function leakyRelu(x: Tensor, { negativeSlope = 0.01 }: LeakyReluOptions = {}): Tensor {
  checkFinite('leakyRelu', { negativeSlope });
  return leakyReluOf(x, negativeSlope);
}

export interface EluOptions {
  /** Default 1. */
  alpha?: number | undefined;
}

/**
 * x where x > 0, alpha * (exp(x) - 1) elsewhere.
 *
 * D. Clevert et al., "Fast and accurate deep network learning by exponential linear units", arXiv:1511.07289.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats, or an option is not a finite number.
 */
export function elu(x: Tensor, { alpha = 1 }: EluOptions = {}): Tensor {
  checkFinite('elu', { alpha });
  return eluOf(x, alpha, 1);
}

/**
 * x where x > 0, alpha * (exp(x / alpha) - 1) elsewhere: {@link elu} whose slope is continuous for any alpha.
 *
 * J. Barron, "Continuously differentiable exponential linear units", arXiv:1704.07483.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats, or alpha is not a finite number other than 0.
 */
export function celu(x: Tensor, { alpha = 1 }: EluOptions = {}): Tensor {
  checkFinite('celu', { alpha });
  checkNonzero('celu', 'alpha', alpha);
  return celuOf(x, alpha, 1 / alpha);
}

/**
 * 1.0507 * x where x > 0, 1.0507 * 1.6733 * (exp(x) - 1) elsewhere: keeps mean 0 and variance 1 from layer to layer.
 *
 * G. Klambauer et al., "Self-normalizing neural networks", arXiv:1706.02515.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function selu(x: Tensor): Tensor {
  return seluOf(x);
}

export interface GeluOptions {
  /** `'tanh'` for the approximation with a hyperbolic tangent that some networks were trained with. Default `'none'`. */
  approximate?: 'none' | 'tanh' | undefined;
}

/**
 * x * P(x), where P(x) = (1 + erf(x / sqrt(2))) / 2 is how much of the normal distribution lies below x; or approximately
 *
 *     x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2
 *
 * D. Hendrycks, K. Gimpel, "Gaussian error linear units", arXiv:1606.08415.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats, or approximate is not one of the two words.
 */
export function gelu(x: Tensor, { approximate = 'none' }: GeluOptions = {}): Tensor {
  checkChoice('gelu', 'approximate', approximate, ['none', 'tanh']);
  return geluOf[approximate](x);
}

/**
 * x * sigmoid(x), also called swish.
 *
 * S. Elfwing et al., arXiv:1702.03118; P. Ramachandran et al., "Searching for activation functions", arXiv:1710.05941.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function silu(x: Tensor): Tensor {
  return siluOf(x);
}

/**
 * x * tanh(log(1 + exp(x))).
 *
 * D. Misra, "Mish: a self regularized non-monotonic activation function", arXiv:1908.08681.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function mish(x: Tensor): Tensor {
  return mishOf(x);
}

/**
 * x * min(max(x + 3, 0), 6) / 6: {@link silu} of straight pieces.
 *
 * A. Howard et al., "Searching for MobileNetV3", arXiv:1905.02244.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function hardswish(x: Tensor): Tensor {
  return hardswishOf(x);
}

/**
 * min(max(x + 3, 0), 6) / 6: {@link sigmoid} of straight pieces.
 *
 * A. Howard et al., "Searching for MobileNetV3", arXiv:1905.02244.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function hardsigmoid(x: Tensor): Tensor {
  return hardsigmoidOf(x);
}

export interface HardtanhOptions {
  /** Default -1. */
  min?: number | undefined;
  /** Default 1. */
  max?: number | undefined;
}

/**
 * min(max(x, min), max), by default from -1 to 1. The gradient is 0 at the bounds as well; see clamp for the other way.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats, or min and max are not finite numbers in order.
 */
export function hardtanh(x: Tensor, { min = -1, max = 1 }: HardtanhOptions = {}): Tensor {
  checkFinite('hardtanh', { min, max });
  if (min > max) throw argumentError('hardtanh', `expected min to be at most max ${max}, but got ${min}`);
  return hardtanhOf(x, min, max);
}

export interface SoftplusOptions {
  /** The larger, the closer to relu. Default 1. */
  beta?: number | undefined;
  /** Where beta * x is larger, the result is x itself. Default 20. */
  threshold?: number | undefined;
}

/**
 * log(1 + exp(beta * x)) / beta, a smooth {@link relu}.
 *
 * C. Dugas et al., "Incorporating second-order functional knowledge for better option pricing", 2001.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats, or an option is not a finite number, or beta is 0.
 */
export function softplus(x: Tensor, { beta = 1, threshold = 20 }: SoftplusOptions = {}): Tensor {
  checkFinite('softplus', { beta, threshold });
  checkNonzero('softplus', 'beta', beta);
  return softplusOf(x, beta, threshold);
}

/**
 * x / (1 + |x|).
 *
 * J. Bergstra et al., "Quadratic polynomials learn better image features", 2009.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function softsign(x: Tensor): Tensor {
  return softsignOf(x);
}

/**
 * 1 / (1 + exp(-x)).
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function sigmoid(x: Tensor): Tensor {
  return sigmoidOf(x);
}

/**
 * log(1 / (1 + exp(-x))), without overflow.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function logSigmoid(x: Tensor): Tensor {
  return logSigmoidOf(x);
}

/**
 * (exp(x) - exp(-x)) / (exp(x) + exp(-x)).
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function tanh(x: Tensor): Tensor {
  return tanhOf(x);
}

/**
 * x - tanh(x).
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function tanhshrink(x: Tensor): Tensor {
  return tanhshrinkOf(x);
}

export interface ShrinkOptions {
  /** Default 0.5. */
  lambda?: number | undefined;
}

/**
 * x moved by lambda towards 0, and 0 between -lambda and lambda: the proximal step of the L1 norm.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats, or lambda is not a finite number of at least 0.
 */
export function softshrink(x: Tensor, { lambda = 0.5 }: ShrinkOptions = {}): Tensor {
  checkNumber('softshrink', 'lambda', lambda, 0, Infinity, true);
  return softshrinkOf(x, lambda);
}

/**
 * x where |x| > lambda, 0 elsewhere.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats, or lambda is not a finite number of at least 0.
 */
export function hardshrink(x: Tensor, { lambda = 0.5 }: ShrinkOptions = {}): Tensor {
  checkNumber('hardshrink', 'lambda', lambda, 0, Infinity, true);
  return hardshrinkOf(x, lambda);
}

export interface ThresholdOptions {
  threshold: number;
  /** What stands in for elements up to the threshold. */
  value: number;
}

/**
 * x where x > threshold, value elsewhere.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats, or an option is not a finite number.
 */
export function threshold(x: Tensor, { threshold, value }: ThresholdOptions): Tensor {
  checkFinite('threshold', { threshold, value });
  return thresholdOf(x, threshold, value);
}
