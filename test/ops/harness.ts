/**
 * One list of cases for an op drives everything: on each device the forward pass against a naive float64
 * reference, the gradient of each input against central differences of that reference, leaks, and messages.
 */
import { describe, expect, test } from 'vitest';

import { device, type Device } from '../../lib/core/device.js';
import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { grad } from '../../lib/core/tape.js';
import { add, cast, mul, sum } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { ndarray, TestRandom, type Generator, type NdArray } from './array.js';

export interface OpCase<Name extends string, Options> {
  name: string;
  inputs: { [K in Name]?: Generator };
  options: Options;
  /** Of the forward pass, relative to the largest element expected. Default {@link float32Tolerance}. */
  tolerance?: number;
  /** Of gradients, likewise. */
  gradientTolerance?: number;
  /** Of gradients of gradients. Default {@link secondOrderTolerance}. */
  secondTolerance?: number;
}

export interface ErrorCase {
  name: string;
  act: (device: Device) => unknown;
  /** The whole message, or a pattern of it. */
  message: string | RegExp;
}

export interface OpTests<Name extends string, Options> {
  name: string;
  cases: readonly OpCase<Name, Options>[];
  run: (inputs: { [K in Name]?: Tensor }, options: Options) => Tensor;
  reference: (inputs: { [K in Name]?: NdArray }, options: Options) => NdArray;
  errors?: readonly ErrorCase[];
  /** Default true. */
  differentiable?: boolean;
  /** Whether gradients of gradients are compared too. Default false. */
  secondOrder?: boolean;
  /** Whether the op takes bfloat16 and float16. Default false. */
  sixteenBit?: boolean;
}

/** Of the values of each case. One is enough where a checker looks at accesses, and not at values. */
const seeds = process.env['CONVOLT_TEST_ONE_SEED'] === undefined ? [3, 1009] : [3];

/**
 * Float32 rounds each term of a sum to 6e-8 of its size, and the reference does not. The error of an element
 * so scales with the terms it is summed from, which may cancel in that element but hardly in all of them:
 * the measure is the largest element. A few dozen terms and the roundings of the inputs' products stay well
 * within 100 roundings.
 */
export const float32Tolerance = 6e-6;

/** Results are rounded to 8 or 11 bits, and so are intermediate gradients: twice the rounding. */
const sixteenBitTolerance = { bfloat16: 2 ** -7, float16: 2 ** -10 };

/** Second differences in float64 are good to about 1e-6 themselves. */
export const secondOrderTolerance = 3e-5;

/** Compares with a float64 array; NaN and infinities have to be in the same places. @param leastMagnitude of the largest element. */
export function expectClose(actual: ArrayLike<number>, expected: NdArray, tolerance: number, what: string, leastMagnitude = 0): void {
  expect(actual.length, `${what}: number of elements`).toBe(expected.data.length);
  const magnitude = expected.data.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), leastMagnitude);
  const margin = tolerance * magnitude;
  for (const [i, value] of expected.data.entries()) {
    const got = actual[i]!;
    const close = Number.isFinite(value) ? Math.abs(got - value) <= margin : Object.is(got, value);
    if (!close) {
      expect.fail(`${what}: element ${i} of [${expected.shape.join(',')}]: expected ${value} within ${margin}, but got ${got}`);
    }
  }
}

type Inputs<Name extends string, T> = { [K in Name]?: T };

function mapInputs<Name extends string, From, To>(inputs: Inputs<Name, From>, map: (input: From, name: Name) => To): Inputs<Name, To> {
  const mapped: Inputs<Name, To> = {};
  for (const name in inputs) mapped[name] = map(inputs[name] as From, name);
  return mapped;
}

/** A case with its random values, what the reference makes of them, and its numerical gradients. */
function prepare<Name extends string, Options>(op: OpTests<Name, Options>, { inputs, options }: OpCase<Name, Options>, seed: number) {
  const random = new TestRandom(seed);
  const values = mapInputs(inputs, (generate: Generator) => generate(random));
  const expected = op.reference(values, options);
  const cotangent = ndarray(expected.shape, () => random.normal());

  /** The reference, projected on the cotangent. */
  function projected(): number {
    return op.reference(values, options).data.reduce((total, value, i) => total + value * cotangent.data[i]!, 0);
  }

  function numericalGradient(value: NdArray): NdArray {
    const step = 1e-5;
    const data = value.data.map((original, i) => {
      value.data[i] = original + step;
      const above = projected();
      value.data[i] = original - step;
      const below = projected();
      value.data[i] = original;
      return (above - below) / (2 * step);
    });
    return { shape: value.shape, data };
  }

  const directions = mapInputs(values, ({ shape }: NdArray) => ndarray(shape, () => random.normal()));

  /** How the projection changes as all inputs move in their directions: sum over inputs of gradient * direction. */
  function directional(): number {
    const step = 1e-3;
    const move = (by: number) => {
      for (const name in values) values[name]!.data.forEach((value, i, data) => (data[i] = value + by * directions[name]!.data[i]!));
    };
    const before = mapInputs(values, ({ shape, data }: NdArray) => ({ shape, data: data.slice() }));
    move(step);
    const above = projected();
    move(-2 * step);
    const below = projected();
    for (const name in values) values[name]!.data.set(before[name]!.data);
    return (above - below) / (2 * step);
  }

  function numericalSecondGradient(value: NdArray): NdArray {
    const step = 1e-3;
    const data = value.data.map((original, i) => {
      value.data[i] = original + step;
      const above = directional();
      value.data[i] = original - step;
      const below = directional();
      value.data[i] = original;
      return (above - below) / (2 * step);
    });
    return { shape: value.shape, data };
  }

  let gradients: Inputs<Name, NdArray> | undefined, secondGradients: Inputs<Name, NdArray> | undefined;
  return {
    values,
    expected,
    cotangent,
    directions,
    /** Of the sum of each input's gradient times its direction. */
    get secondGradients() {
      return (secondGradients ??= mapInputs(values, numericalSecondGradient));
    },
    get gradients() {
      return (gradients ??= mapInputs(values, numericalGradient));
    },
  };
}

function upload(value: NdArray, on: Device, requiresGrad = false): Tensor {
  return tensor(Float32Array.from(value.data), { shape: value.shape, device: on, requiresGrad });
}

/** What a function throws. */
export function thrownBy(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return expect.fail('expected an error, but none was thrown');
}

/** Defines the tests of an op. */
export function describeOp<Name extends string, Options>(op: OpTests<Name, Options>): void {
  const variants = op.cases.flatMap((testCase) =>
    seeds.map((seed) => {
      let prepared: ReturnType<typeof prepare<Name, Options>> | undefined;
      return { name: `${testCase.name}, seed ${seed}`, testCase, prepared: () => (prepared ??= prepare(op, testCase, seed)) };
    }),
  );

  describe.each(testDevices)(`${op.name} on %s`, (deviceName) => {
    const on = device(deviceName);

    test.each(variants)('forward: $name', async ({ testCase, prepared }) => {
      const { values, expected } = prepared();
      const y = scope(() => op.run(mapInputs(values, (value: NdArray) => upload(value, on)), testCase.options));
      expect(y.shape).toEqual(expected.shape);
      expectClose(await y.data(), expected, testCase.tolerance ?? float32Tolerance, 'y');
      y.dispose();
    });

    /** Gradients on the device of the inputs that `wanted` names. */
    function gradients({ testCase, prepared }: (typeof variants)[number], wanted: readonly Name[]): Inputs<Name, Tensor> {
      const { values, cotangent } = prepared();
      return scope(() => {
        const inputs = mapInputs(values, (value: NdArray, name) => upload(value, on, wanted.includes(name)));
        sum(mul(op.run(inputs, testCase.options), upload(cotangent, on))).backward();
        const found: Inputs<Name, Tensor> = {};
        for (const name of wanted) {
          const gradient = inputs[name]?.grad;
          if (gradient) found[name] = gradient;
        }
        return found;
      });
    }

    if (op.differentiable ?? true) {
      test.each(variants)('gradient: $name', async (variant) => {
        const expected = variant.prepared().gradients;
        const names = Object.keys(expected) as Name[];
        const subsets = names.length > 1 ? [names, ...names.map((name) => [name])] : [names];
        for (const wanted of subsets) {
          const found = gradients(variant, wanted);
          for (const name of wanted) {
            const what = `gradient of ${name} (of ${wanted.join(', ')})`;
            const gradient = found[name];
            if (!gradient) return expect.fail(`${what}: there is none`);
            expect(gradient.shape, what).toEqual(expected[name]?.shape);
            const tolerance = variant.testCase.gradientTolerance ?? float32Tolerance;
            expectClose(await gradient.data(), expected[name] as NdArray, tolerance, what);
            gradient.dispose();
          }
        }
      });
    }

    if (op.secondOrder) {
      test.each(variants)('gradient of the gradient: $name', async ({ testCase, prepared }) => {
        const { values, cotangent, directions, secondGradients } = prepared();
        const names = Object.keys(values) as Name[];
        const before = on.memory().tensors;
        const found = scope(() => {
          const inputs = mapInputs(values, (value: NdArray) => upload(value, on, true));
          const leaves = names.map((name) => inputs[name]!);
          const first = grad(sum(mul(op.run(inputs, testCase.options), upload(cotangent, on))), leaves, { createGraph: true });
          const moved = first.map((gradient, i) => sum(mul(gradient, upload(directions[names[i]!]!, on))));
          return grad(moved.reduce((total, part) => add(total, part)), leaves);
        });
        for (const [i, name] of names.entries()) {
          const tolerance = testCase.secondTolerance ?? secondOrderTolerance;
          expectClose(await found[i]!.data(), secondGradients[name]!, tolerance, `second gradient of ${name}`, 0.1);
          found[i]!.dispose();
        }
        expect(on.memory().tensors, 'tensors left behind').toBe(before);
      });
    }

    if (op.sixteenBit) {
      const halves = (['bfloat16', 'float16'] as const).flatMap((dtype) => variants.map((variant) => ({ ...variant, dtype })));
      test.each(halves)('in $dtype: $name', async ({ testCase, prepared, dtype }) => {
        const { values, cotangent } = prepared();
        const names = op.differentiable ?? true ? (Object.keys(values) as Name[]) : [];
        const compute = (rounded: (value: NdArray) => Tensor) =>
          scope(() => {
            const inputs = mapInputs(values, (value: NdArray) => {
              const input = rounded(value);
              if (names.length > 0) input.requiresGrad = true;
              return input;
            });
            const y = op.run(inputs, testCase.options);
            if (names.length > 0) sum(mul(cast(y, 'float32'), upload(cotangent, on))).backward();
            return [y.detach(), ...names.map((name) => inputs[name]!.grad!)];
          });
        const stored = compute((value) => cast(upload(value, on), dtype));
        const wide = compute((value) => cast(cast(upload(value, on), dtype), 'float32').detach());
        for (const [i, tensor] of stored.entries()) {
          const expected = wide[i]!;
          expect(tensor.dtype).toBe(dtype);
          const reference = { shape: expected.shape, data: Float64Array.from(await expected.data()) };
          expectClose(await tensor.data(), reference, sixteenBitTolerance[dtype], i === 0 ? 'y' : `gradient of ${names[i - 1]}`);
          tensor.dispose();
          expected.dispose();
        }
      });
    }

    test.each(variants.slice(0, 1))('leaves no tensor behind: $name', ({ testCase, prepared }) => {
      const before = on.memory().tensors;
      for (const requiresGrad of [false, true]) {
        const inputs = mapInputs(prepared().values, (value: NdArray) => upload(value, on, requiresGrad));
        op.run(inputs, testCase.options).dispose();
        for (const name in inputs) inputs[name]?.dispose();
        expect(on.memory().tensors, requiresGrad ? 'with gradient' : 'without gradient').toBe(before);
      }
    });

    for (const { name, act, message } of op.errors ?? []) {
      test(`error: ${name}`, () => {
        const error = thrownBy(() => scope(() => void act(on)));
        expect(error).toMatchObject({ name: 'ConvoltError', code: 'ERR_ARGUMENT' });
        if (typeof message === 'string') expect(error.message).toBe(message);
        else expect(error.message).toMatch(message);
      });
    }
  });
}
