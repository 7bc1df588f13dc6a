/** The command as users call it: the compiled one, in a process and an empty folder of its own. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Random } from '../../lib/core/random.js';
import { fashionMnist, type Dataset } from '../../lib/data/index.js';
import { SGD } from '../../lib/optim/index.js';
import { loadCheckpoint, Trainer } from '../../lib/train/index.js';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

type Event = Record<string, unknown>;

let images: { train: Dataset; test: Dataset; folder: string };
let folder: string;
beforeAll(async () => {
  images = await fashionMnist();
  folder = await mkdtemp(path.join(tmpdir(), 'convolt-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the command. `onLine` sees each line of its standard output, and may send it a signal. */
function convolt(
  args: readonly string[],
  onLine?: (line: string, interrupt: () => void) => void,
): Promise<Result> {
  const child = spawn(process.execPath, [command, ...args], { cwd: folder });
  const lines: string[] = [];
  let stderr = '';
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    onLine?.(line, () => child.kill('SIGINT'));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, stdout: lines.join('\n'), stderr });
    });
  });
}

const eventsOf = (stdout: string): Event[] => stdout.split('\n').map((line) => JSON.parse(line) as Event);

/** Trains with --json, and returns the events. */
async function trainEvents(...args: string[]): Promise<Event[]> {
  const { code, stdout, stderr } = await convolt(['train', ...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return eventsOf(stdout);
}

/** What must not depend on the machine's speed or on the folder. */
const withoutTimes = (events: Event[]): Event[] =>
  events.map((event) => ({ ...event, imagesPerSecond: 0, seconds: 0, checkpoint: '', report: '' }));

describe('convolt', () => {
  test('tells its version and its commands', async () => {
    const { version } = JSON.parse(
      await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
    ) as { version: string };
    expect(await convolt(['--version'])).toEqual({ code: 0, stdout: version, stderr: '' });
    expect((await convolt(['--help'])).stdout).toMatch(/^Usage: convolt COMMAND/);
    expect((await convolt(['train', '--help'])).stdout).toContain('Models: lenet5, smallnet');
    expect(await convolt([])).toMatchObject({ code: 2, stdout: '' });
  });

  test('doctor says what is there, as text and as JSON', async () => {
    const text = await convolt(['doctor']);
    expect(text.code).toBe(0);
    for (const word of ['CPU', 'oneDNN', 'OpenMP', 'sidecar', 'driver', 'cuda', 'emu'])
      expect(text.stdout).toContain(word);
    const json = await convolt(['doctor', '--json']);
    const found = JSON.parse(json.stdout) as {
      cuda: { usable: boolean; reason: string };
      devices: { name: string; usable: boolean }[];
    };
    expect(found.devices.filter(({ usable }) => usable).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['cpu', 'emu']),
    );
    expect(found.cuda.usable).toBe(found.cuda.reason === '');
  });
});

describe('bad input gets one sentence and exit code 2:', () => {
  test.each([
    [
      'an unknown command',
      ['trian'],
      /^convolt: expected a command \(train, evaluate, predict, lr-find, search, summary, explain, export, filters, augment, bench, doctor\), but got "trian"; did you mean train\?\n$/,
    ],
    ['no model', ['train'], /^convolt train: expected one model, like lenet5, but got none; see convolt train --help\n$/],
    [
      'an unknown model',
      ['train', 'lenet6'],
      /^model: expected the name of a model, but got "lenet6"; did you mean lenet5\?\n$/,
    ],
    [
      'an unknown device',
      ['train', 'lenet5', '--device', 'gpu'],
      /^device: expected cpu, emu, cuda or cuda:N, but got "gpu"\n$/,
    ],
    [
      'an unknown option',
      ['train', 'lenet5', '--epohcs', '3'],
      /^convolt train: .*--epohcs; did you mean --epochs\?\n$/,
    ],
    [
      'a wrong value',
      ['train', 'lenet5', '--epochs', '0'],
      /^convolt train: expected --epochs to be a whole number of at least 1, but got 0\n$/,
    ],
    [
      'an unknown data set',
      ['train', 'lenet5', '--data', 'emnist'],
      /^--data: expected fashion-mnist, mnist, cifar10, cifar100 or a folder of images, but got emnist; did you mean mnist\?\n$/,
    ],
    [
      'a missing folder of data',
      ['train', 'lenet5', '--data-dir', 'nowhere'],
      /^fashion-mnist: expected .* in nowhere, but there is neither\n$/,
    ],
    [
      'a folder in a file',
      ['train', 'lenet5', '--out', '/dev/null/run'],
      /^--out: expected a folder that can be written, but got \/dev\/null\/run .*\n$/,
    ],
    [
      'a folder that cannot be made',
      ['train', 'lenet5', '--out', '/proc/run'],
      /^--out: expected a folder that can be written, but got \/proc\/run .*\n$/,
    ],
    [
      'an unknown option of doctor',
      ['doctor', '--jsn'],
      /^convolt doctor: expected no option but --json, but got "--jsn"\n$/,
    ],
  ])('%s', async (_, args, message) => {
    const { code, stderr } = await convolt(args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  test.each([
    [
      'is cut short',
      (whole: Uint8Array) => whole.subarray(0, 1000),
      /expected 47040016 bytes for shape \[60000,28,28\], but got 1000\n$/,
    ],
    [
      'is of another kind',
      (whole: Uint8Array) => Uint8Array.of(0x50, 0x4b, 3, 4, ...whole.subarray(4, 100)),
      /expected an IDX file of bytes .*, but it begins with 504b0304\n$/,
    ],
  ])('a data file that %s', async (name, damage, message) => {
    const damaged = path.join(folder, name.replaceAll(' ', '-'));
    await mkdir(damaged);
    const target = 'train-images-idx3-ubyte';
    for (const file of await readdir(images.folder)) {
      if (!file.startsWith(target)) await symlink(path.join(images.folder, file), path.join(damaged, file));
    }
    const header = Uint8Array.of(0, 0, 8, 3, 0, 0, 0xea, 0x60, 0, 0, 0, 28, 0, 0, 0, 28);
    const whole = new Uint8Array(2000);
    whole.set(header);
    await writeFile(path.join(damaged, target), damage(whole));
    const { code, stderr } = await convolt(['train', 'lenet5', '--data-dir', damaged]);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(await readdir(folder)).not.toContain('runs');
  });
});

describe('convolt train', () => {
  const small = ['lenet5', '--data', 'fashion-mnist', '--device', 'cpu', '--epochs', '2', '--limit', '500'];

  test('--json gives the events, a checkpoint that can be used, and a report', async () => {
    const events = await trainEvents(...small, '--out', 'complete');
    expect(events.map(({ event }) => event)).toEqual(['device', 'epoch', 'epoch', 'end']);
    const [device, , last, end] = events as [Event, Event, Event, Event];
    expect(device).toMatchObject({ device: 'cpu', reason: 'as asked for' });
    expect(Object.keys(last)).toEqual(
      expect.arrayContaining([
        'epoch',
        'trainLoss',
        'trainAccuracy',
        'testLoss',
        'testAccuracy',
        'imagesPerSecond',
      ]),
    );
    expect(end['testAccuracy']).toBe(last['testAccuracy']);
    expect(await readFile(path.join(folder, String(end['report'])), 'utf8')).toMatch(/^<!doctype html>/);

    const { model, info } = await loadCheckpoint(path.join(folder, String(end['checkpoint'])), {
      device: 'cpu',
    });
    expect(info).toMatchObject({ model: 'lenet5', epoch: 2, seed: 1, classes: images.train.classes });
    const { mean, std } = info;
    using optimizer = new SGD(model.parameters(), { lr: 0 });
    const trainer = new Trainer({ model, optimizer, random: new Random(0), mean, std });
    expect((await trainer.evaluate(images.test.take(500))).accuracy).toBe(end['testAccuracy']);
  });

  test('the same seed gives the same numbers and the same checkpoint', async () => {
    const [a, b, c] = [
      await trainEvents(...small, '--seed', '7', '--out', 'seven'),
      await trainEvents(...small, '--seed', '7', '--out', 'again'),
      await trainEvents(...small, '--seed', '8', '--out', 'eight'),
    ];
    expect(withoutTimes(b)).toEqual(withoutTimes(a));
    expect(withoutTimes(c)).not.toEqual(withoutTimes(a));
    const checkpoint = (run: string) => readFile(path.join(folder, run, 'model.safetensors'));
    expect((await checkpoint('again')).equals(await checkpoint('seven'))).toBe(true);
  });

  test('the emulated device agrees with the CPU to float32 rounding', async () => {
    const run = async (device: string) => {
      const events = await trainEvents(
        'smallnet',
        '--data',
        'fashion-mnist',
        '--epochs',
        '1',
        '--limit',
        '64',
        '--device',
        device,
        '--out',
        device,
      );
      return events.find(({ event }) => event === 'epoch') as Record<string, number>;
    };
    const onCpu = await run('cpu'),
      onEmu = await run('emu');
    for (const key of ['trainLoss', 'testLoss'])
      expect(Math.abs(onEmu[key]! - onCpu[key]!)).toBeLessThan(1e-5);
    expect([onEmu['trainAccuracy'], onEmu['testAccuracy']]).toEqual([
      onCpu['trainAccuracy'],
      onCpu['testAccuracy'],
    ]);
  });

  test('never writes over the files of an earlier run', async () => {
    const first = await convolt(['train', ...small, '--out', 'once']);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('Checkpoint: once/model.safetensors');
    const before = await readFile(path.join(folder, 'once', 'model.safetensors'));
    const second = await convolt(['train', ...small, '--out', 'once']);
    expect(second.code).toBe(2);
    expect(second.stderr).toBe(
      '--out: expected a folder without files of an earlier run, but got once, which has model.safetensors; --resume goes on with it\n',
    );
    expect((await readFile(path.join(folder, 'once', 'model.safetensors'))).equals(before)).toBe(true);

    for (const number of [1, 2]) {
      const end = (await trainEvents(...small)).at(-1)!;
      expect(end['checkpoint']).toBe(`runs/lenet5-${number}/model.safetensors`);
    }
  });

  test('Ctrl-C writes a checkpoint and ends with 130', async () => {
    const args = [
      'train',
      'lenet5',
      '--device',
      'cpu',
      '--limit',
      '2000',
      '--epochs',
      '100000',
      '--out',
      'interrupted',
      '--json',
    ];
    const { code, stdout } = await convolt(args, (line, interrupt) => {
      if (line.startsWith('{"event":"epoch","epoch":2,')) interrupt();
    });
    expect(code).toBe(130);
    const last = eventsOf(stdout).at(-1)!;
    expect(last).toMatchObject({ event: 'interrupted', checkpoint: 'interrupted/model.safetensors' });
    const { model, info } = await loadCheckpoint(path.join(folder, 'interrupted/model.safetensors'), {
      device: 'cpu',
    });
    expect(info.epoch).toBe(last['epoch']);
    model.dispose();
  });
});
