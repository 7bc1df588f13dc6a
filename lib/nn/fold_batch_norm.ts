/** Batch normalisation as a part of the convolution before it, for inference. */
import { noteChange } from '../core/recording.js';
import { observeRuns } from '../core/run.js';
import { scope } from '../core/scope.js';
import type { DType } from '../core/dtype.js';
import { numel, type Shape } from '../core/shape.js';
import { noGrad } from '../core/tape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { argumentError } from '../ops/arguments.js';
import { FoldableActivation } from './activations.js';
import { BatchNorm } from './batch_norm.js';
import { Conv, Conv1d, Conv2d, Conv3d } from './conv.js';
import { inEvaluation } from './in_evaluation.js';
import type { Module } from './module.js';
import { Parameter } from './parameter.js';
import { whileWrapping } from './wrapping.js';

/** A normalisation that takes a convolution's output as the only one to do so, and an activation that does so with its own. */
interface Chain {
  conv: Conv;
  norm: BatchNorm;
  activation: FoldableActivation | null;
}

/** A module that takes another one's output. */
interface Pair {
  from: Module;
  to: Module;
  between: Tensor;
}

/** Pairs of modules, each called once, of which the second alone takes the first one's output: seen in a forward pass. */
function exclusivePairs(model: Module, inputShape: Shape): Pair[] {
  const [parameter] = model.parameters();
  if (!parameter) throw argumentError('foldBatchNorm', 'expected a model with parameters, but got one without');
  const made = new Map<Tensor<DType>, Module>(), uses = new Map<Tensor<DType>, number>(), calls = new Map<Module, number>();
  const pairs: Pair[] = [];
  const watch = (_name: string, module: Module, forward: Module['forward']): Module['forward'] => (...inputs) => {
    calls.set(module, (calls.get(module) ?? 0) + 1);
    const [between] = inputs, from = made.get(between);
    if (from) pairs.push({ from, to: module, between });
    const y = forward(...inputs);
    if (module instanceof Conv || module instanceof BatchNorm) made.set(y, module);
    return y;
  };
  const count = ({ inputs }: { inputs: Readonly<Record<string, Tensor<DType> | undefined>> }): void => {
    for (const input of Object.values(inputs)) if (input) uses.set(input, (uses.get(input) ?? 0) + 1);
  };
  inEvaluation(model, () =>
    noGrad(() =>
      scope(() => {
        const x = tensor(new Float32Array(numel(inputShape)), { shape: inputShape, device: parameter.device });
        whileWrapping(model, watch, () => observeRuns(count, () => void model.forward(x)));
      }),
    ),
  );
  return pairs.filter(({ from, to, between }) => uses.get(between) === 1 && calls.get(from) === 1 && calls.get(to) === 1);
}

/** Those derived from them may change their weights before they use them. */
const plainConvs: readonly unknown[] = [Conv1d, Conv2d, Conv3d];

function foldableChains(model: Module, inputShape: Shape): Chain[] {
  const pairs = exclusivePairs(model, inputShape), chains: Chain[] = [];
  for (const { from: conv, to: norm } of pairs) {
    if (!(conv instanceof Conv && plainConvs.includes(conv.constructor) && norm instanceof BatchNorm && norm.runningMean)) continue;
    const behind = norm.activation ? undefined : pairs.find(({ from }) => from === norm)?.to;
    chains.push({ conv, norm, activation: behind instanceof FoldableActivation ? behind : null });
  }
  return chains;
}

/**
 * Folds each batch normalisation that directly follows a convolution into that convolution's weight and bias:
 *
 *     weight'[k] = weight[k] s[k],  bias'[k] = (bias[k] - mean[k]) s[k] + beta[k],  s[k] = gamma[k] / sqrt(var[k] + eps)
 *
 * The convolution then also adds a residual that the normalisation got, and applies its activation, or a {@link ReLU} or
 * {@link ReLU6} behind it: all of it is one pass. It runs where the normalisation stood; its own forward() gives what it
 * gets, and so does that of the activation.
 *
 * The model gives in evaluation what it gave before, up to rounding. It is changed for good: folded normalisations lose
 * their tensors and no longer use a batch's statistics. One with other inputs than a convolution's output, or whose
 * convolution others use too, stays.
 *
 * @param inputShape of a batch, like [1,224,224,3], which is sent through the model to see what follows what.
 * @returns how many normalisations were folded.
 * @throws ERR_ARGUMENT if the model has no parameters, and whatever it throws for the shape.
 */
export async function foldBatchNorm(model: Module, inputShape: Shape): Promise<number> {
  const chains = foldableChains(model, inputShape);
  for (const chain of chains) await fold(chain);
  if (chains.length > 0) noteChange();
  return chains.length;
}

async function fold({ conv, norm, activation }: Chain): Promise<void> {
  const read = async (values: Tensor | null, otherwise: number) => (await values?.data()) ?? new Float32Array(channels).fill(otherwise);
  const channels = conv.weight.shape[0]!;
  const [weight, bias, gamma, beta, mean, variance] = await Promise.all([
    conv.weight.data(), read(conv.bias, 0), read(norm.weight, 1), read(norm.bias, 0), read(norm.runningMean, 0), read(norm.runningVar, 1),
  ]);
  const scale = gamma.map((value, k) => value / Math.sqrt(variance[k]! + norm.eps)), size = weight.length / channels;
  conv.weight.write(weight.map((value, i) => value * scale[Math.floor(i / size)]!));
  const shifted = bias.map((value, k) => (value - mean[k]!) * scale[k]! + beta[k]!);
  if (conv.bias) conv.bias.write(shifted);
  else conv.bias = new Parameter(tensor(shifted, { device: conv.weight.device }));
  norm.becomeFolded(conv.defer(), activation?.activation);
  activation?.becomeFolded();
}
