/** Transposed convolution: the input gradient of a convolution as an op of its own. */
import { numel, shapeText, type Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { tf32Allowed } from '../core/tf32.js';
import { argumentError, checkRank, checkSameFloats, checkVector, isList, valueText } from './arguments.js';
import { algorithmNumber, checkGroups, checkKernel, convInputGrad, type ConvOptions } from './conv.js';
import { add } from './elementwise.js';
import { inputLayout, mostStep, paddingPairs, perAxis, span, windowParams, type Padding, type PerAxis, type WindowAxis } from './window.js';

export interface ConvTransposeOptions extends Omit<ConvOptions, 'padding' | 'residual' | 'activation'> {
  /** What is cut off the full result: the padding of the convolution that this one undoes. Default 0. */
  padding?: Exclude<Padding, string> | 'valid' | undefined;
  /** Added to the end of each spatial axis of the result, where a stride leaves several sizes possible. Default 0. */
  outputPadding?: PerAxis | undefined;
}

/** outputPadding for each axis: smaller than the stride or the dilation, as more would reach beyond every window. */
function outputPaddings(name: string, value: PerAxis, strides: readonly number[], dilations: readonly number[]): readonly number[] {
  const list = typeof value === 'number' ? strides.map(() => value) : value;
  const fits = (item: unknown, axis: number) => Number.isSafeInteger(item) && (item as number) >= 0 && (item as number) < Math.max(strides[axis]!, dilations[axis]!);
  if (!isList(list) || list.length !== strides.length || !list.every(fits)) {
    throw argumentError(
      name,
      `expected outputPadding to be a whole number of at least 0 and below stride ${shapeText(strides)} or dilation ${shapeText(dilations)} ` +
        `for each of the ${strides.length} spatial axes, but got ${valueText(value)}`,
    );
  }
  return list;
}

/** The windows of the convolution whose input gradient this is: its output is x, its input the result. */
function transposedWindows(name: string, spatial: Shape, kernel: Shape, options: ConvTransposeOptions): WindowAxis[] {
  const axes = spatial.length;
  const strides = perAxis(name, 'stride', options.stride ?? 1, axes);
  const dilations = perAxis(name, 'dilation', options.dilation ?? 1, axes);
  const added = outputPaddings(name, options.outputPadding ?? 0, strides, dilations);
  const { padding = 0 } = options;
  const pairs = paddingPairs(name, padding === 'valid' ? 0 : padding, axes);
  return spatial.map((output, axis) => {
    const [before, after] = pairs[axis]!;
    const stride = strides[axis]!, dilation = dilations[axis]!;
    const full = output === 0 ? 0 : (output - 1) * stride + span(kernel[axis]!, dilation);
    const input = full - before - after + (output === 0 ? 0 : added[axis]!);
    if (Math.max(before, after) > mostStep) {
      throw argumentError(name, `expected padding to be at most ${mostStep} on each side, but got ${Math.max(before, after)}`);
    }
    if (input < (output === 0 ? 0 : 1)) {
      throw argumentError(name, `expected padding to leave some of the ${full} elements along axis ${axis + 1}, but got ${before} and ${after}`);
    }
    return { input, kernel: kernel[axis]!, stride, dilation, before, after, output };
  });
}

function convTranspose(name: string, axes: number, x: Tensor, weight: Tensor, options: ConvTransposeOptions): Tensor {
  const { bias, groups = 1 } = options;
  checkSameFloats(name, { x, weight }, { bias });
  checkRank(name, 'x', x, axes + 2, inputLayout(axes));
  checkRank(name, 'weight', weight, axes + 2, `[C,${['S', 'R,S', 'T,R,S'][axes - 1]},K/groups]`);
  checkGroups(name, groups);
  const n = x.shape[0]!, k = x.shape[axes + 1]!;
  if (weight.shape[0] !== k) {
    throw argumentError(
      name,
      `expected weight to have ${k} input channels in front, like x ${shapeText(x.shape)}, but got ${weight.shape[0]} (weight ${shapeText(weight.shape)})`,
    );
  }
  if (k % groups !== 0) throw argumentError(name, `expected groups to divide the ${k} channels of x ${shapeText(x.shape)}, but got ${groups}`);
  const c = weight.shape[axes + 1]! * groups;
  checkVector(name, 'bias', bias, c, `one for each output channel of weight ${shapeText(weight.shape)} in ${groups} groups`);
  const windows = transposedWindows(name, x.shape.slice(1, -1), checkKernel(name, weight), options);
  const algorithm = algorithmNumber(name, options.algorithm, windows);
  const dx = [n, ...windows.map(({ input }) => input), c];
  if (numel(dx) > 2 ** 40) throw argumentError(name, `expected a result of at most 2^40 elements, but got shape ${shapeText(dx)}`);
  const y = convInputGrad({ dy: x, w: weight }, { ...windowParams(windows), n, c, k, groups, algorithm, tf32: Number(tf32Allowed()), activation: 0 }, { dx }).dx;
  if (!bias) return y;
  const result = add(y, bias);
  y.dispose();
  return result;
}

/**
 * Transposed convolution over one axis: {@link convTranspose2d} without H and R.
 *
 * @param x [N,W,C].
 * @param weight [C,S,K/groups].
 * @returns [N,Q,K].
 * @throws ERR_ARGUMENT if shapes, types, devices or options do not fit together.
 */
export function convTranspose1d(x: Tensor, weight: Tensor, options: ConvTransposeOptions = {}): Tensor {
  return convTranspose('convTranspose1d', 1, x, weight, options);
}

/**
 * Transposed convolution over two axes, also called deconvolution: what the gradient of {@link conv2d} does to its
 * output. Each element of x puts the kernel, times itself, down on the result, `stride` apart:
 *
 *     y[n, h * stride + r * dilation - before, w * stride + s * dilation - before, k] += x[n,h,w,c] * weight[c,r,s,k]
 *
 * An output axis is (size - 1) * stride - before - after + dilation * (kernel - 1) + 1 + outputPadding long.
 *
 * M. Zeiler et al., "Deconvolutional networks", 2010; V. Dumoulin, F. Visin, arXiv:1603.07285.
 *
 * @param x [N,H,W,C].
 * @param weight [C,R,S,K/groups]: the weight [K,R,S,C/groups] of the convolution that goes the other way.
 * @returns [N,P,Q,K].
 * @throws ERR_ARGUMENT if shapes, types, devices or options do not fit together, or padding cuts everything off.
 */
export function convTranspose2d(x: Tensor, weight: Tensor, options: ConvTransposeOptions = {}): Tensor {
  return convTranspose('convTranspose2d', 2, x, weight, options);
}

/**
 * Transposed convolution over three axes: {@link convTranspose2d} with a third one, D, in front.
 *
 * @param x [N,D,H,W,C].
 * @param weight [C,T,R,S,K/groups].
 * @returns [N,Z,P,Q,K].
 * @throws ERR_ARGUMENT if shapes, types, devices or options do not fit together.
 */
export function convTranspose3d(x: Tensor, weight: Tensor, options: ConvTransposeOptions = {}): Tensor {
  return convTranspose('convTranspose3d', 3, x, weight, options);
}
