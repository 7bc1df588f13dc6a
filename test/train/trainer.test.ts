import { describe, expect, test } from 'vitest';

import { accumulateInto } from '../../lib/core/gradient_memory.js';
import { Random } from '../../lib/core/random.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
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
import { EarlyStopping, Trainer, type Clipping, type EpochRecord, type FitOptions, type StepRecord, type TrainerOptions, type TrainingRecord } from '../../lib/train/index.js';
import { partOf } from '../../lib/train/training_state.js';
import { add, log, mul, ones, sqrt } from '../../lib/ops/index.js';
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

describe('what fit() adds to plain steps', () => {
  /** Without batch normalisation and dropout, so that two batches are one of twice the size. */
  function plainTrainer(device: string, options: Partial<TrainerOptions> = {}): Trainer {
    const random = new Random(3);
    const layer = { device, random };
    const model = new Sequential(new Conv2d(1, 4, 3, layer), new ReLU(), new Flatten(), new Linear(144, 4, layer));
    return new Trainer({ model, optimizer: new SGD(model.parameters(), { lr: 0.1 }), random: random.fork(1), ...options });
  }

  async function weightsAfter(trainer: Trainer, options: FitOptions): Promise<Float32Array> {
    await collect(trainer.fit(train, options));
    const state = await trainer.model.stateDict();
    return Float32Array.from([...state.values()].flatMap(({ data }) => [...data]));
  }

  test.each([...testDevices])('accumulated batches are one large batch on %s', async (device) => {
    // 40 images: steps of 24 and 16, the second from a whole and a part of a batch.
    const large = await weightsAfter(plainTrainer(device), { epochs: 1, batch: 24 });
    const small = await weightsAfter(plainTrainer(device), { epochs: 1, batch: 12, accumulate: 2 });
    const other = await weightsAfter(plainTrainer(device), { epochs: 1, batch: 12 });
    const apart = (a: Float32Array, b: Float32Array) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
    expect(apart(small, large)).toBeLessThan(1e-6);
    expect(apart(other, large)).toBeGreaterThan(1e-3);
  });

  test.each([...testDevices])('gradients are clipped by value and by norm on %s', async (device) => {
    const gradients = () => [[3, -4], [12]].map((values) => tensor(values, { device }));
    const parameters = [tensor([0, 0], { device, requiresGrad: true }), tensor([0], { device, requiresGrad: true })];
    using optimizer = new SGD(parameters, { lr: 1 });
    const clipped = async (clip: () => void) => {
      for (const [i, gradient] of gradients().entries()) {
        parameters[i]!.grad = gradient;
        parameters[i]!.gradIsStale = false;
      }
      clip();
      return (await Promise.all(parameters.map(({ grad }) => grad!.data()))).flatMap((values) => [...values]);
    };
    expect(await clipped(() => optimizer.clipValue(3.5))).toEqual([3, -3.5, 3.5]);
    const scaled = await clipped(() => optimizer.clipNorm(6.5));
    for (const [i, value] of [1.5, -2, 6].entries()) expect(scaled[i]).toBeCloseTo(value, 5);
    expect(await clipped(() => optimizer.clipNorm(13.1))).toEqual([3, -4, 12]);
    const norms: Promise<number>[] = [];
    await clipped(() => void norms.push(optimizer.clipNorm(1).item()));
    expect(await norms[0]).toBe(13);
    expect(() => optimizer.clipNorm(-1)).toThrow('clipNorm: expected most to be a finite number of at least 0, but got -1');
  });

  test('clipping bounds what a step changes', async () => {
    const change = async (clip: Clipping) => {
      const trainer = plainTrainer('cpu', { clip });
      const before = await trainer.model.stateDict();
      await collect(trainer.fit(train, { epochs: 1, batch: 40 }));
      const after = await trainer.model.stateDict();
      const differences = [...before].flatMap(([name, { data }]) => [...data].map((value, i) => after.get(name)!.data[i]! - value));
      return { norm: Math.hypot(...differences), most: Math.max(...differences.map(Math.abs)) };
    };
    expect((await change({})).norm).toBeGreaterThan(0.01);
    expect((await change({ norm: 0.01 })).norm).toBeCloseTo(0.001, 6);
    expect((await change({ value: 0.001 })).most).toBeCloseTo(0.0001, 6);
  });

  test('training ends when nothing improves', async () => {
    const trainer = plainTrainer('cpu');
    trainer.optimizer.lr = 0;
    const { epochs } = await collect(trainer.fit(train, { epochs: 50, test: test_, earlyStopping: { patience: 2 } }));
    expect(epochs).toHaveLength(4); // one that is the best, and one more than the patience
    await expect(collect(trainer.fit(train, { epochs: 1, earlyStopping: {} }))).rejects.toThrow(
      'EarlyStopping: expected testLoss to be measured, but got none; give fit() a test set',
    );
  });

  test('early stopping counts improvements of at least a size, in the right direction', () => {
    const epoch = (epoch: number, trainAccuracy: number): EpochRecord => ({ event: 'epoch', epoch, trainLoss: 0, trainAccuracy, imagesPerSecond: 0 });
    const stopping = new EarlyStopping({ measure: 'trainAccuracy', patience: 1, least: 0.1 });
    const over = [0.5, 0.55, 0.7, 0.65, 0.75].map((accuracy, i) => {
      stopping.observe(epoch(i, accuracy));
      return stopping.isOver;
    });
    expect(over).toEqual([false, false, false, false, true]); // 0.75 is not 0.1 better than 0.7
  });

  test('callbacks are called in order, and waited for', async () => {
    const seen: string[] = [];
    const wait = async (text: string) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      seen.push(text);
    };
    const callbacks = [{ step: ({ step }: StepRecord) => wait(`step ${step}`), epoch: ({ epoch }: EpochRecord) => wait(`epoch ${epoch}`) }];
    for await (const record of plainTrainer('cpu').fit(train, { epochs: 1, batch: 20, callbacks })) seen.push(record.event);
    expect(seen).toEqual(['step 1', 'step', 'step 2', 'step', 'epoch 1', 'epoch']);
  });

  describe.each([...testDevices])('the guard against NaN on %s', (device) => {
    /** Takes the logarithm of a negative number from a step on, behind a layer that has nothing to do with it. */
    class Failing extends Module {
      readonly first: Linear;
      readonly broken: Broken;
      constructor(failAt: number) {
        super();
        const options = { device, random: new Random(0) };
        this.first = new Linear(64, 4, options);
        this.broken = new Broken(failAt, options);
      }
      override forward(x: Tensor): Tensor {
        return this.broken.forward(this.first.forward(x.reshape([-1, 64])));
      }
    }

    class Broken extends Module {
      readonly steps: Tensor; // [1], counted on the device, so that a repeated step fails again
      private readonly failAt: number;
      constructor(failAt: number, options: { device: string }) {
        super();
        this.failAt = failAt;
        this.steps = tensor([0], options);
      }
      override forward(x: Tensor): Tensor {
        if (this.training) accumulateInto(this.steps, ones([1], { device }), 1);
        return add(x, log(add(mul(this.steps, -1), this.failAt))); // log(failAt - steps), all steps in training from 1 on
      }
    }

    test('says step, layer and op, and leaves the model as it was before', async () => {
      const losses: number[] = [];
      const model = new Failing(5.5); // finite for 5 steps: the 6th is log(-0.5)
      const trainer = new Trainer({ model, optimizer: new SGD(model.parameters(), { lr: 0.1 }), random: new Random(1) });
      const states: unknown[] = [];
      const fitting = (async () => {
        for await (const record of trainer.fit(train, { epochs: 3, batch: 10, checkpoint: { everySteps: 1 } })) {
          if (record.event === 'step') losses.push(record.loss);
          if (record.event === 'checkpoint') states.push(partOf(record.state.tensors, 'model'));
        }
      })();
      await expect(fitting).rejects.toThrow(
        /^fit: expected finite numbers, but in step 2 of epoch 2 unary_forward of layer broken made, as y \[1\], 1 element NaN or infinite$/,
      );
      expect(losses).toHaveLength(5);
      expect(await model.stateDict()).toEqual(states.at(-1));
    });

    test('names the layer whose gradient it is', async () => {
      const random = new Random(0);
      const model = new Sequential(new Flatten(), new Linear(64, 4, { device, random }), new Root());
      const watched = new Trainer({ model, optimizer: new SGD(model.parameters(), { lr: 0.1 }), random });
      await expect(collect(watched.fit(train, { epochs: 1, batch: 20 }))).rejects.toThrow(
        /^fit: expected finite numbers, but in step 1 of epoch 1 the gradient of sqrt \(unary_grad\) of layer 2 made, as dx \[20,4\], \d+ elements NaN or infinite$/,
      );
    });
  });
});

/** x, with a root of 0 added whose gradient is infinite. */
class Root extends Module {
  override forward(x: Tensor): Tensor {
    return add(x, sqrt(mul(x, 0)));
  }
}
