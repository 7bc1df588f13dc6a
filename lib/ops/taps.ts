/** Sums of pixels around real-valued positions: what sampling ops are made of. */
import { op, type Op } from '../core/op.js';
import { run, type Params } from '../core/run.js';
import { numel, shapeText, type Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError } from './arguments.js';
import { mul } from './elementwise.js';
import { gatherRows } from './scatter_rows.js';

const tapsOp: Op<'taps'> = op('sampling at positions', 'taps', {
  saves: ['position'],
  gradients: {
    position: (dweight, { saved: { position }, params, shapes }) =>
      run('taps_grad', { position, dweight }, params, { dposition: shapes.position }).dposition,
  },
});

/** The numbers of native/params.h for what lies outside of an image. */
export const borders = { zeros: 0, border: 1, reflection: 2 };

/** What a pixel's weight depends on, beside the extents of the image. */
export type TapsRule = Pick<Params<'taps'>, 'border' | 'normalized' | 'alignCorners' | 'widthFirst'> & {
  /** Pixels read along each axis: 1 is the nearest, 2 linear, 4 cubic interpolation. */
  tapsPerAxis: 1 | 2 | 4;
  /** Groups of channels with positions of their own. Default 1. */
  groups?: number;
};

/** Largest count that native ops have. */
const mostCount = 2 ** 31 - 1;

/**
 * x at positions, in the shape asked for: row i of image n of the result is the weighted sum of the pixels around
 * position[n,i,:], of channel group i % groups.
 *
 * @param name of the public op, for messages.
 * @param x [N,...spatial,C].
 * @param position [N,M,axes].
 * @param factor [N,M,1]: a factor of each row. Default none.
 * @param shape N * M rows of C / groups channels.
 */
export function samplePixels(name: string, x: Tensor, position: Tensor, rule: TapsRule, shape: Shape, factor?: Tensor): Tensor {
  const { tapsPerAxis, groups = 1, ...how } = rule;
  const [n = 0, m = 0, axes = 0] = position.shape;
  const t = tapsPerAxis ** axes, c = x.shape.at(-1)! / groups;
  const rows = numel(x.shape.slice(0, -1)) * groups, sources = n * m;
  if (Math.max(rows, sources * t) > mostCount) {
    throw argumentError(
      name,
      `expected at most ${mostCount} pixels to read from and to read, but got ${rows} of x ${shapeText(x.shape)} and ${sources * t} at the positions`,
    );
  }
  const [d, h, w] = [1, ...x.shape.slice(1, -1)].slice(-3) as [number, number, number];
  const { weight, index } = tapsOp({ position }, { ...how, n, m, axes, t, d, h, w, groups }, { weight: [n, m, t], index: [n, m, t] });
  const weighted = factor ? mul(weight, factor) : weight;
  return gatherRows({ x, index, weight: weighted }, { outer: 1, rows, c, sources, taps: t, skip: 0 }, { y: shape }).y;
}
