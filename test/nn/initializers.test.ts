import { describe, expect, test } from 'vitest';

import { Random } from '../../lib/core/random.js';
import { initializers, type Initializer } from '../../lib/nn/index.js';

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
