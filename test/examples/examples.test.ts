/** The examples run as they stand, over few images. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { mkdtemp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convolt-examples-'));
});
afterAll(() => rm(folder, { recursive: true }));

const start = (name: string, ...args: string[]) => spawn(process.execPath, [join(examples, `${name}.mjs`), ...args], { cwd: folder });

async function run(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(examples, `${name}.mjs`), ...args], { cwd: folder });
  return stdout;
}

/** A JPEG of 40 x 40, of one colour but for some noise. */
const picture = ([r, g, b]: readonly [number, number, number]) =>
  sharp({ create: { width: 40, height: 40, channels: 3, background: { r, g, b }, noise: { type: 'gaussian', mean: 128, sigma: 20 } } })
    .composite([{ input: { create: { width: 20, height: 40, channels: 3, background: { r, g, b } } }, left: 0, top: 0 }])
    .jpeg();

test('every example opens with how it is started and with what it gives', async () => {
  for (const file of await readdir(examples)) {
    if (!file.endsWith('.mjs')) continue;
    const opening = (await readFile(join(examples, file), 'utf8')).split('import ')[0];
    expect(opening, file).toContain(`node examples/${file}`);
    expect(opening, file).toMatch(/\d (%|s|ms)[^]*(AMD EPYC|H200)/);
  }
});

test('train_lenet learns, and says what it sees in an image', async () => {
  const output = await run('train_lenet', '2', '3000');
  expect(Number(/epoch 2: test accuracy ([\d.]+) %/.exec(output)?.[1])).toBeGreaterThan(50);
  expect(output).toMatch(/^[A-Z][\w/ -]+: [\d.]+ %$/m);
});

test('small_network has under 100,000 parameters and learns', async () => {
  const output = await run('small_network', '1', '2560');
  expect(Number(/^(\d+) parameters/.exec(output)?.[1])).toBeLessThan(100_000);
  expect(Number(/epoch 1: .*test accuracy ([\d.]+) %/.exec(output)?.[1])).toBeGreaterThan(15);
});

test('grid_search prints a row for each choice', async () => {
  const lines = (await run('grid_search', '600')).trim().split('\n');
  expect(lines).toHaveLength(5);
  expect(lines[0]).toMatch(/lr +batch +score/);
});

test('image_folder tells red from blue, and names what it cannot read', async () => {
  for (const [name, color] of [['red', [220, 40, 40]], ['blue', [40, 40, 220]]] as const) {
    await mkdir(join(folder, 'pictures', name), { recursive: true });
    for (let n = 0; n < 20; n++) await picture(color).toFile(join(folder, 'pictures', name, `${n}.jpg`));
  }
  await writeFile(join(folder, 'pictures/red/broken.jpg'), 'no picture');
  const output = await run('image_folder', 'pictures', '4');
  expect(output).toMatch(/epoch 4: test accuracy \d/);
  expect(output).toMatch(/left out .*broken\.jpg/);
});

test('resume goes on where Ctrl-C stopped it', async () => {
  const first = start('resume', 'stopped');
  for (;;) { // until the first checkpoint is there
    const files = await readdir(join(folder, 'stopped')).catch(() => []);
    if (files.some((file) => file.endsWith('.state.safetensors'))) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  first.kill('SIGINT');
  await once(first, 'exit');
  const output = await run('resume', 'stopped');
  expect(output).toMatch(/^resumed from stopped\//);
  expect(output).toMatch(/epoch 3: test accuracy/);
});

test('serve classifies a posted image while it trains, and says what is wrong with another', async () => {
  const server = start('serve', '0');
  try {
    const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
    const url = (await lines.next()).value as string;
    const image = await picture([200, 200, 200]).toBuffer();
    const answer = await fetch(url, { method: 'POST', body: image });
    const { steps, classes } = (await answer.json()) as { steps: number; classes: { class: string; probability: number }[] };
    expect(answer.status).toBe(200);
    expect(steps).toBeGreaterThanOrEqual(0);
    expect(classes).toHaveLength(3);
    const refused = await fetch(url, { method: 'POST', body: 'no image' });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('error');
  } finally {
    server.kill('SIGKILL');
  }
});
