/** Pooling across channels: windows that slide over the last axis. */
import { numel, shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkSameFloats } from './arguments.js';
import { avgPool, type AvgPoolOptions } from './avg_pool.js';
import { lpPool, type LpPoolOptions } from './lp_pool.js';
import { maxPool, type MaxPoolOptions } from './max_pool.js';

/** A pooling of one axis for channels: x [...,C] as [rows,C,1]. */
function poolChannels(name: string, x: Tensor, pool: (name: string, axes: 1, rows: Tensor) => Tensor): Tensor {
  checkSameFloats(name, { x });
  const c = x.shape.at(-1);
  if (c === undefined) throw argumentError(name, `expected x to have channels as its last axis, but got shape ${shapeText(x.shape)}`);
  const rows = x.reshape([numel(x.shape.slice(0, -1)), c, 1]);
  const pooled = pool(name, 1, rows);
  rows.dispose();
  const y = pooled.reshape([...x.shape.slice(0, -1), pooled.shape[1]!]);
  pooled.dispose();
  return y;
}

/**
 * The largest of each group of neighbouring channels, for each position: max pooling over the last axis. With
 * side-by-side groups (the default) this is maxout over the filters of one convolution.
 *
 * I. Goodfellow et al., "Maxout networks", arXiv:1302.4389.
 *
 * @param x [...,C].
 * @param options as for maxPool1d; `kernel` is how many channels make a group.
 * @returns [...,groups], C / kernel of them by default.
 * @throws ERR_ARGUMENT as maxPool2d does.
 */
export function channelMaxPool(x: Tensor, options: MaxPoolOptions): Tensor {
  return poolChannels('channelMaxPool', x, (name, axes, rows) => maxPool(name, axes, rows, options));
}

/**
 * The mean of each group of neighbouring channels, for each position: average pooling over the last axis.
 *
 * @param x [...,C].
 * @param options as for avgPool1d; `kernel` is how many channels make a group.
 * @returns [...,groups].
 * @throws ERR_ARGUMENT as avgPool2d does.
 */
export function channelAvgPool(x: Tensor, options: AvgPoolOptions): Tensor {
  return poolChannels('channelAvgPool', x, (name, axes, rows) => avgPool(name, axes, rows, options));
}

/**
 * (sum |x|^p)^(1/p) of each group of neighbouring channels, for each position: Lp pooling over the last axis. With the
 * default p = 2 these are the energies of subspaces.
 *
 * A. Hyvärinen, P. Hoyer, "Emergence of phase- and shift-invariant features by decomposition of natural images into
 * independent feature subspaces", 2000.
 *
 * @param x [...,C].
 * @param options as for lpPool1d; `kernel` is how many channels make a group.
 * @returns [...,groups].
 * @throws ERR_ARGUMENT as lpPool2d does.
 */
export function channelLpPool(x: Tensor, options: LpPoolOptions): Tensor {
  return poolChannels('channelLpPool', x, (name, axes, rows) => lpPool(name, axes, rows, options));
}
