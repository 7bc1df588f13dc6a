/** What every elementwise function of one number has to show, from one reference formula in float64. */
import { describe, expect, test } from 'vitest';

import { grad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { cast, mul, sum } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, ndarray, TestRandom, type Generator, type NdArray } from './array.js';
import { describeOp, expectClose } from './harness.js';

export interface UnaryTests {
  name: string;
  run: (x: Tensor) => Tensor;
  value: (x: number) => number;
  /** Where the slope jumps; inputs stay away from there. Default none. */
  kinks?: readonly number[];
  /** Inputs lie between. Default -4 and 4. */
  range?: readonly [number, number];
  /** Values at NaN, Infinity and -Infinity; where they are left out, nothing is asked. */
  limits?: readonly [number, number, number];
  /** Of the first derivative; default `float32Tolerance` of the harness. */
  gradientTolerance?: number;
}

/** The error function in float64: a series of positive terms. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x, total = x;
  for (let n = 1; n < 200; n++) total += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

function away([least, most]: readonly [number, number], kinks: readonly number[]) {
  return (shape: readonly number[]): Generator =>
    (random: TestRandom) =>
      ndarray(shape, () => {
        for (;;) {
          const x = least + (most - least) * random.uniform();
          if (kinks.every((kink) => Math.abs(x - kink) > 0.02)) return x;
        }
      });
}

export function describeUnary({ name, run, value, kinks = [], range = [-4, 4], limits, gradientTolerance }: UnaryTests): void {
  const inputs = away(range, kinks);
  const tolerances = gradientTolerance === undefined ? {} : { gradientTolerance };
  const shapes = [[2, 3, 3, 5], [1], [], [2, 0]];
  describeOp<'x', null>({
    name,
    cases: shapes.map((shape) => ({ name: `[${shape.join(',')}]`, inputs: { x: inputs(shape) }, options: null, ...tolerances })),
    run: ({ x }) => run(x as Tensor),
    reference: ({ x }) => compute((x as NdArray).shape, (_, i) => value((x as NdArray).data[i]!)),
    errors: [
      {
        name: 'type',
        act: (on) => {
          const bytes: unknown = tensor(Uint8Array.of(1), { device: on });
          return run(bytes as Tensor);
        },
        message: `${name}: expected x to be of type float32, bfloat16 or float16, but got uint8 [1]`,
      },
    ],
  });

  describe.each(testDevices)(`${name} on %s`, (device) => {
    if (limits) {
      test('of NaN and infinities', async () => {
        const y = await run(tensor([NaN, Infinity, -Infinity], { device })).data();
        expect([...y].map((each) => each + 0)).toEqual(limits.map(Math.fround));
      });

      test('has finite gradients, or none, far out', async () => {
        const x = tensor([1e4, -1e4, 1e30, -1e30, 3e38, -3e38], { device, requiresGrad: true });
        const [first] = grad(sum(run(x)), [x], { createGraph: true });
        for (const found of await first!.data()) expect(found).not.toBeNaN();
        sum(first!).backward();
        for (const found of await x.grad!.data()) expect(found).not.toBeNaN();
      });
    }

    test('the gradient has a gradient', async () => {
      const random = new TestRandom(29), { data } = inputs([1101])(random), shape = [1101]; // more than a block of threads
      const cotangents = ndarray(shape, () => random.normal()), second = ndarray(shape, () => random.normal());
      const upload = (values: Float64Array) => tensor(Float32Array.from(values), { device, requiresGrad: true });
      const x = upload(data), c = upload(cotangents.data);
      const [first] = grad(sum(mul(run(x), c)), [x], { createGraph: true });
      sum(mul(first!, upload(second.data))).backward();
      const h = 1e-3;
      const slope = (at: number) => (value(at + h) - value(at - h)) / (2 * h);
      const curvature = (at: number) => {
        const difference = value(at + h) - 2 * value(at) + value(at - h);
        return Math.abs(difference) < 1e-14 ? 0 : difference / h ** 2; // below are roundings, of a straight piece
      };
      const weighted = (of: (i: number) => number) => compute(shape, (_, i) => of(i) * second.data[i]!);
      expectClose(await x.grad!.data(), weighted((i) => curvature(data[i]!) * cotangents.data[i]!), 4e-5, 'by x');
      expectClose(await c.grad!.data(), weighted((i) => slope(data[i]!)), 4e-5, 'by the cotangent');
    });

    test.each(['bfloat16', 'float16'] as const)('%s: the float32 result, rounded', async (dtype) => {
      const { data } = inputs([333])(new TestRandom(17));
      const x = cast(tensor(Float32Array.from(data), { device }), dtype);
      x.requiresGrad = true;
      const y = run(x);
      expect(y.dtype).toBe(dtype);
      expect(await y.data()).toEqual(await cast(run(cast(x.detach(), 'float32')), dtype).data());
      sum(cast(y, 'float32')).backward();
      const wide = cast(x.detach(), 'float32');
      wide.requiresGrad = true;
      sum(run(wide)).backward();
      const unit = dtype === 'bfloat16' ? 2 ** -8 : 2 ** -11;
      expect(x.grad!.dtype).toBe(dtype);
      // The slope may be computed from the rounded y.
      expectClose(await x.grad!.data(), { shape: [333], data: Float64Array.from(await wide.grad!.data()) }, 4 * unit, 'gradient');
    });
  });
}
