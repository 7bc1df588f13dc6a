import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { compose, flip, mixup, randomCrop } from '../../lib/augment/index.js';
import { Random } from '../../lib/core/random.js';
import { BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential } from '../../lib/nn/index.js';
import { Adam, cosine, EMA, Plateau, SAM } from '../../lib/optim/index.js';
import { CheckpointFolder, Trainer, type FitOptions, type TrainerOptions, type TrainingRecord, type TrainingState } from '../../lib/train/index.js';
import { testDevices } from '../devices.js';
import { brightQuarters } from './synthetic.js';

/** A small network with all that has a state: running statistics, and draws of dropout. */
function makeTrainer(device: string, recipe: (optimizer: Adam) => Partial<TrainerOptions> = () => ({})): Trainer {
  const random = new Random(1), options = { device, random };
  const model = new Sequential(
    new Conv2d(1, 4, 3, { padding: 1, ...options }),
    new BatchNorm2d(4, options),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Dropout(0.1, options),
    new Linear(64, 4, options),
  );
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  return new Trainer({ model, optimizer, random: random.fork(1), std: 0.5, ...recipe(optimizer) });
}

/** All that draws or keeps something of its own. */
const everything = (optimizer: Adam): Partial<TrainerOptions> => ({
  augment: compose([randomCrop({ size: 8, padding: 1 }), flip()]),
  mix: mixup({ classes: 4 }),
  sam: new SAM(optimizer),
  average: new EMA(optimizer, { decay: 0.9 }),
  clip: { norm: 1 },
});

const images = brightQuarters(40, 1), others = brightQuarters(20, 2);

/** The records of a run, without times, up to the `stopAt`-th checkpoint, and the state in that. */
async function follow(trainer: Trainer, options: FitOptions, stopAt = Infinity) {
  const records: TrainingRecord[] = [], states: TrainingState[] = [];
  for await (const record of trainer.fit(images, options)) {
    if (record.event === 'checkpoint') {
      states.push(record.state);
      if (states.length === stopAt) break;
    } else {
      records.push({ ...record, imagesPerSecond: 0 });
    }
  }
  return { records, states, weights: await trainer.model.stateDict() };
}

describe.each([...testDevices])('a resumed run on %s', (device) => {
  // Steps of an epoch: 40 images in batches of 8, two to a step.
  const options = (): FitOptions => ({
    epochs: 2, batch: 8, accumulate: 2, schedule: cosine(0.01), test: others, checkpoint: { everySteps: 1 }, earlyStopping: { patience: 3 },
  });

  test.each([
    { name: 'plain', recipe: () => ({}) },
    { name: 'with augmentation, mixup, SAM and EMA', recipe: everything },
  ])('has the bits of one that never stopped, wherever it goes on ($name)', async ({ recipe }) => {
    const whole = await follow(makeTrainer(device, recipe), options());
    expect(whole.states.map(({ progress: { epoch, step } }) => [epoch, step])).toEqual([
      [1, 1], [1, 2], [1, 3], [2, 0], [2, 1], [2, 2], [2, 3], [3, 0],
    ]);
    for (const [i, resume] of whole.states.entries()) {
      const rest = await follow(makeTrainer(device, recipe), { ...options(), resume });
      expect(rest.weights, `from checkpoint ${i}`).toEqual(whole.weights);
      expect(rest.records, `from checkpoint ${i}`).toEqual(whole.records.slice(whole.records.length - rest.records.length));
      expect(rest.states.at(-1) ?? whole.states.at(-1)).toEqual(whole.states.at(-1));
    }
  });
});

test('a plateau goes on with what it has seen', async () => {
  const options = (): FitOptions => ({
    epochs: 6, batch: 20, schedule: new Plateau(0.01, { factor: 0.5, patience: 0, threshold: 0.5 }), checkpoint: {},
  });
  const whole = await follow(makeTrainer('cpu'), options());
  const rest = await follow(makeTrainer('cpu'), { ...options(), resume: whole.states[2] });
  expect(rest.weights).toEqual(whole.weights);
  expect(new Set(whole.records.flatMap((record) => (record.event === 'step' ? [record.lr] : []))).size).toBeGreaterThan(2);
});

test('a state of another model is refused', async () => {
  const { states } = await follow(makeTrainer('cpu'), { epochs: 1, checkpoint: {} });
  const trainer = makeTrainer('cpu');
  const tensors = new Map([...states[0]!.tensors].slice(1));
  await expect(trainer.fit(images, { epochs: 1, resume: { ...states[0]!, tensors } }).next()).rejects.toThrow(
    'loadStateDict: expected the tensors of Sequential, but got missing 0.weight',
  );
  await expect(trainer.fit(images.take(4), { epochs: 1, batch: 4, resume: { ...states[0]!, progress: { ...states[0]!.progress, position: 9 } } }).next()).rejects.toThrow(
    'fit: expected resume to be within the 4 images of an epoch, but got behind 9',
  );
});

describe('CheckpointFolder', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'convolt-checkpoints-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('brings a state back bit for bit and keeps the newest', async () => {
    const checkpoints = new CheckpointFolder(path.join(folder, 'made'), { keep: 2 });
    expect(await checkpoints.latest()).toBeUndefined();
    const { states } = await follow(makeTrainer('cpu'), { epochs: 1, batch: 16, checkpoint: { everySteps: 1 } });
    for (const state of states) await checkpoints.save(state, { metadata: { model: 'none' }, notes: { a: [1, 0.1] } });
    const newest = await checkpoints.latest();
    expect(newest).toMatchObject({ metadata: { model: 'none' }, notes: { a: [1, 0.1] } });
    expect(newest?.state).toEqual(states.at(-1));
    expect((await readdir(path.join(folder, 'made'))).sort()).toEqual([
      'epoch-0001-step-00000003.safetensors',
      'epoch-0001-step-00000003.state.safetensors',
      'epoch-0002-step-00000000.safetensors',
      'epoch-0002-step-00000000.state.safetensors',
    ]);
  });

  test('tells what is damaged or foreign, and goes to the one before when asked', async () => {
    const place = path.join(folder, 'damaged');
    const checkpoints = new CheckpointFolder(place);
    const { states } = await follow(makeTrainer('cpu'), { epochs: 1, batch: 16, checkpoint: { everySteps: 2 } });
    for (const state of states) await checkpoints.save(state);
    const [, newest = ''] = await checkpoints.list();
    const second = newest.replace(/\.safetensors$/, '.state.safetensors');
    const [weights, state] = [await readFile(newest), await readFile(second)];

    await writeFile(newest, weights.subarray(0, weights.length - 10));
    await expect(checkpoints.latest()).rejects.toThrow(/epoch-0002-step-00000000\.safetensors: expected a safetensors file, but it ends 10 bytes before the end of 6\.bias/);
    const passed: string[] = [];
    const before = await checkpoints.latest({ skipDamaged: true, onDamaged: ({ message }) => void passed.push(message) });
    expect(before?.state).toEqual(states[0]);
    expect(passed).toHaveLength(1);

    const changed = Buffer.from(weights);
    changed[changed.length - 1]! ^= 1;
    await writeFile(newest, changed);
    await expect(checkpoints.latest()).rejects.toThrow(/safetensors: expected the weights that .* was saved with, but got others/);
    await writeFile(newest, weights);
    await writeFile(second, state.subarray(0, 100));
    await expect(checkpoints.latest()).rejects.toThrow(/state\.safetensors: expected a safetensors file, but its header/);
    await writeFile(second, weights);
    await expect(checkpoints.latest()).rejects.toThrow(/state\.safetensors: expected the state of a training run, but its metadata does not say that it is one/);
    await rm(second);
    expect((await checkpoints.latest())?.state).toEqual(states[0]);
  });
});
