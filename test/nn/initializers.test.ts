import { describe, expect, test } from 'vitest';

import { Random } from '../../lib/core/random.js';
import { tensor } from '../../lib/core/tensor.js';
import { initializers, type Initializer } from '../../lib/nn/index.js';
import { conv2d } from '../../lib/ops/index.js';

const shape = [64, 5, 3, 40]; // fan-in 5 · 3 · 40 = 600, fan-out 64 · 5 · 3 = 960

function moments(initializer: Initializer): { mean: number; variance: number; largest: number } {
  const values = initializer(shape, new Random(7));
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  return { mean, variance, largest: values.reduce((most, x) => Math.max(most, Math.abs(x)), 0) };
}

// Published variances: Glorot and Bengio 2010, 2 / (fan-in + fan-out); He et al. 2015, 2 / fan.
const cases: [string, Initializer, number][] = [
  ['xavierNormal', initializers.xavierNormal(), 2 / 1560],
  ['xavierUniform', initializers.xavierUniform(), 2 / 1560],
  ['xavierUniform with the gain of tanh', initializers.xavierUniform({ gain: 5 / 3 }), (25 / 9) * (2 / 1560)],
  ['kaimingNormal', initializers.kaimingNormal(), 2 / 600],
  ['kaimingUniform', initializers.kaimingUniform(), 2 / 600],
  ['kaimingNormal by fan-out', initializers.kaimingNormal({ mode: 'fanOut' }), 2 / 960],
  ['kaimingUniform with gain 1', initializers.kaimingUniform({ gain: 1 }), 1 / 600],
];

describe('initialisers', () => {
  // Of 38,400 draws the mean deviates by std / 196 and the variance by at most √2 / 196 of itself; four of
  // those deviations are allowed.
  test.each(cases)('%s has the published variance', (_, initializer, expected) => {
    const { mean, variance } = moments(initializer);
    expect(Math.abs(mean)).toBeLessThan((4 * Math.sqrt(expected)) / 196);
    expect(Math.abs(variance / expected - 1)).toBeLessThan((4 * Math.SQRT2) / 196);
  });

  test('uniform ones stay within √3 standard deviations', () => {
    const bound = Math.sqrt(3 * (2 / 600));
    const { largest } = moments(initializers.kaimingUniform());
    expect(largest).toBeLessThanOrEqual(bound);
    expect(largest).toBeGreaterThan(0.999 * bound);
  });

  test('constants', () => {
    expect(initializers.constant(3)([2], new Random(0))).toEqual(Float32Array.of(3, 3));
    expect(initializers.zeros([2], new Random(0))).toEqual(Float32Array.of(0, 0));
    expect(initializers.ones([1, 1], new Random(0))).toEqual(Float32Array.of(1));
  });

  test('a truncated normal has the moments of its definition', () => {
    // Of the standard normal within ±2: variance 1 - 2·2·φ(2) / (Φ(2) - Φ(-2)) = 0.7737.
    const usual = moments(initializers.truncatedNormal());
    expect(Math.abs(usual.mean)).toBeLessThan((4 * Math.sqrt(0.7737)) / 196);
    expect(Math.abs(usual.variance / 0.7737 - 1)).toBeLessThan((4 * Math.SQRT2) / 196);
    expect(usual.largest).toBeLessThanOrEqual(2);
    // Beyond 3 of a standard deviation 0.5 around 1: mean 1 + 0.5·φ(4)/Φ(-4) = 3.1128.
    const tail = moments(initializers.truncatedNormal({ mean: 1, std: 0.5, low: 3, high: Infinity }));
    expect(tail.mean).toBeCloseTo(3.1128, 2);
    const { mean, variance } = moments(initializers.truncatedNormal({ mean: -1, std: 2, low: -Infinity, high: Infinity }));
    expect(Math.abs(mean + 1)).toBeLessThan((4 * 2) / 196);
    expect(Math.abs(variance / 4 - 1)).toBeLessThan((4 * Math.SQRT2) / 196);
  });

  test.each([[[4, 3, 3, 2], 4, 18], [[12, 1, 5], 12, 5], [[6, 6], 6, 6]] as const)('orthogonal %j is so', (shape, rows, cols) => {
    const values = initializers.orthogonal({ gain: 2 })(shape, new Random(5));
    const short = Math.min(rows, cols), long = Math.max(rows, cols);
    const element = (vector: number, i: number) => (rows <= cols ? values[vector * cols + i]! : values[i * cols + vector]!);
    for (let a = 0; a < short; a++) {
      for (let b = 0; b < short; b++) {
        let product = 0;
        for (let i = 0; i < long; i++) product += element(a, i) * element(b, i);
        expect(product).toBeCloseTo(a === b ? 4 : 0, 5);
      }
    }
  });

  test.each([1, 2])('dirac filters of %i groups pass their input on', async (groups) => {
    const values = Float32Array.from({ length: 40 }, (_, i) => i + 1), x = tensor(values, { shape: [1, 5, 2, 4], device: 'cpu' });
    const shape = [4, 3, 5, 4 / groups];
    const weight = tensor(initializers.dirac({ groups })(shape, new Random(0)), { shape, device: 'cpu' });
    expect(await conv2d(x, weight, { padding: [1, 2], groups }).data()).toEqual(values);
  });

  test('eye and sparse', () => {
    expect([...initializers.eye([2, 3], new Random(0))]).toEqual([1, 0, 0, 0, 1, 0]);
    const values = initializers.sparse({ sparsity: 0.25, std: 2 })([10, 4], new Random(1));
    for (let col = 0; col < 4; col++) expect(values.filter((value, i) => i % 4 === col && value === 0)).toHaveLength(3);
  });

  test('gains are those of torch', () => {
    expect(['linear', 'sigmoid', 'tanh', 'relu', 'leakyRelu', 'selu'].map((name) => initializers.calculateGain(name as initializers.Nonlinearity))).toEqual(
      [1, 1, 5 / 3, Math.SQRT2, Math.sqrt(2 / 1.0001), 0.75],
    );
    expect(initializers.calculateGain('leakyRelu', 1)).toBe(1);
  });

  test.each([
    [() => initializers.orthogonal()([3], new Random(0)), 'orthogonal: expected a shape with at least 2 axes, but got [3]'],
    [() => initializers.eye([3], new Random(0)), 'eye: expected a shape [K,C], but got [3]'],
    [() => initializers.dirac({ groups: 2 })([3, 1, 1], new Random(0)), 'dirac: expected filters [K,R,S,C/groups] with a K that groups 2 divides, but got [3,1,1]'],
    [() => initializers.sparse({ sparsity: 2 }), 'sparse: expected sparsity to be a number from 0 to 1, but got 2'],
    [
      () => initializers.truncatedNormal({ low: 3 }),
      'truncatedNormal: expected low to be at most high and std to be above 0, but got low 3, high 2, std 1',
    ],
    [
      () => initializers.calculateGain('gelu' as 'relu'),
      'calculateGain: expected nonlinearity to be one of linear, sigmoid, tanh, relu, leakyRelu, selu, but got gelu',
    ],
  ])('mistakes are told %#', (act, message) => {
    expect(act).toThrow(message);
  });

  test('the same seed gives the same values', () => {
    const draw = (seed: number) => initializers.kaimingNormal()(shape, new Random(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test('a vector has no fans', () => {
    expect(() => initializers.xavierNormal()([3], new Random(0))).toThrow(
      'initializer: expected a shape with at least 2 axes, but got [3]',
    );
  });
});
