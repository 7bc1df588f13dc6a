/** The sizes of a trial, in which the benchmark runs where there is no GPU: everything that it does, at almost no size. */
import type { ConvShape, Triple } from './conv_shape.js';
import type { MemorySizes } from './memory.js';
import type { ConvCase } from './shapes.js';
import type { StepCase } from './steps.js';

const MOST_CHANNELS = 8;

/** As large as one window needs, and a little more. */
function shrunkExtent({ extent, kernel, dilation }: ConvShape): Triple {
  const along = (i: 0 | 1 | 2) => Math.min(extent[i], dilation[i] * (kernel[i] - 1) + 2);
  return [along(0), along(1), along(2)];
}

export function trialConv({ name, shape }: ConvCase): ConvCase {
  const isDepthwise = shape.groups === shape.c && shape.groups > 1;
  const c = Math.min(shape.c, MOST_CHANNELS), k = isDepthwise ? c : Math.min(shape.k, MOST_CHANNELS);
  const groups = isDepthwise ? c : shape.groups > 1 ? 2 : 1;
  return { name, batch: 1, shape: { ...shape, extent: shrunkExtent(shape), c: groups > 1 ? Math.max(c, groups) : c, k, groups } };
}

export const trialMemory: MemorySizes = { n: 2, size: 6, c: 8, parameters: 1000 };

/** Two small images, but no smaller than the network can do with. */
export function trialStep(stepCase: StepCase): StepCase {
  const [, h, w, c] = stepCase.images;
  return { ...stepCase, images: [2, Math.min(h, 32), Math.min(w, 32), c] };
}
