/** Max pooling over windows at random places, which shrinks images by factors between 1 and 2 (or others). */
import { run } from '../core/run.js';
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { resolveOutputSize } from './adaptive_max_pool.js';
import { argumentError, checkTensor, isList, valueText } from './arguments.js';
import {
  checkPlane,
  disposeSpans,
  maxWindows,
  pooled,
  type IndicesOption,
  type Spans,
  type WantsIndices,
  type WantsNoIndices,
  type WithIndices,
} from './max_windows.js';
import { perAxis, type PerAxis } from './window.js';

export interface FractionalMaxPoolOptions {
  /** Extent of a window along each spatial axis. */
  kernel: PerAxis;
  /** Extents of the output. Either this or outputRatio is given. */
  outputSize?: PerAxis | undefined;
  /** Extents of the output as parts of x's, each in (0, 1). */
  outputRatio?: number | readonly number[] | undefined;
  /** float32 [N,C,axes], uniform in [0, 1): where the windows of each image and channel lie. */
  samples: Tensor;
}

/** The output's extents from the one of the two options that is given. */
function outputExtents(name: string, { outputSize, outputRatio }: FractionalMaxPoolOptions, spatial: readonly number[]): number[] {
  if ((outputSize === undefined) === (outputRatio === undefined)) {
    throw argumentError(name, 'expected one of outputSize and outputRatio, but got ' + (outputSize === undefined ? 'neither' : 'both'));
  }
  if (outputSize !== undefined) return resolveOutputSize(name, outputSize, spatial);
  const ratios = typeof outputRatio === 'number' ? spatial.map(() => outputRatio) : outputRatio;
  if (!isList(ratios) || ratios.length !== spatial.length || !ratios.every((ratio) => ratio > 0 && ratio < 1)) {
    throw argumentError(
      name,
      `expected outputRatio to be a number between 0 and 1, or one for each of the ${spatial.length} spatial axes, ` +
        `but got ${valueText(outputRatio)}`,
    );
  }
  return resolveOutputSize(name, spatial.map((input, axis) => Math.floor(input * ratios[axis]!)), spatial);
}

function fractionalMaxPool(name: string, axes: number, x: Tensor, options: FractionalMaxPoolOptions & IndicesOption): Tensor | WithIndices {
  checkPlane(name, x, axes);
  const { samples } = options;
  const spatial = x.shape.slice(1, -1), n = x.shape[0]!, c = x.shape[axes + 1]!;
  const kernels = perAxis(name, 'kernel', options.kernel, axes);
  const outputs = outputExtents(name, options, spatial);
  checkTensor(name, 'samples', samples, 'float32', { name: 'x', device: x.device });
  if (shapeText(samples.shape) !== shapeText([n, c, axes])) {
    throw argumentError(
      name,
      `expected samples to have shape ${shapeText([n, c, axes])}, like x ${shapeText(x.shape)}, but got ${shapeText(samples.shape)}`,
    );
  }
  for (const [axis, input] of spatial.entries()) {
    const least = outputs[axis]! + kernels[axis]! - 1;
    if (least > input) {
      throw argumentError(
        name,
        `expected x to be at least ${least} long along axis ${axis + 1}, for ${outputs[axis]} windows of kernel ${kernels[axis]}, ` +
          `but got ${input} (x ${shapeText(x.shape)})`,
      );
    }
  }
  const spans = spatial.map((input, axis): Spans => {
    // The samples of images are for W and H, as in PyTorch; those of volumes for D, H and W.
    const params = { m: n, c, axes, axis: axes === 2 ? 1 - axis : axis, input, outputs: outputs[axis]!, kernel: kernels[axis]! };
    return { outputs: params.outputs, limits: run('fractional_spans', { samples }, params, { span: [n * c, params.outputs, 2] }).span };
  });
  const result = maxWindows(x, spans);
  disposeSpans(spans);
  return pooled(result, options.returnIndices);
}

/**
 * Fractional max pooling: P and Q overlapping windows of one size lie at places that a random number for each image,
 * channel and axis decides. With u in [0, 1), window o starts at floor((o + u) α) - floor(u α), where
 * α = (input - kernel) / (output - 1); the last window ends with the input. NaN counts as largest.
 *
 * B. Graham, "Fractional max-pooling", arXiv:1412.6071 (the pseudorandom, overlapping kind).
 *
 * @param x [N,H,W,C].
 * @returns [N,P,Q,C], and with `returnIndices` the indices too.
 * @throws ERR_ARGUMENT if x is not a float tensor with four axes, an option is malformed, or the windows do not fit.
 */
export function fractionalMaxPool2d(x: Tensor, options: FractionalMaxPoolOptions & WantsIndices): WithIndices;
export function fractionalMaxPool2d(x: Tensor, options: FractionalMaxPoolOptions & WantsNoIndices): Tensor;
export function fractionalMaxPool2d(x: Tensor, options: FractionalMaxPoolOptions & IndicesOption): Tensor | WithIndices {
  return fractionalMaxPool('fractionalMaxPool2d', 2, x, options);
}

/**
 * Fractional max pooling over three axes: {@link fractionalMaxPool2d} with a third one, D, in front.
 *
 * @param x [N,D,H,W,C].
 * @returns [N,Z,P,Q,C], and with `returnIndices` the indices too.
 * @throws ERR_ARGUMENT as {@link fractionalMaxPool2d} does.
 */
export function fractionalMaxPool3d(x: Tensor, options: FractionalMaxPoolOptions & WantsIndices): WithIndices;
export function fractionalMaxPool3d(x: Tensor, options: FractionalMaxPoolOptions & WantsNoIndices): Tensor;
export function fractionalMaxPool3d(x: Tensor, options: FractionalMaxPoolOptions & IndicesOption): Tensor | WithIndices {
  return fractionalMaxPool('fractionalMaxPool3d', 3, x, options);
}
