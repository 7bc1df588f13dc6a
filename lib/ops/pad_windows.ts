/** The padding of sliding windows by elements of the input itself. */
import type { Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { checkChoice } from './arguments.js';
import { padWithOwn, type PadPair } from './pad.js';
import { windowAxes, type WindowOptions } from './window.js';

/** What lies around an image: zeros, or elements of it as in {@link pad}. */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';

const modes: readonly PaddingMode[] = ['zeros', 'reflect', 'replicate', 'circular'];

/** Checks an optional padding mode and resolves it. */
export function checkPaddingMode(op: string, mode: PaddingMode = 'zeros'): PaddingMode {
  checkChoice(op, 'paddingMode', mode, modes);
  return mode;
}

/** x [N,…,C] padded along its spatial axes by what a window with these options reaches over, so that it needs no more. */
export function padForWindows(op: string, x: Tensor, kernel: Shape, options: WindowOptions, mode: Exclude<PaddingMode, 'zeros'>): Tensor {
  const windows = windowAxes(op, { spatial: x.shape.slice(1, -1), kernel, x: x.shape }, options);
  const pairs = windows.map(({ before, after }): PadPair => [before, after]);
  return padWithOwn(op, x, [[0, 0], ...pairs, [0, 0]], mode);
}
