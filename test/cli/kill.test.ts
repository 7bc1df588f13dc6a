/** `convolt train`, killed again and again and resumed, against a run that was left alone. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Random } from '../../lib/core/random.js';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'convolt-kill-'));
});
afterAll(() => rm(folder, { recursive: true }));

const options = ['smallnet', '--data', 'fashion-mnist', '--device', 'cpu', '--limit', '1600', '--epochs', '5', '--checkpoint-every', '2', '--json'];

interface Ended {
  code: number | null;
  events: Record<string, unknown>[];
  stderr: string;
  /** Milliseconds from the first line to the end. */
  lasted: number;
}

/** When a signal is sent: so many milliseconds behind the first line of an event, or the first checkpoint that is new. */
interface End {
  signal: NodeJS.Signals;
  behind: 'device' | 'epoch' | 'checkpoint';
  wait: number;
}

/** Calls `act` when there is a file in a folder that was not there before. Returns what ends the waiting. */
function onNewFile(within: string, act: () => void): () => void {
  const files = () => (existsSync(within) ? readdirSync(within) : []);
  const before = new Set(files());
  const timer = setInterval(() => {
    if (files().every((name) => before.has(name))) return;
    clearInterval(timer);
    act();
  }, 5);
  return () => clearInterval(timer);
}

function train(args: readonly string[], end?: End): Promise<Ended> {
  const child = spawn(process.execPath, [command, 'train', ...options, ...args], { cwd: folder });
  let stdout = '', stderr = '', began = performance.now();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout === '') began = performance.now();
    const isDue = end !== undefined && !stdout.includes(`"event":"${end.behind}"`);
    stdout += text;
    if (isDue && stdout.includes(`"event":"${end.behind}"`)) setTimeout(() => child.kill(end.signal), end.wait);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const kill = () => setTimeout(() => child.kill(end!.signal), end!.wait);
  const stop = end?.behind === 'checkpoint' ? onNewFile(path.join(folder, args[1]!, 'checkpoints'), kill) : undefined;
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      stop?.();
      const whole = stdout.split('\n').slice(0, -1); // a line that was cut short is not the last
      resolve({ code, events: whole.map((line) => JSON.parse(line) as Record<string, unknown>), stderr, lasted: performance.now() - began });
    });
  });
}

const weights = (run: string) => readFile(path.join(folder, run, 'model.safetensors'));

test('twenty kills at random moments leave the weights of a run that was left alone', async () => {
  const whole = await train(['--out', 'whole']);
  expect(whole).toMatchObject({ code: 0, stderr: '' });

  const random = new Random(Date.now());
  const longest = Math.ceil(whole.lasted / 32);
  const places: unknown[] = [];
  let kills = 0;
  for (let mostSteps = 0; kills < 20; mostSteps++) {
    const { code, events } = await train(['--out', 'killed', '--resume'], {
      signal: 'SIGKILL',
      behind: kills % 2 === 0 ? 'device' : 'checkpoint', // so that runs get on, however slow the machine
      wait: random.integer(longest),
    });
    if (code === 0) break; // the kill came behind the end
    expect(code, 'a killed process has no code').toBeNull();
    kills++;
    const resumed = events.find(({ event }) => event === 'resumed');
    if (resumed) places.push(`${String(resumed['epoch'])}/${String(resumed['step'])}`);
    expect(mostSteps).toBeLessThan(100);
  }
  const last = await train(['--out', 'killed', '--resume']);
  expect(last).toMatchObject({ code: 0, stderr: '' });
  expect(kills).toBeGreaterThanOrEqual(20);
  expect(new Set(places).size).toBeGreaterThan(1);
  expect((await weights('killed')).equals(await weights('whole'))).toBe(true);
  const end = (events: Ended['events']) => events.at(-1)?.['testAccuracy'];
  expect(end(last.events)).toBe(end(whole.events));
  const left = await readdir(path.join(folder, 'killed', 'checkpoints'));
  expect(left.filter((name) => name.endsWith('.part'))).toEqual([]);
}, 180_000);

test.each(['SIGINT', 'SIGTERM'] as const)('%s saves where the run is, in the middle of an epoch', async (signal) => {
  const run = signal.toLowerCase();
  const first = await train(['--out', run], { signal, behind: 'epoch', wait: 0 });
  expect(first.code).toBe(130);
  const rest = await train(['--out', run, '--resume']);
  expect(rest.code).toBe(0);
  expect(rest.events.find(({ event }) => event === 'resumed')).toBeDefined();
  expect((await weights(run)).equals(await weights('whole'))).toBe(true);
}, 60_000);

test('a damaged checkpoint is told, and the one before is used when asked', async () => {
  await train(['--out', 'damaged'], { signal: 'SIGINT', behind: 'epoch', wait: 0 });
  const checkpoints = path.join(folder, 'damaged', 'checkpoints');
  const newest = (await readdir(checkpoints)).filter((name) => !name.includes('.state.')).sort().at(-1)!;
  await truncate(path.join(checkpoints, newest), 1000);
  const told = await train(['--out', 'damaged', '--resume']);
  expect(told.code).toBe(2);
  expect(told.stderr).toMatch(/^damaged\/checkpoints\/epoch-\d+-step-\d+\.safetensors: expected a safetensors file, but .*; --skip-damaged goes on from the checkpoint before\n$/);
  const rest = await train(['--out', 'damaged', '--resume', '--skip-damaged']);
  expect(rest.code).toBe(0);
  expect(rest.events.find(({ event }) => event === 'warning')).toBeDefined();
  expect((await weights('damaged')).equals(await weights('whole'))).toBe(true);
}, 60_000);

test('a run is not resumed with other options, nor where it cannot be', async () => {
  const other = await train(['--out', 'whole', '--resume', '--batch', '32']);
  expect(other.stderr).toMatch(/^--resume: expected the options of the run in whole\/checkpoints\/.*\.safetensors \(batch 64\), but got batch 32\n$/);
  expect(other.code).toBe(2);
  const nowhere = await train(['--resume']);
  expect(nowhere).toMatchObject({ code: 2, stderr: 'convolt train: expected --out with --resume, the folder of the run, but got none\n' });
  const state = (await readdir(path.join(folder, 'whole', 'checkpoints'))).filter((name) => name.includes('.state.')).sort().at(-1)!;
  await appendFile(path.join(folder, 'whole', 'checkpoints', state), 'x');
  expect((await train(['--out', 'whole', '--resume'])).stderr).toMatch(/state\.safetensors: expected a safetensors file, but its tensors cover \d+ of \d+ bytes; --skip/);
});
