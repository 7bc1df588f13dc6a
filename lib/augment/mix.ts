/** Images mixed with others of their batch, and their labels with them. */
import { run } from '../core/run.js';
import { scope } from '../core/scope.js';
import { shapeText } from '../core/shape.js';
import type { DType, Float } from '../core/dtype.js';
import type { Tensor } from '../core/tensor.js';
import { checkCount } from '../nn/arguments.js';
import { argumentError, checkAnyTensor, checkNumber, checkRank, checkTensor } from '../ops/arguments.js';
import { checkRandomState } from '../ops/dropout.js';
import { oneHot } from '../ops/index.js';
import { checkSide, extentsOf } from './arguments.js';
import { checkBoxes, drawBoxes } from './erase.js';

/** A batch that was mixed: what `crossEntropy` takes as probabilities of classes. */
export interface Mixed<D extends DType> {
  images: Tensor<D>; // [N,H,W,C]
  target: Tensor; // [N,classes]
}

export interface MixOptions {
  /** Number of classes. */
  classes: number;
  /** Images keep a share that is Beta(alpha, alpha). Default 1: each share is as likely. */
  alpha?: number;
}

/** The number of rows of a tensor, and of elements in one. */
function rowsOf(x: Tensor): { n: number; size: number } {
  const [n = 0] = x.shape;
  return { n, size: x.shape.slice(1).reduce((product, extent) => product * extent, 1) };
}

/**
 * share * x + (1 - share) * the row before it; before the first comes the last.
 *
 * @param x float32 [N, ...].
 * @param share float32 [N].
 * @returns the shape of x. No gradient flows through it.
 */
export function mixRows(x: Tensor, share: Tensor): Tensor {
  checkTensor('mixRows', 'x', x, 'float32');
  checkTensor('mixRows', 'share', share, 'float32', { name: 'x', device: x.device });
  const { n, size } = rowsOf(x);
  if (x.shape.length === 0 || share.shape.length !== 1 || share.shape[0] !== n) {
    throw argumentError('mixRows', `expected share to have shape [${n}], a number for each row of x ${shapeText(x.shape)}, but got ${shapeText(share.shape)}`);
  }
  return run('mixup', { x, share }, { n, size }, { y: x.shape }).y;
}

/**
 * Each image with a box of the image before it in its place; before the first comes the last.
 *
 * @param images [N,H,W,C] of any type.
 * @param boxes int32 [N,4] = top, left, bottom, right, as `eraseBoxes` takes them.
 * @returns the shape and type of images. No gradient flows through it.
 */
export function pasteBoxes<D extends DType>(images: Tensor<D>, boxes: Tensor<'int32'>): Tensor<D> {
  checkAnyTensor('pasteBoxes', 'images', images);
  checkRank('pasteBoxes', 'images', images, 4, '[N,H,W,C]');
  checkBoxes('pasteBoxes', boxes, images);
  const { n, h, w, c } = extentsOf(images);
  for (const side of [h, w]) checkSide('pasteBoxes', 'the height and width of images', side);
  return run('cutmix', { x: images, box: boxes }, { n, h, w, c }, { y: images.shape }).y as Tensor<D>;
}

function checkMixing(who: string, images: Tensor<DType>, labels: Tensor<'int32'>, random: Tensor<'int32'>): void {
  checkAnyTensor(who, 'images', images);
  checkRank(who, 'images', images, 4, '[N,H,W,C]');
  checkTensor(who, 'labels', labels, 'int32', { name: 'images', device: images.device });
  if (labels.shape.length !== 1 || labels.shape[0] !== images.shape[0]) {
    throw argumentError(who, `expected labels to have shape [${images.shape[0]}], one for each image, but got ${shapeText(labels.shape)}`);
  }
  checkRandomState(who, random, { name: 'images', device: images.device });
}

/**
 * Sums of images with the ones before them in the batch, and of their labels (H. Zhang et al., "mixup: beyond empirical risk
 * minimization", arXiv:1710.09412). Every image draws a share of its own.
 *
 *     const { images, target } = augment.mixup({ classes: 10 })(x, labels, random);
 *     const loss = crossEntropy(model.forward(images), target);
 *
 * Images are float32 [N,H,W,C], labels int32 [N].
 *
 * @throws ERR_ARGUMENT if an option is out of its range; from the function, if a tensor is not as said.
 */
export function mixup({ classes, alpha = 1 }: MixOptions): (images: Tensor, labels: Tensor<'int32'>, random: Tensor<'int32'>) => Mixed<Float> {
  checkCount('mixup', 'classes', classes);
  checkNumber('mixup', 'alpha', alpha, 1e-3, 1e3);
  return (images, labels, random) => {
    checkMixing('mixup', images, labels, random);
    return scope(() => {
      const n = images.shape[0] ?? 0;
      const { share } = run('draw_beta', { random }, { n, alpha }, { share: [n] });
      return { images: mixRows(images, share), target: mixRows(oneHot(labels, classes), share) };
    });
  };
}

/**
 * Images with a box of the ones before them in the batch, and labels mixed by area (S. Yun et al., "CutMix: regularization
 * strategy to train strong classifiers with localizable features", arXiv:1905.04899). Every image draws a box of its own.
 *
 * Images are [N,H,W,C] of any type, labels int32 [N].
 *
 * @throws ERR_ARGUMENT if an option is out of its range; from the function, if a tensor is not as said.
 */
export function cutmix({ classes, alpha = 1 }: MixOptions): <D extends DType>(images: Tensor<D>, labels: Tensor<'int32'>, random: Tensor<'int32'>) => Mixed<D> {
  checkCount('cutmix', 'classes', classes);
  checkNumber('cutmix', 'alpha', alpha, 1e-3, 1e3);
  return (images, labels, random) => {
    checkMixing('cutmix', images, labels, random);
    return scope(() => {
      const { box, outside } = drawBoxes(random, extentsOf(images), 'cutmix', { alpha });
      return { images: pasteBoxes(images, box), target: mixRows(oneHot(labels, classes), outside) };
    });
  };
}
