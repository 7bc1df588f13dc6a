/** MobileNetV2 with the weights of the package nsfwjs, against TensorFlow.js itself. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

import { scope } from '../../lib/core/scope.js';
import { noGrad } from '../../lib/core/tape.js';
import { tensor } from '../../lib/core/tensor.js';
import { MobileNetV2 } from '../../lib/models/index.js';
import { tap } from '../../lib/nn/index.js';
import { decodeTfjsWeights, loadKerasMobileNetV2, readTfjsWeights } from '../../lib/weights/index.js';
import { TestRandom } from '../ops/array.js';

const require = createRequire(import.meta.url);

/** What is used of tfjs, whose own types need a browser's. */
interface Tf {
  io: { fromMemory(artifacts: object): object };
  ready(): Promise<void>;
  setBackend(name: string): Promise<boolean>;
  loadLayersModel(handler: object, options: { strict: boolean }): Promise<TfModel>;
  model(parts: { inputs: unknown; outputs: unknown[] }): TfModel;
  tensor(data: Float32Array, shape: number[]): unknown;
}
interface TfModel {
  inputs: unknown;
  getLayer(name: string): { output: unknown };
  predict(x: unknown): { shape: number[]; data(): Promise<Float32Array> }[];
}
interface KerasLayer {
  name: string;
  config: { batch_input_shape?: (number | null)[] };
}
interface ModelJson {
  modelTopology: { model_config: { config: { layers: KerasLayer[]; output_layers: unknown[] } } };
  weightsManifest: { paths: string[]; weights: object[] }[];
}

const side = 96;
let json: ModelJson, bytes: Buffer;
beforeAll(async () => {
  const { MobileNetV2Model } = require('nsfwjs/models/mobilenet_v2') as {
    MobileNetV2Model: { modelJson(): Promise<{ default: ModelJson }>; weightBundles: (() => Promise<{ default: string }>)[] };
  };
  json = (await MobileNetV2Model.modelJson()).default;
  bytes = Buffer.concat(await Promise.all(MobileNetV2Model.weightBundles.map(async (bundle) => Buffer.from((await bundle()).default, 'base64'))));
});

test('features agree with those of TensorFlow.js to within 1e-3', async () => {
  const random = new TestRandom(1), image = Float32Array.from({ length: side * side * 3 }, () => random.uniform());
  const layers = { 'features.0': 'Conv1_relu', 'features.3': 'block_2_add', 'features.12': 'block_11_add', 'features.18': 'out_relu' };

  // tfjs: the same network for smaller images, up to its last convolution.
  const tf = require('@tensorflow/tfjs') as Tf;
  await tf.setBackend('cpu');
  const topology = structuredClone(json.modelTopology), { config } = topology.model_config;
  config.layers = config.layers.slice(0, config.layers.findIndex(({ name }) => name === 'out_relu') + 1);
  config.layers[0]!.config.batch_input_shape = [null, side, side, 3];
  config.output_layers = [['out_relu', 0, 0]];
  const kept = json.weightsManifest.flatMap(({ weights }) => weights);
  const reference = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology: topology, weightSpecs: kept, weightData: new Uint8Array(bytes).buffer }), { strict: false });
  const tapped = tf.model({ inputs: reference.inputs, outputs: Object.values(layers).map((name) => reference.getLayer(name).output) });
  const expected = tapped.predict(tf.tensor(image, [1, side, side, 3]));

  using model = new MobileNetV2({ device: 'cpu', initialize: false, classes: 5, keras: true }).eval();
  loadKerasMobileNetV2(model, decodeTfjsWeights(json, bytes));
  const found = noGrad(() => scope(() => tap(model, tensor(image, { shape: [1, side, side, 3], device: 'cpu' }), Object.keys(layers))));
  for (const [i, name] of Object.keys(layers).entries()) {
    const values = await found[name]!.data(), wanted = await expected[i]!.data();
    expect(found[name]!.shape).toEqual(expected[i]!.shape);
    expect(values.reduce((most, value, at) => Math.max(most, Math.abs(value - wanted[at]!)), 0), name).toBeLessThan(1e-3);
    expect(wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeGreaterThan(0.5);
    found[name]!.dispose();
  }
});

describe('files of TensorFlow.js', () => {
  const model = {
    weightsManifest: [{
      paths: ['a.bin', 'b.bin'],
      weights: [
        { name: 'x', shape: [2], dtype: 'float32' },
        { name: 'y', shape: [1, 2], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -1 } },
        { name: 'z', shape: [], dtype: 'float32', quantization: { dtype: 'uint16', scale: 2, min: 1 } },
      ],
    }],
  };

  test('are read with the files beside them', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'convolt-tfjs-'));
    await writeFile(path.join(folder, 'model.json'), JSON.stringify(model));
    await writeFile(path.join(folder, 'a.bin'), Buffer.from(Float32Array.of(1.5, -2).buffer).subarray(0, 5));
    await writeFile(path.join(folder, 'b.bin'), Buffer.concat([Buffer.from(Float32Array.of(1.5, -2).buffer).subarray(5), Buffer.of(0, 255, 1, 1)]));
    expect([...(await readTfjsWeights(path.join(folder, 'model.json')))]).toEqual([
      ['x', { shape: [2], data: Float32Array.of(1.5, -2) }],
      ['y', { shape: [1, 2], data: Float32Array.of(-1, 126.5) }],
      ['z', { shape: [], data: Float32Array.of(515) }],
    ]);
    await rm(path.join(folder, 'b.bin'));
    await expect(readTfjsWeights(path.join(folder, 'model.json'))).rejects.toMatchObject({ code: 'ERR_FILE' });
    await rm(folder, { recursive: true });
  });

  test('are refused if they are damaged', () => {
    expect(() => decodeTfjsWeights(model, new Uint8Array(11))).toThrow(/^model\.json: expected 12 bytes of weights, but got 11$/);
    for (const wrong of [null, {}, { weightsManifest: [{}] }, { weightsManifest: [{ paths: [], weights: [{ name: 'x', shape: [-1], dtype: 'float32' }] }] }]) {
      expect(() => decodeTfjsWeights(wrong, new Uint8Array())).toThrow(/expected a model\.json of TensorFlow\.js with a weightsManifest of float32 tensors/);
    }
  });

  test('of another model are told by name, and the model stays', async () => {
    using model = new MobileNetV2({ device: 'cpu', initialize: false, keras: true });
    const weights = decodeTfjsWeights(json, bytes);
    weights.delete('block_3_expand/kernel');
    weights.set('Conv_1_bn/beta', { shape: [3], data: new Float32Array(3) });
    expect(() => loadKerasMobileNetV2(model, weights)).toThrow(/but there is no block_3_expand\/kernel, Conv_1_bn\/beta of shape \[3\] as \[1280\]$/);
    expect((await model.stateDict()).get('features.0.0.weight')!.data.every((value) => value === 0)).toBe(true);
  });
});
