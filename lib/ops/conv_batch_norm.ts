/** Convolutions with a batch normalisation behind each: in training on tensor cores, with fewer passes over what lies between. */
import { isAutocasting } from '../core/autocast.js';
import { isHalf } from '../core/dtype.js';
import { op } from '../core/op.js';
import type { Params } from '../core/run.js';
import { scope } from '../core/scope.js';
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkSameFloats, valueText } from './arguments.js';
import { applyBatchNorm, batchNorm, checkBatchNorm, type BatchNormOptions } from './batch_norm.js';
import { checkConv, convInputGrad, convNd, convWeightGrad, type ConvOptions } from './conv.js';

export interface ConvBatchNormLayer {
  /** [K,R,S,C/groups], or with one or three axes between. */
  weight: Tensor;
  /** Of the convolution. Default: those of {@link conv2d}. */
  conv?: Omit<ConvOptions, 'residual' | 'activation'> | undefined;
  norm: BatchNormOptions;
}

/** The convolution's part of the parameters. */
function convolutionOf(params: Params<'conv_batch_norm_forward'>): Params<'conv_forward'> {
  const { momentum: _momentum, eps: _eps, ...conv } = params;
  return conv;
}

// Its gradients are those of a convolution: the normalisation behind it knows how its statistics depend on y.
const convStatistics = op('convBatchNorm', 'conv_batch_norm_forward', {
  isProduct: true,
  saves: ['x', 'w'],
  gradients: {
    x: (dy, { saved: { w }, params, shapes }) => convInputGrad({ dy, w }, convolutionOf(params), { dx: shapes.x }).dx,
    w: (dy, { saved: { x }, params, shapes }) => convWeightGrad({ x, dy }, convolutionOf(params), { dw: shapes.w }).dw,
    runningMean: null,
    runningVar: null,
  },
});

/** Whether the convolution gives statistics beside its result: as a product on tensor cores, with nothing behind it. */
function isFused(x: Tensor, { weight, conv = {}, norm }: ConvBatchNormLayer): boolean {
  const { bias, paddingMode = 'zeros', groups = 1, algorithm = 'auto' } = conv;
  const isProduct = groups === 1 || weight.shape.at(-1)! >= 4; // groups of fewer channels have kernels of their own
  const on16Bits = x.device.backend !== 'cpu' && (isAutocasting() || isHalf(x.dtype));
  return norm.training && !bias && paddingMode === 'zeros' && isProduct && on16Bits && (algorithm === 'auto' || algorithm === 'implicit_gemm');
}

function normalizedConv(x: Tensor, layer: ConvBatchNormLayer, axes: number): Tensor {
  const { weight, conv = {}, norm } = layer;
  if (!isFused(x, layer)) return batchNorm(convNd('convBatchNorm', axes, x, weight, conv), norm);
  const { params, y: shape } = checkConv('convBatchNorm', axes, x, weight, conv);
  checkSameFloats('convBatchNorm', { x }, { residual: norm.residual });
  const { c, momentum, eps } = checkBatchNorm({ shape, device: x.device }, norm);
  const inputs = { x, w: weight, runningMean: norm.runningMean, runningVar: norm.runningVar };
  const { y, mean, invstd } = convStatistics(inputs, { ...params, momentum, eps }, { y: shape, mean: [c], invstd: [c] });
  return applyBatchNorm(y, { mean, invstd }, norm);
}

/**
 * Convolutions, each with a {@link batchNorm} behind it: for each layer
 *
 *     x = batchNorm(conv(x, weight), norm)
 *
 * with {@link conv1d}, {@link conv2d} or {@link conv3d} by the axes of x. The values and gradients are those of the separate
 * ops, up to rounding. In training, in 16 bits on tensor cores, a convolution without bias also sums up its result for the
 * normalisation behind it, which then reads it once instead of twice. Elsewhere the separate ops run.
 *
 * @param x [N,...,C], with one to three axes between.
 * @returns [N,...,K] of the last layer.
 * @throws ERR_ARGUMENT if there is no layer, and whatever the separate ops throw.
 */
export function convBatchNorm(x: Tensor, layers: readonly ConvBatchNormLayer[]): Tensor {
  const isList: boolean = Array.isArray(layers);
  if (!isList || layers.length === 0) {
    throw argumentError('convBatchNorm', `expected layers to be a list of at least one layer, but got ${valueText(layers)}`);
  }
  checkSameFloats('convBatchNorm', { x });
  const axes = x.shape.length - 2;
  if (axes < 1 || axes > 3) {
    throw argumentError('convBatchNorm', `expected x to have the axes [N,...,C] with 1 to 3 spatial ones, but got shape ${shapeText(x.shape)}`);
  }
  for (const { weight } of layers) checkSameFloats('convBatchNorm', { x, weight });
  return scope(() => layers.reduce((input, layer) => normalizedConv(input, layer, axes), x));
}
