/** Archives are made by the system's tar. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

import { tarShards } from '../../lib/data/index.js';
import { collect, encode, picture, readImage, testFolder } from './files.js';

const { folder, write } = testFolder('shards');
const images = [11, 12, 13, 14].map((seed) => picture(9, 9, seed));
const longFolder = 'a-folder-whose-name-is-long/'.repeat(6);
const names = ['0000', 'deep/0001.of.these', `${longFolder}0002`, '0003']; // a sample is named up to the first dot

const shard = (format: string): string => path.join(folder, `${format}.tar`);
const options = { size: 9, classes: ['a', 'b', 'c', 'd'] };

beforeAll(async () => {
  const files = [];
  for (const [i, name] of names.entries()) {
    write(`in/${name}.png`, await encode(images[i]!, 'png'));
    write(`in/${name.replace(/\.of.*/, '')}.cls`, `${3 - i}\n`);
    files.push(`${name}.png`, `${name.replace(/\.of.*/, '')}.cls`);
  }
  write('in/readme.txt', 'beside the images');
  for (const format of ['gnu', 'pax', 'ustar']) {
    execFileSync('tar', ['-C', path.join(folder, 'in'), `--format=${format}`, '-cf', shard(format), ...files, 'readme.txt', '--no-recursion', 'deep']);
  }
});

describe('tarShards', () => {
  test.each(['gnu', 'pax', 'ustar'])('an archive of format %s', async (format) => {
    const dataset = await tarShards([shard(format)], options);
    expect([...dataset.labels]).toEqual([3, 2, 1, 0]);
    for (const [i, { data }] of images.entries()) expect(await readImage(dataset, i)).toEqual(data);
  });

  test('several shards in any order', async () => {
    const dataset = await tarShards([shard('gnu'), shard('pax')], options);
    expect(dataset).toHaveLength(8);
    const [batch] = await collect(dataset.subset([6, 0, 5]), { batch: 3 });
    expect([...batch!.labels]).toEqual([1, 3, 2]);
    expect(batch!.images).toEqual(Uint8Array.from([2, 0, 1].flatMap((i) => [...images[i]!.data])));
  });

  test('a shard that was cut short: an error that names it, or what is left of it', async () => {
    const whole = readFileSync(shard('ustar'));
    const inData = write('in-data.tar', whole.subarray(0, 512 + 20)), inHeader = write('in-header.tar', whole.subarray(0, 1024 + 1024 + 100));
    await expect(tarShards([inData], options)).rejects.toThrow(/in-data\.tar: expected \d+ bytes of 0000\.png, but the archive ends after 20 of them/);
    await expect(tarShards([inHeader], options)).rejects.toThrow(/in-header\.tar: expected a header of 512 bytes at 2048, but the archive ends after 2148/);
    const dataset = await tarShards([inData, inHeader, shard('ustar')], { ...options, corrupt: 'skip' });
    expect([...dataset.labels]).toEqual([3, 3, 2, 1, 0]);
    expect(dataset.skipped.size).toBe(2);
    expect(await readImage(dataset, 0)).toEqual(images[0]!.data);
  });

  test('no archive, a wrong label, no label, a corrupt image', async () => {
    const junk = write('junk.tar', Buffer.alloc(2000, 'x'));
    await expect(tarShards([junk], options)).rejects.toThrow(`${junk}: expected a tar archive, but there is no header at 0`);
    await expect(tarShards([path.join(folder, 'none.tar')], options)).rejects.toThrow(/none\.tar: expected a file that can be read, but got ENOENT/);

    write('odd/a.png', await encode(images[0]!, 'png'));
    write('odd/a.cls', '4');
    write('odd/b.png', await encode(images[0]!, 'png'));
    write('odd/c.png', 'no image');
    write('odd/c.cls', '1');
    const odd = path.join(folder, 'odd.tar');
    execFileSync('tar', ['-C', path.join(folder, 'odd'), '-cf', odd, 'a.png', 'a.cls', 'b.png', 'c.png', 'c.cls']);
    await expect(tarShards([odd], options)).rejects.toThrow(`${odd}/a.cls: expected a label from 0 to below 4, but got '4'`);
    const dataset = await tarShards([odd], { ...options, corrupt: 'skip' });
    expect([...dataset.labels]).toEqual([1]);
    expect(await readImage(dataset, 0)).toBeNull();
    expect([...dataset.skipped.values()].map((note) => note.replace(/(, but got In|, but got V).*/s, ''))).toEqual([
      `${odd}/a.cls: expected a label from 0 to below 4, but got '4'`,
      `${odd}/b.png: expected a label in b.cls, but there is no such file`,
      `${odd}/c.png: expected a whole JPEG, PNG or WebP image`,
    ]);
  });

  test('a shard that shrinks between its index and its use', async () => {
    const copy = write('shrinks.tar', readFileSync(shard('ustar')));
    const dataset = await tarShards([copy], options);
    write('shrinks.tar', readFileSync(shard('ustar')).subarray(0, 600));
    await expect(readImage(dataset, 0)).rejects.toThrow(/shrinks\.tar: expected \d+ bytes from 512 on, but the file ends after 600/);
    rmSync(copy);
    await expect(readImage(dataset, 0)).rejects.toThrow(/shrinks\.tar: expected a file that can be read/);
  });
});
