import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

import { imageFolder, type Dataset } from '../../lib/data/index.js';
import { collect, encode, farthest, picture, readImage, testFolder } from './files.js';

const { folder, write } = testFolder('images');
const cats = [picture(20, 30, 1), picture(20, 30, 2), picture(20, 30, 3)], dogs = [picture(40, 20, 4)];

beforeAll(async () => {
  write('good/cat/a.png', await encode(cats[0]!, 'png'));
  write('good/cat/b.JPG', await encode(cats[1]!, 'jpeg'));
  write('good/cat/more/c.webp', await encode(cats[2]!, 'webp'));
  write('good/cat/notes.txt', 'no image');
  write('good/dog/a.png', await encode(dogs[0]!, 'png'));

  const jpeg = await encode(picture(60, 60, 5), 'jpeg');
  write('bad/cat/a.png', await encode(cats[0]!, 'png'));
  write('bad/cat/b.jpg', jpeg.subarray(0, jpeg.length / 2));
  write('bad/cat/c.webp', 'these are no pixels');
  write('bad/dog/a.png', await encode(dogs[0]!, 'png'));
});

const read = async (dataset: Dataset, index: number) => (await readImage(dataset, index))!;

describe('imageFolder', () => {
  test('files of three formats, in order, with the folders as classes', async () => {
    const images = await imageFolder(path.join(folder, 'good'), { size: [20, 30] });
    expect(images.classes).toEqual(['cat', 'dog']);
    expect([...images.labels]).toEqual([0, 0, 0, 1]);
    expect(images.shape).toEqual([20, 30, 3]);
    expect(await read(images, 0)).toEqual(cats[0]!.data); // PNG loses nothing
    expect(farthest(await read(images, 1), cats[1]!.data)).toBeLessThan(5);
    expect(await read(images, 2)).toEqual(cats[2]!.data);
    const oneByOne = await imageFolder(path.join(folder, 'good'), { size: [20, 30], concurrency: 1 });
    const [batch] = await collect(oneByOne, { batch: 4 });
    expect(batch!.shape).toEqual([4, 20, 30, 3]);
    expect(batch!.images.subarray(2 * 1800, 3 * 1800)).toEqual(cats[2]!.data);
  });

  test('cover cuts off what is too long, fill stretches, contain adds bars', async () => {
    const tall = (fit: 'cover' | 'fill' | 'contain') => imageFolder(path.join(folder, 'good'), { size: 20, fit }).then((images) => read(images, 3));
    const middle = dogs[0]!.data.subarray(10 * 60, 30 * 60); // 40 rows of 20 pixels become the 20 in the middle
    expect(await tall('cover')).toEqual(middle);
    const stretched = await tall('fill'); // each row is about the mean of two
    const means = Uint8Array.from({ length: 1200 }, (_, i) => {
      const row = Math.floor(i / 60), column = i % 60;
      return (dogs[0]!.data[2 * row * 60 + column]! + dogs[0]!.data[(2 * row + 1) * 60 + column]!) / 2;
    });
    expect(farthest(stretched, means)).toBeLessThan(6);
    const barred = await tall('contain');
    expect([...barred.subarray(0, 12)]).toEqual(Array(12).fill(0));
    expect(barred[10 * 60 + 30]).toBeGreaterThan(0);
  });

  test('grey images have one channel', async () => {
    write('grey/a/a.png', await encode(picture(8, 8, 6, 1), 'png'));
    const images = await imageFolder(path.join(folder, 'grey'), { size: 8, channels: 1 });
    expect(images.shape).toEqual([8, 8, 1]);
    expect(await read(images, 0)).toEqual(picture(8, 8, 6, 1).data);
    const rgb = await imageFolder(path.join(folder, 'grey'), { size: 8 });
    expect([...(await read(rgb, 0))]).toEqual([...picture(8, 8, 6, 1).data].flatMap((value) => [value, value, value]));
  });

  test('a corrupt file is an error that names it', async () => {
    const images = await imageFolder(path.join(folder, 'bad'), { size: 20 });
    await expect(read(images, 1)).rejects.toThrow(/bad\/cat\/b\.jpg: expected a whole JPEG, PNG or WebP image, but got /);
    await expect(read(images, 2)).rejects.toThrow(/bad\/cat\/c\.webp: expected a whole JPEG, PNG or WebP image, but got /);
    await expect(collect(images, { batch: 2 })).rejects.toMatchObject({ code: 'ERR_DATA' });
  });

  test('or is left out and noted', async () => {
    const images = await imageFolder(path.join(folder, 'bad'), { size: 20, corrupt: 'skip' });
    for (let epoch = 0; epoch < 2; epoch++) {
      const all = await collect(images, { batch: 3 });
      expect(all.map(({ indices }) => [...indices])).toEqual([[0], [3]]);
      expect([...images.skipped.keys()].sort()).toEqual(['b.jpg', 'c.webp'].map((name) => path.join(folder, 'bad/cat', name)));
    }
    expect(images.take(2).skipped).toBe(images.skipped);
  });

  test('a folder that is no class', async () => {
    const bad = path.join(folder, 'bad'), options = { size: 20, classes: ['cat', 'cow'] };
    await expect(imageFolder(bad, options)).rejects.toThrow(/dog\/a\.png: expected images in folders of their classes \(cat, cow\), but got one in 'dog'/);
    const images = await imageFolder(bad, { ...options, corrupt: 'skip' });
    expect([...images.labels]).toEqual([0, 0, 0]);
    expect(images.skipped.size).toBe(1);
  });

  test('errors', async () => {
    await expect(imageFolder(path.join(folder, 'none'), { size: 8 })).rejects.toThrow(/none: expected a folder that can be read, but got ENOENT/);
    write('empty/a/b.txt', '');
    await expect(imageFolder(path.join(folder, 'empty'), { size: 8 })).rejects.toThrow('empty: expected JPEG, PNG or WebP files in a folder for each class, but there are none');
    await expect(imageFolder(folder, { size: 0 })).rejects.toThrow(/^imageFolder: expected size and concurrency to be whole numbers of at least 1, but got size \[0,0\]/);
  });
});
