/** Weights and running statistics by chance, such that activations keep their size from layer to layer. */
import { observeRuns } from '../../lib/core/run.js';
import { Random } from '../../lib/core/random.js';
import { scope } from '../../lib/core/scope.js';
import { numel, type Shape } from '../../lib/core/shape.js';
import { noGrad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import type { Module } from '../../lib/nn/index.js';

const random = new Random(3);
/** Normal numbers that are used again and again: a prime number of them, so that no two tensors are the same. */
const table = Float32Array.from({ length: 65_521 }, () => random.normal());
let next = 0;

/** Numbers around `centre`, `spread` away from it on average. */
export function noiseOf(count: number, spread = 1, centre = 0): Float32Array {
  const values = new Float32Array(count);
  for (let at = 0; at < count; ) {
    const length = Math.min(count - at, table.length - next);
    values.set(table.subarray(next, next + length), at);
    at += length;
    next = (next + length) % table.length;
  }
  if (spread !== 1 || centre !== 0) for (let i = 0; i < count; i++) values[i] = values[i]! * spread + centre;
  return values;
}

/** Gives parameters normal values: filters by their fan-in, factors around 0.3, so that residual networks stay tame, and all others around 0. */
function randomizeParameters(model: Module): void {
  for (const [name, parameter] of model.namedParameters()) {
    const { shape, numel: count } = parameter;
    const isFactor = shape.length === 1 && name.endsWith('weight');
    const spread = shape.length > 1 ? Math.sqrt(1.5 / (count / shape[0]!)) : 0.1;
    parameter.write(noiseOf(count, spread, isFactor ? 0.3 : 0));
  }
}

/** Running statistics near those of a batch of noise. */
async function randomizeStatistics(model: Module, inputShape: Shape): Promise<void> {
  const found: { running: Tensor; isVariance: boolean; values: Tensor }[] = [];
  scope(() =>
    noGrad(() =>
      observeRuns(
        ({ name, inputs: { runningMean, runningVar }, outputs: { mean, invstd } }) => {
          if (name !== 'batch_norm_train' || !runningMean || !runningVar || !mean || !invstd) return;
          found.push({ running: runningMean as Tensor, isVariance: false, values: mean.alias() as Tensor });
          found.push({ running: runningVar as Tensor, isVariance: true, values: invstd.alias() as Tensor });
        },
        () => model.train().forward(tensor(noiseOf(numel(inputShape)), { shape: inputShape, device: 'cpu' })),
      ),
    ),
  );
  model.eval();
  for (const { running, isVariance, values } of found) {
    const noise = noiseOf(values.numel, 0.1), batch = await values.data();
    running.write(batch.map((value, i) => (isVariance ? (1 + Math.abs(noise[i]!)) / value ** 2 + 0.05 : value + noise[i]!)));
    values.dispose();
  }
}

/** @param inputShape of a batch of at least 2. */
export async function randomize(model: Module, inputShape: Shape): Promise<void> {
  randomizeParameters(model);
  if ([...model.namedBuffers().keys()].some((name) => name.endsWith('runningMean'))) await randomizeStatistics(model, inputShape);
}
