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

/** Values drawn one after the other. */
function filled(shape: Shape, draw: () => number): Float32Array {
  const values = new Float32Array(numel(shape));
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return values;
}

export function constant(value: number): Initializer {
  return (shape) => new Float32Array(numel(shape)).fill(value);
}

export const zeros: Initializer = constant(0);
export const ones: Initializer = constant(1);

/** Uniform in [low, high). Default [0, 1). */
export function uniform({ low = 0, high = 1 }: { low?: number; high?: number } = {}): Initializer {
  return (shape, random) => filled(shape, () => low + (high - low) * random.uniform());
}

/** Normal with the given mean (default 0) and standard deviation (default 1). */
export function normal({ mean = 0, std = 1 }: { mean?: number; std?: number } = {}): Initializer {
  return (shape, random) => filled(shape, () => mean + std * random.normal());
}

export interface TruncatedNormalOptions {
  /** Default 0. */
  mean?: number;
  /** Of the normal distribution before it is cut. Default 1. */
  std?: number;
  /** Least value. Default -2. */
  low?: number;
  /** Largest value. Default 2. */
  high?: number;
}

/**
 * Normal, given that it lies in [low, high]. Where most of the distribution does, values outside are drawn again; elsewhere
 * a uniform value is kept with its density relative to the largest there, and nothing is drawn beyond ten standard
 * deviations from the likeliest value.
 */
export function truncatedNormal({ mean = 0, std = 1, low = -2, high = 2 }: TruncatedNormalOptions = {}): Initializer {
  if (!(low <= high) || !(std > 0)) {
    throw initializerError('truncatedNormal', `expected low to be at most high and std to be above 0, but got low ${low}, high ${high}, std ${std}`);
  }
  const likeliest = Math.min(Math.max(mean, low), high);
  const from = Math.max(low, likeliest - 10 * std), to = Math.min(high, likeliest + 10 * std);
  const exponent = (value: number) => (value - mean) ** 2 / (2 * std ** 2);
  if (low <= mean - std && mean + std <= high) {
    return (shape, random) =>
      filled(shape, () => {
        for (;;) {
          const value = mean + std * random.normal();
          if (low <= value && value <= high) return value;
        }
      });
  }
  return (shape, random) =>
    filled(shape, () => {
      for (;;) {
        const value = from + (to - from) * random.uniform();
        if (random.uniform() <= Math.exp(exponent(likeliest) - exponent(value))) return value;
      }
    });
}

/** What follows a layer: the names that {@link calculateGain} knows. */
export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

/**
 * The factor of the standard deviation that suits the function behind a layer: 1 for linear and sigmoid, 5/3 for tanh,
 * √2 for relu, √(2 / (1 + slope²)) for leaky relu, 3/4 for selu. The values are torch's.
 *
 * @param slope of leakyRelu below 0. Default 0.01.
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  switch (nonlinearity) {
    case 'linear':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + slope ** 2));
    case 'selu':
      return 3 / 4;
    default:
      throw initializerError('calculateGain', `expected nonlinearity to be one of linear, sigmoid, tanh, relu, leakyRelu, selu, but got ${String(nonlinearity)}`);
  }
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
  /** Factor of the standard deviation; {@link calculateGain} knows it. Default √2, which is right before ReLU. */
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

export interface OrthogonalOptions {
  /** Factor of all values. Default 1. */
  gain?: number;
}

/**
 * A random matrix [K, numel / K] with orthonormal rows, or columns if it has fewer of them.
 * Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks, 2014.
 */
export function orthogonal({ gain = 1 }: OrthogonalOptions = {}): Initializer {
  return (shape, random) => {
    const { rows, cols } = matrixOf('orthogonal', shape);
    const count = Math.min(rows, cols), length = Math.max(rows, cols);
    const vectors = orthonormal(count, length, random);
    return Float32Array.from({ length: rows * cols }, (_, i) => {
      const row = Math.floor(i / cols), col = i % cols;
      return gain * (rows <= cols ? vectors[row]![col]! : vectors[col]![row]!);
    });
  };
}

export interface DiracOptions {
  /** Groups of the convolution. Default 1. */
  groups?: number;
}

/** Filters [K,(T,(R,)) S,C/groups] of a convolution that passes its input on, as far as there are filters and channels. */
export function dirac({ groups = 1 }: DiracOptions = {}): Initializer {
  return (shape) => {
    if (shape.length < 3 || extent(shape, 0) % groups !== 0) {
      throw initializerError('dirac', `expected filters [K,R,S,C/groups] with a K that groups ${groups} divides, but got ${shapeText(shape)}`);
    }
    const perGroup = extent(shape, 0) / groups, channels = extent(shape, -1), kernel = shape.slice(1, -1);
    const centre = kernel.reduce((at, size) => at * size + Math.floor(size / 2), 0), positions = numel(kernel);
    const values = new Float32Array(numel(shape));
    for (let k = 0; k < groups * perGroup; k++) {
      const channel = k % perGroup;
      if (channel < channels) values[(k * positions + centre) * channels + channel] = 1;
    }
    return values;
  };
}

/** The identity matrix, for a weight [K,C]. */
export const eye: Initializer = (shape) => {
  if (shape.length !== 2) throw initializerError('eye', `expected a shape [K,C], but got ${shapeText(shape)}`);
  const cols = extent(shape, 1);
  return Float32Array.from({ length: numel(shape) }, (_, i) => Number(Math.floor(i / cols) === i % cols));
};

export interface SparseOptions {
  /** The share of zeros among the weights of an input, rounded up. */
  sparsity: number;
  /** Of the others, which are normal around 0. Default 0.01. */
  std?: number;
}

/**
 * A weight [K,C] of which each input reaches only some outputs.
 * Martens, Deep learning via Hessian-free optimization, 2010.
 */
export function sparse({ sparsity, std = 0.01 }: SparseOptions): Initializer {
  if (!(sparsity >= 0 && sparsity <= 1)) throw initializerError('sparse', `expected sparsity to be a number from 0 to 1, but got ${sparsity}`);
  return (shape, random) => {
    const { rows, cols } = matrixOf('sparse', shape);
    const values = normal({ std })(shape, random);
    for (let col = 0; col < cols; col++) {
      const order = random.shuffle(Array.from({ length: rows }, (_, row) => row));
      for (const row of order.slice(0, Math.ceil(sparsity * rows))) values[row * cols + col] = 0;
    }
    return values;
  };
}

/** Random vectors that are orthogonal and of length 1: Gram-Schmidt, twice, so that rounding leaves nothing behind. */
function orthonormal(count: number, length: number, random: Random): Float64Array[] {
  const found: Float64Array[] = [];
  for (let i = 0; i < count; i++) {
    const vector = Float64Array.from({ length }, () => random.normal());
    for (const before of [...found, ...found]) {
      const share = dot(vector, before);
      for (let j = 0; j < length; j++) vector[j]! -= share * before[j]!;
    }
    const norm = Math.sqrt(dot(vector, vector));
    found.push(vector.map((value) => value / norm));
  }
  return found;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** A weight as a matrix with a row for each output. */
function matrixOf(name: string, shape: Shape): { rows: number; cols: number } {
  if (shape.length < 2) throw initializerError(name, `expected a shape with at least 2 axes, but got ${shapeText(shape)}`);
  return { rows: extent(shape, 0), cols: numel(shape.slice(1)) };
}

function initializerError(name: string, problem: string): ConvoltError {
  return new ConvoltError('ERR_ARGUMENT', `${name}: ${problem}`);
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
    throw initializerError('initializer', `expected a shape with at least 2 axes, but got ${shapeText(shape)}`);
  }
  const fanIn = numel(shape.slice(1));
  return { fanIn, fanOut: (extent(shape, 0) * fanIn) / extent(shape, -1) };
}
