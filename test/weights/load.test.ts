/** Weights from files that PyTorch wrote; fixtures/make_fixtures.py says how. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

import { numel } from '../../lib/core/shape.js';
import { scope } from '../../lib/core/scope.js';
import { noGrad } from '../../lib/core/tape.js';
import { tensor } from '../../lib/core/tensor.js';
import { encodeSafetensors, readSafetensors, writeSafetensors } from '../../lib/data/index.js';
import { createModel, densenet121, loadTorchStateDict, ShuffleNetV2, torchTensors, type ModelName } from '../../lib/models/index.js';
import type { Module } from '../../lib/nn/index.js';
import { permute } from '../../lib/ops/index.js';
import { bytesSource, fileSource } from '../../lib/weights/byte_source.js';
import { loadWeights, saveWeights } from '../../lib/weights/index.js';
import { floatsOf } from '../../lib/weights/stored_tensor.js';
import { timmTensors } from '../../lib/weights/timm_names.js';
import { openWeights } from '../../lib/weights/weight_file.js';
import { noiseOf } from '../onnx/random_weights.js';
import { fixture, readJson, type PlainTensor } from './files.js';
import * as timm from './timm_state.js';
import type { TimmState } from './timm_state.js';

const folder = mkdtempSync(path.join(tmpdir(), 'convolt-weights-'));
afterAll(() => rmSync(folder, { recursive: true }));

const network = (classes = 3) => new ShuffleNetV2([8, 8, 16, 16, 24], { classes, device: 'cpu' });

/** What a network in evaluation says of the image that torch's network saw. */
async function logitsOf(model: Module): Promise<number[]> {
  const { image } = readJson<{ image: PlainTensor }>('shufflenet.json');
  using y = scope(() => {
    const x = tensor(Float32Array.from(image.data, Number), { shape: image.shape, device: 'cpu' }); // [1,C,H,W]
    return noGrad(() => model.eval().forward(permute(x, [0, 2, 3, 1])));
  });
  return [...(await y.data())];
}

function largestDifference(a: readonly number[], b: readonly (number | string)[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - Number(b[i]))));
}

describe('a network with the weights that torch saved says what torch says', () => {
  const { logits } = readJson<{ logits: PlainTensor }>('shufflenet.json');
  test.each([
    ['shufflenet.pt', 1e-5],
    ['shufflenet_legacy.pth', 1e-5],
    ['shufflenet_training.pth', 1e-5],
    ['shufflenet.safetensors', 1e-5],
    ['shufflenet_half.pt', 1e-2],
    ['shufflenet_bfloat16.pt', 1e-1],
  ])('%s', async (file, tolerance) => {
    using model = network();
    const { loaded, missing, unexpected, kept } = await loadWeights(model, fixture(file));
    expect([missing, unexpected, kept]).toEqual([[], [], []]);
    expect(loaded).toHaveLength(model.namedTensors().size);
    expect(largestDifference(await logitsOf(model), logits.data)).toBeLessThan(tolerance);
  });
});

test.each(['views.pt', 'views_legacy.pth'])('tensors of %s that share memory have torch’s values', async (name) => {
  const source = await fileSource(fixture(name));
  const { tensors } = await openWeights(source), expected = readJson<Record<string, PlainTensor>>('views.json');
  expect([...tensors.keys()]).toEqual(Object.keys(expected));
  for (const [key, stored] of tensors) {
    const values = floatsOf(stored.type, await stored.bytes());
    const wanted = expected[key]!.data.map((value) => Math.fround(value === 'inf' ? Infinity : value === '-inf' ? -Infinity : Number(value)));
    expect({ key, shape: stored.shape, values: [...values!] }).toEqual({ key, shape: expected[key]!.shape, values: wanted });
  }
  await source.close();
});

describe('files that would run code are refused, and nothing is run', () => {
  test.each([
    ['code.pt', /it names (posix|nt)\.system, which no state dict needs: such a file could run code$/],
    ['code_legacy.pth', /it names (posix|nt)\.system, which no state dict needs/],
    ['module.pt', /it names torch\.nn\.modules\.linear\.Linear, which/],
  ])('%s', async (file, message) => {
    using model = network();
    await expect(loadWeights(model, fixture(file))).rejects.toThrow(message);
  });
});

describe('convolt’s own files', () => {
  test('what is saved is loaded again', async () => {
    using first = createModel('lenet5', { device: 'cpu' });
    using second = createModel('lenet5', { device: 'cpu' });
    const file = path.join(folder, 'lenet5.safetensors');
    await saveWeights(first, file);
    expect((await loadWeights(second, file)).loaded).toHaveLength(10);
    expect(await second.stateDict()).toEqual(await first.stateDict());
    expect((await readSafetensors(file)).metadata).toEqual({ format: 'convolt' });
  });

  test('a file that does not say whose names it has is known by its shapes', async () => {
    using model = createModel('lenet5', { device: 'cpu' });
    const state = await model.stateDict(), file = path.join(folder, 'unsaid.safetensors');
    await writeSafetensors(file, state);
    await loadWeights(model, file);
    expect(await model.stateDict()).toEqual(state);
    await writeSafetensors(file, new Map([...state].map(([name, { shape, data }]) => [name, { shape: shape.length === 4 ? [shape[0]!, shape[3]!, shape[1]!, shape[2]!] : shape, data }])));
    await loadWeights(model, file);
    expect((await model.stateDict()).get('features.3.weight')!.data).not.toEqual(state.get('features.3.weight')!.data);
  });

  test('DenseNet’s names of old are understood', async () => {
    using model = densenet121({ device: 'cpu', initialize: false });
    const name = 'features.denseblock1.denselayer1.norm.1.weight', file = path.join(folder, 'old.safetensors');
    await writeSafetensors(file, new Map([[name, { shape: [64], data: new Float32Array(64).fill(3) }]]), { format: 'pt' });
    expect((await loadWeights(model, file, { strict: false })).loaded).toEqual(['features.denseblock1.denselayer1.norm1.weight']);
  });
});

describe('timm’s names', () => {
  /** Which tensor of ours, by torchvision's name, one of each kind of timm's tensors is. */
  const networks: [ModelName, () => TimmState, Record<string, string>][] = [
    ['mobilenet_v2', timm.mobilenetv2_100, {
      'conv_stem.weight': 'features.0.0.weight', 'bn1.running_var': 'features.0.1.running_var', 'blocks.0.0.conv_dw.weight': 'features.1.conv.0.0.weight',
      'blocks.0.0.bn2.bias': 'features.1.conv.2.bias', 'blocks.1.1.conv_pw.weight': 'features.3.conv.0.0.weight', 'blocks.3.2.conv_dw.weight': 'features.9.conv.1.0.weight',
      'blocks.6.0.conv_pwl.weight': 'features.17.conv.2.weight', 'blocks.6.0.bn3.running_mean': 'features.17.conv.3.running_mean', 'conv_head.weight': 'features.18.0.weight',
      'bn2.weight': 'features.18.1.weight', 'classifier.weight': 'classifier.1.weight',
    }],
    ['efficientnet_b0', timm.efficientnet_b0, {
      'blocks.0.0.conv_dw.weight': 'features.1.0.block.0.0.weight', 'blocks.0.0.se.conv_reduce.bias': 'features.1.0.block.1.fc1.bias', 'blocks.0.0.conv_pw.weight': 'features.1.0.block.2.0.weight',
      'blocks.4.2.conv_pw.weight': 'features.5.2.block.0.0.weight', 'blocks.4.2.se.conv_expand.weight': 'features.5.2.block.2.fc2.weight', 'blocks.4.2.bn3.bias': 'features.5.2.block.3.1.bias',
      'bn2.running_mean': 'features.8.1.running_mean', 'classifier.bias': 'classifier.1.bias',
    }],
    ['efficientnet_v2_s', timm.efficientnetv2_s, {
      'conv_stem.weight': 'features.0.0.weight', 'blocks.0.1.conv.weight': 'features.1.1.block.0.0.weight', 'blocks.0.1.bn1.bias': 'features.1.1.block.0.1.bias',
      'blocks.1.3.conv_exp.weight': 'features.2.3.block.0.0.weight', 'blocks.2.0.conv_pwl.weight': 'features.3.0.block.1.0.weight', 'blocks.2.3.bn2.running_var': 'features.3.3.block.1.1.running_var',
      'blocks.3.0.conv_pw.weight': 'features.4.0.block.0.0.weight', 'blocks.5.14.se.conv_reduce.weight': 'features.6.14.block.2.fc1.weight', 'blocks.5.14.bn3.weight': 'features.6.14.block.3.1.weight',
      'conv_head.weight': 'features.7.0.weight', 'bn2.running_mean': 'features.7.1.running_mean', 'classifier.weight': 'classifier.1.weight',
    }],
    ['mobilenet_v3_large', timm.mobilenetv3_large_100, {
      'conv_stem.weight': 'features.0.0.weight', 'blocks.0.0.conv_dw.weight': 'features.1.block.0.0.weight', 'blocks.0.0.conv_pw.weight': 'features.1.block.1.0.weight', 'blocks.0.0.bn2.bias': 'features.1.block.1.1.bias',
      'blocks.1.1.conv_pwl.weight': 'features.3.block.2.0.weight', 'blocks.2.0.se.conv_expand.bias': 'features.4.block.2.fc2.bias', 'blocks.2.2.bn3.running_var': 'features.6.block.3.1.running_var',
      'blocks.3.3.bn3.weight': 'features.10.block.2.1.weight', 'blocks.5.2.conv_dw.weight': 'features.15.block.1.0.weight', 'blocks.6.0.conv.weight': 'features.16.0.weight',
      'blocks.6.0.bn1.running_mean': 'features.16.1.running_mean', 'conv_head.weight': 'classifier.0.weight', 'conv_head.bias': 'classifier.0.bias', 'classifier.weight': 'classifier.3.weight',
    }],
    ['mobilenet_v3_small', timm.mobilenetv3_small_100, {
      'blocks.0.0.se.conv_reduce.weight': 'features.1.block.1.fc1.weight', 'blocks.0.0.conv_pw.weight': 'features.1.block.2.0.weight', 'blocks.3.0.conv_pw.weight': 'features.7.block.0.0.weight',
      'blocks.4.2.conv_pwl.weight': 'features.11.block.3.0.weight', 'blocks.5.0.conv.weight': 'features.12.0.weight', 'classifier.bias': 'classifier.3.bias',
    }],
    ['mnasnet0_5', timm.mnasnet_050, {
      'blocks.0.0.conv_pw.weight': 'layers.6.weight', 'blocks.1.0.conv_dw.weight': 'layers.8.0.layers.3.weight', 'blocks.6.0.bn3.weight': 'layers.13.0.layers.7.weight', 'conv_head.weight': 'layers.14.weight',
    }],
    ['convnext_tiny', timm.convnext_tiny, {
      'stem.0.weight': 'features.0.0.weight', 'stages.0.blocks.2.gamma': 'features.1.2.layer_scale', 'stages.1.downsample.1.weight': 'features.2.1.weight', 'stages.2.blocks.8.conv_dw.weight': 'features.5.8.block.0.weight',
      'stages.3.blocks.1.mlp.fc2.weight': 'features.7.1.block.5.weight', 'head.norm.bias': 'classifier.0.bias', 'head.fc.weight': 'classifier.2.weight',
    }],
    ['vit_b_16', timm.vit_base_patch16_224, {
      cls_token: 'class_token', pos_embed: 'encoder.pos_embedding', 'patch_embed.proj.weight': 'conv_proj.weight', 'blocks.3.attn.qkv.weight': 'encoder.layers.encoder_layer_3.self_attention.in_proj_weight',
      'blocks.11.attn.proj.bias': 'encoder.layers.encoder_layer_11.self_attention.out_proj.bias', 'blocks.0.mlp.fc1.weight': 'encoder.layers.encoder_layer_0.mlp.0.weight', 'blocks.0.norm2.weight': 'encoder.layers.encoder_layer_0.ln_2.weight',
      'norm.weight': 'encoder.ln.weight', 'head.weight': 'heads.head.weight',
    }],
    ['swin_t', timm.swin_tiny_patch4_window7_224, {
      'patch_embed.norm.weight': 'features.0.2.weight', 'layers.1.downsample.reduction.weight': 'features.2.reduction.weight', 'layers.2.blocks.5.attn.relative_position_bias_table': 'features.5.5.attn.relative_position_bias_table',
      'layers.0.blocks.1.mlp.fc2.bias': 'features.1.1.mlp.3.bias', 'layers.3.blocks.0.attn.qkv.weight': 'features.7.0.attn.qkv.weight', 'head.fc.weight': 'head.weight',
    }],
    ['regnet_y_400mf', timm.regnety_004, {
      'stem.conv.weight': 'stem.0.weight', 's1.b1.downsample.bn.bias': 'trunk_output.block1.block1-0.proj.1.bias', 's3.b4.conv2.conv.weight': 'trunk_output.block3.block3-3.f.b.0.weight',
      's4.b6.se.fc2.weight': 'trunk_output.block4.block4-5.f.se.fc2.weight', 'head.fc.bias': 'fc.bias',
    }],
    ['vgg11', timm.vgg11, { 'features.3.weight': 'features.3.weight', 'pre_logits.fc1.weight': 'classifier.0.weight', 'pre_logits.fc2.weight': 'classifier.3.weight', 'head.fc.bias': 'classifier.6.bias' }],
  ];

  test.each(networks)('%s', async (name, state, same) => {
    const file = path.join(folder, `${name}.safetensors`), values = new Map(state().map(([name, shape], i) => [name, { shape, data: noiseOf(numel(shape), 0.1, i) }]));
    await writeSafetensors(file, values, { format: 'pt' });
    using model = createModel(name, { device: 'cpu', initialize: false });
    const { loaded, missing, unexpected } = await loadWeights(model, file);
    expect([missing, unexpected, loaded.length]).toEqual([[], [], [...values.keys()].filter((name) => !name.endsWith('num_batches_tracked')).length]);
    const ours = new Map(torchTensors(model).map((tensor) => [tensor.name, tensor]));
    for (const [from, to] of Object.entries(same)) {
      const { tensor, toTorch } = ours.get(to)!, found = toTorch((await tensor.data()) as Float32Array), { data } = values.get(from)!;
      expect(Buffer.from(found.buffer).equals(Buffer.from(data.buffer)), from).toBe(true);
    }
    rmSync(file);
  });

  test('efficientnet_v2_m has a stage more than efficientnet_v2_s', () => {
    using model = createModel('efficientnet_v2_m', { device: 'cpu', initialize: false });
    const named = (tensors: Iterable<{ name: string; shape: readonly number[] }>) => new Map([...tensors].map(({ name, shape }) => [name, shape]));
    const expected = timm.efficientnetv2_m().map(([name, shape]) => ({ name, shape })).filter(({ name }) => !name.endsWith('num_batches_tracked'));
    expect(named(timmTensors(model))).toEqual(named(expected));
  });

  test('what is missing is told by timm’s names', async () => {
    const file = path.join(folder, 'timm.safetensors');
    await writeSafetensors(file, new Map(timm.mobilenetv2_100().filter(([name]) => name !== 'conv_stem.weight').map(([name, shape]) => [name, { shape, data: new Float32Array(numel(shape)) }])));
    using model = createModel('mobilenet_v2', { device: 'cpu', initialize: false });
    await expect(loadWeights(model, file)).rejects.toThrow(/expected the tensors of MobileNetV2, but got missing conv_stem\.weight$/);
    await expect(loadWeights(model, file, { names: 'torch' })).rejects.toThrow(/but got missing features\.0\.0\.weight, /);
  });
});

describe('tensors that are not the model’s', () => {
  test('are listed by name, and nothing is written', async () => {
    using model = network(5);
    const before = await model.stateDict();
    await expect(loadWeights(model, fixture('shufflenet.pt'))).rejects.toThrow(
      /shufflenet\.pt: expected the tensors of ShuffleNetV2, but got fc\.weight of shape \[3,24\] instead of \[5,24\]; fc\.bias of shape \[3\] instead of \[5\]$/,
    );
    expect(await model.stateDict()).toEqual(before);
  });

  test('a new head keeps its values', async () => {
    using model = network(5);
    const before = await model.stateDict();
    const { kept, loaded } = await loadWeights(model, fixture('shufflenet.pt'), { newHead: true });
    expect(kept).toEqual(['fc.weight', 'fc.bias']);
    expect(loaded).toHaveLength(before.size - 2);
    const after = await model.stateDict();
    expect(after.get('fc.weight')).toEqual(before.get('fc.weight'));
    expect(after.get('conv1.0.weight')).not.toEqual(before.get('conv1.0.weight'));
  });

  test('missing and unexpected ones are errors unless strict is false', async () => {
    const file = path.join(folder, 'other.safetensors');
    const one = { shape: [3], data: new Float32Array(3) };
    await writeSafetensors(file, new Map([['fc.bias', one], ['fc.scale', one], ['randomState', one]]), { format: 'pt' });
    using model = network();
    await expect(loadWeights(model, file)).rejects.toThrow(/but got missing conv1\.0\.weight, .*fc\.weight; unexpected fc\.scale$/);
    const { loaded, missing, unexpected } = await loadWeights(model, file, { strict: false });
    expect({ loaded, unexpected, count: missing.length }).toEqual({ loaded: ['fc.bias'], unexpected: ['fc.scale'], count: model.namedTensors().size - 1 });
  });

  test('a slip in a name is told with the name that is missing', async () => {
    using model = createModel('lenet5', { device: 'cpu' });
    const file = path.join(folder, 'slip.safetensors'), state = await model.stateDict();
    const misspelt = (name: string) => name.replace('classifier.1.bias', 'clasifier.1.bias');
    await writeSafetensors(file, new Map([...state].map(([name, saved]) => [misspelt(name), saved])), { format: 'convolt' });
    const message = 'missing classifier.1.bias; unexpected clasifier.1.bias; did you mean classifier.1.bias?';
    await expect(loadWeights(model, file)).rejects.toThrow(message);
    expect(() => model.loadStateDict(new Map([...state].map(([name, saved]) => [misspelt(name), saved])))).toThrow(message);
    expect(() => loadTorchStateDict(model, new Map(torchTensors(model).map(({ name, shape }) => [misspelt(name), { shape, data: new Float32Array(numel(shape)) }])))).toThrow(message);
  });

  test('of another type, or of none at all', async () => {
    const file = path.join(folder, 'type.safetensors');
    using model = network();
    await writeFile(file, encodeSafetensors(new Map([['fc.bias', { shape: [3], data: new Int32Array(3) }]])));
    await expect(loadWeights(model, file, { strict: false })).rejects.toThrow(/but got fc\.bias of type I32 instead of float32$/);
    await writeFile(file, encodeSafetensors(new Map()));
    await expect(loadWeights(model, file, { strict: false })).rejects.toThrow(/but got none of them$/);
  });

  test('a file that is not there', async () => {
    using model = network();
    await expect(loadWeights(model, path.join(folder, 'nothing.pt'))).rejects.toMatchObject({ code: 'ERR_FILE' });
  });
});

describe('damaged files', () => {
  test('a zip archive whose storage has changed is told by its checksum', async () => {
    const bytes = await readFile(fixture('views.pt'));
    const { tensors } = await openWeights(bytesSource('views.pt', bytes));
    expect(tensors.size).toBe(8);
    const at = bytes.indexOf(Buffer.from(Float64Array.of(1 / 7).buffer));
    bytes[at]! ^= 1;
    const damaged = await openWeights(bytesSource('views.pt', bytes));
    await expect(damaged.tensors.get('whole')!.bytes()).rejects.toThrow(/data\/0 is damaged: its checksum differs$/);
  });

  test('what is neither', async () => {
    await expect(openWeights(bytesSource('x', Buffer.from('PK\x03\x04 and no more')))).rejects.toThrow(/^x: expected a zip archive as torch.save writes it, but its end is missing$/);
    await expect(openWeights(bytesSource('x', Buffer.from('hello')))).rejects.toThrow(/^x: expected a safetensors file, but it has only 5 bytes$/);
  });
});
