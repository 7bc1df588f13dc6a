/** Channels exchanged for pixels, and channels in another order. */
import type { DType } from '../core/dtype.js';
import { scope } from '../core/scope.js';
import { extent, shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkAnyTensor, checkChoice, checkRank, valueText } from './arguments.js';
import { permute } from './permute.js';

function checkFactor(op: string, name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) throw argumentError(op, `expected ${name} to be a whole number of at least 1, but got ${valueText(value)}`);
}

/** Checks that an extent is a multiple of a number. */
function checkMultiple(op: string, what: string, size: number, factor: number, x: Tensor<DType>): void {
  if (size % factor !== 0) throw argumentError(op, `expected ${what} to be a multiple of ${factor}, but got ${size} (x ${shapeText(x.shape)})`);
}

/** How the channels of a block of pixels are ordered: by pixel first (ONNX DCR), or by channel first (CRD, torch). */
export type BlockOrder = 'DCR' | 'CRD';

const orders: readonly BlockOrder[] = ['DCR', 'CRD'];

function depthToSpaceOf<D extends DType>(op: string, x: Tensor<D>, factorName: string, block: number, order: BlockOrder): Tensor<D> {
  checkAnyTensor(op, 'x', x);
  checkRank(op, 'x', x, 4, '[N,H,W,C]');
  checkFactor(op, factorName, block);
  checkMultiple(op, 'the channels of x', extent(x.shape, 3), block * block, x);
  const [n = 0, h = 0, w = 0, channels = 0] = x.shape, c = channels / (block * block);
  return scope(() => {
    const moved =
      order === 'DCR'
        ? permute(x.reshape([n, h, w, block, block, c]), [0, 1, 3, 2, 4, 5])
        : permute(x.reshape([n, h, w, c, block, block]), [0, 1, 4, 2, 5, 3]);
    return moved.reshape([n, h * block, w * block, c]);
  });
}

function spaceToDepthOf<D extends DType>(op: string, x: Tensor<D>, factorName: string, block: number, order: BlockOrder): Tensor<D> {
  checkAnyTensor(op, 'x', x);
  checkRank(op, 'x', x, 4, '[N,H,W,C]');
  checkFactor(op, factorName, block);
  const [n = 0, height = 0, width = 0, c = 0] = x.shape;
  checkMultiple(op, 'the height of x', height, block, x);
  checkMultiple(op, 'the width of x', width, block, x);
  const h = height / block, w = width / block;
  return scope(() => {
    const apart = x.reshape([n, h, block, w, block, c]);
    return permute(apart, order === 'DCR' ? [0, 1, 3, 2, 4, 5] : [0, 1, 3, 5, 2, 4]).reshape([n, h, w, c * block * block]);
  });
}

/**
 * Channels become pixels: y[n, h*r + i, w*r + j, c] = x[n, h, w, c*r*r + i*r + j].
 *
 * W. Shi et al., "Real-time single image and video super-resolution", arXiv:1609.05158.
 *
 * @param x [N,H,W,C*r*r] of any type.
 * @returns [N,H*r,W*r,C], of the type of x.
 * @throws ERR_ARGUMENT if x has other axes, or its channels are not a multiple of r * r.
 */
export function pixelShuffle<D extends DType>(x: Tensor<D>, r: number): Tensor<D> {
  return depthToSpaceOf('pixelShuffle', x, 'r', r, 'CRD');
}

/**
 * Pixels become channels, the reverse of {@link pixelShuffle}: y[n, h, w, c*r*r + i*r + j] = x[n, h*r + i, w*r + j, c].
 *
 * @param x [N,H*r,W*r,C] of any type.
 * @returns [N,H,W,C*r*r], of the type of x.
 * @throws ERR_ARGUMENT if x has other axes, or its height or width is not a multiple of r.
 */
export function pixelUnshuffle<D extends DType>(x: Tensor<D>, r: number): Tensor<D> {
  return spaceToDepthOf('pixelUnshuffle', x, 'r', r, 'CRD');
}

/**
 * Channels become blocks of pixels, as ONNX DepthToSpace: channel (i*block + j)*C + c ('DCR') or c*block^2 + i*block + j
 * ('CRD') becomes row i and column j of a block.
 *
 * @param x [N,H,W,C*block*block] of any type.
 * @returns [N,H*block,W*block,C], of the type of x.
 * @throws ERR_ARGUMENT if x has other axes, or its channels are not a multiple of block * block.
 */
export function depthToSpace<D extends DType>(x: Tensor<D>, block: number, order: BlockOrder = 'DCR'): Tensor<D> {
  checkChoice('depthToSpace', 'order', order, orders);
  return depthToSpaceOf('depthToSpace', x, 'block', block, order);
}

/**
 * Blocks of pixels become channels, the reverse of {@link depthToSpace}.
 *
 * @param x [N,H*block,W*block,C] of any type.
 * @returns [N,H,W,C*block*block], of the type of x.
 * @throws ERR_ARGUMENT if x has other axes, or its height or width is not a multiple of block.
 */
export function spaceToDepth<D extends DType>(x: Tensor<D>, block: number, order: BlockOrder = 'DCR'): Tensor<D> {
  checkChoice('spaceToDepth', 'order', order, orders);
  return spaceToDepthOf('spaceToDepth', x, 'block', block, order);
}

/**
 * Channels dealt out over groups: channel g * C/groups + i becomes channel i * groups + g.
 *
 * X. Zhang et al., "ShuffleNet", arXiv:1707.01083.
 *
 * @param x […,C] of any type.
 * @returns the shape and type of x.
 * @throws ERR_ARGUMENT if x has no axis, or groups do not divide its channels.
 */
export function channelShuffle<D extends DType>(x: Tensor<D>, groups: number): Tensor<D> {
  checkAnyTensor('channelShuffle', 'x', x);
  checkFactor('channelShuffle', 'groups', groups);
  if (x.shape.length === 0) throw argumentError('channelShuffle', 'expected x to have channels, but got shape []');
  const c = extent(x.shape, -1);
  checkMultiple('channelShuffle', 'the channels of x', c, groups, x);
  const rows = x.numel === 0 ? 0 : x.numel / c;
  return scope(() => permute(x.reshape([rows, groups, c / groups]), [0, 2, 1]).reshape(x.shape));
}
