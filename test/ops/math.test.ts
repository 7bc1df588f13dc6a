import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import {
  abs, atan, ceil, clamp, cos, erf, exp, expm1, floor, log, log1p, pow, reciprocal, round, rsqrt, sigmoid, sign, sin, sqrt, square, sum, tanh, zeros,
} from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { thrownBy } from './harness.js';
import { describeUnary, erf as erfOf } from './unary_harness.js';

const positive = [0.2, 5] as const;
const whole = [-4, -3, -2, -1, 0, 1, 2, 3, 4], half = whole.map((each) => each + 0.5);

describeUnary({ name: 'exp', run: exp, value: Math.exp, limits: [NaN, Infinity, 0] });
describeUnary({ name: 'expm1', run: expm1, value: Math.expm1, limits: [NaN, Infinity, -1] });
describeUnary({ name: 'log', run: log, value: Math.log, range: positive });
describeUnary({ name: 'log1p', run: log1p, value: Math.log1p, range: [-0.8, 5] });
describeUnary({ name: 'sqrt', run: sqrt, value: Math.sqrt, range: positive });
describeUnary({ name: 'rsqrt', run: rsqrt, value: (x) => 1 / Math.sqrt(x), range: positive });
describeUnary({ name: 'square', run: square, value: (x) => x * x });
describeUnary({ name: 'reciprocal', run: reciprocal, value: (x) => 1 / x, range: [-3, -0.3], limits: [NaN, 0, 0] });
describeUnary({ name: 'abs', run: abs, value: Math.abs, kinks: [0], limits: [NaN, Infinity, Infinity] });
describeUnary({ name: 'sign', run: sign, value: Math.sign, kinks: [0], limits: [NaN, 1, -1] });
describeUnary({ name: 'floor', run: floor, value: Math.floor, kinks: whole, limits: [NaN, Infinity, -Infinity] });
describeUnary({ name: 'ceil', run: ceil, value: Math.ceil, kinks: whole, limits: [NaN, Infinity, -Infinity] });
describeUnary({ name: 'round', run: round, value: Math.round, kinks: half, limits: [NaN, Infinity, -Infinity] });
describeUnary({ name: 'sin', run: sin, value: Math.sin, limits: [NaN, NaN, NaN] });
describeUnary({ name: 'cos', run: cos, value: Math.cos, limits: [NaN, NaN, NaN] });
describeUnary({ name: 'atan', run: atan, value: Math.atan, limits: [NaN, Math.PI / 2, -Math.PI / 2] });
describeUnary({ name: 'erf', run: erf, value: erfOf, limits: [NaN, 1, -1] });
describeUnary({ name: 'clamp', run: (x) => clamp(x, { min: -1, max: 2 }), value: (x) => Math.min(Math.max(x, -1), 2), kinks: [-1, 2], limits: [NaN, 2, -1] });
describeUnary({ name: 'clamp', run: (x) => clamp(x, { max: 0.5 }), value: (x) => Math.min(x, 0.5), kinks: [0.5], limits: [NaN, 0.5, -Infinity] });
/** Units in the last place of a float32 that two numbers are apart. */
function unitsApart(actual: number, expected: number): number {
  const nearest = Math.fround(expected);
  if (Object.is(actual, nearest) || actual === nearest) return 0;
  const unit = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(expected))), -126) - 23);
  return Math.abs(actual - expected) / unit;
}

describe.each(testDevices)('mathematics on %s', (device) => {
  const accurate: [string, (x: Tensor) => Tensor, (x: number) => number, number[]][] = [
    ['exp', exp, Math.exp, [-110, 95]],
    ['expm1', expm1, Math.expm1, [-110, 95]],
    ['expm1 near 0', expm1, Math.expm1, [-1e-2, 1e-2]],
    ['log', log, Math.log, [0, 1e3]],
    ['log near 1', log, Math.log, [0.9, 1.1]],
    ['log of denormals', log, Math.log, [0, 1e-37]],
    ['log1p', log1p, Math.log1p, [-1, 1e3]],
    ['log1p near 0', log1p, Math.log1p, [-1e-3, 1e-3]],
    ['tanh', tanh, Math.tanh, [-12, 12]],
    ['tanh near 0', tanh, Math.tanh, [-1e-2, 1e-2]],
    ['sigmoid', sigmoid, (x) => 1 / (1 + Math.exp(-x)), [-80, 80]],
    ['erf', erf, erfOf, [-5, 5]],
    ['atan', atan, Math.atan, [-30, 30]],
    ['sin', sin, Math.sin, [-1e5, 1e5]],
    ['cos', cos, Math.cos, [-1e5, 1e5]],
  ];
  test.each(accurate)('%s to 4 units in the last place', async (_, run, value, [least = 0, most = 0]) => {
    const n = 20_001;
    const x = Float32Array.from({ length: n }, (_, i) => least + ((most - least) * i) / (n - 1));
    const y = await run(tensor(x, { device })).data();
    let worst = 0;
    for (const [i, at] of x.entries()) worst = Math.max(worst, unitsApart(y[i]!, value(at)));
    expect(worst).toBeLessThan(4);
  });

  test('ends of the ranges', async () => {
    const at = async (run: (x: Tensor) => Tensor, points: number[]) => [...(await run(tensor(points, { device })).data())];
    expect(await at(log, [0, -1, Infinity, NaN, 1])).toEqual([-Infinity, NaN, Infinity, NaN, 0]);
    expect(await at(log1p, [-1, -2, Infinity, NaN, 0])).toEqual([-Infinity, NaN, Infinity, NaN, 0]);
    expect(await at(exp, [0, 89, 88, -200])).toEqual([1, Infinity, expect.closeTo(Math.exp(88), -33), 0]);
    expect(await at(sqrt, [0, -1, Infinity])).toEqual([0, NaN, Infinity]);
    expect(await at(round, [0.5, 1.5, 2.5, -0.5, -1.5])).toEqual([0, 2, 2, -0, -2]);
    expect(await at(sign, [0, -2])).toEqual([0, -1]);
    expect(await at((x) => pow(x, 0), [0, -1, 2])).toEqual([1, 1, 1]);
  });

  test('slopes at kinks', async () => {
    const slopes = async (run: (x: Tensor) => Tensor, points: number[]) => {
      const x = tensor(points, { device, requiresGrad: true });
      sum(run(x)).backward();
      return [...(await x.grad!.data())];
    };
    expect(await slopes(abs, [0])).toEqual([0]);
    expect(await slopes((x) => clamp(x, { min: -1, max: 1 }), [-1, 1, 2])).toEqual([1, 1, 0]);
    expect(await slopes((x) => pow(x, 0), [0])).toEqual([0]);
    expect(await slopes((x) => pow(x, 1), [0])).toEqual([1]);
    expect(await slopes((x) => pow(x, 2), [0])).toEqual([0]);
  });

  test('errors', () => {
    const x = zeros([2], { device });
    expect(thrownBy(() => clamp(x, { min: 2, max: 1 })).message).toBe('clamp: expected min to be a number from -Infinity to 1, but got 2');
    expect(thrownBy(() => clamp(x, { min: NaN })).message).toBe('clamp: expected min to be a number of at least -Infinity, but got NaN');
      });
});
