/** Linear probes: features of layers, and classifiers of them. */
import { expect, test } from 'vitest';

import { Dataset } from '../../lib/data/index.js';
import { Conv2d, GlobalAvgPool2d, ReLU, Sequential } from '../../lib/nn/index.js';
import { extractFeatures, LinearProbe, type Features } from '../../lib/train/index.js';
import { TestRandom } from '../ops/array.js';

test('features are the layers’ outputs, or their means over places', async () => {
  using model = new Sequential(new Conv2d(1, 2, 1, { bias: false, device: 'cpu' }), new ReLU(), new GlobalAvgPool2d()).train();
  model.parameters()[0]!.write(Float32Array.of(255, -255));
  const dataset = new Dataset({ images: Uint8Array.of(0, 2, 4, 6, 1, 1, 1, 1), labels: Uint8Array.of(1, 0), shape: [2, 2, 1], classes: ['a', 'b'] });
  const { 1: relu, 0: conv } = await extractFeatures(model, dataset, { layers: ['0', '1'], batch: 1 });
  const close = (values: Float32Array) => Array.from(values, (value) => Math.round(1000 * value) / 1000 + 0);
  expect([relu.size, close(relu.values), [...relu.labels]]).toEqual([2, [3, 0, 1, 0], [1, 0]]);
  expect(close(conv.values)).toEqual([3, -3, 1, -1]);
  const all = await extractFeatures(model, dataset, { layers: ['0'], places: 'all' });
  expect(close(all['0'].values.subarray(0, 8))).toEqual([0, 0, 2, -2, 4, -4, 6, -6]);
  expect(model.training).toBe(true);
});

/** Three clouds of points far from 0, one of them between the others, and a feature without meaning of another size. */
function clouds(seed: number): Features {
  const random = new TestRandom(seed), labels = Int32Array.from({ length: 90 }, (_, i) => i % 3);
  const values = Float32Array.from([...labels].flatMap((label) => [
    100 + 3 * Math.cos(2 * label) + 0.4 * random.normal(), -5 + 3 * Math.sin(2 * label) + 0.4 * random.normal(), 1000 * random.normal(),
  ]));
  return { values, size: 3, labels };
}

test('a probe tells clouds apart that a line parts, and is the same each time', async () => {
  using probe = await LinearProbe.train(clouds(1), { classes: 3, lr: 0.03, device: 'cpu' });
  using again = await LinearProbe.train(clouds(1), { classes: 3, lr: 0.03, device: 'cpu' });
  expect(await probe.accuracy(clouds(1))).toBeGreaterThan(0.97);
  expect(await probe.accuracy(clouds(2))).toBeGreaterThan(0.95);
  expect(await again.predict(clouds(2))).toEqual(await probe.predict(clouds(2)));
});

test('wrong arguments are told', async () => {
  await expect(LinearProbe.train(clouds(1), { classes: 2, device: 'cpu' })).rejects.toThrow(/^LinearProbe: expected labels from 0 to 1, but got 2$/);
  await expect(LinearProbe.train({ values: new Float32Array(), size: 2, labels: new Int32Array() }, { classes: 2 })).rejects.toThrow(/expected features of images, but got none$/);
  using probe = await LinearProbe.train(clouds(1), { classes: 3, steps: 1, device: 'cpu' });
  await expect(probe.predict({ values: new Float32Array(2), size: 2, labels: new Int32Array(1) })).rejects.toThrow(/^LinearProbe: expected 3 features, but got 2$/);
});
