/** A network whose answer is known: class 0 is a cross, class 1 a diagonal, wherever they are. */
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { Conv2d, GlobalAvgPool2d, Linear, ReLU, Sequential } from '../../lib/nn/index.js';
import { TestRandom } from '../ops/array.js';

export const side = 24, patternSide = 5;

/** Of mean 0: 5 × 5 numbers, row by row. */
export const cross = Array.from({ length: 25 }, (_, i) => (i % 5 === 2 || Math.floor(i / 5) === 2 ? 1 : -9 / 16));
export const diagonal = Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? 1 : -1 / 4));

/** Its first layer answers to the patterns, above a threshold that noise does not reach. */
export function plantedNetwork(device: string): Sequential {
  const conv = new Conv2d(1, 2, patternSide, { padding: 2, device });
  conv.weight.write(Float32Array.from([...cross, ...diagonal]));
  conv.bias!.write(Float32Array.of(-5, -5));
  const linear = new Linear(2, 2, { device });
  linear.weight.write(Float32Array.of(100, 0, 0, 100));
  return new Sequential(conv, new ReLU(), new GlobalAvgPool2d(), linear).eval();
}

/** Faint noise with a pattern whose upper left corner is given. [1,24,24,1] */
export function plantedImage(pattern: readonly number[], [top, left]: readonly [number, number], device: string): Tensor {
  const random = new TestRandom(3);
  const pixels = Float32Array.from({ length: side * side }, () => 0.05 * random.normal());
  for (const [i, value] of pattern.entries()) pixels[(top + Math.floor(i / patternSide)) * side + left + (i % patternSide)]! += value;
  return tensor(pixels, { shape: [1, side, side, 1], device });
}

/** The share of a map's sum that lies in a square. */
export function shareWithin(map: ArrayLike<number>, width: number, [top, left]: readonly [number, number], size: number): number {
  let inside = 0, all = 0;
  for (let i = 0; i < map.length; i++) {
    const y = Math.floor(i / width), x = i % width, value = Math.abs(map[i]!);
    all += value;
    if (y >= top && y < top + size && x >= left && x < left + size) inside += value;
  }
  return inside / all;
}
