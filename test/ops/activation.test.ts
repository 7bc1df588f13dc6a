import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import {
  celu, elu, gelu, hardshrink, hardsigmoid, hardswish, hardtanh, leakyRelu, logSigmoid, mish, relu, relu6, selu, sigmoid, silu, softplus,
  softshrink, softsign, sum, tanh, tanhshrink, threshold, zeros,
} from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { thrownBy } from './harness.js';
import { describeUnary, erf } from './unary_harness.js';

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const softplusOf = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const clampTo = (x: number, min: number, max: number) => Math.min(Math.max(x, min), max);
const geluTanh = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

describeUnary({ name: 'relu', run: relu, value: (x) => Math.max(x, 0), kinks: [0], limits: [NaN, Infinity, 0] });
describeUnary({ name: 'relu6', run: relu6, value: (x) => clampTo(x, 0, 6), kinks: [0, 6], range: [-8, 8], limits: [NaN, 6, 0] });
describeUnary({ name: 'leakyRelu', run: leakyRelu, value: (x) => (x > 0 ? x : 0.01 * x), kinks: [0], limits: [NaN, Infinity, -Infinity] });
describeUnary({ name: 'leakyRelu', run: (x) => leakyRelu(x, { negativeSlope: -0.3 }), value: (x) => (x > 0 ? x : -0.3 * x), kinks: [0] });
describeUnary({ name: 'elu', run: elu, value: (x) => (x > 0 ? x : Math.expm1(x)), kinks: [0], limits: [NaN, Infinity, -1] });
describeUnary({ name: 'elu', run: (x) => elu(x, { alpha: 1.7 }), value: (x) => (x > 0 ? x : 1.7 * Math.expm1(x)), kinks: [0] });
describeUnary({ name: 'celu', run: celu, value: (x) => (x > 0 ? x : Math.expm1(x)), kinks: [0], limits: [NaN, Infinity, -1] });
describeUnary({ name: 'celu', run: (x) => celu(x, { alpha: 0.5 }), value: (x) => (x > 0 ? x : 0.5 * Math.expm1(x / 0.5)), kinks: [0] });
describeUnary({
  name: 'selu',
  run: selu,
  value: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  kinks: [0],
  limits: [NaN, Infinity, -1.7580993408473766],
});
describeUnary({ name: 'gelu', run: gelu, value: (x) => (x * (1 + erf(x / Math.SQRT2))) / 2, limits: [NaN, Infinity, 0] });
describeUnary({ name: 'gelu', run: (x) => gelu(x, { approximate: 'tanh' }), value: geluTanh, limits: [NaN, Infinity, 0] });
describeUnary({ name: 'silu', run: silu, value: (x) => x * logistic(x), range: [-12, 12], limits: [NaN, Infinity, 0] });
describeUnary({ name: 'mish', run: mish, value: (x) => x * Math.tanh(softplusOf(x)), range: [-12, 12], limits: [NaN, Infinity, 0] });
describeUnary({ name: 'hardswish', run: hardswish, value: (x) => (x * clampTo(x + 3, 0, 6)) / 6, kinks: [-3, 3], limits: [NaN, Infinity, 0] });
describeUnary({ name: 'hardsigmoid', run: hardsigmoid, value: (x) => clampTo(x + 3, 0, 6) / 6, kinks: [-3, 3], limits: [NaN, 1, 0] });
describeUnary({ name: 'hardtanh', run: hardtanh, value: (x) => clampTo(x, -1, 1), kinks: [-1, 1], limits: [NaN, 1, -1] });
describeUnary({ name: 'hardtanh', run: (x) => hardtanh(x, { min: -0.5, max: 0.75 }), value: (x) => clampTo(x, -0.5, 0.75), kinks: [-0.5, 0.75] });
describeUnary({ name: 'softplus', run: softplus, value: softplusOf, range: [-12, 12], limits: [NaN, Infinity, 0] });
describeUnary({
  name: 'softplus',
  run: (x) => softplus(x, { beta: 2, threshold: 3 }),
  value: (x) => (2 * x > 3 ? x : softplusOf(2 * x) / 2),
  kinks: [1.5],
});
describeUnary({ name: 'softsign', run: softsign, value: (x) => x / (1 + Math.abs(x)), kinks: [0], limits: [NaN, 1, -1] });
describeUnary({ name: 'sigmoid', run: sigmoid, value: logistic, range: [-5, 5], limits: [NaN, 1, 0] });
describeUnary({ name: 'logSigmoid', run: logSigmoid, value: (x) => -softplusOf(-x), range: [-12, 12], limits: [NaN, 0, -Infinity] });
describeUnary({ name: 'tanh', run: tanh, value: Math.tanh, limits: [NaN, 1, -1] });
describeUnary({ name: 'tanhshrink', run: tanhshrink, value: (x) => x - Math.tanh(x), limits: [NaN, Infinity, -Infinity] });
describeUnary({
  name: 'softshrink',
  run: softshrink,
  value: (x) => Math.sign(x) * Math.max(Math.abs(x) - 0.5, 0),
  kinks: [-0.5, 0.5],
  limits: [NaN, Infinity, -Infinity],
});
describeUnary({
  name: 'hardshrink',
  run: (x) => hardshrink(x, { lambda: 0.25 }),
  value: (x) => (Math.abs(x) > 0.25 ? x : 0),
  kinks: [-0.25, 0.25],
  limits: [NaN, Infinity, -Infinity],
});
describeUnary({
  name: 'threshold',
  run: (x) => threshold(x, { threshold: 0.25, value: -2 }),
  value: (x) => (x > 0.25 ? x : -2),
  kinks: [0.25],
  limits: [NaN, Infinity, -2],
});

describe.each(testDevices)('activations on %s', (device) => {
  /** The gradient of sum(run(x)) at some points. */
  async function slopes(run: (x: Tensor) => Tensor, points: number[]): Promise<number[]> {
    const x = tensor(points, { device, requiresGrad: true });
    sum(run(x)).backward();
    return [...(await x.grad!.data())];
  }

  test('slopes at kinks are those of torch', async () => {
    expect(await slopes(relu, [0])).toEqual([0]);
    expect(await slopes(relu6, [0, 6])).toEqual([0, 0]);
    expect(await slopes((x) => leakyRelu(x, { negativeSlope: 0.25 }), [0])).toEqual([0.25]);
    expect(await slopes((x) => elu(x, { alpha: 2 }), [0])).toEqual([2]);
    expect(await slopes(hardtanh, [-1, 1])).toEqual([0, 0]);
    expect(await slopes(hardsigmoid, [-3, 3])).toEqual([0, 0]);
    expect(await slopes(softshrink, [-0.5, 0.5])).toEqual([0, 0]);
    expect(await slopes(hardshrink, [-0.5, 0.5])).toEqual([0, 0]);
    expect(await slopes((x) => threshold(x, { threshold: 1, value: 0 }), [1])).toEqual([0]);
  });

  test.each([1, 2, 3, 5, 7])('a view that begins at element %i', async (begin) => {
    const x = tensor(Float32Array.from({ length: 40 }, (_, i) => i - 20), { device });
    const expected = Float32Array.from({ length: 30 }, (_, i) => Math.max(i + begin - 20, 0));
    expect(await relu(x.view(begin, [30])).data()).toEqual(expected);
  });

  test('errors', () => {
    const x = zeros([2], { device });
    const message = (act: () => unknown) => thrownBy(act).message;
    expect(message(() => leakyRelu(x, { negativeSlope: NaN }))).toBe('leakyRelu: expected negativeSlope to be a finite number, but got NaN');
    expect(message(() => celu(x, { alpha: 0 }))).toBe('celu: expected alpha to be a number other than 0, but got 0');
    expect(message(() => softplus(x, { beta: 0 }))).toBe('softplus: expected beta to be a number other than 0, but got 0');
    expect(message(() => softshrink(x, { lambda: -1 }))).toBe('softshrink: expected lambda to be a finite number of at least 0, but got -1');
    expect(message(() => hardtanh(x, { min: 2, max: 1 }))).toBe('hardtanh: expected min to be at most max 1, but got 2');
    const word: unknown = 'erf';
    expect(message(() => gelu(x, { approximate: word as 'tanh' }))).toBe("gelu: expected approximate to be 'none' or 'tanh', but got 'erf'");
  });
});
