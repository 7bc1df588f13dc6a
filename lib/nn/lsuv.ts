/** Initial weights from data: layer by layer to unit variance. */
import { ConvoltError } from '../core/errors.js';
import type { Random } from '../core/random.js';
import { scope } from '../core/scope.js';
import { noGrad } from '../core/tape.js';
import type { Tensor } from '../core/tensor.js';
import { orthogonal } from './initializers.js';
import type { Module } from './module.js';
import { Parameter, randomOf } from './parameter.js';

export interface LsuvOptions {
  /** How far an output's variance may stay from 1. Default 0.1. */
  tolerance?: number;
  /** Most scalings of one layer. Default 10. */
  maxIterations?: number;
  /** Where the orthogonal weights are drawn. Default: one generator for the whole program, with seed 0. */
  random?: Random;
}

/** A layer with a weight of two axes or more: convolutions and linear layers. */
interface WeightedLayer {
  name: string;
  module: Module;
  weight: Parameter;
}

function weightOf(module: Module): Parameter | undefined {
  const weight: unknown = 'weight' in module ? module.weight : undefined;
  return weight instanceof Parameter && weight.shape.length >= 2 ? weight : undefined;
}

/** Runs the model on the batch and calls `visit` for each layer's output, in the order in which they run. */
function observe(model: Module, batch: Tensor, layers: readonly WeightedLayer[], visit: (layer: WeightedLayer, output: Tensor) => void): void {
  const removals = layers.map((layer) => layer.module.registerForwardHook((_module, _input, output) => visit(layer, output)));
  try {
    noGrad(() => scope(() => void model.forward(batch)));
  } finally {
    for (const remove of removals) remove();
  }
}

function varianceOf(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

/** The variance of one layer's output for the batch. */
async function outputVariance(model: Module, batch: Tensor, layer: WeightedLayer): Promise<number> {
  const seen: Promise<Float32Array>[] = [];
  observe(model, batch, [layer], (_, output) => void seen.push(output.data()));
  return varianceOf((await seen[0]) ?? new Float32Array(0));
}

/**
 * Layer-sequential unit-variance initialisation: gives every convolution and linear layer an orthogonal weight, then,
 * from the first layer to the last, divides the weight by the standard deviation of the layer's output for a batch
 * until that is 1. Biases stay. Runs the model in evaluation, and leaves its modes as they were.
 *
 * D. Mishkin, J. Matas, "All you need is a good init", arXiv:1511.06422.
 *
 * @param batch input of the model, some dozens of examples or more.
 * @returns the variance that each layer's output has, by the layer's name, in the order in which layers ran.
 * @throws ERR_ARGUMENT if a layer's output is constant, or not finite.
 */
export async function lsuv(model: Module, batch: Tensor, { tolerance = 0.1, maxIterations = 10, random }: LsuvOptions = {}): Promise<Map<string, number>> {
  const modules = [...new Map([...model.modules()].map(([name, module]) => [module, name]))]; // a shared one once
  const modes = modules.map(([module]) => module.training);
  const layers = modules.flatMap(([module, name]) => {
    const weight = weightOf(module);
    return weight ? [{ name, module, weight }] : [];
  });
  for (const { weight } of layers) weight.write(orthogonal()(weight.shape, randomOf({ random })));
  model.eval();
  try {
    const order = new Set<WeightedLayer>();
    observe(model, batch, layers, (layer) => void order.add(layer));
    const variances = new Map<string, number>();
    for (const layer of order) {
      let variance = await outputVariance(model, batch, layer);
      for (let i = 0; i < maxIterations && !(Math.abs(variance - 1) <= tolerance); i++) {
        if (!(variance > 0 && variance < Infinity)) {
          throw new ConvoltError('ERR_ARGUMENT', `lsuv: expected a batch for which the output of ${layer.name} varies, but got variance ${variance}`);
        }
        const scale = 1 / Math.sqrt(variance);
        layer.weight.write((await layer.weight.data()).map((value) => value * scale));
        variance = await outputVariance(model, batch, layer);
      }
      variances.set(layer.name, variance);
    }
    return variances;
  } finally {
    for (const [i, [module]] of modules.entries()) module.train(modes[i]);
  }
}
