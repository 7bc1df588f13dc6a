/**
 * Runs the cases of models.json, a network's output in evaluation, and of grads.json, its loss and gradients in
 * training, both with weights and images by formula.
 */
import { scope } from '../../lib/core/scope.js';
import { shapeText, type Shape } from '../../lib/core/shape.js';
import { noGrad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import type { HostTensor } from '../../lib/data/safetensors.js';
import { createModel, isModelName, loadTorchStateDict, torchTensors } from '../../lib/models/index.js';
import { Dropout, Dropout2d, DropPath, type Module, type StateDict } from '../../lib/nn/index.js';
import { crossEntropy, slice } from '../../lib/ops/index.js';
import { formulaImages, formulaWeights, hashed } from './formula.js';
import { channelsLast } from './layout.js';
import { compare, toleranceOf, type Comparison } from './run_case.js';

/** Names and shapes of a state dict. */
export type Layout = readonly (readonly [name: string, shape: Shape])[];

/** A case of models.json. The largest networks have no output. */
export interface GoldenModel {
  name: string;
  kind: 'classification' | 'segmentation' | 'video';
  params: number;
  gain?: number;
  layout?: Layout;
  input?: Shape;
  output?: string;
  /** What torch's own float32 is off by, relative to the largest element. */
  err32?: number;
}

/** A case of grads.json. */
export interface GoldenGradients {
  name: string;
  input: Shape;
  targets: number[];
  loss: number;
  /**
   * Of each parameter: its gradient's norm, its product with v of seed 1, and what torch's float32 is off by, relative
   * to the norm.
   */
  grads: (readonly [name: string, norm: number, product: number, err32: number])[];
}

/**
 * Of a training step. Where rounding moves an element across the edge of a ReLU or a maximum, the gradients in front of
 * it jump: those of torch's own float32 are off by up to 7e-2, and its loss by 2e-5, when its weights move by half a
 * unit in the last place.
 */
const mostJump = { gradient: 0.1, loss: 1e-4 };

/** Buffers that say where to read, and which the formula leaves as the network makes them. */
const isIndex = (name: string) => name.endsWith('relative_position_index');

/** A network's state by formula, in torch's terms. */
export function formulaState(model: Module, gain: number): StateDict {
  const tensors = torchTensors(model).map(({ name, shape }, k) => [name, shape, k] as const);
  return new Map(
    tensors
      .filter(([name]) => !isIndex(name))
      .map(([name, shape, k]) => [name, { shape, data: formulaWeights(name, shape, k, gain) }]),
  );
}

/** Images by formula, [N,...,C]. */
function images(shape: Shape, device: string): Tensor {
  const { shape: last, data } = channelsLast({ shape, data: formulaImages(shape) });
  return tensor(data as Float32Array, { shape: last, device });
}

/** What differs between a network's state dict and torch's, '' if nothing does. */
function layoutProblem(model: Module, layout: Layout): string {
  const own = torchTensors(model).map(({ name, shape }) => `${name} ${shapeText(shape)}`);
  const wanted = layout.map(([name, shape]) => `${name} ${shapeText(shape)}`);
  const at = Array.from({ length: Math.max(own.length, wanted.length) }, (_, i) => i).find((i) => own[i] !== wanted[i]);
  return at === undefined
    ? ''
    : `state dict: expected ${wanted[at] ?? 'no more'} in place ${at}, but got ${own[at] ?? 'no more'}`;
}

const exactly = (what: string, problem: string): Comparison => ({
  what,
  error: problem === '' ? 0 : Infinity,
  tolerance: 1,
  problem,
});

/** Parameter count, state dict and output of a network, or undefined if there is none of that name. */
export async function runModel(
  golden: GoldenModel,
  stored: ReadonlyMap<string, HostTensor>,
  device: string,
): Promise<Comparison[] | undefined> {
  const { name, kind, params, gain = 4, layout, input, output, err32 } = golden;
  if (!isModelName(name)) return undefined;
  using model = createModel(name, { device, initialize: false }).eval();
  const count = model.parameterCount;
  const comparisons = [
    exactly('parameters', count === params ? '' : `parameters: expected ${params}, but got ${count}`),
  ];
  if (!layout || !input || output === undefined) return comparisons;
  const problem = layoutProblem(model, layout);
  comparisons.push(exactly('state dict', problem));
  if (problem !== '') return comparisons;

  loadTorchStateDict(model, formulaState(model, gain), { strict: false });
  const expected = stored.get(output);
  if (!expected) throw new Error(`models.safetensors: there is no ${output}`);
  using y = scope(() => {
    const y = noGrad(() => model.forward(images(input, device)));
    return kind === 'segmentation' ? slice(y, { axis: [1, 2], step: [4, 4] }) : y;
  });
  const found = { shape: y.shape, data: await y.data() };
  return [...comparisons, compare('output', found, channelsLast(expected), toleranceOf(err32))];
}

/** Sets layers that drop at random to evaluation, so that they drop nothing. */
function withoutDropping(model: Module): void {
  for (const [, module] of model.modules()) {
    if ([Dropout, Dropout2d, DropPath].some((layer) => module instanceof layer)) module.eval();
  }
}

/** Sums of a gradient's squares and of its products with v(k, i) of seed 1. */
function moments(gradient: Float32Array, k: number): { norm: number; product: number } {
  const v = hashed(k, gradient.length, 1);
  let squares = 0,
    product = 0;
  for (const [i, value] of gradient.entries()) {
    squares += value * value;
    product += value * v[i]!;
  }
  return { norm: Math.sqrt(squares), product };
}

/** Loss and gradients of a network's training step, or undefined if there is none of that name. */
export async function runGradients(
  { name, input, targets, loss: expectedLoss, grads }: GoldenGradients,
  device: string,
): Promise<Comparison[] | undefined> {
  if (!isModelName(name)) return undefined;
  using model = createModel(name, { device, initialize: false, auxiliary: false }).train();
  withoutDropping(model);
  loadTorchStateDict(model, formulaState(model, 4), { strict: false });
  using loss = scope(() => {
    const loss = crossEntropy(model.forward(images(input, device)), tensor(Int32Array.from(targets), { device }));
    loss.backward();
    return loss.detach();
  });
  const scalar = (value: number): HostTensor => ({ shape: [], data: Float32Array.of(value) });
  const comparisons = [compare('loss', scalar(await loss.item()), scalar(expectedLoss), mostJump.loss)];

  // A gradient that is all rounding, like that of a bias in front of a normalisation, is small beside the largest.
  const floor = 1e-6 * Math.max(...grads.map(([, norm]) => norm));
  const byName = new Map(grads.map((golden) => [golden[0], golden]));
  for (const [k, { name, tensor, toTorch }] of torchTensors(model).entries()) {
    const golden = byName.get(name),
      gradient = (tensor as Tensor).grad;
    byName.delete(name);
    if (!golden || !gradient) {
      if (golden || gradient) comparisons.push(exactly(name, `${name}: expected ${golden ? 'a' : 'no'} gradient`));
      continue;
    }
    const [, norm, product, err32] = golden,
      found = moments(toTorch(await gradient.data()), k);
    const tolerance = Math.max(toleranceOf(err32), mostJump.gradient),
      error = Math.max(Math.abs(found.norm - norm), Math.abs(found.product - product)) / Math.max(norm, floor);
    const problem =
      error <= tolerance
        ? ''
        : `gradient of ${name}: expected norm ${norm} and product ${product} within ${tolerance}, ` +
          `but got ${found.norm} and ${found.product} (off by ${error.toExponential(2)})`;
    comparisons.push({ what: `gradient of ${name}`, error, tolerance, problem });
  }
  comparisons.push(...[...byName.keys()].map((name) => exactly(name, `${name}: there is none`)));
  return comparisons;
}
