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

/** Where CONVOLT_TEST_LARGE is set, more networks learn more images. */
const isLarge = process.env['CONVOLT_TEST_LARGE'] !== undefined;
const count = isLarge ? 32 : 8;

interface Learning {
  /** For 8 images; twice as many for 32. Default 16. */
  steps?: number;
  /** Default 1e-3. */
  lr?: number;
  /** Default 32 × 32 × 3, or the published one if that is smaller. */
  image?: readonly number[];
}

/** Networks that learn in seconds. */
const networks: { [N in ModelName]?: Learning } = {
  lenet5: {},
  mlp: {},
  mnasnet0_5: {},
  mobilenet_v1: {},
  mobilenet_v2: {},
  mobilenet_v3_small: {},
  nin: { steps: 60 },
  regnet_y_400mf: {},
  resnet18: {},
  se_resnet18: {},
  shufflenet_v2_x0_5: {},
  smallnet: {},
  squeezenet1_1: { steps: 30, lr: 3e-4, image: [64, 64, 3] }, // whose outputs are behind ReLU, and die at a higher rate
  visual_words: { steps: 60, lr: 3e-2 },
};

/** Some of other papers, where CONVOLT_TEST_LARGE is set. */
const larger: { [N in ModelName]?: Learning } = {
  bit_r50x1: {},
  efficientnet_b0: {},
  mc3_18: { image: [4, 32, 32, 3] },
  nasnet_a_mobile: { image: [65, 65, 3] },
  resnext50_32x4d: {},
};

const learning = Object.entries(isLarge ? { ...networks, ...larger } : networks) as [ModelName, Learning][];

function shapeFor(name: ModelName, { image }: Learning): readonly number[] {
  const { input } = modelInfo(name);
  return image ?? (input[0]! <= 32 ? input : [32, 32, 3]);
}

describe('learning by heart', () => {
  test.each(learning)('%s', async (name, options) => {
    const before = cpu.memory().tensors;
    {
      using model = createModel(name, { device: cpu, random: new Random(0), classes: 4 }).train();
      const { steps = 16, lr = 1e-3 } = options;
      const found = await losses(model, (x, labels) => crossEntropy(model.forward(x), labels), [count, ...shapeFor(name, options)], { steps: isLarge ? 2 * steps : steps, lr });
      expect(found.at(-1), found.map((loss) => loss.toFixed(2)).join(', ')).toBeLessThan(found[0]! / 2);
    }
    expect(cpu.memory().tensors).toBe(before);
    cpu.releaseCachedMemory();
  }, isLarge ? 3_600_000 : undefined);

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
