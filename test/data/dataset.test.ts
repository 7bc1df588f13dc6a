import { describe, expect, test } from 'vitest';

import { Random } from '../../lib/core/random.js';
import { batches, Dataset, type Batch } from '../../lib/data/index.js';
import { collect } from './files.js';

const SIZE = 6; // bytes of an image

/** Images 2 × 3 × 1, image i being full of i; labels repeat `labels`. */
function numbered(count: number, labels: readonly number[] = [0, 1, 2]): Dataset {
  const images = Uint8Array.from({ length: count * SIZE }, (_, i) => Math.floor(i / SIZE));
  const classes = ['a', 'b', 'c'];
  return new Dataset({ images, labels: Array.from({ length: count }, (_, i) => labels[i % labels.length]!), shape: [2, 3, 1], classes });
}

/** The number that each image of a data set is full of. */
async function numbers(dataset: Dataset): Promise<number[]> {
  const all = [];
  for await (const { image } of dataset) all.push(image[0]!);
  return all;
}

const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('Dataset', () => {
  test('iterating gives every sample in its place', async () => {
    const samples = [];
    for await (const sample of numbered(5)) samples.push(sample);
    expect(samples.map(({ index, label, image }) => [index, label, [...image]])).toEqual(
      range(5).map((i) => [i, i % 3, Array(SIZE).fill(i)]),
    );
  });

  test('subset, take and shuffle are views', async () => {
    const all = numbered(10);
    expect(await numbers(all.subset([7, 2, 2]))).toEqual([7, 2, 2]);
    expect([...all.subset([7, 2, 2]).labels]).toEqual([1, 2, 2]);
    expect(await numbers(all.take(3))).toEqual([0, 1, 2]);
    expect(all.take(99)).toHaveLength(10);
    const shuffled = await numbers(all.shuffle(new Random(4)));
    expect(sorted(shuffled)).toEqual(range(10));
    expect(shuffled).not.toEqual(range(10));
    expect(await numbers(all.shuffle(new Random(4)).subset([3, 0]))).toEqual([shuffled[3], shuffled[0]]);
    expect(all.take(0)).toHaveLength(0);
  });

  test('map changes images as they are read, into another shape', async () => {
    let calls = 0;
    const mapped = numbered(4).map(
      (image, label) => {
        calls++;
        return Promise.resolve(Uint8Array.of(image[0]!, label));
      },
      { shape: [1, 2, 1] },
    );
    expect(calls).toBe(0);
    const [batch] = await collect(mapped.subset([3, 1]), { batch: 8 });
    expect([...batch!.images]).toEqual([3, 0, 1, 1]);
    expect(batch!.shape).toEqual([2, 1, 2, 1]);
    expect(await numbers(numbered(3).map((image) => image.map((value) => value + 10)))).toEqual([10, 11, 12]);
  });

  test('split: parts have no image in common and their share of every class', async () => {
    const all = numbered(100, [0, 0, 0, 0, 0, 1, 1, 1, 1, 2]); // 50, 40 and 10 of the classes
    const [train, validation, test_] = all.split([0.7, 0.2, 0.1], { random: new Random(1) });
    expect([train.length, validation.length, test_.length]).toEqual([70, 20, 10]);
    expect(sorted([...(await numbers(train)), ...(await numbers(validation)), ...(await numbers(test_))])).toEqual(range(100));
    const counts = (part: Dataset) => [0, 1, 2].map((label) => part.labels.filter((other) => other === label).length);
    expect(counts(train)).toEqual([35, 28, 7]);
    expect(counts(validation)).toEqual([10, 8, 2]);
    expect(counts(test_)).toEqual([5, 4, 1]);
    expect(await numbers(train)).toEqual(sorted(await numbers(train)));
    const [again] = all.split([0.7], { random: new Random(1) });
    expect(await numbers(again)).toEqual(await numbers(train));
    const [other] = all.split([0.7], { random: new Random(2) });
    expect(await numbers(other)).not.toEqual(await numbers(train));
  });

  test('split without classes in mind cuts in the given order', async () => {
    const [first, second] = numbered(10).split([0.3, 0.7], { stratified: false });
    expect(await numbers(first)).toEqual([0, 1, 2]);
    expect(await numbers(second)).toEqual(range(10).slice(3));
  });

  test.each([2, 3, 7])('%d folds: every image is tested once, and trained on in the others', async (count) => {
    const all = numbered(23), folds = all.folds(count, { random: new Random(5) });
    expect(folds).toHaveLength(count);
    const tested = [];
    for (const { train, test: part } of folds) {
      expect(sorted([...(await numbers(train)), ...(await numbers(part))])).toEqual(range(23));
      for (const label of [0, 1, 2]) {
        const share = part.labels.filter((other) => other === label).length;
        expect(Math.abs(share - all.labels.filter((other) => other === label).length / count)).toBeLessThanOrEqual(1);
      }
      tested.push(...(await numbers(part)));
    }
    expect(sorted(tested)).toEqual(range(23));
  });

  test('errors', () => {
    const all = numbered(10);
    expect(() => all.subset([1, 10])).toThrow('subset: expected whole numbers from 0 to below 10, but got 10');
    expect(() => all.split([0.5, 0.6])).toThrow('split: expected shares above 0 that add up to at most 1, but got [0.5,0.6]');
    expect(() => all.folds(1)).toThrow('folds: expected count to be a whole number from 2 to 10, the number of images, but got 1');
    expect(() => all.image(10)).toThrow('image: expected index to be a whole number from 0 to below 10, but got 10');
    expect(() => new Dataset({ images: new Uint8Array(7), labels: [0], shape: [2, 3, 1], classes: ['a'] })).toThrow(
      'Dataset: expected 1 images of [2,3,1], one for each label, but got 7 bytes',
    );
    expect(() => new Dataset({ images: new Uint8Array(6), labels: [1], shape: [2, 3, 1], classes: ['a'] })).toThrow(
      'Dataset: expected labels from 0 to below 1, the number of classes, but image 0 has label 1',
    );
  });
});

describe('batches', () => {
  test.each([0, 2, 9])('every image comes once, with %d batches ahead', async (prefetch) => {
    const all = await collect(numbered(11), { batch: 4, prefetch });
    expect(all.map(({ labels }) => labels.length)).toEqual([4, 4, 3]);
    expect(all.map(({ position }) => position)).toEqual([4, 8, 11]);
    expect(all.flatMap(({ indices }) => [...indices])).toEqual(range(11));
    expect([...all[1]!.images]).toEqual(range(24).map((i) => 4 + Math.floor(i / SIZE)));
    expect([...all[1]!.labels]).toEqual([1, 2, 0, 1]);
    expect(await collect(numbered(11), { batch: 4, prefetch, dropLast: true })).toHaveLength(2);
    expect(await collect(numbered(0), { batch: 4, prefetch })).toEqual([]);
  });

  test('go on in the middle of an epoch as if they had never stopped', async () => {
    const seeded = new Random(3), dataset = numbered(23);
    for (const epoch of [1, 2]) {
      const whole = await collect(dataset, { batch: 4, random: seeded.fork(epoch) });
      for (const { position } of whole) {
        const rest = await collect(dataset, { batch: 4, random: seeded.fork(epoch), from: position });
        expect(rest).toEqual(whole.filter((batch) => batch.position > position));
      }
    }
    const orders = [1, 2].map((epoch) => collect(dataset, { batch: 23, random: seeded.fork(epoch) }));
    const [[first], [second]] = (await Promise.all(orders)) as [Batch[], Batch[]];
    expect(first!.indices).not.toEqual(second!.indices);
  });

  test('leave out what the data set leaves out', async () => {
    const dataset = new Dataset({
      images: (index) => Promise.resolve(index % 3 === 0 || index > 7 ? null : new Uint8Array(1).fill(index)),
      labels: range(12),
      shape: [1, 1, 1],
      classes: range(12).map(String),
    });
    const all = await collect(dataset, { batch: 4 });
    expect(all.map(({ indices, labels, images }) => [[...indices], [...labels], [...images]])).toEqual([
      [[1, 2], [1, 2], [1, 2]],
      [[4, 5, 7], [4, 5, 7], [4, 5, 7]],
    ]);
    expect(all.map(({ shape, position }) => [...shape, position])).toEqual([[2, 1, 1, 1, 4], [3, 1, 1, 1, 8]]);
  });

  test('an image that cannot be read is an error when its batch comes, and no sooner', async () => {
    const images = (index: number) => (index === 5 ? Promise.reject(new Error('image 5')) : Promise.resolve(new Uint8Array(1)));
    const dataset = new Dataset({ images, labels: range(8).fill(0), shape: [1, 1, 1], classes: ['a'] });
    const source = batches(dataset, { batch: 2, prefetch: 5 });
    await source.next();
    await new Promise((resolve) => setTimeout(resolve, 20)); // an unhandled rejection would end the process here
    await source.next();
    await expect(source.next()).rejects.toThrow('image 5');
  });

  test('errors', async () => {
    await expect(collect(numbered(3), { batch: 0 })).rejects.toThrow('batches: expected batch to be a whole number of at least 1, but got 0');
    await expect(collect(numbered(3), { batch: 1, from: 4 })).rejects.toThrow(
      'batches: expected from to be a whole number from 0 to 3, the number of images, but got 4',
    );
  });
});
