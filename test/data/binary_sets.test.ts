import { rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

import { cifar10, cifar100, encodeIdx, mnist } from '../../lib/data/index.js';
import { readImage, testFolder } from './files.js';

const { folder, write } = testFolder('binary');

/** A record of CIFAR: its labels, then value(channel, row, column). */
function record(labels: readonly number[], value: (c: number, y: number, x: number) => number): Uint8Array {
  return Uint8Array.from([...labels, ...Array.from({ length: 3072 }, (_, i) => value(Math.floor(i / 1024), Math.floor(i / 32) % 32, i % 32))]);
}

const names = Array.from({ length: 10 }, (_, i) => `class ${i}`);

/** Six records in five files, then one to test; record i has label i and pixels that tell where they are. */
function writeCifar10(name: string, changed: { first?: Uint8Array } = {}): string {
  const of = (label: number) => record([label], (c, y, x) => (7 * label + 50 * c + 3 * y + x) % 256);
  write(`${name}/data_batch_1.bin`, changed.first ?? Buffer.concat([of(0), of(5)]));
  for (const part of [2, 3, 4, 5]) write(`${name}/data_batch_${part}.bin`, of(part));
  write(`${name}/test_batch.bin`, of(9));
  write(`${name}/batches.meta.txt`, `${names.join('\n')}\n\n`);
  return path.join(folder, name);
}

describe('cifar10', () => {
  test('planes become pixels', async () => {
    const { train, test: held } = await cifar10(writeCifar10('good'));
    expect([...train.labels]).toEqual([0, 5, 2, 3, 4, 5]);
    expect([...held.labels]).toEqual([9]);
    expect(train.classes).toEqual(names);
    const image = (await readImage(train, 2))!;
    for (const [y, x, c] of [[0, 0, 0], [31, 31, 2], [4, 7, 1]] as const) expect(image[(y * 32 + x) * 3 + c]).toBe((14 + 50 * c + 3 * y + x) % 256);
  });

  test('a wrong label or a file that was cut short: an error that names the file, or noted', async () => {
    const bad = Buffer.concat([record([1], () => 1), record([10], () => 2), record([3], () => 3), record([4], () => 4).subarray(0, 99)]);
    const where = writeCifar10('bad', { first: bad });
    await expect(cifar10(where)).rejects.toThrow(`${where}/data_batch_1.bin: expected whole records of 3073 bytes, but record 3 has only 99`);
    const whole = writeCifar10('label', { first: bad.subarray(0, 3 * 3073) });
    await expect(cifar10(whole)).rejects.toThrow(`${whole}/data_batch_1.bin record 1: expected a label below 10, but got 10`);
    const { train } = await cifar10(where, { corrupt: 'skip' });
    expect([...train.labels]).toEqual([1, 3, 2, 3, 4, 5]);
    expect((await readImage(train, 1))![0]).toBe(3);
    expect(train.skipped.size).toBe(2);
  });

  test('a missing file', async () => {
    const where = writeCifar10('missing');
    rmSync(path.join(where, 'data_batch_3.bin'));
    await expect(cifar10(where, { corrupt: 'skip' })).rejects.toMatchObject({ code: 'ERR_FILE', message: `${where}/data_batch_3.bin: expected a file that can be read, but there is none` });
    await expect(cifar10(path.join(folder, 'nowhere'))).rejects.toThrow(/batches\.meta\.txt: expected the names of CIFAR's classes, but got ENOENT/);
  });
});

test('cifar100 has coarse and fine labels', async () => {
  const pixels = () => 9;
  write('hundred/train.bin', Buffer.concat([record([1, 2], pixels), record([0, 3], pixels)]));
  write('hundred/test.bin', record([1, 0], pixels));
  write('hundred/fine_label_names.txt', 'a\nb\nc\nd\n');
  write('hundred/coarse_label_names.txt', 'x\ny\n');
  const where = path.join(folder, 'hundred');
  const fine = await cifar100(where), coarse = await cifar100(where, { labels: 'coarse' });
  expect([...fine.train.labels, ...fine.test.labels]).toEqual([2, 3, 0]);
  expect([...coarse.train.labels, ...coarse.test.labels]).toEqual([1, 0, 1]);
  expect(coarse.train.classes).toEqual(['x', 'y']);
  expect(await readImage(fine.train, 1)).toEqual(new Uint8Array(3072).fill(9));
});

describe('mnist', () => {
  const images = encodeIdx({ shape: [3, 2, 2], data: Uint8Array.from({ length: 12 }, (_, i) => i) });
  function writeMnist(name: string, labels: number[]): string {
    write(`${name}/train-images-idx3-ubyte`, images);
    write(`${name}/train-labels-idx1-ubyte.gz`, encodeIdx({ shape: [labels.length], data: Uint8Array.from(labels) }, { gzip: true }));
    write(`${name}/t10k-images-idx3-ubyte`, encodeIdx({ shape: [1, 2, 2], data: new Uint8Array(4) }));
    write(`${name}/t10k-labels-idx1-ubyte`, encodeIdx({ shape: [1], data: Uint8Array.of(7) }));
    return path.join(folder, name);
  }

  test('reads packed and plain files', async () => {
    const { train, test: held } = await mnist(writeMnist('digits', [3, 0, 9]));
    expect(train.shape).toEqual([2, 2, 1]);
    expect([...train.labels, ...held.labels]).toEqual([3, 0, 9, 7]);
    expect(await readImage(train, 1)).toEqual(Uint8Array.of(4, 5, 6, 7));
  });

  test('wrong labels', async () => {
    const where = writeMnist('wrong', [3, 12, 9]);
    await expect(mnist(where)).rejects.toThrow(`${where}/train-labels-idx1-ubyte.gz image 1: expected a label below 10, but got 12`);
    const { train } = await mnist(where, { corrupt: 'skip' });
    expect([...train.labels]).toEqual([3, 9]);
    expect(await readImage(train, 1)).toEqual(Uint8Array.of(8, 9, 10, 11));
    expect(train.skipped.size).toBe(1);
    await expect(mnist(writeMnist('few', [1, 2]))).rejects.toThrow(/expected a label for each image of \[3,2,2\] in .*, but got \[2\]/);
    await expect(mnist(path.join(folder, 'nowhere'))).rejects.toThrow(/^mnist: expected train-images-idx3-ubyte or /);
  });
});
