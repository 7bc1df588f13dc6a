/** Unpooling: puts values back to where max pooling took them from. */
import { op } from '../core/op.js';
import { sameShape, shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkRank, checkSameFloats, checkTensor, isList, valueText } from './arguments.js';
import { planeGather, planeParams } from './max_windows.js';
import { inputLayout, perAxis, type PerAxis } from './window.js';

export interface MaxUnpoolOptions {
  /** Of the pooling that gave the indices. */
  kernel: PerAxis;
  /** Of the pooling. Default: the kernel. */
  stride?: PerAxis | undefined;
  /** Of the pooling, on each side. Default 0. */
  padding?: number | readonly number[] | undefined;
  /**
   * Spatial extents of the result, less than a stride away from the default, (n - 1) * stride - 2 * padding + kernel:
   * pooling rounds down, so its output does not tell them.
   */
  outputSize?: number | readonly number[] | undefined;
}

const unpool = op('maxUnpool', 'plane_scatter', {
  saves: ['position'],
  gradients: {
    x: (dy, { saved: { position }, params, shapes }) => planeGather({ x: dy, position }, params, { y: shapes.x }).y,
    position: null,
  },
});

/** Whole numbers, one for each axis. */
function wholeNumbers(name: string, argument: string, value: number | readonly number[], axes: number): readonly number[] {
  const list = typeof value === 'number' ? Array<number>(axes).fill(value) : value;
  if (!isList(list) || list.length !== axes || !list.every((item) => Number.isSafeInteger(item) && item >= 0)) {
    const forEach = axes === 1 ? '' : `, or one for each of the ${axes} spatial axes`;
    throw argumentError(name, `expected ${argument} to be a whole number of at least 0${forEach}, but got ${valueText(value)}`);
  }
  return list;
}

function maxUnpool(name: string, axes: number, x: Tensor, indices: Tensor<'int32'>, options: MaxUnpoolOptions): Tensor {
  checkSameFloats(name, { x });
  checkRank(name, 'x', x, axes + 2, inputLayout(axes));
  checkTensor(name, 'indices', indices, 'int32', { name: 'x', device: x.device });
  if (!sameShape(indices.shape, x.shape)) {
    throw argumentError(name, `expected indices to have the shape ${shapeText(x.shape)} of x, but got ${shapeText(indices.shape)}`);
  }
  const kernel = perAxis(name, 'kernel', options.kernel, axes);
  const stride = perAxis(name, 'stride', options.stride ?? kernel, axes);
  const padding = wholeNumbers(name, 'padding', options.padding ?? 0, axes);
  const usual = x.shape.slice(1, -1).map((input, axis) => (input - 1) * stride[axis]! - 2 * padding[axis]! + kernel[axis]!);
  const spatial = options.outputSize === undefined ? usual : wholeNumbers(name, 'outputSize', options.outputSize, axes);
  for (const [axis, extent] of spatial.entries()) {
    if (extent < 0 || Math.abs(extent - usual[axis]!) >= Math.max(stride[axis]!, 1)) {
      throw argumentError(
        name,
        `expected outputSize to be less than a stride ${shapeText(stride)} away from ${shapeText(usual)}, ` +
          `where kernel, stride and padding lead from x ${shapeText(x.shape)}, but got ${shapeText(spatial)}`,
      );
    }
  }
  const y = [x.shape[0]!, ...spatial, x.shape.at(-1)!];
  return unpool({ x, position: indices }, planeParams(y, x.shape), { y }).y;
}

/**
 * Unpooling over one axis: {@link maxUnpool2d} without H.
 *
 * @param x [N,Q,C].
 * @param indices int32 [N,Q,C].
 * @returns [N,W,C].
 * @throws ERR_ARGUMENT as {@link maxUnpool2d} does.
 */
export function maxUnpool1d(x: Tensor, indices: Tensor<'int32'>, options: MaxUnpoolOptions): Tensor {
  return maxUnpool('maxUnpool1d', 1, x, indices, options);
}

/**
 * Unpooling: y is 0 but for y[n, indices[n,p,q,c], c] = x[n,p,q,c], where the index counts the elements of a plane along
 * its rows, as max pooling with `returnIndices` gives it. Where windows overlap, so that several elements of x go to one
 * place, the last in the order of x stays, and each of them gets that place's gradient. Indices outside of the plane
 * take nothing.
 *
 * M. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks", arXiv:1311.2901.
 *
 * @param x [N,P,Q,C].
 * @param indices int32 [N,P,Q,C].
 * @returns [N,H,W,C].
 * @throws ERR_ARGUMENT if x is not a float tensor with four axes, indices are not int32 of its shape, an option is
 *   malformed, or outputSize is a stride or more away from where the other options lead.
 */
export function maxUnpool2d(x: Tensor, indices: Tensor<'int32'>, options: MaxUnpoolOptions): Tensor {
  return maxUnpool('maxUnpool2d', 2, x, indices, options);
}

/**
 * Unpooling over three axes: {@link maxUnpool2d} with a third one, D, in front.
 *
 * @param x [N,Z,P,Q,C].
 * @param indices int32 [N,Z,P,Q,C].
 * @returns [N,D,H,W,C].
 * @throws ERR_ARGUMENT as {@link maxUnpool2d} does.
 */
export function maxUnpool3d(x: Tensor, indices: Tensor<'int32'>, options: MaxUnpoolOptions): Tensor {
  return maxUnpool('maxUnpool3d', 3, x, indices, options);
}
