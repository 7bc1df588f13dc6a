/** Fine-tuning: what is frozen stays bit for bit, and the rest learns at its own rate. */
import { describe, expect, test } from 'vitest';

import type { HostArray } from '../../lib/core/dtype.js';
import { Random } from '../../lib/core/random.js';
import { scope } from '../../lib/core/scope.js';
import { tensor } from '../../lib/core/tensor.js';
import { createModel } from '../../lib/models/index.js';
import { fineTune, freezeBatchNorm, freezeUntil, trainableParameters, type Module } from '../../lib/nn/index.js';
import { crossEntropy } from '../../lib/ops/index.js';
import { SGD, type OptimizedParameters } from '../../lib/optim/index.js';
import { TestRandom } from '../ops/array.js';

const network = () => createModel('resnet18', { device: 'cpu', classes: 3, random: new Random(1) }).train();

function largestDifference(a: HostArray, b: HostArray): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

/** One step of gradient descent. Returns, by name, the largest change of each tensor. */
async function changes(model: Module, parameters: OptimizedParameters, lr = 0.1): Promise<Map<string, number>> {
  const random = new TestRandom(1), before = await model.stateDict();
  using optimizer = new SGD(parameters, { lr });
  scope(() => {
    const x = tensor(Float32Array.from({ length: 4 * 32 * 32 * 3 }, () => random.normal()), { shape: [4, 32, 32, 3], device: 'cpu' });
    crossEntropy(model.forward(x), tensor(Int32Array.of(0, 1, 2, 0), { device: 'cpu' })).backward();
    optimizer.step();
  });
  const after = await model.stateDict();
  return new Map([...before].map(([name, { data }]) => [name, largestDifference(data, after.get(name)!.data)]));
}

const changed = (found: ReadonlyMap<string, number>) => [...found].flatMap(([name, change]) => (change > 0 ? [name] : []));

test('what comes up to a layer stays, statistics included', async () => {
  using model = network();
  expect(freezeUntil(model, 'layer2')).toBe(683_072); // 9,408 + 128, 147,968, 525,568
  expect(trainableParameters(model).length).toBeLessThan(model.parameters().length);
  const names = changed(await changes(model, trainableParameters(model)));
  expect(names.every((name) => /^(layer3|layer4|fc)\./.test(name))).toBe(true);
  expect(names).toContain('layer3.0.bn1.runningMean');
  expect(names).toContain('layer3.0.conv1.weight');
});

test('frozen batch normalisation gives in training what it gives in evaluation', async () => {
  using model = network();
  using x = tensor(new Float32Array(2 * 32 * 32 * 3).fill(0.3), { shape: [2, 32, 32, 3], device: 'cpu' });
  freezeBatchNorm(model);
  const [training, evaluation] = scope(() => [model.train().forward(x).data(), model.eval().forward(x).data()] as const);
  expect(await training).toEqual(await evaluation);
  freezeBatchNorm(model, false);
  const { thawed } = scope(() => ({ thawed: model.train().forward(x).data() }));
  expect(await thawed).not.toEqual(await evaluation);
});

describe('discriminative rates', () => {
  test('each stage moves by its own', async () => {
    using all = network();
    using some = network();
    const plain = await changes(all, all.parameters());
    const stages = ['layer4.0.conv1', 'layer4.1.conv1', 'fc'];
    // The same gradients: all batch normalisations behave as in the first network.
    const groups = fineTune(some, { stages, decay: 0.5 });
    freezeBatchNorm(some, false);
    const found = await changes(some, groups);
    expect(groups.map(({ lrScale }) => lrScale)).toEqual([0.25, 0.5, 1]);
    expect(changed(found).filter((name) => !name.includes('running'))).toEqual(['layer4.0.conv1.weight', 'layer4.1.conv1.weight', 'fc.weight', 'fc.bias']);
    for (const [i, stage] of stages.entries()) {
      expect(found.get(`${stage}.weight`)! / plain.get(`${stage}.weight`)!).toBeCloseTo([0.25, 0.5, 1][i]!, 3);
    }
  });

  test('by number of the last children', () => {
    using model = network();
    const groups = fineTune(model, { stages: 2 });
    expect(groups.map(({ parameters, lrScale }) => [parameters.length, lrScale])).toEqual([[15, 0.3], [2, 1]]);
    expect(() => fineTune(model, { stages: 8 })).toThrow(/^fineTune: expected stages to be from 1 to 7, for conv1, bn1, layer1, layer2, layer3, layer4, fc, but got 8$/);
  });

  test.each([
    [['layer5'], /^fineTune: expected a layer of ResNet, like conv1, .*, but got "layer5"; did you mean layer1\?$/],
    [['maxpool'], /^fineTune: expected stages with parameters, but got "maxpool"$/],
    [['layer4', 'layer4.0'], /^fineTune: expected stages apart from each other, but got "layer4\.0" with one before$/],
  ])('refuses %j', (stages, message) => {
    using model = network();
    expect(() => fineTune(model, { stages })).toThrow(message);
  });
});
