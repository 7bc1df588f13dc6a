/** What --data names, from the command line: a folder of images above all. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { encodePng } from '../../lib/train/index.js';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const HEIGHT = 36, WIDTH = 30;

let folder: string;
afterAll(() => rm(folder, { recursive: true }));

function convolt(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [command, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr });
    });
  });
}

/** A picture of stripes, `upright` or lying, with a phase of its own. */
function stripes(upright: boolean, phase: number): Buffer {
  const pixels = Uint8Array.from({ length: HEIGHT * WIDTH * 3 }, (_, i) => {
    const at = Math.floor(i / 3), along = upright ? at % WIDTH : Math.floor(at / WIDTH);
    return Math.floor((along + phase) / 3) % 2 === 0 ? 40 : 210;
  });
  return encodePng(pixels, [HEIGHT, WIDTH, 3]);
}

async function writeStripes(to: string, count: number): Promise<void> {
  for (const name of ['lying', 'upright']) {
    await mkdir(path.join(folder, to, name), { recursive: true });
    for (let i = 0; i < count; i++) await writeFile(path.join(folder, to, name, `${i}.png`), stripes(name === 'upright', i));
  }
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'convolt-datasets-'));
  await writeStripes('stripes', 40);
  await writeStripes('parted/train', 12);
  await writeStripes('parted/val', 3);
  await writeStripes('damaged', 10);
  await writeFile(path.join(folder, 'damaged/lying/3.png'), 'no pixels');
});

const run = ['train', 'smallnet', '--device', 'cpu', '--size', '24', '--batch', '8'];

test('a folder of images is trained on, evaluated and predicted in the size asked for', async () => {
  const trained = await convolt(...run, '--data', 'stripes', '--epochs', '4', '--out', 'run', '--json');
  expect(trained.stderr).toBe('');
  expect(trained.code).toBe(0);

  const evaluated = await convolt('evaluate', 'run/model.safetensors', '--data', 'stripes', '--json', '--device', 'cpu');
  const { images, accuracy, classes } = JSON.parse(evaluated.stdout) as { images: number; accuracy: number; classes: { name: string }[] };
  expect(images).toBe(16); // a fifth
  expect(accuracy).toBe(1);
  expect(classes.map(({ name }) => name)).toEqual(['lying', 'upright']);

  const predicted = await convolt('predict', 'stripes/upright/7.png', '--model', 'run/model.safetensors', '--json', '--device', 'cpu');
  expect((JSON.parse(predicted.stdout) as { classes: { class: string }[] }).classes[0]?.class).toBe('upright');
});

test('train and val in the folder are the two parts', async () => {
  const trained = await convolt(...run, '--data', 'parted', '--epochs', '1', '--out', 'parted-run');
  expect(trained.code).toBe(0);
  expect(trained.stdout).toContain('on 24 images of parted');
  const evaluated = await convolt('evaluate', 'parted-run/model.safetensors', '--data', 'parted', '--json', '--device', 'cpu');
  expect((JSON.parse(evaluated.stdout) as { images: number }).images).toBe(6);
});

test('an image that cannot be read is named, or left out where that was asked for', async () => {
  const failed = await convolt(...run, '--data', 'damaged', '--epochs', '1', '--out', 'failed');
  expect(failed.code).toBe(2);
  expect(failed.stderr).toMatch(/damaged\/lying\/3\.png/);
  const skipped = await convolt(...run, '--data', 'damaged', '--epochs', '1', '--out', 'skipped', '--skip-corrupt');
  expect(skipped.stderr).toMatch(/Left out 1 image that cannot be read:\n {2}.*damaged\/lying\/3\.png/);
  expect(skipped.code).toBe(0);
});

test.each([
  ['a slip in its name', ['--data', 'cifar-10'], /^--data: expected fashion-mnist, .* or a folder of images, but got cifar-10; did you mean cifar10\?\n$/],
  ['no data set', ['--data', 'nowhere'], /^--data: expected fashion-mnist, mnist, cifar10, cifar100 or a folder of images, but got nowhere\n$/],
  ['no folder of its files', ['--data', 'mnist'], /^--data mnist: expected --data-dir, the folder of its files, but got none\n$/],
  ['a folder without images', ['--data', 'run'], /expected JPEG, PNG or WebP files/],
])('%s', async (_, args, message) => {
  const { code, stderr } = await convolt('train', 'smallnet', '--device', 'cpu', '--out', 'none', ...args);
  expect(stderr).toMatch(message);
  expect(code).toBe(2);
});
