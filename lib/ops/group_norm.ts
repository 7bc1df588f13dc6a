/** Normalisation over groups of channels of each image by itself: group norm and instance norm. */
import { accumulateInto } from '../core/gradient_memory.js';
import { op, type Call } from '../core/op.js';
import { run } from '../core/run.js';
import { scope } from '../core/scope.js';
import { numel, shapeText, type Shape } from '../core/shape.js';
import { isRecording, noGrad } from '../core/tape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkNumber, checkSameFloats, checkTensor, checkVector, valueText } from './arguments.js';
import { batchNorm } from './batch_norm.js';
import { affine, div, mul } from './elementwise.js';
import { recordedGradients, type NormView } from './norm_gradient.js';
import { mean } from './reduce.js';

type Saved = 'x' | 'weight' | 'mean' | 'invstd';

function gradients(dy: Tensor, { saved, params, shapes }: Call<'group_norm_forward', Saved>) {
  if (isRecording()) {
    const { x, weight, mean, invstd } = saved;
    return recordedGradients(dy, { x, weight, bias: undefined, mean, invstd, view: params, centred: params.centred === 1, ownStatistics: true });
  }
  const perChannel = [params.g * params.c];
  return run('group_norm_grad', { dy, ...saved }, params, { dx: shapes.x, dweight: perChannel, dbias: perChannel });
}

const normOp = op('normalisation', 'group_norm_forward', {
  saves: ['x', 'weight', 'mean', 'invstd'],
  shared: gradients,
  gradients: {
    x: (_dy, _call, shared) => shared().dx,
    weight: (_dy, { shapes }, shared) => shared().dweight.reshape(shapes.weight),
    bias: (_dy, { shapes }, shared) => shared().dbias.reshape(shapes.bias),
  },
});

interface Settings extends GroupNormOptions {
  eps: number;
  /** Default true. */
  centred?: boolean;
}

/** x normalised over s and c of a view [n,s,g,c] of it, with the statistics [n,g]. Arguments have been checked. */
function normalizeWithStatistics(x: Tensor, view: NormView, { weight, bias, eps, centred = true }: Settings) {
  const perGroup = [view.n, view.g];
  return normOp({ x, weight, bias }, { ...view, eps, centred: Number(centred) }, { y: x.shape, mean: perGroup, invstd: perGroup });
}

/** x normalised over s and c of a view [n,s,g,c] of it. Arguments have been checked. */
export function normalizeGroups(x: Tensor, view: NormView, settings: Settings): Tensor {
  const { y, mean, invstd } = normalizeWithStatistics(x, view, settings);
  mean.dispose();
  invstd.dispose();
  return y;
}

export interface GroupNormOptions {
  /** [C]. Default: ones. */
  weight?: Tensor | undefined;
  /** [C]. Default: zeros. */
  bias?: Tensor | undefined;
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
}

/** Checks x, and that weight and bias are float32 with one number for each channel. */
function checkChannels(name: string, x: Tensor, parameters: Readonly<Record<string, Tensor | undefined>>): void {
  checkSameFloats(name, { x });
  if (x.shape.length < 2) {
    throw argumentError(name, `expected x to have at least the 2 axes [N,C], but got shape ${shapeText(x.shape)}`);
  }
  for (const [parameter, value] of Object.entries(parameters)) {
    if (value) checkTensor(name, parameter, value, 'float32', { name: 'x', device: x.device });
    checkVector(name, parameter, value, x.shape.at(-1)!, `one for each channel of x ${shapeText(x.shape)}`);
  }
}

function pixels(shape: Shape): number {
  return numel(shape.slice(1, -1));
}

/**
 * Group normalisation: the channels of each image are split into groups of neighbours, and each group is normalised over
 * its channels and all places of the image:
 *
 *     y = (x - mean) / sqrt(variance + eps) * weight[c] + bias[c]
 *
 * The variance is the biased one. Training and evaluation are alike.
 *
 * Y. Wu, K. He, "Group normalization", arXiv:1803.08494.
 *
 * @param x [N, ..., C]; float32, bfloat16 or float16. Weight and bias are float32.
 * @param groups a divisor of C; 1 is layer normalisation of images, C instance normalisation.
 * @returns the shape and type of x.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together, or groups does not divide C.
 */
export function groupNorm(x: Tensor, groups: number, options: GroupNormOptions = {}): Tensor {
  const { weight, bias, eps = 1e-5 } = options;
  checkChannels('groupNorm', x, { weight, bias });
  const n = x.shape[0]!, channels = x.shape.at(-1)!;
  if (!Number.isSafeInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw argumentError('groupNorm', `expected groups to be a divisor of the ${channels} channels of x ${shapeText(x.shape)}, but got ${valueText(groups)}`);
  }
  checkNumber('groupNorm', 'eps', eps, 0, Infinity);
  return normalizeGroups(x, { n, s: pixels(x.shape), g: groups, c: channels / groups }, { weight, bias, eps });
}

export interface InstanceNormOptions extends GroupNormOptions {
  /** [C]; moved towards the mean over all images of their statistics, or used. Default: none is kept. */
  runningMean?: Tensor | undefined;
  /** [C]; likewise. */
  runningVar?: Tensor | undefined;
  /** Whether to normalise with each image's own statistics, or with the running ones. Default true. */
  useInputStats?: boolean | undefined;
  /** Weight of the batch in the running statistics. Default 0.1. */
  momentum?: number | undefined;
}

/** Moves running statistics [C] towards the mean over all images of their own [N,C], with the unbiased variance. */
function follow(running: { mean: Tensor; variance: Tensor }, images: { mean: Tensor; invstd: Tensor }, places: number, momentum: number, eps: number): void {
  noGrad(() =>
    scope(() => {
      const variance = affine(div(1, mul(images.invstd, images.invstd)), { scale: places / (places - 1), shift: (-eps * places) / (places - 1) });
      accumulateInto(running.mean, mean(images.mean, { axes: 0 }), 1 - momentum, momentum);
      accumulateInto(running.variance, mean(variance, { axes: 0 }), 1 - momentum, momentum);
    }),
  );
}

/**
 * Instance normalisation: each channel of each image is normalised over all places of the image:
 *
 *     y = (x - mean[n,c]) / sqrt(variance[n,c] + eps) * weight[c] + bias[c]
 *
 * D. Ulyanov, A. Vedaldi, V. Lempitsky, "Instance normalization", arXiv:1607.08022.
 *
 * @param x [N, ..., C] with places in between; float32, bfloat16 or float16. Everything else is float32.
 * @returns the shape and type of x.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together, a channel has fewer than two places, or
 *   useInputStats is false without running statistics.
 */
export function instanceNorm(x: Tensor, options: InstanceNormOptions = {}): Tensor {
  const { weight, bias, runningMean, runningVar, useInputStats = true, momentum = 0.1, eps = 1e-5 } = options;
  checkChannels('instanceNorm', x, { weight, bias, runningMean, runningVar });
  if ((runningMean === undefined) !== (runningVar === undefined) || (!useInputStats && !runningMean)) {
    const missing = runningMean ? 'runningVar' : 'runningMean';
    throw argumentError('instanceNorm', `expected ${missing} ${useInputStats ? 'beside the other one' : 'when useInputStats is false'}, but got undefined`);
  }
  checkNumber('instanceNorm', 'momentum', momentum, 0, 1);
  checkNumber('instanceNorm', 'eps', eps, 0, Infinity);
  if (!useInputStats) return batchNorm(x, { weight, bias, runningMean, runningVar, training: false, eps });

  const n = x.shape[0]!, s = pixels(x.shape), g = x.shape.at(-1)!;
  if (s < 2) throw argumentError('instanceNorm', `expected at least 2 places in each image, but got ${s} (x ${shapeText(x.shape)})`);
  const { y, ...images } = normalizeWithStatistics(x, { n, s, g, c: 1 }, { weight, bias, eps });
  if (runningMean && runningVar && n > 0) follow({ mean: runningMean, variance: runningVar }, images, s, momentum, eps);
  images.mean.dispose();
  images.invstd.dispose();
  return y;
}
