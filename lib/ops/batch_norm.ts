/** Batch normalisation over all axes but the last. */
import { op, type Call } from '../core/op.js';
import { run, type Params } from '../core/run.js';
import { numel, sameShape, shapeText } from '../core/shape.js';
import { isRecording } from '../core/tape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkChoice, checkNumber, checkSameFloats, checkTensor, checkVector } from './arguments.js';
import { recordedGradients } from './norm_gradient.js';

export interface BatchNormOptions {
  /** Gamma [C]. Default: ones. */
  weight?: Tensor | undefined;
  /** Beta [C]. Default: zeros. */
  bias?: Tensor | undefined;
  /** [C]; updated in place in training, used otherwise. Default: none is kept. */
  runningMean?: Tensor | undefined;
  /** [C]; updated in place in training, used otherwise. Default: none is kept. */
  runningVar?: Tensor | undefined;
  /** Whether to normalise with the batch's own statistics. */
  training: boolean;
  /** Weight of the batch in the running statistics. Default 0.1. */
  momentum?: number | undefined;
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
  /** The shape and type of x; added to the result. Default none. */
  residual?: Tensor | undefined;
  /** What comes last, in the same pass. Default nothing. */
  activation?: 'relu' | undefined;
}

type Saved = 'x' | 'weight' | 'bias' | 'mean' | 'invstd';
type NormCall<S extends string> = Call<'batch_norm_train', S> | Call<'batch_norm_eval', S> | Call<'batch_norm_apply', S>;

/** The gradients for `createGraph`. */
function recorded(dy: Tensor, { saved, params }: NormCall<Saved>, reluOutput: Tensor | 'again' | undefined) {
  const view = { n: 1, s: params.rows, g: params.c, c: 1 };
  return recordedGradients(dy, { ...saved, view, centred: true, ownStatistics: params.training === 1, reluOutput });
}

/** One pass over x and dy gives all three gradients. Behind ReLU, where it clipped is computed again from x. */
function gradients(dy: Tensor, call: NormCall<Saved>) {
  const { saved, params, shapes } = call;
  if (isRecording()) return recorded(dy, call, params.relu ? 'again' : undefined);
  const perChannel = [params.c];
  return run('batch_norm_grad', { dy, ...saved }, params, { dx: shapes.x, dweight: perChannel, dbias: perChannel });
}

/** The same behind a residual and ReLU, of which y tells where it clipped. */
function addReluGradients(dy: Tensor, call: NormCall<Saved | 'y'>) {
  const { saved, params, shapes } = call;
  if (isRecording()) return recorded(dy, call, saved.y);
  const perChannel = [params.c];
  const outputs = { dx: shapes.x, dresidual: shapes.x, dweight: perChannel, dbias: perChannel };
  return run('batch_norm_add_relu_grad', { dy, ...saved }, params, outputs);
}

const saves = ['x', 'weight', 'bias', 'mean', 'invstd'] as const;

type Gradients = ReturnType<typeof gradients>;

const ofParameters = {
  weight: (_dy: Tensor, _call: unknown, shared: () => Gradients) => shared().dweight,
  bias: (_dy: Tensor, _call: unknown, shared: () => Gradients) => shared().dbias,
};

/** Alone, behind ReLU, or with a residual that is added last. */
const plain = { ...ofParameters, x: (_dy: Tensor, _call: unknown, shared: () => Gradients) => shared().dx, residual: (dy: Tensor) => dy };

type AddReluGradients = ReturnType<typeof addReluGradients>;

/** Behind a residual and ReLU. */
const addRelu = { ...plain, residual: (_dy: Tensor, _call: unknown, shared: () => AddReluGradients) => shared().dresidual };

// Statistics that are read or kept have no gradients.
const ofRunning = { runningMean: null, runningVar: null };
const ofFixed = { mean: null, var: null };
const ofGiven = { mean: null, invstd: null };

const train = op('batchNorm', 'batch_norm_train', { saves, shared: gradients, gradients: { ...plain, ...ofRunning } });
const evaluate = op('batchNorm', 'batch_norm_eval', { saves, shared: gradients, gradients: { ...plain, ...ofFixed } });
const apply = op('batchNorm', 'batch_norm_apply', { saves, shared: gradients, gradients: { ...plain, ...ofGiven } });

const savesY = [...saves, 'y'] as const;
const trainAddRelu = op('batchNorm', 'batch_norm_train', { saves: savesY, shared: addReluGradients, gradients: { ...addRelu, ...ofRunning } });
const evaluateAddRelu = op('batchNorm', 'batch_norm_eval', { saves: savesY, shared: addReluGradients, gradients: { ...addRelu, ...ofFixed } });
const applyAddRelu = op('batchNorm', 'batch_norm_apply', { saves: savesY, shared: addReluGradients, gradients: { ...addRelu, ...ofGiven } });

/**
 * Checks everything but the type of x, and of the residual, which has to be that of x.
 *
 * @returns the native parameters.
 * @internal
 */
export function checkBatchNorm(x: Pick<Tensor, 'shape' | 'device'>, options: BatchNormOptions): Params<'batch_norm_train'> {
  const { weight, bias, runningMean, runningVar, training, momentum = 0.1, eps = 1e-5, residual, activation } = options;
  for (const [name, value] of Object.entries({ weight, bias, runningMean, runningVar })) {
    if (value) checkTensor('batchNorm', name, value, 'float32', { name: 'x', device: x.device });
  }
  if (activation !== undefined) checkChoice('batchNorm', 'activation', activation, ['relu']);
  if (residual && !sameShape(residual.shape, x.shape)) {
    throw argumentError('batchNorm', `expected residual to have the shape of x, ${shapeText(x.shape)}, but got ${shapeText(residual.shape)}`);
  }
  if (x.shape.length < 2) {
    throw argumentError('batchNorm', `expected x to have at least the 2 axes [N,C], but got shape ${shapeText(x.shape)}`);
  }
  const c = x.shape.at(-1)!;
  for (const [name, value] of Object.entries({ weight, bias, runningMean, runningVar })) {
    checkVector('batchNorm', name, value, c, `one for each channel of x ${shapeText(x.shape)}`);
  }
  if ((runningMean === undefined) !== (runningVar === undefined)) {
    const [given, missing] = runningMean ? ['runningMean', 'runningVar'] : ['runningVar', 'runningMean'];
    throw argumentError('batchNorm', `expected ${missing} beside ${given}, but got undefined`);
  }
  checkNumber('batchNorm', 'momentum', momentum, 0, 1);
  checkNumber('batchNorm', 'eps', eps, 0, Infinity);
  const rows = numel(x.shape.slice(0, -1));
  if (training && rows < 2) {
    throw argumentError('batchNorm', `expected at least 2 values for each channel in training, but got ${rows} (x ${shapeText(x.shape)})`);
  }
  if (!training && !runningMean) {
    throw argumentError('batchNorm', 'expected runningMean and runningVar when training is false, but got undefined');
  }
  return { rows, c, training: Number(training), relu: Number(activation === 'relu'), momentum, eps };
}

/** What is known of a batch [...,C]: its mean and 1 / sqrt(variance + eps), both [C]. @internal */
export interface BatchStatistics {
  mean: Tensor;
  invstd: Tensor;
}

/** The rest of a {@link batchNorm} in training whose statistics are known already. @internal */
export function applyBatchNorm(x: Tensor, { mean, invstd }: BatchStatistics, options: BatchNormOptions): Tensor {
  const { weight, bias, residual, activation } = options;
  const params = checkBatchNorm(x, options);
  return (residual && activation === 'relu' ? applyAddRelu : apply)({ x, residual, weight, bias, mean, invstd }, params, { y: x.shape }).y;
}

/**
 * Batch normalisation for each channel c, the last axis of x:
 *
 *     y = relu((x - mean[c]) / sqrt(var[c] + eps) * weight[c] + bias[c] + residual)
 *
 * with ReLU and residual only where options ask for them, in the pass that normalises.
 *
 * In training, mean and (biased) variance are those of the batch, gradients flow through them, and
 * running = (1 - momentum) * running + momentum * batch, with the unbiased variance. Otherwise they are the
 * running ones.
 *
 * S. Ioffe, C. Szegedy, "Batch normalization", arXiv:1502.03167.
 *
 * @param x [..., C], with at least two axes; float32, bfloat16 or float16. Statistics, weight and bias are float32.
 * @returns the shape and type of x.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together, only one of the running statistics
 *   is given, both are missing outside of training, or a channel has fewer than two values in training.
 */
export function batchNorm(x: Tensor, options: BatchNormOptions): Tensor {
  const { weight, bias, runningMean, runningVar, residual, activation, training } = options;
  checkSameFloats('batchNorm', { x }, { residual });
  const params = checkBatchNorm(x, options), perChannel = [params.c];
  const reluBehindSum = residual !== undefined && activation === 'relu';
  if (training || !runningMean || !runningVar) {
    const inputs = { x, residual, weight, bias, runningMean, runningVar };
    const { y, mean, invstd } = (reluBehindSum ? trainAddRelu : train)(inputs, params, { y: x.shape, mean: perChannel, invstd: perChannel });
    mean.dispose();
    invstd.dispose();
    return y;
  }
  const inputs = { x, residual, weight, bias, mean: runningMean, var: runningVar };
  const { y, invstd } = (reluBehindSum ? evaluateAddRelu : evaluate)(inputs, params, { y: x.shape, invstd: perChannel });
  invstd.dispose();
  return y;
}
