/**
 * Learning rates over a run. They agree with torch's classes of like names, step by step; a rate that depends on what is
 * measured is in plateau.ts.
 */

/** Gives the rate of step `step`, counted from 0, of `steps`. */
export type Schedule = (step: number, steps: number) => number;

/**
 * Half a cosine from `lr` at the first step down to `final` behind the last.
 * Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017, equation 5.
 *
 * @param options.final default 0.
 * @param options.warmup part of the run in which the rate first rises to `lr` in a line. Default 0.
 */
export function cosine(
  lr: number,
  { final = 0, warmup = 0 }: { final?: number; warmup?: number } = {},
): Schedule {
  return (step, steps) => {
    const rising = Math.floor(steps * warmup);
    if (step < rising) return (lr * (step + 1)) / (rising + 1);
    return eased(lr, final, (step - rising) / Math.max(1, steps - rising));
  };
}

/** From one rate to another in half a cosine. */
function eased(from: number, to: number, progress: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * progress))) / 2;
}

/**
 * Half cosines from `lr` down to `final`, one after another, each `factor` times as long as the one before.
 * Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017.
 *
 * @param options.period steps of the first.
 * @param options.factor default 1.
 * @param options.final default 0.
 */
export function cosineRestarts(
  lr: number,
  { period, factor = 1, final = 0 }: { period: number; factor?: number; final?: number },
): Schedule {
  return (step) => {
    let within = step, length = period;
    for (; within >= length; length *= factor) within -= length;
    return eased(lr, final, within / length);
  };
}

/**
 * `lr`, multiplied by `gamma` every `every` steps.
 *
 * @param options.gamma default 0.1.
 */
export function stepDecay(lr: number, { every, gamma = 0.1 }: { every: number; gamma?: number }): Schedule {
  return (step) => lr * gamma ** Math.floor(step / every);
}

/**
 * `lr`, multiplied by `gamma` at each of some steps.
 *
 * @param options.gamma default 0.1.
 */
export function multiStepDecay(lr: number, { milestones, gamma = 0.1 }: { milestones: readonly number[]; gamma?: number }): Schedule {
  return (step) => lr * gamma ** milestones.filter((milestone) => milestone <= step).length;
}

/** lr · gammaˢᵗᵉᵖ. */
export function exponential(lr: number, { gamma }: { gamma: number }): Schedule {
  return (step) => lr * gamma ** step;
}

/**
 * In a line from `lr · from` at the first step to `lr · to` after `over` steps, and on at that.
 *
 * @param options.from default 1/3.
 * @param options.to default 1.
 * @param options.over default 5.
 */
export function linearRamp(lr: number, { from = 1 / 3, to = 1, over = 5 }: { from?: number; to?: number; over?: number } = {}): Schedule {
  return (step) => lr * (from + (to - from) * Math.min(step / over, 1));
}

/**
 * `lr · factor` for the first `over` steps, and `lr` from then on.
 *
 * @param options.factor default 1/3.
 * @param options.over default 5.
 */
export function constant(lr: number, { factor = 1 / 3, over = 5 }: { factor?: number; over?: number } = {}): Schedule {
  return (step) => (step < over ? lr * factor : lr);
}

/**
 * lr · (1 - step / over)^power, and 0 after `over` steps.
 *
 * @param options.over default 5.
 * @param options.power default 1.
 */
export function polynomial(lr: number, { over = 5, power = 1 }: { over?: number; power?: number } = {}): Schedule {
  return (step) => lr * (1 - Math.min(step / over, 1)) ** power;
}

export interface OneCycleOptions {
  /** Part of the run in which the rate rises. Default 0.3. */
  rising?: number;
  /** The first rate is the highest divided by this. Default 25. */
  startDivisor?: number;
  /** The last rate is the first divided by this. Default 1e4. */
  finalDivisor?: number;
  /** Half cosines or lines. Default 'cosine'. */
  shape?: 'cosine' | 'linear';
  /** Falls to the first rate as fast as it rose, and only then on to the last. Default false. */
  threePhases?: boolean;
}

/**
 * Up to `highest` and down again, once in a run.
 * Smith and Topin, Super-convergence: very fast training of neural networks using large learning rates, 2018.
 */
export function oneCycle(
  highest: number,
  { rising = 0.3, startDivisor = 25, finalDivisor = 1e4, shape = 'cosine', threePhases = false }: OneCycleOptions = {},
): Schedule {
  const first = highest / startDivisor, last = first / finalDivisor;
  return (step, steps) => {
    const top = rising * steps - 1, back = 2 * rising * steps - 2, end = steps - 1;
    const between = (from: number, to: number, begin: number, behind: number) => {
      const progress = (step - begin) / (behind - begin);
      return shape === 'cosine' ? eased(from, to, progress) : from + (to - from) * progress;
    };
    if (step <= top) return between(first, highest, 0, top);
    if (!threePhases) return between(highest, last, top, end);
    return step <= back ? between(highest, first, top, back) : between(first, last, back, end);
  };
}

export interface CyclicOptions {
  /** Steps from the lowest rate to the highest. Default 2000. */
  up?: number;
  /** Steps back. Default as many. */
  down?: number;
  /**
   * How high the cycles are: all alike ('constant'), each half as high as the one before ('halving'), or `gamma`ˢᵗᵉᵖ
   * ('exponential'). Default 'constant'.
   */
  height?: 'constant' | 'halving' | 'exponential';
  /** Default 1. */
  gamma?: number;
}

/**
 * In lines from `lowest` up to `highest` and down again, over and over.
 * Smith, Cyclical learning rates for training neural networks, 2017.
 */
export function cyclic(
  lowest: number,
  highest: number,
  { up = 2000, down = up, height = 'constant', gamma = 1 }: CyclicOptions = {},
): Schedule {
  const heights = {
    constant: () => 1,
    halving: (cycle: number) => 0.5 ** cycle,
    exponential: (_cycle: number, step: number) => gamma ** step,
  };
  return (step) => {
    const cycle = Math.floor(step / (up + down)), within = step - cycle * (up + down);
    const rise = within <= up ? within / up : (up + down - within) / down;
    return lowest + (highest - lowest) * rise * heights[height](cycle, step);
  };
}
