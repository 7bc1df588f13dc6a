import { describe, expect, test } from 'vitest';

import { Random } from '../../lib/core/random.js';
import {
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from '../../lib/nn/index.js';
import { cosine, SGD } from '../../lib/optim/index.js';
import { Trainer, type EpochRecord, type StepRecord, type TrainingRecord } from '../../lib/train/index.js';
import { testDevices } from '../devices.js';
import { brightQuarters } from './synthetic.js';

function network(device: string, random: Random): Module {
  const options = { device, random };
  return new Sequential(
    new Conv2d(1, 4, 3, { padding: 1, ...options }),
    new BatchNorm2d(4, options),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Dropout(0.1, options),
    new Linear(64, 4, options),
  );
}

function makeTrainer(device: string, seed = 1): Trainer {
  const random = new Random(seed);
  const model = network(device, random);
  const optimizer = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
  return new Trainer({ model, optimizer, random, mean: 0.3, std: 0.3 });
}

const train = brightQuarters(40, 1),
  test_ = brightQuarters(20, 2);

async function collect(
  records: AsyncIterable<TrainingRecord>,
): Promise<{ steps: StepRecord[]; epochs: EpochRecord[] }> {
  const steps: StepRecord[] = [],
    epochs: EpochRecord[] = [];
  for await (const record of records) {
    if (record.event === 'step') steps.push(record);
    else if (record.event === 'epoch') epochs.push(record);
  }
  return { steps, epochs };
}

describe.each([...testDevices])('Trainer on %s', (device) => {
  test('gives a record for each step and epoch, and learns', async () => {
    const trainer = makeTrainer(device);
    const { steps, epochs } = await collect(trainer.fit(train, { epochs: 6, batch: 16, test: test_ }));
    expect(steps.slice(0, 4).map(({ epoch, step, steps }) => [epoch, step, steps])).toEqual([
      [1, 1, 3],
      [1, 2, 3],
      [1, 3, 3],
      [2, 1, 3],
    ]);
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    const [first] = epochs,
      last = epochs.at(-1)!;
    const mean = (steps[0]!.loss * 16 + steps[1]!.loss * 16 + steps[2]!.loss * 8) / 40;
    expect(first!.trainLoss).toBeCloseTo(mean, 6);
    expect(last.trainLoss).toBeLessThan(first!.trainLoss / 2);
    expect(last.test!.accuracy).toBeGreaterThan(0.8);
    expect(
      last
        .test!.confusion.rows()
        .flat()
        .reduce((sum, count) => sum + count),
    ).toBe(20);
  });

  test('the same seed gives the same bits, another seed others', async () => {
    const losses = async (seed: number) => {
      const trainer = makeTrainer(device, seed);
      const { steps, epochs } = await collect(trainer.fit(train, { epochs: 2, batch: 16, test: test_ }));
      return [...steps.map(({ loss }) => loss), ...epochs.flatMap(({ test }) => [...test!.losses])];
    };
    const once = await losses(5);
    expect(await losses(5)).toEqual(once);
    expect(await losses(6)).not.toEqual(once);
  });
});

describe('Trainer', () => {
  test('evaluation leaves the model and its mode alone', async () => {
    const trainer = makeTrainer('cpu');
    const before = await trainer.model.stateDict();
    const { losses, predictions, loss, accuracy } = await trainer.evaluate(test_, { batch: 7 });
    expect(await trainer.model.stateDict()).toEqual(before);
    expect(trainer.model.training).toBe(true);
    expect(loss).toBeCloseTo(losses.reduce((sum, one) => sum + one) / 20, 6);
    expect(accuracy).toBeCloseTo(
      predictions.filter((prediction, i) => prediction === test_.labels[i]).length / 20,
      12,
    );
    expect((await trainer.evaluate(test_, { batch: 20 })).predictions).toEqual(predictions);
  });

  test('a signal ends training between two steps', async () => {
    const trainer = makeTrainer('cpu');
    const abort = new AbortController();
    const records = [];
    for await (const record of trainer.fit(train, {
      epochs: 100,
      batch: 4,
      test: test_,
      signal: abort.signal,
    })) {
      records.push(record);
      if (records.length === 3) abort.abort();
    }
    expect(records.length).toBeGreaterThanOrEqual(3);
    expect(records.length).toBeLessThan(10);
    expect(records.every(({ event }) => event === 'step')).toBe(true);
    const state = await trainer.model.stateDict();
    expect([...state.values()].every(({ data }) => data.every(Number.isFinite))).toBe(true);
  });

  test('leaving the loop early leaves nothing behind', async () => {
    const trainer = makeTrainer('cpu');
    const { device } = trainer.optimizer;
    const before = device.memory().tensors;
    for await (const record of trainer.fit(train, { epochs: 100, batch: 4 }))
      if (record.event === 'step' && record.step === 2) break;
    await device.synchronize();
    expect(device.memory().tensors).toBe(before);
  });

  test('a schedule sets the learning rate of each step', async () => {
    const trainer = makeTrainer('cpu');
    const schedule = cosine(0.1);
    const seen: [number, number][] = [];
    const recorded = (step: number, steps: number) => {
      seen.push([step, steps]);
      return schedule(step, steps);
    };
    await collect(trainer.fit(train, { epochs: 2, batch: 16, schedule: recorded }));
    expect(seen).toEqual([0, 1, 2, 3, 4, 5].map((step) => [step, 6]));
    expect(trainer.optimizer.lr).toBeCloseTo(schedule(5, 6), 12);
  });

  test('timers get their turn while steps run', async () => {
    const trainer = makeTrainer('cpu');
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await collect(trainer.fit(train, { epochs: 10, batch: 4 }));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
  });

  test('wrong arguments are told', async () => {
    const trainer = makeTrainer('cpu');
    await expect(trainer.fit(train, { epochs: 0 }).next()).rejects.toThrow(
      'fit: expected epochs to be a whole number of at least 1, but got 0',
    );
    await expect(trainer.fit(train.take(0), { epochs: 1 }).next()).rejects.toThrow(
      'fit: expected a data set with images, but got an empty one',
    );
    const { model, optimizer } = trainer;
    expect(() => new Trainer({ model, optimizer, random: new Random(0), std: 0 })).toThrow(
      'Trainer: expected std to be above 0, but got 0',
    );
  });
});
