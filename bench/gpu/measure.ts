/** Timing by the device's own clock. */
import type { Device } from 'convolt';

import { median } from '../hardware.js';
import type { Timing } from './result.js';

export interface Patience {
  /** That the runs are to last together. */
  seconds: number;
  /** The fewest runs. */
  least: number;
}

const MOST_RUNS = 200, WARM_UP = 3;

/** The value below which a part of the sorted values lies. */
const percentile = (sorted: readonly number[], part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!;

export function timingOf(milliseconds: readonly number[]): Timing {
  const sorted = [...milliseconds].sort((a, b) => a - b), middle = median(sorted);
  const spread = middle > 0 ? (percentile(sorted, 0.9) - percentile(sorted, 0.1)) / middle : 0;
  return { milliseconds: middle, spread, runs: sorted.length };
}

/** The median time of `run`, which puts work into the device's stream, after a warm-up. */
export async function measure(on: Device, run: () => void, { seconds, least }: Patience): Promise<Timing> {
  for (let i = 0; i < WARM_UP; i++) run();
  await on.synchronize();
  const began = performance.now();
  run();
  await on.synchronize();
  const once = Math.max(performance.now() - began, 1e-3) / 1000;
  const runs = Math.max(least, Math.min(MOST_RUNS, Math.floor(seconds / once)));
  on.mark();
  for (let i = 0; i < runs; i++) {
    run();
    on.mark();
  }
  return timingOf(await on.intervals());
}
