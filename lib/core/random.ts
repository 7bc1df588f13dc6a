/**
 * Random numbers from Philox 4x32-10, a counter-based generator (Salmon et al., "Parallel random numbers: as
 * easy as 1, 2, 3", SC 2011): the same seed gives the same bits on every machine, and a generator's whole state
 * is its key and how many blocks it has used.
 */
import { ConvoltError } from './errors.js';

/** Philox's ten rounds on one counter. All are 32-bit words. The result stands in `block`, which a generator keeps. */
export function philox(counter: readonly [number, number, number, number], key: readonly [number, number], block = new Uint32Array(4)): Uint32Array {
  let c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0] | 0, k1 = key[1] | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = highWord(0xd2511f53, c0), low0 = Math.imul(0xd2511f53, c0);
    const high1 = highWord(0xcd9e8d57, c2), low1 = Math.imul(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  block[0] = c0;
  block[1] = c1;
  block[2] = c2;
  block[3] = c3;
  return block;
}

/** The upper half of the 64-bit product of two 32-bit words, as a signed number. */
function highWord(a: number, b: number): number {
  const aLow = a & 0xffff, aHigh = a >>> 16, bLow = b & 0xffff, bHigh = b >>> 16;
  const low = Math.imul(aLow, bLow) >>> 16;
  const middle = (Math.imul(aHigh, bLow) >>> 0) + low; // below 2^32, as 0xffff * 0xffff + 0xffff is
  const middle2 = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff);
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (middle2 >>> 16)) | 0;
}

/** All of a generator, for a checkpoint. */
export interface RandomState {
  key: [number, number];
  /** Words drawn so far. */
  drawn: number;
}

/** A seeded generator. */
export class Random {
  private readonly key: [number, number];
  private drawn = 0;
  private readonly block = new Uint32Array(4);
  /** Which counter the block was made from; -1 before the first. */
  private counter = -1;

  /** @param seed a whole number from 0 to 2^53 - 1. @throws ERR_ARGUMENT for another. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new ConvoltError('ERR_ARGUMENT', `Random: expected seed to be a whole number from 0 to 2^53 - 1, but got ${seed}`);
    }
    this.key = [seed >>> 0, Math.floor(seed / 2 ** 32)];
  }

  /** The next 32 random bits. */
  uint32(): number {
    const word = this.drawn % 4, counter = (this.drawn - word) / 4;
    if (counter !== this.counter) {
      philox([counter >>> 0, Math.floor(counter / 2 ** 32), 0, 0], this.key, this.block);
      this.counter = counter;
    }
    this.drawn++;
    return this.block[word]!;
  }

  /** Uniform in [0, 1), with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5, low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Normal with mean 0 and variance 1 (Box & Muller, 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A whole number from 0 to below - 1, each as likely: draws in the last, incomplete, round are thrown away. */
  integer(below: number): number {
    if (!Number.isInteger(below) || below < 1 || below > 2 ** 32) {
      throw new ConvoltError('ERR_ARGUMENT', `integer: expected a whole number from 1 to 2^32, but got ${below}`);
    }
    const most = 2 ** 32 - (2 ** 32 % below);
    for (;;) {
      const drawn = this.uint32();
      if (drawn < most) return drawn % below;
    }
  }

  /** Shuffles in place (Fisher & Yates) and returns the same array. */
  shuffle<T extends Uint32Array | Int32Array | unknown[]>(array: T): T {
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [array[i], array[j]] = [array[j], array[i]];
    }
    return array;
  }

  /** An independent generator, which depends on this one's seed and the label alone. */
  fork(label: number): Random {
    const [low, high] = philox([label >>> 0, Math.floor(label / 2 ** 32) >>> 0, 0, 0x666f726b], this.key);
    return Random.fromState({ key: [low!, high!], drawn: 0 });
  }

  state(): RandomState {
    return { key: [...this.key], drawn: this.drawn };
  }

  /** Goes on from a state that this or another generator was in. */
  restore({ key, drawn }: RandomState): void {
    [this.key[0], this.key[1]] = key;
    this.drawn = drawn;
    this.counter = -1; // of no block: the next draw computes its own
  }

  static fromState(state: RandomState): Random {
    const random = new Random(0);
    random.restore(state);
    return random;
  }
}
