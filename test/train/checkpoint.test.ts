import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Random } from '../../lib/core/random.js';
import { readSafetensors, writeSafetensors } from '../../lib/data/index.js';
import { SmallNet } from '../../lib/models/index.js';
import { loadCheckpoint, saveCheckpoint, type CheckpointInfo } from '../../lib/train/index.js';

const info: CheckpointInfo = {
  model: 'smallnet',
  classes: ['a "b"', 'ü', 'c'],
  channels: 1,
  epoch: 3,
  seed: 2 ** 40,
  mean: 0.25,
  std: 1 / 3,
};

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'convolt-checkpoint-'));
  file = path.join(folder, 'model.safetensors');
});
afterAll(() => rm(folder, { recursive: true }));

test('brings back the model and what was said of it, bit for bit', async () => {
  using model = new SmallNet({ device: 'cpu', classes: 3, random: new Random(1) });
  await saveCheckpoint(file, model, info);
  const loaded = await loadCheckpoint(file, { device: 'cpu' });
  expect(loaded.info).toEqual(info);
  expect(loaded.model.training).toBe(false);
  expect(await loaded.model.stateDict()).toEqual(await model.stateDict());
  loaded.model.dispose();
  expect(await readdir(folder)).toEqual(['model.safetensors']);
});

test('says what is wrong with a file', async () => {
  const { tensors, metadata } = await readSafetensors(file);
  const broken = path.join(folder, 'broken.safetensors');
  const load = () => loadCheckpoint(broken, { device: 'cpu' });

  await expect(load()).rejects.toThrow(/broken.safetensors: expected a file that can be read/);
  await writeFile(broken, 'not a checkpoint');
  await expect(load()).rejects.toThrow(/broken.safetensors: expected a safetensors file/);
  await writeSafetensors(broken, tensors);
  await expect(load()).rejects.toThrow(
    /broken.safetensors: expected a checkpoint of convolt, but its metadata has no model/,
  );
  await writeSafetensors(broken, tensors, { ...metadata, model: 'vgg' });
  await expect(load()).rejects.toThrow(
    /broken.safetensors: model: expected one of lenet5, .* but got "vgg"/,
  );
  await writeSafetensors(broken, tensors, { ...metadata, epoch: 'three' });
  await expect(load()).rejects.toThrow(/broken.safetensors: expected epoch to be a number, but got "three"/);
  await writeSafetensors(broken, tensors, { ...metadata, classes: '[1]' });
  await expect(load()).rejects.toThrow(
    /broken.safetensors: expected classes to be a list of names, but got "\[1\]"/,
  );
  const fewer = new Map([...tensors].slice(1));
  await writeSafetensors(broken, fewer, metadata);
  await expect(load()).rejects.toThrow(
    /broken.safetensors: loadStateDict: expected the tensors of SmallNet, but got missing features.0.weight/,
  );
});

test('a folder that is not there is told', async () => {
  using model = new SmallNet({ device: 'cpu' });
  await expect(
    saveCheckpoint(path.join(folder, 'none', 'model.safetensors'), model, info),
  ).rejects.toMatchObject({ code: 'ERR_FILE' });
});
