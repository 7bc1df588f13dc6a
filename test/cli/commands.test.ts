/** The commands around training, compiled, each in a process of its own. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { fashionMnist, readSafetensors, type Dataset } from '../../lib/data/index.js';
import { encodePng, loadCheckpoint, predict } from '../../lib/train/index.js';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

let folder: string, images: Dataset;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'convolt-commands-'));
  images = (await fashionMnist()).test;
  const trained = await convolt('train', 'lenet5', '--device', 'cpu', '--limit', '3000', '--epochs', '2', '--out', 'run', '--tensorboard', '--json');
  expect(trained.code).toBe(0);
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

function convolt(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [command, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr });
    });
  });
}

const jsonOf = (text: string) => JSON.parse(text) as Record<string, unknown>;

test.each(['train', 'evaluate', 'predict', 'lr-find', 'search', 'summary', 'explain', 'export', 'filters', 'augment', 'bench', 'doctor'])('%s has help', async (name) => {
  const { code, stdout } = await convolt(name, '--help');
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^Usage: convolt ${name}`));
  expect(stdout).toMatch(new RegExp(`\n\nExamples:\n  convolt ${name}`));
  expect(stdout).toMatch(/\n\nExit codes: 0 /);
});

test('--tensorboard leaves an event file', async () => {
  expect((await readdir(path.join(folder, 'run'))).filter((name) => name.startsWith('events.out.tfevents.'))).toHaveLength(1);
});

describe('convolt evaluate', () => {
  test('agrees with what training measured', async () => {
    const found = jsonOf((await convolt('evaluate', 'run/model.safetensors', '--limit', '3000', '--json')).stdout);
    const report = await readFile(path.join(folder, 'run/report.html'), 'utf8');
    expect(report).toContain(`${(100 * Number(found['accuracy'])).toFixed(2)} %`);
    expect(found).toMatchObject({ images: 3000 });
    expect(Number(found['top5'])).toBeGreaterThan(Number(found['accuracy']));
    const text = await convolt('evaluate', 'run/model.safetensors', '--limit', '100');
    expect(text.stdout).toMatch(/^100 images: accuracy \d+\.\d\d %, top-5 [\s\S]*Ankle boot/);
  });

  test('tells what is wrong', async () => {
    expect(await convolt('evaluate')).toEqual({ code: 2, stdout: '', stderr: 'convolt evaluate: expected one FILE.safetensors, but got none\n' });
    expect(await convolt('evaluate', 'none.safetensors')).toMatchObject({ code: 2, stderr: expect.stringMatching(/^none\.safetensors: expected a file that can be read/) as string });
  });
});

describe('convolt predict', () => {
  test('sees what is in images', async () => {
    for (const i of [0, 1]) await writeFile(path.join(folder, `${i}.png`), encodePng((await images.image(i))!, [28, 28, 1]));
    const { code, stdout, stderr } = await convolt('predict', '0.png', '1.png', '--model', 'run/model.safetensors', '--json');
    if (stderr.includes('sharp is not installed') || stderr.includes('it is not installed')) return; // the package is optional
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trim().split('\n').map((line) => JSON.parse(line) as { file: string; classes: { class: string; probability: number }[] });
    const { model, info } = await loadCheckpoint(path.join(folder, 'run/model.safetensors'), { device: 'cpu' });
    for (const [i, { file, classes }] of lines.entries()) {
      const [probabilities] = await predict(model, (await images.image(i))!, [1, 28, 28, 1], info);
      const best = [...probabilities!.keys()].sort((a, b) => probabilities![b]! - probabilities![a]!).slice(0, 3);
      expect(file).toBe(`${i}.png`);
      expect(classes).toEqual(best.map((label) => ({ class: info.classes[label], probability: probabilities![label] })));
    }
    model.dispose();
    const { stdout: table } = await convolt('predict', '0.png', '--model', 'run/model.safetensors', '--top', '1');
    expect(table).toMatch(/^0\.png {2}[A-Z][a-z/ -]+ \d+\.\d %\n$/);
  });

  test.each([
    { args: ['--model', 'run/model.safetensors'], message: 'convolt predict: expected FILE..., but got none\n' },
    { args: ['0.png'], message: 'convolt predict: expected --model MODEL.safetensors, but got none\n' },
  ])('tells what is wrong: $args', async ({ args, message }) => {
    expect(await convolt('predict', ...args)).toEqual({ code: 2, stdout: '', stderr: message });
  });
});

test('convolt lr-find says a rate and draws', async () => {
  const found = jsonOf((await convolt('lr-find', 'lenet5', '--device', 'cpu', '--limit', '1000', '--steps', '40', '--out', 'rates.html', '--json')).stdout);
  expect(found).toMatchObject({ suggestion: expect.any(Number) as number });
  expect((found['rates'] as number[])[0]).toBe(1e-6);
  expect(await readFile(path.join(folder, 'rates.html'), 'utf8')).toMatch(/^<!doctype html>[\s\S]*<svg/);
});

test('convolt bench times inference and training, with a rate that is the images over the time', async () => {
  const found = jsonOf((await convolt('bench', 'lenet5', '--device', 'cpu', '--batch', '3', '--steps', '2', '--json')).stdout);
  const timing = { milliseconds: expect.any(Number) as number, imagesPerSecond: expect.any(Number) as number, memory: expect.any(Number) as number };
  expect(found).toEqual({ model: 'lenet5', input: [3, 28, 28, 1], device: 'cpu', inference: timing, training: timing });
  const { inference, training } = found as { inference: typeof timing; training: typeof timing };
  expect(inference.imagesPerSecond * inference.milliseconds).toBeCloseTo(3000, 6);
  expect(training.memory).toBeGreaterThan(inference.memory); // what the gradients need
  const text = await convolt('bench', 'lenet5', '--device', 'cpu', '--input', '2,28,28,1', '--steps', '1');
  expect(text.stdout).toMatch(/^lenet5 \[2,28,28,1\] on cpu, as asked for\n {2}inference .* ms .* images\/s .* MiB\n {2}training /);
  expect(await convolt('bench')).toMatchObject({ code: 2, stderr: 'convolt bench: expected one model, like resnet18, but got none; see convolt bench --help\n' });
  expect(await convolt('bench', 'lenet5', '--input', '1,32,32,1')).toMatchObject({ code: 2, stdout: '' });
});

describe('convolt search', () => {
  const small = ['search', 'lenet5', '--device', 'cpu', '--limit', '600', '--epochs', '1'];

  test('puts the best choice first, of a grid, of draws and over folds', async () => {
    await writeFile(path.join(folder, 'grid.json'), '{"lr": [1e-9, 0.003]}');
    const { code, stdout } = await convolt(...small, '--space', 'grid.json');
    expect(code).toBe(0);
    const [head, ...rows] = stdout.trim().split('\n').map((line) => line.trim().split(/ +/));
    expect(head).toEqual(['lr', 'score', 'seconds']);
    expect(rows.map(([lr]) => lr)).toEqual(['0.003', '1e-9']);

    await writeFile(path.join(folder, 'range.json'), '{"lr": {"from": 1e-4, "to": 1e-2, "log": true}, "optimizer": ["adam"]}');
    const drawn = await convolt(...small, '--space', 'range.json', '--random', '2', '--folds', '2', '--json');
    const results = drawn.stdout.trim().split('\n').map((line) => JSON.parse(line) as { choice: { lr: number; optimizer: string } });
    expect(results).toHaveLength(2);
    expect(results.every(({ choice }) => choice.lr >= 1e-4 && choice.lr <= 1e-2 && choice.optimizer === 'adam')).toBe(true);
  });

  test.each([
    { space: '{"lr": []}', message: /^space\.json: expected an object of options, each with a list of values or/ },
    { space: '{"rate": [1]}', message: /^convolt search: expected a known option, but got --rate; did you mean/ },
    { space: '{"epochs": [1, 0]}', message: /^convolt search: expected --epochs to be a whole number of at least 1, but got 0\n$/ },
    { space: '{"lr": {"from": 1, "to": 2}}', message: /^space\.json: expected a list of values for "lr" without --random, but got a range\n$/ },
  ])('tells what is wrong: $space', async ({ space, message }) => {
    await writeFile(path.join(folder, 'space.json'), space);
    const { code, stderr } = await convolt(...small, '--space', 'space.json');
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

describe('--config', () => {
  const train = ['train', '--device', 'cpu', '--limit', '200', '--json'];

  test('gives options, and flags go before it', async () => {
    await writeFile(path.join(folder, 'config.json'), '{"epochs": 3, "optimizer": "lion", "schedule": "one-cycle", "augment": "flip-crop", "ema": 0.9, "json": true}');
    const { code, stdout } = await convolt(...train, 'lenet5', '--config', 'config.json', '--epochs', '1');
    expect(code).toBe(0);
    const epochs = stdout.trim().split('\n').map(jsonOf).filter(({ event }) => event === 'epoch');
    expect(epochs.map(({ epochs: all }) => all)).toEqual([1]);
    const whole = await convolt(...train, 'lenet5', '--config', 'config.json');
    expect(whole.stdout.trim().split('\n').map(jsonOf).filter(({ event }) => event === 'epoch')).toHaveLength(3);
  });

  test.each([
    { config: '{"epohcs": 3}', message: 'bad.json: expected known options, but got "epohcs"; did you mean epochs?\n' },
    { config: '{"epochs": "3"}', message: 'bad.json: expected "epochs" to be a whole number, but got "3"\n' },
    { config: '{"epochs": 0}', message: 'bad.json: expected "epochs" to be a whole number of at least 1, but got 0\n' },
    { config: '[1]', message: 'bad.json: expected an object of options, but got [1]\n' },
  ])('tells what is wrong: $config', async ({ config, message }) => {
    await writeFile(path.join(folder, 'bad.json'), config);
    const { code, stderr } = await convolt(...train, 'lenet5', '--config', 'bad.json');
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});

describe('convolt train --from', () => {
  test('begins with the weights of a file, and leaves alone what is frozen', async () => {
    const from = 'run/model.safetensors';
    const { code, stdout } = await convolt('train', 'lenet5', '--device', 'cpu', '--limit', '640', '--epochs', '1', '--out', 'tuned', '--from', from, '--freeze-until', 'features');
    expect(code).toBe(0);
    expect(stdout).toContain(`Weights of ${from}; 59,134 parameters are trained.`); // 61,706 without 156 and 2,416
    const before = (await readSafetensors(path.join(folder, from))).tensors, after = (await readSafetensors(path.join(folder, 'tuned/model.safetensors'))).tensors;
    for (const [name, { data }] of before) expect({ name, stays: Buffer.compare(bytesOf(data), bytesOf(after.get(name)!.data)) === 0 }).toEqual({ name, stays: name.startsWith('features') });
  });

  test('tells what is wrong', async () => {
    const options = ['--device', 'cpu', '--limit', '64', '--epochs', '1'];
    expect((await convolt('train', 'smallnet', ...options, '--from', 'run/model.safetensors')).stderr).toMatch(/^run\/model\.safetensors: expected the tensors of SmallNet, but got missing /);
    expect((await convolt('train', 'lenet5', ...options, '--freeze-until', 'layer4')).stderr).toMatch(/^freezeUntil: expected a layer of LeNet5, like features, classifier, but got "layer4"/);
  });
});

describe('convolt explain', () => {
  test('writes a sheet for a trained model, and one for a model with weights', async () => {
    const image = await images.image(3);
    await writeFile(path.join(folder, 'trousers.png'), encodePng(image!, [28, 28, 1]));
    const own = await convolt('explain', 'run/model.safetensors', 'trousers.png', '--device', 'cpu', '--out', 'own.png');
    expect(own).toMatchObject({ code: 0, stderr: '' });
    expect(own.stdout).toMatch(/^own\.png: 1136 x 452 pixels; Trouser \d+\.\d %[\s\S]*for Trouser: saliency, guided backpropagation, Grad-CAM at features, occlusion\n/);
    expect((await readFile(path.join(folder, 'own.png'))).readUInt32BE(16)).toBe(1136);
    const named = await convolt('explain', 'lenet5', 'trousers.png', '--weights', 'run/model.safetensors', '--mean', '0.286', '--std', '0.353', '--device', 'cpu');
    expect(named.stdout).toMatch(/^explain\.png: .*class 1 \d+\.\d %/);
  });

  test('tells what is wrong', async () => {
    expect(await convolt('explain', 'lenet5')).toMatchObject({ code: 2, stderr: 'convolt explain: expected MODEL IMAGE, but got lenet5; see convolt explain --help\n' });
    expect((await convolt('explain', 's3d', 'trousers.png')).stderr).toBe('convolt explain: expected a model of images, but got s3d, which takes clips\n');
    expect((await convolt('explain', 'model.pt', 'trousers.png')).stderr).toMatch(/^convolt explain: expected MODEL to be a name or a \.safetensors file, but got model\.pt\n/);
  });
});

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
