/** Every network of the registry, written as ONNX and run by onnxruntime. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { scope } from '../../lib/core/scope.js';
import { numel, type Shape } from '../../lib/core/shape.js';
import { noGrad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { createModel, modelInfo, modelNames, type ModelName } from '../../lib/models/index.js';
import { Conv2d, Module, ReLU, Sequential } from '../../lib/nn/index.js';
import { withContents } from '../../lib/onnx/export.js';
import { exportOnnx, writeOnnx, type OnnxWriteOptions } from '../../lib/onnx/index.js';
import { affineGrid, expand, gridSample, permute } from '../../lib/ops/index.js';
import { publishedParameters } from '../models/published.js';
import { noiseOf, randomize } from './random_weights.js';
import { floatTensor, openSession } from './runtime.js';

const cpu = device('cpu');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'convolt-onnx-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => cpu.releaseCachedMemory());

/** Families whose images can be smaller than those that they were published for. */
const smaller: [name: RegExp, image: Shape][] = [
  [/^(inception|xception)/, [75, 75, 3]],
  [/^(p?nasnet|amoebanet)/, [65, 65, 3]],
  [/^polynet/, [75, 75, 3]],
  [/^s3d/, [16, 224, 224, 3]],
  [/^(r3d|mc3|r2plus1d)/, [8, 32, 32, 3]],
  [/^(vgg|.*resne|wide|senet|bit|densenet|googlenet|squeezenet|mobilenet|shufflenet|mnasnet|efficientnet|regnet|convnext)/, [64, 64, 3]],
  [/^(fcn|deeplab|lraspp)/, [64, 64, 3]],
];

function imageOf(name: ModelName): Shape {
  return smaller.find(([family]) => family.test(name))?.[1] ?? modelInfo(name).input;
}

/** Largest difference of onnxruntime's outputs from ours, relative to the largest output or 1. */
async function difference(model: Module, image: Shape, batch: number, options: Omit<OnnxWriteOptions, 'inputShape'> = {}): Promise<number> {
  const file = path.join(folder, 'model.onnx');
  const files = await writeOnnx(file, model, { inputShape: [1, ...image], channels: 'last', ...options });
  const session = await openSession(file);
  const shape = [batch, ...image], values = noiseOf(numel(shape));
  const { output } = await session.run({ input: floatTensor(values, shape) });
  await session.release();
  for (const written of files) rmSync(written);
  using y = scope(() => noGrad(() => model.forward(tensor(values, { shape, device: cpu }))));
  expect(output!.dims).toEqual(y.shape);
  const ours = await y.data(), theirs = output!.data as Float32Array;
  expect(ours.every(Number.isFinite)).toBe(true);
  const differences = ours.map((value, i) => Math.abs(value - theirs[i]!));
  return differences.reduce((a, b) => Math.max(a, b), 0) / ours.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
}

/** Networks of one paper differ in numbers: the smallest runs, and all but the largest are looked at. All run where CONVOLT_TEST_LARGE is set. */
const runsAll = process.env['CONVOLT_TEST_LARGE'] !== undefined;
const mostParameters = runsAll ? Infinity : 100_000_000;
const kept = modelNames.filter((name) => publishedParameters[name] < mostParameters);
const ofPaper = (name: ModelName) => kept.filter((other) => modelInfo(other).paper === modelInfo(name).paper);
const isRun = (name: ModelName) => runsAll || ofPaper(name).every((other) => publishedParameters[other] >= publishedParameters[name]);

describe('networks in onnxruntime', () => {
  test.each(kept.filter(isRun))('%s', async (name) => {
    const image = imageOf(name);
    using model = createModel(name, { device: cpu, initialize: false, classes: 5 });
    await randomize(model, [4, ...image]);
    const batch = model.parameterCount < 10_000_000 && image.length === 3 ? 4 : 1; // neither is one that the model was traced with
    expect(await difference(model.eval(), image, batch)).toBeLessThan(1e-4);
  });

  test.each(kept.filter((name) => !isRun(name)))('%s has a node or a constant for all that it is made of', async (name) => {
    using model = createModel(name, { device: cpu, initialize: false, classes: 5 });
    await withContents(model, { inputShape: [1, ...imageOf(name)] }, ({ nodes, initializers, output }) => {
      const written = new Map(initializers.map(({ name, shape }) => [name, numel(shape)]));
      const used = new Set(nodes.flatMap(({ inputs }) => inputs));
      for (const [name, { numel }] of model.namedParameters()) expect([name, written.get(name), used.has(name)]).toEqual([name, numel, true]);
      expect(output.extents.shape.slice(0, 2)).toEqual([2, 5]);
      expect(output.extents.perImage).toEqual(output.extents.shape.map((_, axis) => Number(axis === 0)));
      return Promise.resolve();
    });
  });
});

describe('files', () => {
  test('weights in a second file', async () => {
    using model = createModel('resnet18', { device: cpu, initialize: false, classes: 5 });
    await randomize(model, [2, 32, 32, 3]);
    expect(await difference(model.eval(), [32, 32, 3], 1, { externalData: true })).toBeLessThan(1e-4);
  });

  test('channels second', async () => {
    const model = new Sequential(new Conv2d(3, 4, 3, { device: cpu }), new ReLU());
    const session = await openSession(await exportOnnx(model, { inputShape: [1, 6, 7, 3], inputName: 'image', outputName: 'maps' }));
    const values = noiseOf(5 * 3 * 6 * 7);
    const { maps } = await session.run({ image: floatTensor(values, [5, 3, 6, 7]) });
    expect(maps!.dims).toEqual([5, 4, 4, 5]);
    using y = scope(() => noGrad(() => permute(model.forward(permute(tensor(values, { shape: [5, 3, 6, 7], device: cpu }), [0, 2, 3, 1])), [0, 3, 1, 2])));
    const ours = await y.data();
    for (const [i, value] of (maps!.data as Float32Array).entries()) expect(value).toBeCloseTo(ours[i]!, 5);
    await session.release();
    model.dispose();
  });

  test('what ONNX has no op for is named with its layer', async () => {
    class Sampling extends Module {
      override forward(x: Tensor): Tensor {
        return gridSample(x, expand(affineGrid(tensor([1, 0, 0, 0, 1, 0], { shape: [1, 2, 3], device: cpu }), [3, 3]), [x.shape[0]!, 3, 3, 2]));
      }
    }
    const model = new Sequential(new ReLU(), new Sampling());
    await expect(exportOnnx(model, { inputShape: [1, 4, 4, 1] })).rejects.toThrow(
      'exportOnnx: expected ops that ONNX has, but got taps in layer "1"',
    );
  });

  test.each([
    { options: { inputShape: [28] }, message: 'exportOnnx: expected inputShape to be a list of at least 2 whole numbers of at least 1, like [1,28,28,1], but got [28]' },
    { options: { inputShape: [1, 28, 28, 1], channels: 'first' as 'last' }, message: "exportOnnx: expected channels to be 'second' or 'last', but got 'first'" },
  ])('$message', async ({ options, message }) => {
    using model = createModel('lenet5', { device: cpu });
    await expect(exportOnnx(model, options)).rejects.toThrow(message);
  });

  test('the model is as it was', async () => {
    using model = createModel('resnet18', { device: cpu, classes: 5 }).train();
    const before = cpu.memory().tensors, [stride] = [...model.namedBuffers().values()];
    const statistics = await stride!.data();
    await exportOnnx(model, { inputShape: [1, 32, 32, 3] });
    expect(cpu.memory().tensors).toBe(before);
    expect(model.training).toBe(true);
    expect(await stride!.data()).toEqual(statistics);
  });
});
