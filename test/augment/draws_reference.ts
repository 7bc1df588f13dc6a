/** The random choices of augmentation in plain float64, from the same Philox words. */
import { philox } from '../../lib/core/random.js';

const blocksOfImage = 16;

/** The random numbers of one image of a call. Calls before it have drawn for `imagesBefore`. */
export class ReferenceDraws {
  private readonly seed: number;
  private block: number;
  private words: number[] = [];

  constructor(seed: number, image: number, imagesBefore = 0) {
    this.seed = seed;
    this.block = (imagesBefore + image) * blocksOfImage;
  }

  uniform(): number {
    if (this.words.length === 0) this.words = Array.from(philox([this.block++, 0, 0, 0], [this.seed, 0]));
    return (this.words.shift()! >>> 8) / 2 ** 24;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }
}

export interface Rectangle {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** Rounds halves to even, as rint does. */
export function rint(value: number): number {
  const floor = Math.floor(value), rest = value - floor;
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}

/** A rectangle of a drawn area and ratio (width / height), in at most ten tries. */
export function drawRectangle(draws: ReferenceDraws, [h, w]: readonly [number, number], area: readonly [number, number], ratio: readonly [number, number]): Rectangle | undefined {
  for (let attempt = 0; attempt < 10; attempt++) {
    const drawnArea = draws.between(...area) * h * w;
    const drawnRatio = Math.exp(draws.between(Math.log(ratio[0]), Math.log(ratio[1])));
    const width = rint(Math.sqrt(drawnArea * drawnRatio)), height = rint(Math.sqrt(drawnArea / drawnRatio));
    if (width >= 1 && height >= 1 && width <= w && height <= h) return { top: draws.below(h - height + 1), left: draws.below(w - width + 1), height, width };
  }
  return undefined;
}
