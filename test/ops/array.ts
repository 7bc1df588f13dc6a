/** Arrays of float64 on the host, and random ones: what the references of ops compute with. */

export interface NdArray {
  shape: readonly number[];
  data: Float64Array;
}

export function count(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** An array whose elements are float32 values, so that a device can start from the very same ones. */
export function ndarray(shape: readonly number[], value: (i: number) => number): NdArray {
  return { shape, data: Float64Array.from({ length: count(shape) }, (_, i) => Math.fround(value(i))) };
}

/** The place of an element in `data`. */
export function offset(shape: readonly number[], index: readonly number[]): number {
  let at = 0;
  for (let axis = 0; axis < shape.length; axis++) at = at * shape[axis]! + index[axis]!;
  return at;
}

/** Visits all indices of a shape, in memory order. The index is the same list each time. */
export function forEachIndex(shape: readonly number[], visit: (index: readonly number[], at: number) => void): void {
  const index = Array<number>(shape.length).fill(0);
  const total = count(shape);
  for (let at = 0; at < total; at++) {
    visit(index, at);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
}

/** An array computed index by index. */
export function compute(shape: readonly number[], value: (index: readonly number[], at: number) => number): NdArray {
  const data = new Float64Array(count(shape));
  forEachIndex(shape, (index, at) => {
    data[at] = value(index, at);
  });
  return { shape, data };
}

/** Seeded random numbers (mulberry32), uniform and normal. */
export class TestRandom {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** In [0, 1). */
  uniform(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  integer(least: number, below: number): number {
    return least + Math.floor(this.uniform() * (below - least));
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }
}

export type Generator = (random: TestRandom) => NdArray;

export function normal(shape: readonly number[], scale = 1, shift = 0): Generator {
  return (random) => ndarray(shape, () => random.normal() * scale + shift);
}

/** Evenly spread over [from, to). */
export function uniform(shape: readonly number[], from: number, to: number): Generator {
  return (random) => ndarray(shape, () => from + (to - from) * random.uniform());
}

/** No two elements alike, 4 / count apart in [-2, 2): a maximum does not change under small steps. */
export function distinct(shape: readonly number[]): Generator {
  return (random) => {
    const order = Array.from({ length: count(shape) }, (_, i) => i);
    for (let i = order.length - 1; i > 0; i--) {
      const j = random.integer(0, i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return ndarray(shape, (i) => (order[i]! * 4) / order.length - 2 + 1e-3);
  };
}

/** Between 0.1 and 2 in size, of either sign: away from the kink of relu and from division by 0. */
export function awayFromZero(shape: readonly number[]): Generator {
  return (random) => ndarray(shape, () => (0.1 + 1.9 * random.uniform()) * (random.uniform() < 0.5 ? -1 : 1));
}
