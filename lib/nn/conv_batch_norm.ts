import type { Tensor } from '../core/tensor.js';
import { convBatchNorm } from '../ops/index.js';
import { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNorm } from './batch_norm.js';
import { Conv1d, Conv2d, Conv3d, type Conv } from './conv.js';
import type { Module } from './module.js';

/** A convolution and the normalisation behind it. */
export type ConvBatchNorm = readonly [conv: Conv, norm: BatchNorm];

/** Those derived from them may do other things. */
const plain: readonly unknown[] = [Conv1d, Conv2d, Conv3d, BatchNorm1d, BatchNorm2d, BatchNorm3d];

/** Whether nobody sees the module's forward() run: no hook, no tap, no summary. */
const isUnseen = (module: Module): boolean => plain.includes(module.constructor) && !Object.hasOwn(module, 'forward');

/**
 * What layers make of x one after the other, each a convolution with a normalisation behind it: by {@link convBatchNorm},
 * which has less to read and write in training. Where somebody watches one of the modules, with a hook for one, and in
 * evaluation, their own forward() run, with the same values up to rounding.
 *
 * @param x [N,...,inChannels].
 * @param residual is added behind the last normalisation, in front of its activation; the shape of the result. Default none.
 * @returns [N,...,outChannels] of the last layer.
 */
export function forwardConvBatchNorm(x: Tensor, layers: readonly ConvBatchNorm[], residual?: Tensor): Tensor {
  const behind = (i: number) => (i === layers.length - 1 ? residual : undefined);
  if (layers.every(([conv, norm]) => isUnseen(conv) && isUnseen(norm) && norm.usesBatch)) {
    return convBatchNorm(x, layers.map(([conv, norm], i) => ({ weight: conv.weight, conv: conv.options, norm: norm.optionsWith(behind(i)) })));
  }
  return layers.reduce((input, [conv, norm], i) => norm.forward(conv.forward(input), behind(i)), x);
}
