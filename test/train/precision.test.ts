import { describe, expect, test } from 'vitest';

import type { Float } from '../../lib/core/dtype.js';
import { Random } from '../../lib/core/random.js';
import { startObserving } from '../../lib/core/run.js';
import { createModel } from '../../lib/models/index.js';
import type { Module } from '../../lib/nn/index.js';
import { Adam, SAM } from '../../lib/optim/index.js';
import { Trainer, type FitOptions, type StepRecord, type TrainerOptions, type TrainingState } from '../../lib/train/index.js';
import { testDevices } from '../devices.js';
import { brightQuarters } from './synthetic.js';

const images = brightQuarters(48, 1), others = brightQuarters(16, 2);
const precisions = ['float32', 'bfloat16', 'float16'] as const;

/** Trains smallnet, which is 24,058 parameters. */
async function train(device: string, precision: Float, recipe: (optimizer: Adam, model: Module) => Partial<TrainerOptions> = () => ({}), fitting: Partial<FitOptions> = {}) {
  const random = new Random(7);
  using model = createModel('smallnet', { device, random, classes: 4 });
  using optimizer = new Adam(model.parameters(), { lr: 3e-3 });
  const extras = recipe(optimizer, model);
  using trainer = new Trainer({ model, optimizer, random: random.fork(1), std: 0.5, precision, ...extras });
  const steps: StepRecord[] = [], states: TrainingState[] = [], accuracies: number[] = [];
  for await (const record of trainer.fit(images, { epochs: 4, batch: 16, test: others, ...fitting })) {
    if (record.event === 'step') steps.push({ ...record, imagesPerSecond: 0 });
    else if (record.event === 'checkpoint') states.push(record.state);
    else accuracies.push(record.test!.accuracy);
  }
  const final = await trainer.stateTensors();
  extras.sam?.dispose();
  return { steps, states, accuracies, final, why: trainer.notRecorded };
}

const lossesOf = ({ steps }: { steps: StepRecord[] }) => steps.map(({ loss }) => loss);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe.each(testDevices)('smallnet on %s', (device) => {
  test.each(precisions)('learns in %s, with recorded steps and without to the same bits', async (precision) => {
    const run = await train(device, precision);
    const losses = lossesOf(run);
    expect(run.why).toBeNull();
    expect(mean(losses.slice(-3))).toBeLessThan(0.8 * mean(losses.slice(0, 3)));
    expect({ ...(await train(device, precision, () => ({ record: false }))), why: null }).toEqual(run);
  });

  test('the precisions differ, and not by much', async () => {
    const losses = await Promise.all(precisions.map(async (precision) => lossesOf(await train(device, precision, undefined, { epochs: 1 }))));
    for (const half of losses.slice(1)) {
      expect(half).not.toEqual(losses[0]);
      for (const [i, loss] of half.entries()) expect(Math.abs(loss / losses[0]![i]! - 1)).toBeLessThan(0.05);
    }
  });
});

test('float16 computes in float16, in training and in evaluation', async () => {
  const kinds = new Set<string>();
  const stop = startObserving({ before: (name, inputs) => void (name === 'conv_forward' && kinds.add(inputs['x']!.dtype)) });
  try {
    await train('cpu', 'float16', undefined, { epochs: 1 });
  } finally {
    stop();
  }
  expect([...kinds]).toEqual(['float16']);
});

test('a resumed run in float16 has the bits of one that never stopped, SAM and clipping included', async () => {
  const recipe = (optimizer: Adam) => ({ sam: new SAM(optimizer), clip: { norm: 1 } });
  const whole = await train('cpu', 'float16', recipe, { epochs: 2, checkpoint: { everySteps: 1 } });
  expect(whole.states[0]!.tensors.get('scaler.scale')?.data).toHaveLength(1);
  for (const resume of whole.states.slice(0, 5)) {
    const rest = await train('cpu', 'float16', recipe, { epochs: 2, resume });
    expect(rest.final).toEqual(whole.final);
    expect(lossesOf(rest)).toEqual(lossesOf(whole).slice(-rest.steps.length));
  }
});

test('steps whose scaled gradients overflow are left out, with a lower scale from then on', async () => {
  const recipe = (_: Adam, model: Module) => {
    const weight = model.namedParameters().get('classifier.weight')!; // [64,4]
    weight.write(Float32Array.from({ length: weight.numel }, (_, i) => 40 * Math.sin(i + 1)));
    return { clip: { norm: 1 } };
  };
  const run = await train('cpu', 'float16', recipe, { epochs: 2 });
  const number = (name: string) => run.final.get(name)!.data[0]!;
  const leftOut = Math.log2(65536 / number('scaler.scale'));
  expect(leftOut).toBeGreaterThan(0);
  expect(number('optimizer.step')).toBe(run.steps.length - leftOut);
  expect([...run.final.values()].every(({ data }) => data.every(Number.isFinite))).toBe(true);
});

test('a loss that is not finite ends a run in float16 with the op that made it', async () => {
  const random = new Random(7);
  using model = createModel('smallnet', { device: 'cpu', random, classes: 4 });
  using optimizer = new Adam(model.parameters(), { lr: 1e-3 });
  using trainer = new Trainer({ model, optimizer, random, precision: 'float16' });
  const run = async () => {
    for await (const { event } of trainer.fit(images, { epochs: 3, batch: 16 })) {
      if (event === 'epoch') model.namedParameters().get('features.1.weight')!.write(new Float32Array(16).fill(1e6)); // too large for float16
    }
  };
  await expect(run()).rejects.toMatchObject({ code: 'ERR_NOT_FINITE', message: expect.stringMatching(/^fit: expected finite numbers, but in step \d of epoch 2 \w+/) as string });
});

test('another precision is refused', () => {
  const random = new Random(7);
  using model = createModel('smallnet', { device: 'cpu', random, classes: 4 });
  using optimizer = new Adam(model.parameters(), { lr: 1e-3 });
  const options: Record<string, unknown> = { precision: 'float64' };
  expect(() => new Trainer({ model, optimizer, random, ...options })).toThrow("Trainer: expected precision to be 'float32' or 'bfloat16' or 'float16', but got 'float64'");
});
