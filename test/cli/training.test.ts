/** What the options of training mean: every optimizer learns with its defaults, every augmentation and mixture trains. */
import { expect, test } from 'vitest';

import { augmentations, mixers, options, recipes, type TrainingValues } from '../../lib/cli/train_options.js';
import { parseOptions } from '../../lib/cli/arguments.js';
import { makeTrainer } from '../../lib/cli/training.js';
import { device, Random } from '../../lib/index.js';
import { Dataset } from '../../lib/data/index.js';

const on = device('cpu');
const size = 12, count = 128;

/** Two classes: bright on the left, or on the right. */
function halves(): Dataset {
  const random = new Random(3), images = new Uint8Array(count * size * size), labels = new Int32Array(count);
  for (let n = 0; n < count; n++) {
    labels[n] = n % 2;
    for (let i = 0; i < size * size; i++) images[n * size * size + i] = random.integer(96) + (Math.floor((2 * (i % size)) / size) === n % 2 ? 128 : 0);
  }
  return new Dataset({ images, labels, shape: [size, size, 1], classes: ['left', 'right'] });
}

/** The losses of the first and of the last step of a training with these options. */
async function losses(...args: string[]): Promise<[number, number]> {
  const values: TrainingValues = parseOptions('test', options, ['--batch', '16', ...args]).values;
  const images = halves();
  const { trainer, lr } = await makeTrainer('smallnet', values, images, { mean: 0.4, std: 0.3 }, on);
  const found: number[] = [];
  for await (const record of trainer.fit(images, { epochs: 4, batch: values.batch, schedule: () => lr })) {
    if (record.event === 'step') found.push(record.loss);
  }
  for (const used of [trainer, trainer.optimizer, trainer.model]) used.dispose();
  return [found[0]!, found.at(-1)!];
}

test.each(Object.keys(recipes))('--optimizer %s learns with its defaults', async (optimizer) => {
  const [first, last] = await losses('--optimizer', optimizer);
  expect(last).toBeLessThan(0.9 * first);
});

test('--weight-decay goes before that of the optimizer', async () => {
  const [, usual] = await losses('--optimizer', 'adamw');
  const [, same] = await losses('--optimizer', 'adamw', '--weight-decay', String(recipes.adamw.weightDecay));
  const [, other] = await losses('--optimizer', 'adamw', '--weight-decay', '10');
  expect(same).toBe(usual);
  expect(other).not.toBe(usual);
});

test.each([
  ...Object.keys(augmentations).map((name) => ['--augment', name]),
  ...Object.keys(mixers).map((name) => ['--mix', name]),
])('%s %s trains', async (option, name) => {
  const plain = await losses();
  const [first, last] = await losses(option, name);
  expect(first).toBeGreaterThan(0);
  expect(Number.isFinite(last)).toBe(true);
  if (name === 'none') expect([first, last]).toEqual(plain);
  else expect([first, last]).not.toEqual(plain);
});
