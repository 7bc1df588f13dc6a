import { expect, test } from 'vitest';

import { Random } from '../../lib/core/random.js';
import { BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential } from '../../lib/nn/index.js';
import { Adam } from '../../lib/optim/index.js';
import { Trainer } from '../../lib/train/index.js';
import { brightQuarters } from './synthetic.js';

const MEBIBYTE = 2 ** 20;

test('2,000 training steps leave memory and live tensors as they were', async () => {
  const random = new Random(0);
  const options = { device: 'cpu', random };
  using model = new Sequential(
    new Conv2d(1, 4, 3, options),
    new BatchNorm2d(4, options),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Linear(36, 4, options),
  );
  using optimizer = new Adam(model.parameters());
  const trainer = new Trainer({ model, optimizer, random });
  const perEpoch = 10;

  const uses = [];
  for await (const record of trainer.fit(brightQuarters(4 * perEpoch), {
    epochs: 2000 / perEpoch,
    batch: 4,
  })) {
    if (record.event === 'epoch')
      uses.push({ ...optimizer.device.memory(), process: process.memoryUsage.rss() });
  }
  const early = uses[9]!,
    late = uses.at(-1)!;
  expect(uses.length).toBe(200);
  expect(late.tensors).toBe(early.tensors);
  expect(late.inUse).toBe(early.inUse);
  expect(late.reserved).toBe(early.reserved);
  // JavaScript's garbage is collected in bursts; a leak of a few kilobytes a step would be more than this.
  expect((late.process - uses[99]!.process) / MEBIBYTE).toBeLessThan(48);
}, 120_000);
