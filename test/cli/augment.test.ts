/** `convolt augment`, the compiled command in a process of its own. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import sharp from 'sharp';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';

import { encode, picture, testFolder } from '../data/files.js';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const { folder, write } = testFolder('augment');

function augment(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'augment', ...args], { encoding: 'utf8', cwd: folder });
  return { status, stdout, stderr };
}

/** A tile of a sheet, RGB. */
async function tile(file: string, left: number, top: number, size: number): Promise<Uint8Array> {
  return Uint8Array.from(await sharp(path.join(folder, file)).extract({ left, top, width: size, height: size }).raw().toBuffer());
}

beforeAll(async () => {
  for (const [i, name] of ['a/1', 'a/2', 'b/1'].entries()) write(`photos/${name}.png`, await encode(picture(20, 20, i), 'png'));
});

describe('convolt augment', () => {
  test('a row for each name, of the same images', async () => {
    const { status, stdout, stderr } = augment('--data', 'photos', '--size', '20', '--columns', '3', '--rows', 'original,flip,invert', '--out', 'sheet.png', '--seed', '4');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    // Images of 20 pixels are shown three times as large.
    expect(stdout).toBe('sheet.png: 188 x 188 pixels, 3 images a row; from top to bottom\n  original, flip, invert\n');
    for (const column of [0, 1, 2]) {
      const [original, flipped, inverted] = await Promise.all([0, 1, 2].map((row) => tile('sheet.png', column * 64, row * 64, 60)));
      expect(inverted).toEqual(original!.map((byte) => 255 - byte));
      const mirrored = original!.map((_, i) => original![(Math.floor(i / 180) * 60 + 59 - (Math.floor(i / 3) % 60)) * 3 + (i % 3)]!);
      expect(flipped).toEqual(mirrored);
    }
  });

  test('all augmentations, the same for the same seed', async () => {
    const sheets = ['1', '1', '2'].map((seed, i) => augment('--data', 'photos', '--size', '24', '--columns', '2', '--seed', seed, '--out', `all-${i}.png`));
    expect(sheets.map(({ status }) => status)).toEqual([0, 0, 0]);
    const [first, again, other] = await Promise.all([0, 1, 2].map((i) => sharp(path.join(folder, `all-${i}.png`)).raw().toBuffer()));
    expect(again!.equals(first!)).toBe(true);
    expect(other!.equals(first!)).toBe(false);
  });

  test.each([
    { args: ['--data', 'photos'], message: 'convolt augment: expected --out FILE.png, but got none\n' },
    { args: ['--out', 'x.png', '--rows', 'flip,flop'], message: /^convolt augment: expected --rows to be among original, crop, .*, but got "flop"\n$/ },
    { args: ['--out', 'x.png', '--data', 'nowhere'], message: /^nowhere: expected a folder that can be read, but got ENOENT/ },
    { args: ['more', '--out', 'x.png'], message: 'convolt augment: expected options only, but got more\n' },
  ])('$args', ({ args, message }) => {
    const { status, stderr } = augment(...args);
    expect(status).toBe(2);
    if (typeof message === 'string') expect(stderr).toBe(message);
    else expect(stderr).toMatch(message);
  });

  test('help', () => {
    const { status, stdout } = augment('--help');
    expect(status).toBe(0);
    expect(stdout).toContain('convolt augment --data photos --size 160 --rows original,resizedCrop,jitter --out sheet.png');
  });
});
