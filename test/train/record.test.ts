import { describe, expect, test } from 'vitest';

import { compose, flip, mixup, randomCrop } from '../../lib/augment/index.js';
import { Random } from '../../lib/core/random.js';
import type { Tensor } from '../../lib/core/tensor.js';
import { BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, Module, ReLU, Sequential } from '../../lib/nn/index.js';
import { AdamW, cosine, EMA, SAM } from '../../lib/optim/index.js';
import { Trainer, type FitOptions, type TrainerOptions, type TrainingRecord } from '../../lib/train/index.js';
import { testDevices } from '../devices.js';
import { brightQuarters } from './synthetic.js';

/** Passes its input on, and counts how often it was asked in training. */
class Counter extends Module {
  count = 0;

  private readonly act: (x: Tensor) => void;

  constructor(act: (x: Tensor) => void) {
    super();
    this.act = act;
  }

  override forward(x: Tensor): Tensor {
    if (this.training) this.count++;
    this.act(x);
    return x;
  }
}

interface Run {
  record: boolean;
  recipe?: (optimizer: AdamW) => Partial<TrainerOptions>;
  fitting?: (trainer: Trainer) => Partial<FitOptions>;
  act?: (x: Tensor) => void;
}

const images = brightQuarters(36, 1), others = brightQuarters(10, 2);

/** Three epochs of two steps of 16 images and one of 4. */
async function run(device: string, { record, recipe = () => ({}), fitting = () => ({}), act = () => undefined }: Run) {
  const random = new Random(1), options = { device, random };
  const counter = new Counter(act);
  using model = new Sequential(
    new Conv2d(1, 4, 3, { padding: 1, ...options }), new BatchNorm2d(4, options), new ReLU(), counter, new MaxPool2d(2),
    new Flatten(), new Dropout(0.1, options), new Linear(64, 4, options),
  );
  using optimizer = new AdamW(model.parameters(), { lr: 0.01 });
  const extras = recipe(optimizer);
  using trainer = new Trainer({ model, optimizer, random: random.fork(1), std: 0.5, record, ...extras });
  const records: TrainingRecord[] = [];
  const before = optimizer.device.memory();
  for await (const each of trainer.fit(images, { epochs: 3, batch: 16, test: others, schedule: cosine(0.01), ...fitting(trainer) })) {
    records.push(each.event === 'checkpoint' ? each : { ...each, imagesPerSecond: 0 });
  }
  await optimizer.device.synchronize();
  expect(optimizer.device.memory().tensors).toBe(before.tensors);
  extras.sam?.dispose();
  extras.average?.dispose();
  return { records, weights: await model.stateDict(), state: await optimizer.stateDict(), forwards: counter.count, why: trainer.notRecorded };
}

const everything = (optimizer: AdamW): Partial<TrainerOptions> => ({
  augment: compose([randomCrop({ size: 8, padding: 1 }), flip()]),
  mix: mixup({ classes: 4 }),
  sam: new SAM(optimizer),
  average: new EMA(optimizer, { decay: 0.9 }),
  clip: { norm: 1, value: 0.5 },
  labelSmoothing: 0.1,
});

/** The first layer stays as it is in the third and fourth of epochs of one step. */
const freezing = ({ model }: Trainer): Partial<FitOptions> => ({
  callbacks: [{
    epoch: ({ epoch }) => {
      for (const parameter of model.parameters().slice(0, 2)) parameter.requiresGrad = epoch !== 2 && epoch !== 3;
    },
  }],
});

describe.each(testDevices)('training with recorded steps on %s', (device) => {
  test.each<{ name: string; recipe?: Run['recipe']; fitting?: Run['fitting']; passes: number; forwards: number }>([
    // Of each shape one step is not recorded and one is; 16 images come 6 times, 4 images 3 times.
    { name: 'plainly', passes: 9, forwards: 4 },
    { name: 'with all that draws or keeps something', recipe: everything, passes: 18, forwards: 8 },
    // 32 images and 4 in two batches, and 1 step an epoch
    { name: 'with gradients of several batches', fitting: () => ({ accumulate: 3 }), passes: 9, forwards: 6 },
  ])('gives the bits of steps that are not: $name', async ({ recipe, fitting, passes, forwards }) => {
    const options = { ...(recipe && { recipe }), ...(fitting && { fitting }) };
    const plain = await run(device, { record: false, ...options }), fast = await run(device, { record: true, ...options });
    expect(plain.why).toBe('the option record is false');
    expect(fast.why).toBeNull();
    expect(plain.forwards).toBe(passes);
    expect(fast.forwards).toBe(forwards);
    expect({ ...fast, forwards: 0, why: '' }).toEqual({ ...plain, forwards: 0, why: '' });
  });
});

test('parameters that are frozen and thawed on the way are so in recorded steps', async () => {
  const fitting = (trainer: Trainer): Partial<FitOptions> => ({ ...freezing(trainer), batch: 36, epochs: 6 });
  const plain = await run('cpu', { record: false, fitting }), fast = await run('cpu', { record: true, fitting });
  expect({ ...fast, forwards: 0, why: '' }).toEqual({ ...plain, forwards: 0, why: '' });
  expect(fast.forwards).toBe(4); // one unrecorded and one recorded of each setting
});

test('a model that reads on the way trains unrecorded, and the trainer says why', async () => {
  const read: Promise<Float32Array>[] = [];
  const act = (x: Tensor) => void read.push(x.data());
  const plain = await run('cpu', { record: false, act }), fallen = await run('cpu', { record: true, act });
  expect(fallen.why).toBe('capture: expected only work that cpu can repeat by itself, but got data() or item(): a replay brings no value to the host by itself');
  expect({ ...fallen, forwards: 0, why: '' }).toEqual({ ...plain, forwards: 0, why: '' });
});
