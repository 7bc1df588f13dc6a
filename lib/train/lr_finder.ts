/** The learning rate range test: what training does as the rate rises. */
import { batches, type Dataset } from '../data/index.js';
import { checkCount } from '../nn/arguments.js';
import { argumentError, checkNumber } from '../ops/arguments.js';
import { escapeText, lineChart } from './chart.js';
import type { Trainer } from './trainer.js';

export interface LrFinderOptions {
  /** The first rate. Default 1e-6. */
  from?: number;
  /** The last. Default 10. */
  to?: number;
  /** Steps from one to the other, each by the same factor. Default 100. */
  steps?: number;
  /** Images in a batch. Default 64. */
  batch?: number;
  /** Ends when the loss is so many times the lowest. Default 4. */
  divergesAt?: number;
}

export interface LrFinding {
  rates: number[];
  /** Of each rate, smoothed over about fifty steps. */
  losses: number[];
  /** The rate at which the loss falls fastest; undefined if it never falls. */
  suggestion: number | undefined;
}

/** Weight of earlier losses in their mean. */
const SMOOTHING = 0.95;

/**
 * Trains with a rate that rises from step to step, and puts everything back as it was.
 * Smith, Cyclical learning rates for training neural networks, 2017, section 3.3.
 *
 * @throws ERR_ARGUMENT for an option out of range, or an empty data set.
 */
export async function findLearningRate(trainer: Trainer, dataset: Dataset, options: LrFinderOptions = {}): Promise<LrFinding> {
  const { from = 1e-6, to = 10, steps = 100, batch = 64, divergesAt = 4 } = options;
  checkNumber('findLearningRate', 'from', from, Number.MIN_VALUE, Infinity, true);
  checkNumber('findLearningRate', 'to', to, from, Infinity, true);
  checkNumber('findLearningRate', 'divergesAt', divergesAt, 1, Infinity);
  checkCount('findLearningRate', 'steps', steps);
  checkCount('findLearningRate', 'batch', batch);
  if (dataset.length === 0) throw argumentError('findLearningRate', 'expected a data set with images, but got an empty one');

  const before = { tensors: await trainer.stateTensors(), random: trainer.random.state(), lr: trainer.optimizer.lr };
  const rates: number[] = [], losses: number[] = [];
  let mean = 0, lowest = Infinity;
  try {
    for await (const data of forever(trainer, dataset, batch)) {
      const lr = from * (to / from) ** (rates.length / Math.max(1, steps - 1));
      trainer.optimizer.lr = lr;
      const { loss } = await trainer.step([data]);
      mean = SMOOTHING * mean + (1 - SMOOTHING) * loss;
      const smoothed = mean / (1 - SMOOTHING ** (rates.length + 1));
      if (!(smoothed <= divergesAt * lowest) && lowest < Infinity) break;
      rates.push(lr);
      losses.push(smoothed);
      lowest = Math.min(lowest, smoothed);
      if (rates.length === steps) break;
    }
  } finally {
    trainer.loadStateTensors(before.tensors);
    trainer.random.restore(before.random);
    trainer.optimizer.lr = before.lr;
    trainer.forgetRecordings();
  }
  return { rates, losses, suggestion: steepest(rates, losses) };
}

/** Epoch after epoch of batches. */
async function* forever(trainer: Trainer, dataset: Dataset, batch: number) {
  for (;;) yield* batches(dataset, { batch, random: trainer.random });
}

/** The rate behind which the loss falls fastest, against the rate's logarithm. The first tenth are means of few losses. */
function steepest(rates: readonly number[], losses: readonly number[]): number | undefined {
  let best: number | undefined, most = 0;
  for (let i = Math.floor(rates.length / 10); i + 1 < rates.length; i++) {
    const fall = (losses[i] ?? NaN) - (losses[i + 1] ?? NaN);
    if (fall > most) [best, most] = [rates[i], fall];
  }
  return best;
}

/** The finding as one HTML page: losses against the logarithm of the rate. */
export function renderLrFinding({ rates, losses, suggestion }: LrFinding, title: string): string {
  const chart = lineChart({
    title: 'Loss, smoothed',
    xLabel: 'log10 of the learning rate',
    format: (value) => value.toFixed(2),
    series: [{ name: 'loss', color: 'faint', points: rates.map((rate, i) => [Math.log10(rate), losses[i] ?? NaN] as const) }],
  });
  const advice = suggestion === undefined ? 'The loss never fell.' : `It falls fastest at ${suggestion.toExponential(1)}.`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeText(title)}</title><style>
:root { --ink: #1d2127; --soft: #5d6672; --grid: #e3e5e8; --faint: #2563c9; }
body { margin: 32px auto; max-width: 760px; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); } figure { margin: 0; }
figcaption { font-weight: 600; } .legend { display: none; } svg text { font-size: 12px; fill: var(--soft); }
</style></head><body><h1>${escapeText(title)}</h1><p>${advice}</p>
${chart}
</body></html>
`;
}
