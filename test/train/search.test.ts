import { describe, expect, test } from 'vitest';

import { Random } from '../../lib/core/random.js';
import { Dataset } from '../../lib/data/index.js';
import { Flatten, Linear, Sequential } from '../../lib/nn/index.js';
import { SGD } from '../../lib/optim/index.js';
import { crossValidate, drawsOf, findLearningRate, gridOf, renderLrFinding, search, searchTable, Trainer } from '../../lib/train/index.js';
import { brightQuarters } from './synthetic.js';

function makeTrainer(lr = 0.1): Trainer {
  const random = new Random(1);
  const model = new Sequential(new Flatten(), new Linear(64, 4, { device: 'cpu', random }));
  return new Trainer({ model, optimizer: new SGD(model.parameters(), { lr, momentum: 0.9 }), random: random.fork(1) });
}

/** Images of which a third have another label, so that no weights fit them all. */
function confused(count: number): Dataset {
  const images = brightQuarters(count);
  const labels = images.labels.map((label, i) => (i % 3 === 0 ? (label + 1) % 4 : label));
  return new Dataset({ images: (index) => images.image(index), labels, shape: images.shape, classes: images.classes });
}

describe('choices', () => {
  test('a grid has every combination', () => {
    expect(gridOf({ lr: [1, 2], optimizer: ['sgd', 'adam'] })).toEqual([
      { lr: 1, optimizer: 'sgd' },
      { lr: 1, optimizer: 'adam' },
      { lr: 2, optimizer: 'sgd' },
      { lr: 2, optimizer: 'adam' },
    ]);
    expect(() => gridOf({ lr: [] })).toThrow('gridOf: expected values for lr, but got none');
  });

  test('draws come from lists and ranges, evenly', () => {
    const draws = drawsOf({ lr: { from: 1e-4, to: 1, log: true }, share: { from: -1, to: 1 }, name: ['a', 'b'] }, 4000, new Random(1));
    const lrs = draws.map(({ lr }) => Math.log10(Number(lr))), shares = draws.map(({ share }) => Number(share));
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value) / values.length;
    expect([Math.min(...lrs) >= -4, Math.max(...lrs) <= 0, Math.min(...shares) >= -1, Math.max(...shares) <= 1]).toEqual([true, true, true, true]);
    expect(Math.abs(mean(lrs) + 2)).toBeLessThan(0.1);
    expect(Math.abs(mean(shares))).toBeLessThan(0.05);
    expect(Math.abs(draws.filter(({ name }) => name === 'a').length / 4000 - 0.5)).toBeLessThan(0.05);
    expect(drawsOf({ lr: [1, 2, 3] }, 5, new Random(3))).toEqual(drawsOf({ lr: [1, 2, 3] }, 5, new Random(3)));
    expect(() => drawsOf({ lr: { from: 0, to: 1, log: true } }, 1, new Random(0))).toThrow('drawsOf: expected the range of lr to begin above 0, but got 0');
  });
});

test('a search puts the best first, and what was no number last', async () => {
  const seen: number[] = [];
  const results = await search(gridOf({ x: [1, 2, 3, 4] }), ({ x }) => Promise.resolve(x === 4 ? NaN : -((Number(x) - 2) ** 2)), { onResult: ({ score }) => void seen.push(score) });
  expect(results.map(({ choice }) => choice['x'])).toEqual([2, 1, 3, 4]);
  expect(seen).toEqual([-1, -0, -1, NaN]);
  expect((await search(gridOf({ x: [1, 2] }), ({ x }) => Promise.resolve(Number(x)), { better: 'smaller' }))[0]!.choice).toEqual({ x: 1 });
  const table = searchTable([{ choice: { lr: 0.1, name: 'a' }, score: 0.5, seconds: 1.25 }, { choice: { lr: 1 / 3 }, score: 0.25, seconds: 10 }]);
  expect(table.split('\n')).toEqual(['    lr  name   score  seconds', '   0.1     a  0.5000      1.3', '0.3333        0.2500     10.0']);
});

test('a search over training finds the rate that trains', async () => {
  const images = brightQuarters(64), others = brightQuarters(32, 1);
  const results = await search(gridOf({ lr: [1e-6, 0.03] }), async ({ lr }) => {
    const trainer = makeTrainer(Number(lr));
    for await (const record of trainer.fit(images, { epochs: 3, batch: 16 })) void record;
    return (await trainer.evaluate(others)).accuracy;
  });
  expect(results[0]!.choice).toEqual({ lr: 0.03 });
});

test('cross-validation measures every image once', async () => {
  const images = brightQuarters(30);
  const measured: number[] = [];
  const { scores, mean, deviation } = await crossValidate(images, { folds: 3, random: new Random(1) }, (train, test, fold) => {
    expect(train.length + test.length).toBe(30);
    measured.push(test.length);
    return Promise.resolve(fold);
  });
  expect(measured.reduce((sum, count) => sum + count)).toBe(30);
  expect([scores, mean, deviation]).toEqual([[0, 1, 2], 1, 1]);
});

describe('the learning rate finder', () => {
  test('rises from one rate to the other, stops where the loss does not come back, and leaves everything as it was', async () => {
    const trainer = makeTrainer(), images = confused(400);
    const before = [await trainer.model.stateDict(), await trainer.optimizer.stateDict(), trainer.random.state(), trainer.optimizer.lr];
    const { rates, losses, suggestion } = await findLearningRate(trainer, images, { from: 1e-4, to: 1e6, steps: 60, batch: 16 });
    expect([await trainer.model.stateDict(), await trainer.optimizer.stateDict(), trainer.random.state(), trainer.optimizer.lr]).toEqual(before);
    expect(rates[0]).toBe(1e-4);
    for (const [i, rate] of rates.entries()) if (i > 0) expect(rate / rates[i - 1]!).toBeCloseTo(1e10 ** (1 / 59), 9);
    expect(rates.length).toBeLessThan(60);
    expect(rates.length).toBeGreaterThan(20);
    expect(losses).toHaveLength(rates.length);
    const lowest = rates[losses.indexOf(Math.min(...losses))]!;
    expect(suggestion).toBeGreaterThan(1e-4);
    expect(suggestion).toBeLessThan(lowest);
    expect(renderLrFinding({ rates, losses, suggestion }, 'a "title"')).toMatch(/^<!doctype html>[\s\S]*a &quot;title&quot;[\s\S]*<svg/);
  });

  test('goes through more epochs if it must, and tells wrong options', async () => {
    const { rates } = await findLearningRate(makeTrainer(), brightQuarters(10), { from: 1e-5, to: 1e-4, steps: 9, batch: 5 });
    expect(rates).toHaveLength(9);
    await expect(findLearningRate(makeTrainer(), brightQuarters(10), { from: 1, to: 0.1 })).rejects.toThrow('findLearningRate: expected to to be a finite number of at least 1, but got 0.1');
  });
});
