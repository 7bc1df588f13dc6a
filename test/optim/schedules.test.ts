import { describe, expect, test } from 'vitest';

import { cosine, cyclic, oneCycle, Plateau } from '../../lib/optim/index.js';
import { goldenRates } from '../golden/cases/optimizers.js';
import { readGoldenOptimizers } from '../golden/read.js';

test.each(readGoldenOptimizers().schedules)('$scheduler follows torch: $args', (golden) => {
  const rates = goldenRates(golden.scheduler, golden) ?? [];
  expect(rates).toHaveLength(golden.lr.length);
  for (const [step, rate] of rates.entries()) expect(rate, `step ${step}`).toBeCloseTo(golden.lr[step]!, 12);
});

describe('cosine', () => {
  test('rises to the rate during the warm-up and falls behind it', () => {
    const schedule = cosine(1, { warmup: 0.3 });
    expect([0, 1, 2, 3].map((step) => schedule(step, 10))).toEqual([0.25, 0.5, 0.75, 1]);
    expect(schedule(10, 10)).toBeCloseTo(0, 12);
  });
});

test('a cycle may fall slower than it rises, and lower each step', () => {
  const schedule = cyclic(0, 1, { up: 1, down: 4 });
  expect([0, 1, 2, 3, 5].map((step) => schedule(step, 0))).toEqual([0, 1, 0.75, 0.5, 0]);
  expect(cyclic(0, 1, { up: 1, down: 4, height: 'exponential', gamma: 0.5 })(2, 0)).toBe(0.75 / 4);
});

test('one cycle begins and ends at the rates that its divisors give', () => {
  const schedule = oneCycle(1, { startDivisor: 4, finalDivisor: 2, rising: 0.5 });
  expect(schedule(0, 10)).toBeCloseTo(0.25, 12);
  expect(schedule(4, 10)).toBeCloseTo(1, 12);
  expect(schedule(9, 10)).toBeCloseTo(0.125, 12);
});

describe('Plateau', () => {
  test('waits after a reduction, climbs in mode max, and stays above the least rate', () => {
    const plateau = new Plateau(1, { mode: 'max', factor: 0.5, patience: 0, cooldown: 2, least: 0.3 });
    expect([1, 1, 1, 1, 1, 1, 1, 1, 2].map((value) => plateau.observe(value))).toEqual([1, 0.5, 0.5, 0.5, 0.3, 0.3, 0.3, 0.3, 0.3]);
    expect(plateau.lr).toBe(0.3);
  });

  test('tells wrong options', () => {
    expect(() => new Plateau(1, { factor: 1 })).toThrow('Plateau: expected factor to be a number from 0 to below 1, but got 1');
  });
});
