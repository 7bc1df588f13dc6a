/** How the outputs of a network's layers are distributed. */
import { scope } from '../core/scope.js';
import { noGrad } from '../core/tape.js';
import type { Tensor } from '../core/tensor.js';
import { checkCount } from '../nn/arguments.js';
import { checkModel } from '../nn/check_model.js';
import type { Module } from '../nn/index.js';
import { inEvaluation } from '../nn/in_evaluation.js';
import { layerNamed } from '../nn/tap.js';
import { checkFloats, checkList } from '../ops/arguments.js';

export interface ActivationDistribution {
  /** Dotted name of the layer. */
  name: string;
  /** The class. */
  type: string;
  mean: number;
  std: number;
  min: number;
  max: number;
  /** Share of elements that are exactly 0: those that a ReLU has cut off. */
  zeros: number;
  /** Share of channels that are 0 on all images and places: those that never answer. */
  deadChannels: number;
  /** Elements in equal intervals from min to max. */
  histogram: number[];
}

export interface DistributionOptions {
  /** Dotted names. Default: all layers that have none inside of them. */
  layers?: readonly string[];
  /** Intervals of the histograms. Default 32. */
  bins?: number;
}

/**
 * The distribution of each layer's output on a batch, with the model in evaluation.
 *
 * @param x [N,…,C] as the model takes it.
 * @returns in the order in which the layers first run; one that runs more than once counts with its first output.
 * @throws ERR_ARGUMENT if a layer is named that the model does not have.
 */
export async function activationDistributions(model: Module, x: Tensor, { layers, bins = 32 }: DistributionOptions = {}): Promise<ActivationDistribution[]> {
  checkModel('activationDistributions', model);
  checkFloats('activationDistributions', { x });
  if (layers !== undefined) checkList('activationDistributions', 'layers', layers, 'names');
  checkCount('activationDistributions', 'bins', bins);
  const names = layers ?? [...model.modules()].filter(([, module]) => module.children().next().done).map(([name]) => name);
  const seen = new Map<string, { type: string; channels: number; values: Promise<Float32Array> }>();
  const stops = names.map((name) => {
    const module = layerNamed('activationDistributions', model, name);
    return module.registerForwardHook((_module, _input, output) => {
      if (!seen.has(name)) seen.set(name, { type: module.constructor.name, channels: output.shape.at(-1) ?? 1, values: output.data() });
    });
  });
  try {
    inEvaluation(model, () => noGrad(() => scope(() => void model.forward(x))));
  } finally {
    for (const stop of stops) stop();
  }
  return Promise.all([...seen].map(async ([name, { type, channels, values }]) => ({ name, type, ...distributionOf(await values, channels, bins) })));
}

/** Moments, extremes and the histogram of values [...,channels]. */
function distributionOf(values: Float32Array, channels: number, bins: number): Omit<ActivationDistribution, 'name' | 'type'> {
  let sum = 0, min = Infinity, max = -Infinity, zeros = 0;
  const answers = new Uint8Array(channels);
  for (const [i, value] of values.entries()) {
    sum += value;
    min = Math.min(min, value);
    max = Math.max(max, value);
    if (value === 0) zeros++;
    else answers[i % channels] = 1;
  }
  const count = values.length, mean = sum / count, histogram = Array<number>(bins).fill(0);
  let squares = 0;
  for (const value of values) {
    squares += (value - mean) ** 2;
    const bin = max > min ? Math.min(bins - 1, Math.floor(((value - min) / (max - min)) * bins)) : 0;
    histogram[bin]!++;
  }
  const dead = answers.reduce((silent, answer) => silent + (answer ? 0 : 1), 0);
  return { mean, std: Math.sqrt(squares / count), min, max, zeros: zeros / count, deadChannels: dead / channels, histogram };
}
