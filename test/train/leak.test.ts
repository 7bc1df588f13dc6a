import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';

import { Random } from '../../lib/core/random.js';
import { BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential } from '../../lib/nn/index.js';
import { Adam } from '../../lib/optim/index.js';
import { Trainer } from '../../lib/train/index.js';
import { brightQuarters } from './synthetic.js';

const MEBIBYTE = 2 ** 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

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

  const uses = [];
  for await (const record of trainer.fit(brightQuarters(400), { epochs: 20, batch: 4 })) {
    if (record.event === 'step') continue;
    collectGarbage();
    const { rss, heapUsed, external } = process.memoryUsage();
    uses.push({ ...optimizer.device.memory(), rss, javascript: heapUsed + external });
  }
  expect(uses.length).toBe(20);
  const early = uses[4]!;
  const late = uses[19]!;
  expect(late.tensors).toBe(early.tensors);
  expect(late.inUse).toBe(early.inUse);
  expect(late.reserved).toBe(early.reserved);
  // 700 bytes a step: less than one tensor that JavaScript would keep.
  expect((late.javascript - early.javascript) / MEBIBYTE).toBeLessThan(1);
  // The process keeps what the collector has used before.
  expect((late.rss - early.rss) / MEBIBYTE).toBeLessThan(48);
}, 120_000);
