import { ConvoltError } from './errors.js';
import { op } from './op.js';
import { Random } from './random.js';
import { run } from './run.js';
import { scope } from './scope.js';
import { numel, shapeText } from './shape.js';
import { grad, LeafNode } from './tape.js';
import { tensor, type Tensor } from './tensor.js';

export interface GradientCheckOptions {
  /**
   * How far an element is moved to either side. Float32 outputs y allow differences to about 1e-7 |y| / epsilon,
   * and curvature adds about epsilon^2. Default 1e-2.
   */
  epsilon?: number;
  /** Largest deviation allowed, relative to the largest gradient of the same input. Default 1e-2. */
  tolerance?: number;
  /** Elements tried of each input, at random. Default 32. */
  samples?: number;
  /** Of the projection and of the choice of elements. Default 0. */
  seed?: number;
}

function checkPositive(name: string, value: number): void {
  if (!(value > 0 && value < Infinity)) {
    throw new ConvoltError('ERR_ARGUMENT', `gradientCheck: expected ${name} to be a number above 0, but got ${value}`);
  }
}

/** The product of a row a [1,n] and a column b [n,1], with a gradient for a. */
const dot = op('gradientCheck', 'matmul', {
  saves: ['b'],
  gradients: {
    a: (dy, { saved: { b }, params: { k }, shapes }) =>
      run('matmul', { a: dy, b }, { m: 1, n: k, k: 1, transposeA: 0, transposeB: 0 }, { y: shapes.a }).y,
    b: null,
    bias: null,
  },
});

/** The gradients of sum(fn(...inputs) * projection) by the tape. */
function tapeGradients(fn: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[], projection: Float32Array): Tensor[] {
  return scope(() => {
    const y = fn(...inputs);
    const column = tensor(projection, { device: y.device });
    const params = { m: 1, n: 1, k: y.numel, transposeA: 0, transposeB: 0 };
    return grad(dot({ a: y, b: column }, params, { y: [1, 1] }).y, inputs);
  });
}

/** Some of the places of an array of `count` elements, each at most once. */
function choose(random: Random, count: number, samples: number): readonly number[] {
  const places = random.shuffle(Array.from({ length: count }, (_, i) => i));
  return places.slice(0, samples);
}

/**
 * Compares the gradients that the tape gives with central differences: the output is projected on a random
 * direction r, elements of the inputs are moved by epsilon, one at a time, and
 *
 *     sum(r * (fn(x + epsilon) - fn(x - epsilon))) / (2 epsilon)
 *
 * has to be the tape's gradient at that element. The function is evaluated twice for each element, and has to
 * give the same output for the same inputs; kinks, as of relu at 0, have to be farther than epsilon away.
 *
 * @param fn from the inputs to a tensor of any shape.
 * @param inputs float32 leaves with requiresGrad. They are written to, and have their values again afterwards.
 * @returns the largest deviation, relative to the largest gradient of the same input.
 * @throws ERR_ARGUMENT if a deviation is larger than the tolerance, or an input is no leaf with requiresGrad.
 */
export async function gradientCheck(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  { epsilon = 1e-2, tolerance = 1e-2, samples = 32, seed = 0 }: GradientCheckOptions = {},
): Promise<number> {
  checkPositive('epsilon', epsilon);
  checkPositive('tolerance', tolerance);
  checkPositive('samples', samples);
  for (const [i, input] of inputs.entries()) {
    if (!(input.node instanceof LeafNode)) {
      throw new ConvoltError(
        'ERR_ARGUMENT',
        `gradientCheck: expected input ${i} to be a leaf with requiresGrad, but got ${input.toString()}` +
          (input.node ? `, the result of ${input.node.name}` : ''),
      );
    }
  }
  const random = new Random(seed);
  const shape = scope(() => fn(...inputs).shape);
  const projection = Float32Array.from({ length: numel(shape) }, () => random.normal());

  /** The function's output now, as numbers. */
  function evaluate(): Promise<Float32Array> {
    return scope(() => ({ values: fn(...inputs).data() })).values;
  }

  async function centralDifference(input: Tensor, values: Float32Array, at: number): Promise<number> {
    const moved = values.slice();
    const above = Math.fround(values[at]! + epsilon), below = Math.fround(values[at]! - epsilon);
    moved[at] = above;
    input.write(moved);
    const high = evaluate();
    moved[at] = below;
    input.write(moved);
    const low = await evaluate(), upper = await high;
    return upper.reduce((total, value, i) => total + (value - low[i]!) * projection[i]!, 0) / (above - below);
  }

  const gradients = tapeGradients(fn, inputs, projection);
  let worst = 0;
  for (const [i, input] of inputs.entries()) {
    const values = await input.data(), gradient = await gradients[i]!.data();
    gradients[i]!.dispose();
    const magnitude = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    try {
      for (const at of choose(random, values.length, samples)) {
        const expected = await centralDifference(input, values, at);
        const deviation = Math.abs(gradient[at]! - expected) / Math.max(magnitude, Math.abs(expected), Number.MIN_VALUE);
        if (!(deviation <= tolerance)) {
          throw new ConvoltError(
            'ERR_ARGUMENT',
            `gradientCheck: expected the gradient of input ${i} ${shapeText(input.shape)} at element ${at} to be ` +
              `${expected.toPrecision(5)}, its central difference, but got ${gradient[at]!.toPrecision(5)}`,
          );
        }
        worst = Math.max(worst, deviation);
      }
    } finally {
      input.write(values);
    }
  }
  return worst;
}
