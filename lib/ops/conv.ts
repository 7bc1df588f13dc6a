/** Convolution with one, two or three spatial axes: one op, with leading ones where there are fewer. */
import { op, type Op } from '../core/op.js';
import type { Inputs, Params } from '../core/run.js';
import { scope } from '../core/scope.js';
import { sameShape, shapeText, type Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { tf32Allowed } from '../core/tf32.js';
import { argumentError, checkChoice, checkRank, checkSameFloats, checkVector, valueText } from './arguments.js';
import { algorithms, algorithmWays } from './conv_algorithms.js';
import { checkPaddingMode, padForWindows, type PaddingMode } from './pad_windows.js';
import { sumTo } from './reduce.js';
import { relu6Gradient, reluGradient } from './unary.js';
import { inputLayout, mostStep, windowAxes, windowParams, type Padding, type PerAxis, type WindowAxis } from './window.js';

export interface ConvOptions {
  /** [K], added to each output. Default none. */
  bias?: Tensor | undefined;
  /** Default 1. */
  stride?: PerAxis | undefined;
  /** Zeros around x. Default 0. */
  padding?: Padding | undefined;
  /** What lies in the padding: zeros, or elements of x as in {@link pad}. Default 'zeros'. */
  paddingMode?: PaddingMode | undefined;
  /** Distance between the elements that one window reads. Default 1. */
  dilation?: PerAxis | undefined;
  /** Channels and filters are split into so many groups that do not see each other. Default 1. */
  groups?: number | undefined;
  /** The shape and type of the result; added to it. Default none. */
  residual?: Tensor | undefined;
  /** What comes last, in the same pass: {@link relu} or {@link relu6}, of NaN maybe 0. Default nothing. */
  activation?: ConvActivation | undefined;
  /**
   * Which kernels run: for tests and benchmarks. Default 'auto': by shape and type, or the fastest, see {@link setBenchmark}.
   * 'pointwise' is for kernels of one element without stride and padding; 'implicit_gemm' runs on tensor cores where the type
   * is bfloat16, float16, or float32 with {@link allowTf32}, and is 'im2col' elsewhere; 'wgmma' runs images in one group
   * and in 16 bits on those of compute capability 9.0, channels and filters being in eights or, where windows need it, in 64s,
   * and is 'implicit_gemm' elsewhere. On the cpu 'direct' means its own loops, which take images of few channels, and all
   * others oneDNN.
   */
  algorithm?: ConvAlgorithm | undefined;
}

export type ConvAlgorithm = 'auto' | 'im2col' | 'direct' | 'pointwise' | 'implicit_gemm' | 'wgmma';

export type ConvActivation = 'relu' | 'relu6';

/** ConvActivation of native/params.h, in its order. @internal */
export const convActivations: readonly ('none' | ConvActivation)[] = ['none', 'relu', 'relu6'];

// The forward passes, without and with an activation behind.
const forwardWays = ({ x }: Inputs<'conv_forward'>, params: Params<'conv_forward'>) => algorithmWays('forward', x, params);

// The three products of a convolution are linear in each of their inputs, so their gradients are one another.
const conv: Op<'conv_forward'> = op('conv', 'conv_forward', {
  isProduct: true,
  ways: forwardWays,
  saves: ['x', 'w'],
  gradients: {
    x: (dy, { saved: { w }, params, shapes }) => convInputGrad({ dy, w }, params, { dx: shapes.x }).dx,
    w: (dy, { saved: { x }, params, shapes }) => convWeightGrad({ x, dy }, params, { dw: shapes.w }).dw,
    bias: (dy, { shapes }) => sumTo(dy, shapes.bias),
    residual: (dy) => dy,
  },
});

// Behind it, y tells where the activation clipped; further back everything is linear again.
const activatedConv = (gradient: (y: Tensor, dy: Tensor) => Tensor): Op<'conv_forward'> => op('conv', 'conv_forward', {
  isProduct: true,
  ways: forwardWays,
  saves: ['x', 'w', 'y'],
  shared: (dy, { saved: { y } }) => gradient(y, dy),
  gradients: {
    x: (_dy, { saved: { w }, params, shapes }, shared) => convInputGrad({ dy: shared(), w }, { ...params, activation: 0 }, { dx: shapes.x }).dx,
    w: (_dy, { saved: { x }, params, shapes }, shared) => convWeightGrad({ x, dy: shared() }, { ...params, activation: 0 }, { dw: shapes.w }).dw,
    bias: (_dy, { shapes }, shared) => sumTo(shared(), shapes.bias),
    residual: (_dy, _call, shared) => shared(),
  },
});

const convs = { none: conv, relu: activatedConv(reluGradient), relu6: activatedConv(relu6Gradient) } as const;

/** The input gradient, which is also what a transposed convolution computes. @internal */
export const convInputGrad: Op<'conv_input_grad'> = op('the input gradient of conv', 'conv_input_grad', {
  isProduct: true,
  ways: ({ dy }, params) => algorithmWays('inputGrad', dy, params),
  saves: ['dy', 'w'],
  gradients: {
    dy: (ddx, { saved: { w }, params, shapes }) => conv({ x: ddx, w }, params, { y: shapes.dy }).y,
    w: (ddx, { saved: { dy }, params, shapes }) => convWeightGrad({ x: ddx, dy }, params, { dw: shapes.w }).dw,
  },
});

/** @internal */
export const convWeightGrad: Op<'conv_weight_grad'> = op('the weight gradient of conv', 'conv_weight_grad', {
  isProduct: true,
  ways: ({ x }, params) => algorithmWays('weightGrad', x, params),
  saves: ['x', 'dy'],
  gradients: {
    x: (ddw, { saved: { dy }, params, shapes }) => convInputGrad({ dy, w: ddw }, params, { dx: shapes.x }).dx,
    dy: (ddw, { saved: { x }, params, shapes }) => conv({ x, w: ddw }, params, { y: shapes.dy }).y,
  },
});

/** Checks the arguments of a convolution with `axes` spatial axes, infers the output's shape, and runs it. @internal */
export function convNd(name: string, axes: number, x: Tensor, weight: Tensor, options: ConvOptions): Tensor {
  const paddingMode = checkPaddingMode(name, options.paddingMode);
  if (paddingMode === 'zeros') {
    const { params, y } = checkConv(name, axes, x, weight, options);
    return convs[options.activation ?? 'none']({ x, w: weight, bias: options.bias, residual: options.residual }, params, { y }).y;
  }
  checkRanks(name, axes, x, weight, options);
  return scope(() => {
    const padded = padForWindows(name, x, weight.shape.slice(1, -1), options, paddingMode);
    return convNd(name, axes, padded, weight, { ...options, padding: 'valid', paddingMode: 'zeros' });
  });
}

function checkRanks(name: string, axes: number, x: Tensor, weight: Tensor, { bias }: ConvOptions): void {
  checkSameFloats(name, { x, weight }, { bias });
  checkRank(name, 'x', x, axes + 2, inputLayout(axes));
  checkRank(name, 'weight', weight, axes + 2, `[K,${['S', 'R,S', 'T,R,S'][axes - 1]},C/groups]`);
}

/** Checks the arguments of a convolution whose padding is of zeros. Returns the native parameters and the result's shape. @internal */
export function checkConv(name: string, axes: number, x: Tensor, weight: Tensor, options: ConvOptions): { params: Params<'conv_forward'>; y: Shape } {
  const { bias, groups = 1 } = options;
  checkRanks(name, axes, x, weight, options);
  const n = x.shape[0]!, c = x.shape[axes + 1]!, k = weight.shape[0]!;
  const shapes = `x ${shapeText(x.shape)}, weight ${shapeText(weight.shape)}`;
  checkGroups(name, groups);
  if (c % groups !== 0 || k % groups !== 0) {
    throw argumentError(name, `expected groups to divide the ${c} channels and ${k} filters, but got ${groups} (${shapes})`);
  }
  if (weight.shape[axes + 1] !== c / groups) {
    const share = groups === 1 ? '' : ` divided by groups ${groups}`;
    throw argumentError(
      name,
      `expected weight to have ${c / groups} input channels, like x ${shapeText(x.shape)}${share}, ` +
        `but got ${weight.shape[axes + 1]} (weight ${shapeText(weight.shape)})`,
    );
  }
  checkVector(name, 'bias', bias, k, `one for each filter of weight ${shapeText(weight.shape)}`);
  const kernel = checkKernel(name, weight);
  const windows = windowAxes(name, { spatial: x.shape.slice(1, -1), kernel, x: x.shape }, options);
  const y = [n, ...windows.map(({ output }) => output), k];
  const algorithm = algorithmNumber(name, options.algorithm, windows);
  const activation = checkBehind(name, x, y, options);
  const params = { ...windowParams(windows), n, c, k, groups, algorithm, tf32: Number(tf32Allowed()), activation: convActivations.indexOf(activation) };
  return { params, y };
}

/** Checks what is to be done behind the convolution. Returns the activation. */
function checkBehind(name: string, x: Tensor, y: Shape, { residual, activation }: ConvOptions): 'none' | ConvActivation {
  if (activation !== undefined) checkChoice(name, 'activation', activation, ['relu', 'relu6']);
  checkSameFloats(name, { x }, { residual });
  if (residual && !sameShape(residual.shape, y)) {
    throw argumentError(name, `expected residual to have the shape of the result, ${shapeText(y)}, but got ${shapeText(residual.shape)}`);
  }
  return activation ?? 'none';
}

/** @internal */
export function checkGroups(name: string, groups: number): void {
  if (!Number.isSafeInteger(groups) || groups < 1) {
    throw argumentError(name, `expected groups to be a whole number of at least 1, but got ${valueText(groups)}`);
  }
  if (groups > mostStep) throw argumentError(name, `expected groups to be at most ${mostStep}, but got ${groups}`);
}

/** The extents of a weight's windows, none of which may be 0. @internal */
export function checkKernel(name: string, weight: Tensor): Shape {
  const kernel = weight.shape.slice(1, -1);
  if (!kernel.includes(0)) return kernel;
  throw argumentError(name, `expected weight to have a kernel of at least 1 along each axis, but got ${shapeText(weight.shape)}`);
}

/** The algorithm as the native parameter. @internal */
export function algorithmNumber(name: string, algorithm: ConvAlgorithm = 'auto', windows: readonly WindowAxis[]): number {
  checkChoice(name, 'algorithm', algorithm, algorithms);
  const still = windows.every(({ kernel, stride, before, after }) => kernel === 1 && stride === 1 && before === 0 && after === 0);
  if (algorithm === 'pointwise' && !still) {
    const kernel = shapeText(windows.map((axis) => axis.kernel)), stride = shapeText(windows.map((axis) => axis.stride));
    throw argumentError(name, `expected a kernel of one element without stride and padding for algorithm 'pointwise', but got kernel ${kernel}, stride ${stride}`);
  }
  return algorithms.indexOf(algorithm);
}

/**
 * Convolution over one axis: {@link conv2d} without H and R.
 *
 * @param x [N,W,C].
 * @param weight [K,S,C/groups].
 * @returns [N,Q,K].
 * @throws ERR_ARGUMENT if shapes, types, devices or options do not fit together.
 */
export function conv1d(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  return convNd('conv1d', 1, x, weight, options);
}

/**
 * Convolution over two axes, as networks mean it (a cross-correlation: the kernel is not flipped):
 *
 *     y[n,p,q,k] = bias[k] + sum over r, s, c of
 *                  x[n, p * stride + r * dilation - before, q * stride + s * dilation - before, c] * weight[k,r,s,c]
 *
 * with zeros where x is read outside, and then plus the residual and through the activation where options ask for them. With groups,
 * filter k of group g sees channels g * C/groups onwards.
 * An output axis is floor((n + before + after - dilation * (kernel - 1) - 1) / stride) + 1 long.
 *
 * Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998; dilation: F. Yu, V. Koltun,
 * arXiv:1511.07122; groups: A. Krizhevsky et al., "ImageNet classification with deep convolutional networks", 2012.
 *
 * @param x [N,H,W,C].
 * @param weight [K,R,S,C/groups]: K filters.
 * @returns [N,P,Q,K].
 * @throws ERR_ARGUMENT if shapes, types, devices or options do not fit together, or the padded input is
 *   smaller than the kernel.
 */
export function conv2d(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  return convNd('conv2d', 2, x, weight, options);
}

/**
 * Convolution over three axes: {@link conv2d} with a third one, D, in front.
 *
 * @param x [N,D,H,W,C].
 * @param weight [K,T,R,S,C/groups].
 * @returns [N,Z,P,Q,K].
 * @throws ERR_ARGUMENT if shapes, types, devices or options do not fit together.
 */
export function conv3d(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  return convNd('conv3d', 3, x, weight, options);
}
