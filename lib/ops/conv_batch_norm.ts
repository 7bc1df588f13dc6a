/** Convolutions with a batch normalisation behind each: in training on tensor cores, with fewer passes over what lies between. */
import { isAutocasting } from '../core/autocast.js';
import { isHalf } from '../core/dtype.js';
import { ConvoltError } from '../core/errors.js';
import { op, type Call } from '../core/op.js';
import { run, type Inputs, type Params } from '../core/run.js';
import { scope } from '../core/scope.js';
import { numel, shapeText } from '../core/shape.js';
import { isRecording } from '../core/tape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkSameFloats, isList, valueText } from './arguments.js';
import { applyBatchNorm, batchNorm, checkBatchNorm, type BatchNormOptions, type BatchStatistics } from './batch_norm.js';
import { checkConv, convInputGrad, convNd, convWeightGrad, type ConvAlgorithm, type ConvOptions } from './conv.js';
import { algorithmWays } from './conv_algorithms.js';
import { recordedGradients } from './norm_gradient.js';
import { sumTo } from './reduce.js';

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

type Forward = 'conv_batch_norm_forward';

const ways = ({ x }: Inputs<Forward>, params: Params<Forward>) => algorithmWays('forward', x, params);

// Its gradients are those of a convolution: the normalisation behind it knows how its statistics depend on y.
const convStatistics = op('convBatchNorm', 'conv_batch_norm_forward', {
  isProduct: true,
  ways,
  problem: convolutionOf,
  saves: ['x', 'w'],
  gradients: {
    x: (dy, { saved: { w }, params, shapes }) => convInputGrad({ dy, w }, convolutionOf(params), { dx: shapes.x }).dx,
    w: (dy, { saved: { x }, params, shapes }) => convWeightGrad({ x, dy }, convolutionOf(params), { dw: shapes.w }).dw,
    bias: (dy, { shapes }) => sumTo(dy, shapes.bias),
    xMean: null,
    xInvstd: null,
    xWeight: null,
    xBias: null,
    runningMean: null,
    runningVar: null,
  },
});

type SavedOfNormalized = 'x' | 'w' | 'xMean' | 'xInvstd' | 'xWeight' | 'xBias';

/** What is known of the normalisation of x, whose statistics are its own. */
function normalisationOfInput({ saved, params: { n, d, h, w, c } }: Call<Forward, SavedOfNormalized>) {
  const { x, xMean: mean, xInvstd: invstd, xWeight: weight, xBias: bias } = saved;
  if (!mean || !invstd) throw new ConvoltError('ERR_INTERNAL', 'internal: convBatchNorm saved no statistics');
  return { x, mean, invstd, weight, bias, rows: n * d * h * w, c };
}

/** The gradients of x, of its normalisation's weight and of its bias. */
function inputGradients(dy: Tensor, call: Call<Forward, SavedOfNormalized>) {
  const { saved: { w }, params, shapes } = call;
  const { rows, c, ...known } = normalisationOfInput(call);
  const normalized = convInputGrad({ dy, w }, convolutionOf(params), { dx: shapes.x }).dx;
  if (isRecording()) {
    return recordedGradients(normalized, { ...known, view: { n: 1, s: rows, g: c, c: 1 }, centred: true, ownStatistics: true, reluOutput: 'again' });
  }
  const norm = { rows, c, training: 1, relu: 1, momentum: 0, eps: 0 };
  return run('batch_norm_grad', { dy: normalized, ...known }, norm, { dx: shapes.x, dweight: [c], dbias: [c] });
}

// Where its gradients are wanted, the separate ops run.
const normalizedConvWeightGrad = op('the weight gradient of convBatchNorm', 'conv_batch_norm_weight_grad', {
  ways: ({ x }, params) => algorithmWays('weightGrad', x, params),
  saves: [],
  gradients: { x: null, dy: null, xMean: null, xInvstd: null, xWeight: null, xBias: null },
});

// Of x that is normalised and clipped on its way; nothing keeps what that makes of it.
const normalizedConvStatistics = op('convBatchNorm', 'conv_batch_norm_forward', {
  isProduct: true,
  ways,
  problem: convolutionOf,
  saves: ['x', 'w', 'xMean', 'xInvstd', 'xWeight', 'xBias'],
  shared: inputGradients,
  gradients: {
    x: (_dy, _call, shared) => shared().dx,
    w: (dy, call) => {
      const { x, mean, invstd, weight, bias } = normalisationOfInput(call), conv = convolutionOf(call.params), dw = call.shapes.w;
      if (!isRecording()) {
        return normalizedConvWeightGrad({ x, dy, xMean: mean, xInvstd: invstd, xWeight: weight, xBias: bias }, conv, { dw }).dw;
      }
      return convWeightGrad({ x: applyBatchNorm(x, { mean, invstd }, { training: true, weight, bias, activation: 'relu' }), dy }, conv, { dw }).dw;
    },
    bias: (dy, { shapes }) => sumTo(dy, shapes.bias),
    xMean: null,
    xInvstd: null,
    xWeight: (_dy, _call, shared) => shared().dweight,
    xBias: (_dy, _call, shared) => shared().dbias,
    runningMean: null,
    runningVar: null,
  },
});

/** Whether products of x may be of 16 bits on tensor cores. @internal */
export const runsIn16Bits = (x: Tensor): boolean => x.device.backend !== 'cpu' && (isAutocasting() || isHalf(x.dtype));

const onTensorCores: readonly ConvAlgorithm[] = ['auto', 'implicit_gemm', 'wgmma'];

/** Whether the convolution gives statistics beside its result: as a product on tensor cores, with nothing behind it. */
function isFused(x: Tensor, { weight, conv = {}, norm }: ConvBatchNormLayer): boolean {
  const { paddingMode = 'zeros', groups = 1, algorithm = 'auto' } = conv;
  const isProduct = groups === 1 || weight.shape.at(-1)! >= 4; // groups of fewer channels have kernels of their own
  return norm.training && paddingMode === 'zeros' && isProduct && runsIn16Bits(x) && onTensorCores.includes(algorithm);
}

/** What a normalisation is to be made of, which is still to be done. */
interface Pending {
  statistics: BatchStatistics;
  norm: BatchNormOptions;
}

/** A tensor; or with `pending`, what its normalisation will make of it. */
interface Between {
  x: Tensor;
  pending: Pending | null;
}

const finished = ({ x, pending }: Between): Tensor =>
  pending ? applyBatchNorm(x, pending.statistics, pending.norm) : x;

/** Whether nothing but ReLU stands between a normalisation and the convolution behind it, which may then do both. */
const isPlainRelu = ({ norm }: Pending): boolean => norm.activation === 'relu' && !norm.residual;

/**
 * Whether it pays that the convolution normalises what it reads, again for each tap and each 128 filters, where a pass of its
 * own reads and writes it once.
 */
function pays({ weight }: ConvBatchNormLayer): boolean {
  const [filters, ...window] = weight.shape;
  return numel(window.slice(0, -1)) * Math.ceil(filters! / 128) <= 4;
}

function oneLayer(input: Between, layer: ConvBatchNormLayer, axes: number, mayNormalize: (layer: ConvBatchNormLayer) => boolean): Between {
  const { weight, conv = {}, norm } = layer;
  if (!isFused(input.x, layer)) return { x: batchNorm(convNd('convBatchNorm', axes, finished(input), weight, conv), norm), pending: null };
  const before = input.pending && isPlainRelu(input.pending) && mayNormalize(layer) ? input.pending : null;
  const x = before ? input.x : finished(input);
  const { params, y: shape } = checkConv('convBatchNorm', axes, x, weight, conv);
  checkSameFloats('convBatchNorm', { x }, { residual: norm.residual });
  const { c, momentum, eps } = checkBatchNorm({ shape, device: x.device }, norm);
  const { runningMean, runningVar } = norm, shapes = { y: shape, mean: [c], invstd: [c] };
  const { y, mean, invstd } = before
    ? normalizedConvStatistics(
        { x, w: weight, bias: conv.bias, xMean: before.statistics.mean, xInvstd: before.statistics.invstd, xWeight: before.norm.weight, xBias: before.norm.bias, runningMean, runningVar },
        { ...params, momentum, eps }, shapes,
      )
    : convStatistics({ x, w: weight, bias: conv.bias, runningMean, runningVar }, { ...params, momentum, eps }, shapes);
  return { x: y, pending: { statistics: { mean, invstd }, norm } };
}

/** {@link convBatchNorm} with arguments that were checked. @param mayNormalize which layers may normalise what they read. @internal */
export function runLayers(x: Tensor, layers: readonly ConvBatchNormLayer[], mayNormalize: (layer: ConvBatchNormLayer) => boolean): Tensor {
  const axes = x.shape.length - 2;
  return scope(() => finished(layers.reduce<Between>((input, layer) => oneLayer(input, layer, axes, mayNormalize), { x, pending: null })));
}

/**
 * Convolutions, each with a {@link batchNorm} behind it: for each layer
 *
 *     x = batchNorm(conv(x, weight), norm)
 *
 * with {@link conv1d}, {@link conv2d} or {@link conv3d} by the axes of x. The values and gradients are those of the separate
 * ops, up to rounding. In training, in 16 bits on tensor cores, a convolution also sums up its result for the
 * normalisation behind it, which then reads it once instead of twice; and where ReLU and a convolution of one element and few
 * filters come next, that one normalises what it reads, which is never written. Such convolutions are implicit GEMMs, unless
 * {@link setBenchmark} finds another algorithm faster, statistics included; or where `algorithm` is 'wgmma' and nothing is
 * normalised on its way. Elsewhere the separate ops run.
 *
 * @param x [N,...,C], with one to three axes between.
 * @returns [N,...,K] of the last layer.
 * @throws ERR_ARGUMENT if there is no layer, and whatever the separate ops throw.
 */
export function convBatchNorm(x: Tensor, layers: readonly ConvBatchNormLayer[]): Tensor {
  if (!isList(layers) || layers.length === 0) {
    throw argumentError('convBatchNorm', `expected layers to be a list of at least one layer, but got ${valueText(layers)}`);
  }
  checkSameFloats('convBatchNorm', { x });
  const axes = x.shape.length - 2;
  if (axes < 1 || axes > 3) {
    throw argumentError('convBatchNorm', `expected x to have the axes [N,...,C] with 1 to 3 spatial ones, but got shape ${shapeText(x.shape)}`);
  }
  for (const { weight } of layers) checkSameFloats('convBatchNorm', { x, weight });
  return runLayers(x, layers, pays);
}
