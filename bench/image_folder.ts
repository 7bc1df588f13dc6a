/**
 * Images of a folder per second, decoded and brought to 224 x 224 x 3 bytes in batches of 64: convolt with sharp, and
 * torchvision's ImageFolder with a DataLoader of two workers, in turns and in processes of their own. The folder has 768
 * JPEG files of 500 x 375 pixels, as photographs on the web have.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';

import { median } from './hardware.js';
import { hasTorchvision, measureConvolt, measurePython } from './rounds.js';

const ROUNDS = 5, FILES = 768, WIDTH = 500, HEIGHT = 375;

interface Measured {
  version: string;
  imagesPerSecond: number;
}

/** A photograph's mixture of slow and fast changes. */
function pixels(seed: number): Uint8Array {
  let noise = seed;
  return Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => {
    noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
    const x = Math.floor(i / 3) % WIDTH, y = Math.floor(i / 3 / WIDTH);
    return 128 + 60 * Math.sin(x / (20 + (seed % 13)) + (i % 3)) + 40 * Math.sin((y * x) / 3000 + seed) + noise / 2 ** 27 - 16;
  });
}

async function writeFolder(folder: string): Promise<void> {
  for (const name of ['a', 'b']) mkdirSync(join(folder, name));
  for (let i = 0; i < FILES; i++) {
    const image = sharp(pixels(i), { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
    await image.jpeg({ quality: 90 }).toFile(join(folder, i % 2 ? 'a' : 'b', `${i}.jpg`));
  }
}

export async function imageFolder(): Promise<{ rows: { peer: string; version: string; imagesPerSecond: number; ratio: number }[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'convolt-bench-'));
  try {
    await writeFolder(folder);
    const ours: Measured[] = [], theirs: Measured[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(measureConvolt('image_folder_convolt', folder));
      if (hasTorchvision) theirs.push(measurePython('image_folder_torchvision', folder));
    }
    const row = (peer: string, runs: Measured[]) => ({
      peer,
      version: runs[0]?.version ?? '',
      imagesPerSecond: Math.round(median(runs.map((run) => run.imagesPerSecond))),
      ratio: median(runs.map((run, i) => (ours[i]?.imagesPerSecond ?? NaN) / run.imagesPerSecond)),
    });
    return { rows: [row('convolt', ours), ...(theirs.length > 0 ? [row('torchvision', theirs)] : [])] };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
