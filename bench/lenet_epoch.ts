/**
 * An epoch of LeNet-5 at batch 64 over 60,000 grey images of 28 x 28 in memory, data included, in images/s: convolt's
 * trainer, and PyTorch with its DataLoader in each of three ways, in turns and in processes of their own. The second epoch
 * counts.
 */
import { median } from './hardware.js';
import { hasTorch, measureConvolt, measurePython } from './rounds.js';

const ROUNDS = 5;

interface Measured {
  version: string;
  imagesPerSecond: number;
}

/** How PyTorch's DataLoader makes a batch: image by image, so with a second process, or by one index of the whole set. */
const ways = ['images', 'worker', 'batches'];

export interface EpochRow {
  peer: string;
  version: string;
  imagesPerSecond: number;
  /** convolt's speed to this one's: the median over rounds. */
  ratio: number;
}

export function lenetEpoch(): { rows: EpochRow[] } {
  const runs = new Map<string, Measured[]>([['convolt', []], ...(hasTorch ? ways.map((way): [string, Measured[]] => [`pytorch, ${way}`, []]) : [])]);
  for (let round = 0; round < ROUNDS; round++) {
    runs.get('convolt')?.push(measureConvolt('lenet_epoch_convolt'));
    for (const way of hasTorch ? ways : []) runs.get(`pytorch, ${way}`)?.push(measurePython('lenet_epoch_torch', way));
  }
  const ours = runs.get('convolt') ?? [];
  return {
    rows: [...runs].map(([peer, measured]) => ({
      peer,
      version: measured[0]?.version ?? '',
      imagesPerSecond: Math.round(median(measured.map((run) => run.imagesPerSecond))),
      ratio: median(measured.map((run, i) => (ours[i]?.imagesPerSecond ?? NaN) / run.imagesPerSecond)),
    })),
  };
}
