/** Networks with auxiliary classifiers, for training. */
import { afterEach, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { Random } from '../../lib/core/random.js';
import { scope } from '../../lib/core/scope.js';
import { noGrad } from '../../lib/core/tape.js';
import type { Tensor } from '../../lib/core/tensor.js';
import { GoogLeNet, InceptionV3, type Outputs } from '../../lib/models/index.js';
import { Dropout } from '../../lib/nn/index.js';
import { add, crossEntropy, mul, zeros } from '../../lib/ops/index.js';
import { Adam } from '../../lib/optim/index.js';
import { noise } from './synthetic.js';

const cpu = device('cpu');

afterEach(() => cpu.releaseCachedMemory());

test('GoogLeNet learns with its two', async () => {
  const before = cpu.memory().tensors;
  {
    using model = new GoogLeNet({ device: cpu, random: new Random(0), classes: 4 }).train();
    for (const [, module] of model.modules()) if (module instanceof Dropout) module.eval();
    using optimizer = new Adam(model.parameters(), { lr: 1e-3 });
    const { images, labels } = noise([8, 32, 32, 3], 4, 'cpu');
    const lossOf = ({ logits, auxiliary }: Outputs): Tensor => {
      expect(auxiliary.map(({ shape }) => shape)).toEqual([[8, 4], [8, 4]]);
      return auxiliary.reduce((loss, head) => add(loss, mul(crossEntropy(head, labels), 0.3)), crossEntropy(logits, labels));
    };
    const losses: number[] = [];
    for (let step = 0; step < 10; step++) {
      using loss = scope(() => {
        optimizer.zeroGrad();
        const loss = lossOf(model.forwardAll(images));
        loss.backward();
        optimizer.step();
        return loss.detach();
      });
      losses.push(await loss.item());
    }
    expect(losses.at(-1), losses.join(', ')).toBeLessThan(losses[0]! / 2);
    images.dispose();
    labels.dispose();
  }
  cpu.releaseCachedMemory();
  expect(cpu.memory().tensors).toBe(before);
});

test('Inception v3 has one', () => {
  using model = new InceptionV3({ device: cpu, initialize: false, classes: 4 }).train();
  const shapes = scope(() => {
    const { logits, auxiliary } = noGrad(() => model.forwardAll(zeros([2, 299, 299, 3], { device: cpu })));
    return [logits, ...auxiliary].map(({ shape }) => shape);
  });
  expect(shapes).toEqual([[2, 4], [2, 4]]);
});
