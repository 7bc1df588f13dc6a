/** Small images by formula, as torchvision_expected.py has them, and what is read back. */
import { expect } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';

export const HEIGHT = 9, WIDTH = 11;

const formulas = {
  rgb: (i: number) => (i * 37 + Math.floor(i / 5) * 101 + (i % 7) * 53) % 256,
  gray: (i: number) => (i * 91 + Math.floor(i / 4) * 67) % 256,
  dark: (i: number) => 20 + ((i * 29 + Math.floor(i / 3) * 11) % 61),
  flat: (i: number) => 130 + (i % 3),
  few: (i: number) => (i % 4) * 60 + (i % 3),
};
export type ImageKind = keyof typeof formulas;

/** The bytes of an image [9,11,C]: one channel of `gray`, three of others. */
export function pixels(kind: ImageKind): Uint8Array {
  return Uint8Array.from({ length: HEIGHT * WIDTH * (kind === 'gray' ? 1 : 3) }, (_, i) => formulas[kind](i));
}

/** Images of one kind of channels, as a batch. */
export function batchOf(kinds: readonly ImageKind[], device: string): Tensor<'uint8'> {
  const all = kinds.map(pixels);
  const shape = [kinds.length, HEIGHT, WIDTH, all[0]!.length / (HEIGHT * WIDTH)];
  return tensor(Uint8Array.from(all.flatMap((image) => [...image])), { shape, device });
}

/** Checks that bytes are what numbers are when they are rounded; one near a half may go either way. */
export function expectRounded(bytes: Uint8Array, wanted: ArrayLike<number>, what = ''): void {
  expect(bytes.length).toBe(wanted.length);
  const wrong = bytes.findIndex((byte, i) => Math.abs(byte - wanted[i]!) > 0.505);
  if (wrong >= 0) expect.fail(`${what}: byte ${wrong} is ${bytes[wrong]}, but ${wanted[wrong]} was expected`);
}

/** How two images differ: the largest difference, and the share of bytes that differ at all. */
export function difference(a: Uint8Array, b: Uint8Array): { most: number; share: number } {
  if (a.length !== b.length) return { most: Infinity, share: 1 };
  let most = 0, count = 0;
  for (const [i, value] of a.entries()) {
    const far = Math.abs(value - b[i]!);
    most = Math.max(most, far);
    if (far > 0) count++;
  }
  return { most, share: count / a.length };
}
