/** `convolt export`, the compiled command in a process of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { decodeSafetensors, writeSafetensors } from '../../lib/data/index.js';
import { createModel, torchTensors } from '../../lib/models/index.js';
import { loadWeights } from '../../lib/weights/index.js';
import { floatTensor, openSession } from '../onnx/runtime.js';
import { fixture } from '../weights/files.js';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'convolt-export-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'export', ...args], { encoding: 'utf8', cwd: folder });
  return { status, stdout, stderr };
}

const inFolder = (name: string) => path.join(folder, name);

/** What a file says of one image whose pixels are all the same. */
async function logits(file: string): Promise<number[]> {
  const session = await openSession(inFolder(file));
  const { output } = await session.run({ input: floatTensor(new Float32Array(28 * 28).fill(0.5), [1, 1, 28, 28]) });
  await session.release();
  return Array.from(output!.data, Number);
}

describe('convolt export', () => {
  test('both kinds of file, and one from the other', async () => {
    expect(run('lenet5', '--onnx', 'lenet5.onnx', '--safetensors', 'lenet5.safetensors')).toEqual({
      status: 0,
      stdout: 'lenet5.onnx: 0.2 MB\nlenet5.safetensors: 0.2 MB\n',
      stderr: '',
    });
    const { tensors } = decodeSafetensors(readFileSync(inFolder('lenet5.safetensors')), 'lenet5.safetensors');
    expect([...tensors].reduce((sum, [, { data }]) => sum + data.length, 0)).toBe(61_706);
    expect(run('lenet5', '--weights', 'lenet5.safetensors', '--onnx', 'again.onnx').status).toBe(0);
    expect(await logits('again.onnx')).toEqual(await logits('lenet5.onnx'));
  });

  test('weights by torch’s names and in its layout', async () => {
    expect(run('lenet5', '--onnx', 'own.onnx', '--safetensors', 'own.safetensors').status).toBe(0);
    using model = createModel('lenet5', { device: 'cpu' });
    await loadWeights(model, inFolder('own.safetensors'));
    const state = torchTensors(model).map(async ({ name, shape, tensor, toTorch }) => [name, { shape, data: toTorch((await tensor.data()) as Float32Array) }] as const);
    await writeSafetensors(inFolder('torch.safetensors'), new Map(await Promise.all(state)), { format: 'pt' });
    expect(run('lenet5', '--weights', 'torch.safetensors', '--onnx', 'torch.onnx')).toMatchObject({ status: 0, stderr: '' });
    expect(await logits('torch.onnx')).toEqual(await logits('own.onnx'));
    expect(run('lenet5', '--weights', fixture('shufflenet.pt'), '--onnx', 'x.onnx').stderr).toMatch(/shufflenet\.pt: expected the tensors of LeNet5, but got missing features\.0\.weight, /);
  });

  test('an image and classes of our own', async () => {
    expect(run('resnet18', '--onnx', 'small.onnx', '--input', '1,32,48,4', '--classes', '3', '--channels', 'last').status).toBe(0);
    const session = await openSession(inFolder('small.onnx'));
    const { output } = await session.run({ input: floatTensor(new Float32Array(2 * 32 * 48 * 4), [2, 32, 48, 4]) });
    expect(output!.dims).toEqual([2, 3]);
    await session.release();
  });

  test('help', () => {
    const { status, stdout } = run('--help');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Usage: convolt export MODEL \[--weights FILE\] \[--onnx FILE\] \[--safetensors FILE\]/);
  });

  test.each([
    { args: [], message: /^convolt export: expected one model, like resnet50, but got none; see convolt export --help\n$/ },
    { args: ['lenet5'], message: /^convolt export: expected --onnx FILE or --safetensors FILE, but got neither\n$/ },
    { args: ['lenet6', '--onnx', 'x.onnx'], message: /^model: expected the name of a model, but got "lenet6"; did you mean lenet5\?\n$/ },
    { args: ['lenet5', '--onnx', 'x.onnx', '--weights', 'none'], message: /^none: expected a file that can be read, but got ENOENT/ },
    { args: ['mlp', '--onnx', 'x.onnx', '--weights', 'lenet5.safetensors'], message: /^lenet5\.safetensors: expected the tensors of MLP, but got missing / },
    { args: ['lenet5', '--onnx', 'x.onnx', '--input', '1,x'], message: /^convolt export: expected --input to be whole numbers/ },
  ])('wrong arguments: $args', ({ args, message }) => {
    const { status, stdout, stderr } = run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(existsSync(inFolder('x.onnx'))).toBe(false);
  });
});
