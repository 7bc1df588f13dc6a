/**
 * Learning rates over a run. They agree with torch's classes of like names, step by step; a rate that depends on what is
 * measured is in plateau.ts.
 */

/** Gives the rate of step `step`, counted from 0, of `steps`. */
export type Schedule = (step: number, steps: number) => number;

export interface CosineOptions {
  /** The rate behind the last step. Default 0. */
  final?: number;
  /** Part of the run in which the rate first rises to `lr` in a line. Default 0. */
  warmup?: number;
}

/**
 * Half a cosine from `lr` at the first step down to `final` behind the last.
 * Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017, equation 5.
 */
export function cosine(
  lr: number,
  { final = 0, warmup = 0 }: CosineOptions = {},
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

export interface CosineRestartsOptions {
  /** Steps of the first. */
  period: number;
  /** Default 1. */
  factor?: number;
  /** Default 0. */
  final?: number;
}

/**
 * Half cosines from `lr` down to `final`, one after another, each `factor` times as long as the one before.
 * Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017.
 */
export function cosineRestarts(
  lr: number,
  { period, factor = 1, final = 0 }: CosineRestartsOptions,
): Schedule {
  return (step) => {
    let within = step, length = period;
    for (; within >= length; length *= factor) within -= length;
    return eased(lr, final, within / length);
  };
}

export interface StepDecayOptions {
  /** Steps from one multiplication to the next. */
  every: number;
  /** Default 0.1. */
  gamma?: number;
}

/** `lr`, multiplied by `gamma` every `every` steps. */
export function stepDecay(lr: number, { every, gamma = 0.1 }: StepDecayOptions): Schedule {
  return (step) => lr * gamma ** Math.floor(step / every);
}

export interface MultiStepDecayOptions {
  /** The steps. */
  milestones: readonly number[];
  /** Default 0.1. */
  gamma?: number;
}

/** `lr`, multiplied by `gamma` at each of some steps. */
export function multiStepDecay(lr: number, { milestones, gamma = 0.1 }: MultiStepDecayOptions): Schedule {
  return (step) => lr * gamma ** milestones.filter((milestone) => milestone <= step).length;
}

/** lr · gammaˢᵗᵉᵖ. */
export function exponential(lr: number, { gamma }: { gamma: number }): Schedule {
  return (step) => lr * gamma ** step;
}

export interface LinearRampOptions {
  /** Default 1/3. */
  from?: number;
  /** Default 1. */
  to?: number;
  /** Default 5. */
  over?: number;
}

/** In a line from `lr · from` at the first step to `lr · to` after `over` steps, and on at that. */
export function linearRamp(lr: number, { from = 1 / 3, to = 1, over = 5 }: LinearRampOptions = {}): Schedule {
  return (step) => lr * (from + (to - from) * Math.min(step / over, 1));
}

export interface ConstantOptions {
  /** Default 1/3. */
  factor?: number;
  /** Default 5. */
  over?: number;
}

/** `lr · factor` for the first `over` steps, and `lr` from then on. */
export function constant(lr: number, { factor = 1 / 3, over = 5 }: ConstantOptions = {}): Schedule {
  return (step) => (step < over ? lr * factor : lr);
}

export interface PolynomialOptions {
  /** Default 5. */
  over?: number;
  /** Default 1. */
  power?: number;
}

/** lr · (1 - step / over)^power, and 0 after `over` steps. */
export function polynomial(lr: number, { over = 5, power = 1 }: PolynomialOptions = {}): Schedule {
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
