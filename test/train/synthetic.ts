import { Random } from '../../lib/core/random.js';
import { Dataset } from '../../lib/data/index.js';

/** Images 8 × 8 × 1 of noise, with a bright quarter whose place is the label: four classes, easy to learn. */
export function brightQuarters(count: number, seed = 0): Dataset {
  const random = new Random(seed);
  const images = new Uint8Array(count * 64),
    labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const label = (labels[i] = random.integer(4));
    for (let pixel = 0; pixel < 64; pixel++) {
      const quarter = 2 * Math.floor(pixel / 32) + (Math.floor(pixel / 4) % 2);
      images[i * 64 + pixel] = random.integer(128) + (quarter === label ? 100 : 0);
    }
  }
  return new Dataset({
    images,
    labels,
    shape: [8, 8, 1],
    classes: ['upper left', 'upper right', 'lower left', 'lower right'],
  });
}
