/**
 * Training steps of LeNet-5 at batch 64, in images/s: convolt, PyTorch (tuned) and convnetjs where they are installed, in
 * turns and in processes of their own, so that a machine that changes its speed changes it for all. convolt and PyTorch
 * start from the same weights and must agree on the losses of the first steps: it is the same work.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { median } from './hardware.js';
import { hasTorch, measureConvolt, measurePython } from './rounds.js';

const ROUNDS = 5;
const root = fileURLToPath(new URL('../..', import.meta.url));

interface Measured {
  imagesPerSecond: number;
  losses?: number[];
  version?: string;
}

const peers: Record<string, () => Measured> = { convolt: () => measureConvolt('lenet_convolt') };
if (hasTorch) peers['pytorch'] = () => measurePython('lenet_torch');
if (existsSync(`${root}node_modules/convnetjs`)) peers['convnetjs'] = () => measureConvolt('lenet_convnetjs');

export function lenet(): { rows: { peer: string; version: string; imagesPerSecond: number; ratio: number }[]; lossesAgree: boolean | null } {
  const runs = new Map<string, Measured[]>(Object.keys(peers).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(peers)) runs.get(name)?.push(run());
  }
  const ours = runs.get('convolt') ?? [];
  const rows = [...runs].map(([peer, measured]) => ({
    peer,
    version: measured[0]?.version ?? '',
    imagesPerSecond: Math.round(median(measured.map((run) => run.imagesPerSecond))),
    ratio: median(measured.map((run, i) => (ours[i]?.imagesPerSecond ?? NaN) / run.imagesPerSecond)),
  }));
  const torchLosses = runs.get('pytorch')?.[0]?.losses;
  const ourLosses = ours[0]?.losses;
  const lossesAgree = torchLosses && ourLosses ? torchLosses.every((loss, i) => Math.abs(loss - (ourLosses[i] ?? NaN)) < 1e-4 * loss) : null;
  return { rows, lossesAgree };
}
