/** Serving: single images, answered in batches, while the model is trained. */
import { expect, test } from 'vitest';

import { Random } from '../../lib/core/random.js';
import type { Tensor } from '../../lib/core/tensor.js';
import { tensor } from '../../lib/core/tensor.js';
import { BatchNorm2d, Conv2d, GlobalAvgPool2d, Linear, Sequential } from '../../lib/nn/index.js';
import { SGD } from '../../lib/optim/index.js';
import { RequestBatcher, Trainer } from '../../lib/train/index.js';
import { brightQuarters } from './synthetic.js';

/** Remembers how many images came at a time. */
class Watched extends Sequential {
  readonly sizes: number[] = [];
  override forward(x: Tensor): Tensor {
    this.sizes.push(x.shape[0]!);
    return super.forward(x);
  }
}

function network(): Watched {
  const options = { device: 'cpu', random: new Random(1) };
  return new Watched(new Conv2d(1, 4, 3, { padding: 1, ...options }), new BatchNorm2d(4, options), new GlobalAvgPool2d(), new Linear(4, 4, options));
}

test('predict gives each image its output, in batches, in evaluation', async () => {
  using model = network();
  model.train();
  const values = Float32Array.from({ length: 5 * 64 }, (_, i) => Math.sin(i));
  using x = tensor(values, { shape: [5, 8, 8, 1], device: 'cpu' });
  const two = await model.predict(x, { batch: 2 });
  expect(model.sizes).toEqual([2, 2, 1]);
  expect([two.length, two[0]!.length, model.training]).toEqual([5, 4, true]);
  const all = await model.predict(x);
  for (const [i, row] of two.entries()) for (const [j, value] of row.entries()) expect(value).toBeCloseTo(all[i]![j]!, 5);
  expect(await model.predict(tensor(new Float32Array(), { shape: [0, 8, 8, 1], device: 'cpu' }))).toEqual([]);
  await expect(model.predict(x, { batch: 0 })).rejects.toThrow(/^predict: expected batch to be a whole number of at least 1, but got 0$/);
});

test('requests of one turn and of one pass go together', async () => {
  using model = network();
  const batcher = new RequestBatcher(model, { shape: [8, 8, 1], most: 4 });
  const images = Array.from({ length: 7 }, (_, i) => new Uint8Array(64).fill(10 * i));
  const answers = await Promise.all(images.map((image) => batcher.predict(image)));
  expect(model.sizes).toEqual([4, 3]);
  const again = await batcher.predict(images[6]!);
  for (const [j, value] of again.entries()) expect(value).toBeCloseTo(answers[6]![j]!, 5);
  expect(answers[0]).not.toEqual(answers[6]);
  await expect(batcher.predict(new Uint8Array(3))).rejects.toThrow(/^RequestBatcher: expected an image of \[8,8,1\], but got 3 bytes$/);
});

test('an error reaches all who asked, and the next are answered', async () => {
  using model = network();
  let fails = true;
  const prepare = (bytes: Tensor<'uint8'>) => {
    if (fails) throw new Error('no input');
    return tensor(new Float32Array(bytes.numel), { shape: bytes.shape, device: 'cpu' });
  };
  const batcher = new RequestBatcher(model, { shape: [8, 8, 1], prepare });
  const asked = await Promise.allSettled([batcher.predict(new Uint8Array(64)), batcher.predict(new Uint8Array(64))]);
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  expect(await batcher.predict(new Uint8Array(64))).toHaveLength(4);
});

test('answers come while the same model is trained, and training is what it is without them', async () => {
  const train = async (isServing: boolean) => {
    using model = network();
    using optimizer = new SGD(model.parameters(), { lr: 0.1 });
    using trainer = new Trainer({ model, optimizer, random: new Random(2) });
    const batcher = new RequestBatcher(model, { shape: [8, 8, 1] });
    const progress = { steps: 0, answers: 0, isDone: false };
    const asking = (async () => {
      while (isServing && !progress.isDone) progress.answers += (await batcher.predict(new Uint8Array(64).fill(7))).length / 4;
    })();
    for await (const { event } of trainer.fit(brightQuarters(256), { epochs: 2, batch: 16 })) if (event === 'step') progress.steps++;
    progress.isDone = true;
    await asking;
    return { ...progress, state: await model.stateDict() };
  };
  const served = await train(true), alone = await train(false);
  expect(served.answers).toBeGreaterThan(3);
  expect(served.steps).toBe(32);
  expect(served.state).toEqual(alone.state);
});
