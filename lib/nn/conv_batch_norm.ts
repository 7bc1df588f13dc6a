import type { Tensor } from '../core/tensor.js';
import { runsIn16Bits } from '../ops/conv_batch_norm.js';
import { convBatchNorm } from '../ops/index.js';
import { BatchNorm, BatchNorm1d, BatchNorm2d, BatchNorm3d } from './batch_norm.js';
import { Conv, Conv1d, Conv2d, Conv3d } from './conv.js';
import type { Module } from './module.js';

/** A convolution and the normalisation behind it. */
export type ConvBatchNorm = readonly [conv: Conv, norm: BatchNorm];

/** Those derived from them may do other things. */
const plain: readonly unknown[] = [Conv1d, Conv2d, Conv3d, BatchNorm1d, BatchNorm2d, BatchNorm3d];

/** Whether nobody sees the module's forward() run: no hook, no tap, no summary. */
const isUnseen = (module: Module): boolean => plain.includes(module.constructor) && !Object.hasOwn(module, 'forward');

const mayBeOne = ([conv, norm]: ConvBatchNorm): boolean => isUnseen(conv) && isUnseen(norm) && norm.usesBatch;

/**
 * What layers make of x one after the other, each a convolution with a normalisation behind it: by {@link convBatchNorm},
 * which has less to read and write in training in 16 bits. Where somebody watches one of the modules, with a hook for one, and
 * elsewhere, their own forward() run, with the same values up to rounding.
 *
 * @param x [N,...,inChannels].
 * @param residual is added behind the last normalisation, in front of its activation; the shape of the result. Default none.
 * @returns [N,...,outChannels] of the last layer.
 */
export function forwardConvBatchNorm(x: Tensor, layers: readonly ConvBatchNorm[], residual?: Tensor): Tensor {
  const behind = (i: number) => (i === layers.length - 1 ? residual : undefined);
  if (runsIn16Bits(x) && layers.every(mayBeOne)) {
    return convBatchNorm(x, layers.map(([conv, norm], i) => ({ weight: conv.weight, conv: conv.options, norm: norm.optionsWith(behind(i)) })));
  }
  return layers.reduce((input, [conv, norm], i) => norm.forward(conv.forward(input), behind(i)), x);
}

/** The convolutions with normalisations that follow one another from a place on, as far as each may be one with its own. */
function pairsFrom(first: number, layers: readonly Module[]): ConvBatchNorm[] {
  const pairs: ConvBatchNorm[] = [];
  for (let at = first; ; at += 2) {
    const conv = layers[at], norm = layers[at + 1];
    if (!(conv instanceof Conv) || !(norm instanceof BatchNorm) || !mayBeOne([conv, norm])) return pairs;
    pairs.push([conv, norm]);
  }
}

/** What modules make of x one behind the other, some of which may be done together: see {@link forwardConvBatchNorm}. @internal */
export function forwardInOrder(x: Tensor, layers: readonly Module[]): Tensor {
  let y = x;
  for (let at = 0; at < layers.length;) {
    const pairs = pairsFrom(at, layers);
    y = pairs.length > 0 ? forwardConvBatchNorm(y, pairs) : layers[at]!.forward(y);
    at += Math.max(1, 2 * pairs.length);
  }
  return y;
}
