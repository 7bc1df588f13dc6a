/**
 * One list of cases for an op drives everything: on each device the forward pass against a naive float64
 * reference, the gradient of each input against central differences of that reference, leaks, and messages.
 */
import { describe, expect, test } from 'vitest';

import { device, type Device } from '../../lib/core/device.js';
import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { mul, sum } from '../../lib/ops/index.js';
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
}

const seeds = [3, 1009];

/**
 * Float32 rounds each term of a sum to 6e-8 of its size, and the reference does not. The error of an element
 * so scales with the terms it is summed from, which may cancel in that element but hardly in all of them:
 * the measure is the largest element. A few dozen terms and the roundings of the inputs' products stay well
 * within 100 roundings.
 */
export const float32Tolerance = 6e-6;

/** Compares with a float64 array; NaN and infinities have to be in the same places. */
export function expectClose(actual: ArrayLike<number>, expected: NdArray, tolerance: number, what: string): void {
  expect(actual.length, `${what}: number of elements`).toBe(expected.data.length);
  const magnitude = expected.data.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
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

  let gradients: Inputs<Name, NdArray> | undefined;
  return {
    values,
    expected,
    cotangent,
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
