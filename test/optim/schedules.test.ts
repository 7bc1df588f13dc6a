import { describe, expect, test } from 'vitest';

import { cosine } from '../../lib/optim/index.js';
import golden from '../golden/optim.json' with { type: 'json' };

describe('cosine', () => {
  test('follows torch', () => {
    const [annealing] = golden.schedules;
    const { T_max: steps, eta_min: final } = annealing!.args;
    const schedule = cosine(annealing!.base_lr, { final });
    for (let step = 0; step <= steps; step++) {
      expect(schedule(step, steps)).toBeCloseTo(annealing!.lr[step]!, 12);
    }
  });

  test('rises to the rate during the warm-up and falls behind it', () => {
    const schedule = cosine(1, { warmup: 0.3 });
    expect([0, 1, 2, 3].map((step) => schedule(step, 10))).toEqual([0.25, 0.5, 0.75, 1]);
    expect(schedule(10, 10)).toBeCloseTo(0, 12);
  });
});
