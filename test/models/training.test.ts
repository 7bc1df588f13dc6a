/** Small networks learn a few images by heart, and leave no tensor behind. */
import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { Random } from '../../lib/core/random.js';
import { scope } from '../../lib/core/scope.js';
import { noGrad } from '../../lib/core/tape.js';
import type { Tensor } from '../../lib/core/tensor.js';
import {
  createModel, GoogLeNet, InceptionV3, modelInfo, type ModelName, type Outputs,
} from '../../lib/models/index.js';
import { Dropout, DropPath, type Module } from '../../lib/nn/index.js';
import { add, crossEntropy, mul, zeros } from '../../lib/ops/index.js';
import { Adam } from '../../lib/optim/index.js';
import { noise } from './synthetic.js';

const cpu = device('cpu');

/** Losses of steps on one batch. Nothing is dropped, so that they fall without noise. */
async function losses(
  model: Module,
  lossOf: (x: Tensor, labels: Tensor<'int32'>) => Tensor,
  shape: readonly number[],
  { steps, lr }: { steps: number; lr: number },
): Promise<number[]> {
  for (const [, module] of model.modules()) if (module instanceof Dropout || module instanceof DropPath) module.eval();
  const { images, labels } = noise(shape, 4, 'cpu');
  using optimizer = new Adam(model.parameters(), { lr });
  const found: number[] = [],
    live: number[] = [];
  for (let step = 0; step < steps; step++) {
    using loss = scope(() => {
      optimizer.zeroGrad();
      const loss = lossOf(images, labels);
      loss.backward();
      optimizer.step();
      return loss.detach();
    });
    found.push(await loss.item());
    live.push(cpu.memory().tensors);
  }
  images.dispose();
  labels.dispose();
  expect(new Set(live.slice(1)).size, `live tensors after each step: ${live.join(', ')}`).toBe(1);
  return found;
}

/** Networks that learn in seconds, and in how many steps at which rate. */
const networks: [name: ModelName, steps: number, lr: number][] = [
  ['lenet5', 16, 1e-3],
  ['mlp', 16, 1e-3],
  ['mnasnet0_5', 16, 1e-3],
  ['mobilenet_v2', 16, 1e-3],
  ['mobilenet_v3_small', 16, 1e-3],
  ['nin', 60, 1e-3],
  ['regnet_y_400mf', 16, 1e-3],
  ['resnet18', 16, 1e-3],
  ['shufflenet_v2_x0_5', 16, 1e-3],
  ['smallnet', 16, 1e-3],
  ['visual_words', 60, 1e-2],
  ['squeezenet1_1', 30, 3e-4], // whose outputs are behind ReLU, and die at a higher rate
];

/** The published image, or a smaller one. */
function shapeFor(name: ModelName): readonly number[] {
  const { input } = modelInfo(name),
    extent = name === 'squeezenet1_1' ? 64 : 32;
  return input[0]! <= extent ? input : [extent, extent, 3];
}

describe('learning by heart', () => {
  test.each(networks)('%s in %i steps', async (name, steps, lr) => {
    const before = cpu.memory().tensors;
    {
      using model = createModel(name, { device: cpu, random: new Random(0), classes: 4 }).train();
      const found = await losses(model, (x, labels) => crossEntropy(model.forward(x), labels), [8, ...shapeFor(name)], {
        steps,
        lr,
      });
      expect(found.at(-1)).toBeLessThan(found[0]! / 2);
    }
    expect(cpu.memory().tensors).toBe(before);
    cpu.releaseCachedMemory();
  });

  test('GoogLeNet with its two auxiliary classifiers', async () => {
    using model = new GoogLeNet({ device: cpu, random: new Random(0), classes: 4 }).train();
    const lossOf = ({ logits, auxiliary }: Outputs, labels: Tensor<'int32'>) => {
      expect(auxiliary.map(({ shape }) => shape)).toEqual([
        [8, 4],
        [8, 4],
      ]);
      return auxiliary.reduce(
        (loss, head) => add(loss, mul(crossEntropy(head, labels), 0.3)),
        crossEntropy(logits, labels),
      );
    };
    const found = await losses(model, (x, labels) => lossOf(model.forwardAll(x), labels), [8, 32, 32, 3], {
      steps: 10,
      lr: 1e-3,
    });
    expect(found.at(-1)).toBeLessThan(found[0]! / 2);
  });

  test('Inception v3 with its auxiliary classifier', () => {
    using model = new InceptionV3({ device: cpu, initialize: false, classes: 4 }).train();
    const shapes = scope(() => {
      const { logits, auxiliary } = noGrad(() => model.forwardAll(zeros([2, 299, 299, 3], { device: cpu })));
      return [logits, ...auxiliary].map(({ shape }) => shape);
    });
    expect(shapes).toEqual([
      [2, 4],
      [2, 4],
    ]);
  });
});
