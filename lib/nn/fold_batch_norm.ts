/** Batch normalisation as a part of the convolution before it, for inference. */
import { observeRuns } from '../core/run.js';
import { scope } from '../core/scope.js';
import type { DType } from '../core/dtype.js';
import { numel, type Shape } from '../core/shape.js';
import { noGrad } from '../core/tape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { argumentError } from '../ops/arguments.js';
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from './batch_norm.js';
import { Conv1d, Conv2d, Conv3d } from './conv.js';
import { inEvaluation } from './in_evaluation.js';
import type { Module } from './module.js';
import { Parameter } from './parameter.js';
import { whileWrapping } from './wrapping.js';

type Conv = Conv1d | Conv2d | Conv3d;
type Norm = BatchNorm1d | BatchNorm2d | BatchNorm3d;

const isConv = (module: Module): module is Conv => module instanceof Conv1d || module instanceof Conv2d || module instanceof Conv3d;
const isNorm = (module: Module): module is Norm => module instanceof BatchNorm1d || module instanceof BatchNorm2d || module instanceof BatchNorm3d;

/** Normalisations that take a convolution's output as the only one to do so, each called once: seen in a forward pass. */
function foldablePairs(model: Module, inputShape: Shape): [Conv, Norm][] {
  const [parameter] = model.parameters();
  if (!parameter) throw argumentError('foldBatchNorm', 'expected a model with parameters, but got one without');
  const made = new Map<Tensor<DType>, Conv>(), uses = new Map<Tensor<DType>, number>(), calls = new Map<Module, number>();
  const pairs: { conv: Conv; norm: Norm; between: Tensor }[] = [];
  const watch = (_name: string, module: Module, forward: Module['forward']): Module['forward'] => (...inputs) => {
    calls.set(module, (calls.get(module) ?? 0) + 1);
    const conv = made.get(inputs[0]);
    if (conv && isNorm(module) && module.runningMean) pairs.push({ conv, norm: module, between: inputs[0] });
    const y = forward(...inputs);
    if (isConv(module)) made.set(y, module);
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
  const isAlone = ({ conv, norm, between }: (typeof pairs)[number]) => uses.get(between) === 1 && calls.get(conv) === 1 && calls.get(norm) === 1;
  return pairs.filter(isAlone).map(({ conv, norm }) => [conv, norm]);
}

/**
 * Folds each batch normalisation that directly follows a convolution into that convolution's weight and bias, so that
 * inference has one pass less:
 *
 *     weight'[k] = weight[k] s[k],  bias'[k] = (bias[k] - mean[k]) s[k] + beta[k],  s[k] = gamma[k] / sqrt(var[k] + eps)
 *
 * The model gives in evaluation what it gave before, up to rounding. It is changed for good: folded normalisations lose
 * their tensors and no longer use a batch's statistics. One with other inputs than a convolution's output, or whose
 * convolution others use too, stays.
 *
 * @param inputShape of a batch, like [1,224,224,3], which is sent through the model to see what follows what.
 * @returns how many were folded.
 * @throws ERR_ARGUMENT if the model has no parameters, and whatever it throws for the shape.
 */
export async function foldBatchNorm(model: Module, inputShape: Shape): Promise<number> {
  const pairs = foldablePairs(model, inputShape);
  for (const [conv, norm] of pairs) await fold(conv, norm);
  return pairs.length;
}

async function fold(conv: Conv, norm: Norm): Promise<void> {
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
  norm.becomeFolded();
}
