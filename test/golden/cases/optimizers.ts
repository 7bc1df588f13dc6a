/** Torch's optimisers and schedules, by its names, with its arguments. */
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  ASGD,
  constant,
  cosine,
  cosineRestarts,
  cyclic,
  exponential,
  linearRamp,
  multiStepDecay,
  NAdam,
  oneCycle,
  Plateau,
  polynomial,
  RAdam,
  RMSprop,
  Rprop,
  SGD,
  stepDecay,
  type OptimizedParameters,
  type Optimizer,
  type Schedule,
} from '../../../lib/optim/index.js';

/** Arguments that have other names here. */
const renamed: Readonly<Record<string, string>> = { weight_decay: 'weightDecay', lr_decay: 'lrDecay' };

/** Options that are right for the optimiser if the arguments were. */
function optionsOf(args: object, torch: string): { lr: number } {
  const options = Object.entries(args).map(([name, value]: [string, unknown]) => [renamed[name] ?? name, value]);
  return Object.fromEntries([...options, ['repeatMu', torch.startsWith('1.')]]) as { lr: number };
}

const classes = { SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, Adamax, NAdam, RAdam, ASGD, Rprop };

/**
 * Makes torch's optimiser of that name, or gives undefined if there is none.
 *
 * @param torch its version.
 */
export function goldenOptimizer(name: string, parameters: OptimizedParameters, args: object, torch: string): Optimizer | undefined {
  if (!(name in classes)) return undefined;
  return new classes[name as keyof typeof classes](parameters, optionsOf(args, torch));
}

/** What a schedule is made from: the optimiser's rate, torch's arguments, and for Plateau what was measured. */
interface ScheduleCase {
  base_lr: number;
  args: object;
  lr: readonly number[];
  metrics?: readonly number[];
}

/** The rates of a case's steps. Each maker declares the arguments that its cases have, under torch's names. */
interface GoldenSchedule {
  rates(lr: number, args: object, golden: ScheduleCase): number[];
}

function ratesOf(schedule: Schedule, { lr }: ScheduleCase, steps = lr.length): number[] {
  return lr.map((_, step) => schedule(step, steps));
}

const schedules: Readonly<Record<string, GoldenSchedule>> = {
  StepLR: {
    rates: (lr, { step_size: every, gamma }: { step_size: number; gamma: number }, golden) => ratesOf(stepDecay(lr, { every, gamma }), golden),
  },
  MultiStepLR: { rates: (lr, args: { milestones: number[]; gamma: number }, golden) => ratesOf(multiStepDecay(lr, args), golden) },
  ExponentialLR: { rates: (lr, args: { gamma: number }, golden) => ratesOf(exponential(lr, args), golden) },
  CosineAnnealingLR: {
    rates: (lr, { T_max, eta_min: final }: { T_max: number; eta_min: number }, golden) => ratesOf(cosine(lr, { final }), golden, T_max),
  },
  CosineAnnealingWarmRestarts: {
    rates: (lr, { T_0: period, T_mult: factor, eta_min: final }: { T_0: number; T_mult: number; eta_min: number }, golden) =>
      ratesOf(cosineRestarts(lr, { period, factor, final }), golden),
  },
  LinearLR: {
    rates: (lr, args: { start_factor: number; end_factor: number; total_iters: number }, golden) =>
      ratesOf(linearRamp(lr, { from: args.start_factor, to: args.end_factor, over: args.total_iters }), golden),
  },
  ConstantLR: {
    rates: (lr, { factor, total_iters: over }: { factor: number; total_iters: number }, golden) => ratesOf(constant(lr, { factor, over }), golden),
  },
  PolynomialLR: {
    rates: (lr, { total_iters: over, power }: { total_iters: number; power: number }, golden) => ratesOf(polynomial(lr, { over, power }), golden),
  },
  OneCycleLR: {
    rates(_, args: { max_lr: number; total_steps: number; anneal_strategy?: 'linear'; pct_start?: number; three_phase?: boolean }, golden) {
      const { max_lr, total_steps, anneal_strategy: shape = 'cosine', pct_start: rising = 0.3, three_phase: threePhases = false } = args;
      return ratesOf(oneCycle(max_lr, { shape, rising, threePhases }), golden, total_steps);
    },
  },
  CyclicLR: {
    rates(_, args: { base_lr: number; max_lr: number; step_size_up: number; mode: 'triangular' | 'triangular2' | 'exp_range' }, golden) {
      const heights = { triangular: 'constant', triangular2: 'halving', exp_range: 'exponential' } as const;
      return ratesOf(cyclic(args.base_lr, args.max_lr, { up: args.step_size_up, height: heights[args.mode] }), golden);
    },
  },
  ReduceLROnPlateau: {
    rates(lr, args: { factor: number; patience: number; threshold: number }, { metrics = [] }) {
      const plateau = new Plateau(lr, args);
      return [lr, ...metrics.map((metric) => plateau.observe(metric))];
    },
  },
};

/** The rates of torch's schedule of that name, or undefined if there is none. */
export function goldenRates(name: string, golden: ScheduleCase): number[] | undefined {
  return schedules[name]?.rates(golden.base_lr, golden.args, golden);
}
