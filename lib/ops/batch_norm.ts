/** Batch normalisation over all axes but the last. */
import { op, type Call } from '../core/op.js';
import { run } from '../core/run.js';
import { numel, shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkFloats, checkNumber, checkVector } from './arguments.js';

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
}

type Saved = 'x' | 'weight' | 'mean' | 'invstd';

/** One pass over x and dy gives all three gradients. */
function gradients(dy: Tensor, { saved, params, shapes }: Call<'batch_norm_train', Saved> | Call<'batch_norm_eval', Saved>) {
  const { x, weight, mean, invstd } = saved;
  const perChannel = [params.c];
  return run('batch_norm_grad', { x, dy, weight, mean, invstd }, params, { dx: shapes.x, dweight: perChannel, dbias: perChannel });
}

const train = op('batchNorm', 'batch_norm_train', {
  saves: ['x', 'weight', 'mean', 'invstd'],
  shared: gradients,
  gradients: {
    x: (_dy, _call, shared) => shared().dx,
    weight: (_dy, _call, shared) => shared().dweight,
    bias: (_dy, _call, shared) => shared().dbias,
    runningMean: null,
    runningVar: null,
  },
});

const evaluate = op('batchNorm', 'batch_norm_eval', {
  saves: ['x', 'weight', 'mean', 'invstd'],
  shared: gradients,
  gradients: {
    x: (_dy, _call, shared) => shared().dx,
    weight: (_dy, _call, shared) => shared().dweight,
    bias: (_dy, _call, shared) => shared().dbias,
    mean: null,
    var: null,
  },
});

/**
 * Batch normalisation for each channel c, the last axis of x:
 *
 *     y = (x - mean[c]) / sqrt(var[c] + eps) * weight[c] + bias[c]
 *
 * In training, mean and (biased) variance are those of the batch, gradients flow through them, and
 * running = (1 - momentum) * running + momentum * batch, with the unbiased variance. Otherwise they are the
 * running ones.
 *
 * S. Ioffe, C. Szegedy, "Batch normalization", arXiv:1502.03167.
 *
 * @param x [..., C], with at least two axes.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together, only one of the running statistics
 *   is given, both are missing outside of training, or a channel has fewer than two values in training.
 */
export function batchNorm(x: Tensor, options: BatchNormOptions): Tensor {
  const { weight, bias, runningMean, runningVar, training, momentum = 0.1, eps = 1e-5 } = options;
  checkFloats('batchNorm', { x }, { weight, bias, runningMean, runningVar });
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
  const params = { rows, c, training: Number(training), momentum, eps };
  if (training) {
    if (rows < 2) {
      throw argumentError(
        'batchNorm',
        `expected at least 2 values for each channel in training, but got ${rows} (x ${shapeText(x.shape)})`,
      );
    }
    const shapes = { y: x.shape, mean: [c], invstd: [c] };
    const { y, mean, invstd } = train({ x, weight, bias, runningMean, runningVar }, params, shapes);
    mean.dispose();
    invstd.dispose();
    return y;
  }
  if (!runningMean || !runningVar) {
    throw argumentError('batchNorm', 'expected runningMean and runningVar when training is false, but got undefined');
  }
  const statistics = { mean: runningMean, var: runningVar };
  const { y, invstd } = evaluate({ x, weight, bias, ...statistics }, params, { y: x.shape, invstd: [c] });
  invstd.dispose();
  return y;
}
