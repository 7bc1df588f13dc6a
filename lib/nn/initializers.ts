/**
 * Initial values of parameters.
 *
 * A weight of shape [K,R,S,C/groups], or [K,C] for a linear layer, has fan-in numel / K, the number of inputs
 * that one output sums, and fan-out K R S.
 */
import { ConvoltError } from '../core/errors.js';
import type { Random } from '../core/random.js';
import { extent, numel, shapeText, type Shape } from '../core/shape.js';

/** Draws the values of a parameter of the given shape. */
export type Initializer = (shape: Shape, random: Random) => Float32Array;

export function constant(value: number): Initializer {
  return (shape) => new Float32Array(numel(shape)).fill(value);
}

export const zeros: Initializer = constant(0);
export const ones: Initializer = constant(1);

/** Uniform in [low, high). Default [0, 1). */
export function uniform({ low = 0, high = 1 }: { low?: number; high?: number } = {}): Initializer {
  return (shape, random) =>
    Float32Array.from({ length: numel(shape) }, () => low + (high - low) * random.uniform());
}

/** Normal with the given mean (default 0) and standard deviation (default 1). */
export function normal({ mean = 0, std = 1 }: { mean?: number; std?: number } = {}): Initializer {
  return (shape, random) => Float32Array.from({ length: numel(shape) }, () => mean + std * random.normal());
}

export interface XavierOptions {
  /** Factor of the standard deviation. Default 1; 5/3 before tanh. */
  gain?: number;
}

/**
 * Normal with variance gain² · 2 / (fan-in + fan-out).
 * Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
 */
export function xavierNormal({ gain = 1 }: XavierOptions = {}): Initializer {
  return (shape, random) => normal({ std: xavierStd(shape, gain) })(shape, random);
}

/** Uniform around 0 with the variance of {@link xavierNormal}; equation 16 of the same paper. */
export function xavierUniform({ gain = 1 }: XavierOptions = {}): Initializer {
  return (shape, random) => centred(xavierStd(shape, gain))(shape, random);
}

export interface KaimingOptions {
  /** Keeps the variance of activations ('fanIn', the default) or gradients ('fanOut') from layer to layer. */
  mode?: 'fanIn' | 'fanOut';
  /** Factor of the standard deviation. Default √2, which is right before ReLU. */
  gain?: number;
}

/**
 * Normal with variance gain² / fan.
 * He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015, equations 10 and 14.
 */
export function kaimingNormal({ mode = 'fanIn', gain = Math.SQRT2 }: KaimingOptions = {}): Initializer {
  return (shape, random) => normal({ std: gain / Math.sqrt(fans(shape)[mode]) })(shape, random);
}

/** Uniform around 0 with the variance of {@link kaimingNormal}. */
export function kaimingUniform({ mode = 'fanIn', gain = Math.SQRT2 }: KaimingOptions = {}): Initializer {
  return (shape, random) => centred(gain / Math.sqrt(fans(shape)[mode]))(shape, random);
}

/** Uniform in [-√3 std, √3 std), which has the standard deviation std. */
function centred(std: number): Initializer {
  const bound = Math.sqrt(3) * std;
  return uniform({ low: -bound, high: bound });
}

function xavierStd(shape: Shape, gain: number): number {
  const { fanIn, fanOut } = fans(shape);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) {
    throw new ConvoltError(
      'ERR_ARGUMENT',
      `initializer: expected a shape with at least 2 axes, but got ${shapeText(shape)}`,
    );
  }
  const fanIn = numel(shape.slice(1));
  return { fanIn, fanOut: (extent(shape, 0) * fanIn) / extent(shape, -1) };
}
