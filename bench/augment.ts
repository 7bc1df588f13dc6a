/**
 * Augmentation of a batch of 256 images 224 x 224 x 3 of bytes on the CPU, in milliseconds: convolt and torchvision, the
 * same transforms with parameters of their own for each image, in turns and in processes of their own. torchvision's figure
 * is the best of its ways (see bench/peers/augment_torchvision.py).
 */
import { median } from './hardware.js';
import { hasTorchvision, measureConvolt, measurePython } from './rounds.js';

const ROUNDS = 3;

export interface Timings {
  version: string;
  /** Of a batch, by the transform's name. */
  milliseconds: Record<string, number>;
  /** How torchvision was fastest. */
  ways?: Record<string, string>;
}

export interface AugmentRow {
  transform: string;
  convolt: number;
  torchvision: number | null;
  ratio: number | null;
  way: string | null;
}

export function augment(): { batch: string; versions: string[]; rows: AugmentRow[] } {
  const ours: Timings[] = [], theirs: Timings[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(measureConvolt('augment_convolt'));
    if (hasTorchvision) theirs.push(measurePython('augment_torchvision'));
  }
  const rows = Object.keys(ours[0]?.milliseconds ?? {}).map((transform) => {
    const convolt = median(ours.map((run) => run.milliseconds[transform] ?? NaN));
    if (theirs.length === 0) return { transform, convolt, torchvision: null, ratio: null, way: null };
    const ratios = theirs.map((run, i) => (run.milliseconds[transform] ?? NaN) / (ours[i]?.milliseconds[transform] ?? NaN));
    return {
      transform,
      convolt,
      torchvision: median(theirs.map((run) => run.milliseconds[transform] ?? NaN)),
      ratio: median(ratios),
      way: theirs[0]?.ways?.[transform] ?? null,
    };
  });
  return { batch: '256 x 224 x 224 x 3', versions: [ours, theirs].flatMap((runs) => runs[0]?.version ?? []), rows };
}
