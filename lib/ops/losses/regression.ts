/** Losses of predicted numbers. */
import { sameShape, shapeText } from '../../core/shape.js';
import { noGrad } from '../../core/tape.js';
import type { Tensor } from '../../core/tensor.js';
import { argumentError, checkFloats, checkNumber } from '../arguments.js';
import { relu } from '../activation.js';
import { commonShape } from '../broadcast.js';
import { add, affine, div, mul, sub } from '../elementwise.js';
import { abs, clamp, exp, log, sign, square } from '../math.js';
import { checkAlike, reducedLoss, type LossOptions } from './loss.js';

const halfLogTwoPi = Math.log(2 * Math.PI) / 2;

/**
 * (x - target)^2, by default its mean over all elements.
 *
 * @param x float32, any shape.
 * @param target float32, the shape of x.
 * @returns [] for reductions 'mean' and 'sum', the shape of x for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or the reduction is not one of the three.
 */
export function mseLoss(x: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkAlike('mseLoss', { x, target });
  return reducedLoss('mseLoss', options, () => square(sub(x, target)));
}

/**
 * |x - target|, by default its mean over all elements. The gradient where they are equal is 0.
 *
 * @param x float32, any shape.
 * @param target float32, the shape of x.
 * @returns [] for reductions 'mean' and 'sum', the shape of x for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or the reduction is not one of the three.
 */
export function l1Loss(x: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkAlike('l1Loss', { x, target });
  return reducedLoss('l1Loss', options, () => abs(sub(x, target)));
}

/** d^2 / 2 up to a distance d of `bend`, and bend * (d - bend / 2) beyond. */
function bentSquare(x: Tensor, target: Tensor, bend: number): Tensor {
  const distance = abs(sub(x, target)), near = clamp(distance, { max: bend });
  return mul(near, sub(distance, affine(near, { scale: 0.5 })));
}

export interface SmoothL1LossOptions extends LossOptions {
  /** The distance from which on the loss is linear; 0 is {@link l1Loss}. Default 1. */
  beta?: number | undefined;
}

/**
 * With d = |x - target|: d^2 / (2 beta) where d < beta, and d - beta / 2 elsewhere.
 * R. Girshick, "Fast R-CNN", arXiv:1504.08083.
 *
 * @param x float32, any shape.
 * @param target float32, the shape of x.
 * @returns [] for reductions 'mean' and 'sum', the shape of x for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or an option is malformed.
 */
export function smoothL1Loss(x: Tensor, target: Tensor, options: SmoothL1LossOptions = {}): Tensor {
  const { beta = 1 } = options;
  checkAlike('smoothL1Loss', { x, target });
  checkNumber('smoothL1Loss', 'beta', beta, 0, Infinity, true);
  return reducedLoss('smoothL1Loss', options, () =>
    beta === 0 ? abs(sub(x, target)) : affine(bentSquare(x, target, beta), { scale: 1 / beta }),
  );
}

export interface HuberLossOptions extends LossOptions {
  /** The distance from which on the loss is linear, above 0. Default 1. */
  delta?: number | undefined;
}

/**
 * With d = |x - target|: d^2 / 2 where d < delta, and delta * (d - delta / 2) elsewhere.
 * P. J. Huber, "Robust estimation of a location parameter", 1964.
 *
 * @param x float32, any shape.
 * @param target float32, the shape of x.
 * @returns [] for reductions 'mean' and 'sum', the shape of x for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or an option is malformed.
 */
export function huberLoss(x: Tensor, target: Tensor, options: HuberLossOptions = {}): Tensor {
  const { delta = 1 } = options;
  checkAlike('huberLoss', { x, target });
  checkNumber('huberLoss', 'delta', delta, Number.MIN_VALUE, Infinity, true);
  return reducedLoss('huberLoss', options, () => bentSquare(x, target, delta));
}

export interface PoissonNllLossOptions extends LossOptions {
  /** Whether x is the logarithm of the expected count. Default true. */
  logInput?: boolean | undefined;
  /** Adds log(target!), by Stirling's formula, for targets above 1. Default false. */
  full?: boolean | undefined;
  /** Added to x before its logarithm is taken, without `logInput`. Default 1e-8. */
  eps?: number | undefined;
}

/** target log(target) - target + log(2 pi target) / 2 for targets above 1, else 0. */
function stirling(target: Tensor): Tensor {
  const large = clamp(target, { min: 1 }), logarithm = log(large);
  const approximation = add(sub(mul(large, logarithm), large), affine(logarithm, { scale: 0.5, shift: halfLogTwoPi }));
  return mul(approximation, sign(relu(affine(target, { shift: -1 }))));
}

/**
 * Negative log likelihood of counts under Poisson's distribution, but for a term of the target alone:
 * exp(x) - target * x, or without `logInput` x - target * log(x + eps).
 *
 * @param x float32, any shape.
 * @param target float32, the shape of x.
 * @returns [] for reductions 'mean' and 'sum', the shape of x for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or an option is malformed.
 */
export function poissonNllLoss(x: Tensor, target: Tensor, options: PoissonNllLossOptions = {}): Tensor {
  const { logInput = true, full = false, eps = 1e-8 } = options;
  checkAlike('poissonNllLoss', { x, target });
  checkNumber('poissonNllLoss', 'eps', eps, 0, Infinity, true);
  return reducedLoss('poissonNllLoss', options, () => {
    const loss = logInput ? sub(exp(x), mul(target, x)) : sub(x, mul(target, log(affine(x, { shift: eps }))));
    return full ? add(loss, stirling(target)) : loss;
  });
}

export interface GaussianNllLossOptions extends LossOptions {
  /** Adds the constant log(2 pi) / 2. Default false. */
  full?: boolean | undefined;
  /** Smaller variances count as this; their gradient is that of this. Default 1e-6. */
  eps?: number | undefined;
}

/**
 * Negative log likelihood under normal distributions, but for a constant: (log(variance) + (x - target)^2 / variance) / 2.
 * D. A. Nix, A. S. Weigend, "Estimating the mean and variance of the target probability distribution", 1994.
 *
 * @param x float32, any shape: the expected values.
 * @param target float32, the shape of x.
 * @param variance float32, a shape that stretches to that of x.
 * @returns [] for reductions 'mean' and 'sum', the shape of x for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together, or an option is malformed.
 */
export function gaussianNllLoss(x: Tensor, target: Tensor, variance: Tensor, options: GaussianNllLossOptions = {}): Tensor {
  const { full = false, eps = 1e-6 } = options;
  checkAlike('gaussianNllLoss', { x, target });
  checkFloats('gaussianNllLoss', { x, variance });
  checkNumber('gaussianNllLoss', 'eps', eps, Number.MIN_VALUE, Infinity, true);
  if (!sameShape(commonShape('gaussianNllLoss', { x: x.shape, variance: variance.shape }), x.shape)) {
    throw argumentError('gaussianNllLoss', `expected variance to stretch to x ${shapeText(x.shape)}, but got ${shapeText(variance.shape)}`);
  }
  return reducedLoss('gaussianNllLoss', options, () => {
    const missing = noGrad(() => sub(clamp(variance, { min: eps }), variance));
    const bounded = add(variance, missing);
    const loss = affine(add(div(square(sub(x, target)), bounded), log(bounded)), { scale: 0.5 });
    return full ? affine(loss, { shift: halfLogTwoPi }) : loss;
  });
}
