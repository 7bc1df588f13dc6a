import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  LayerNorm,
  RMSNorm,
  type Module,
} from '../../lib/nn/index.js';

const cpu = device('cpu');
const on = { device: cpu };

function input(shape: readonly number[]): Tensor {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return tensor(Float32Array.from({ length: count }, (_, i) => Math.sin(i * i + 1) * 3 + 1), { shape: [...shape], device: cpu });
}

async function meanAndVariance(y: Tensor): Promise<[number, number]> {
  const values = await y.data(), mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length];
}

const affine = ['weight', 'bias'], running = ['runningMean', 'runningVar'];
const layers: [string, () => Module, readonly number[], string[]][] = [
  ['BatchNorm1d', () => new BatchNorm1d(4, on), [6, 4], [...affine, ...running]],
  ['BatchNorm2d', () => new BatchNorm2d(4, on), [2, 3, 3, 4], [...affine, ...running]],
  ['BatchNorm3d without statistics', () => new BatchNorm3d(4, { ...on, trackRunningStats: false }), [2, 2, 2, 2, 4], affine],
  ['BatchNorm2d without weight', () => new BatchNorm2d(4, { ...on, affine: false }), [2, 3, 3, 4], running],
  ['GroupNorm', () => new GroupNorm(2, 4, on), [2, 3, 3, 4], affine],
  ['GroupNorm without weight', () => new GroupNorm(2, 4, { ...on, affine: false }), [3, 5, 4], []],
  ['InstanceNorm1d', () => new InstanceNorm1d(4, on), [2, 5, 4], []],
  ['InstanceNorm2d', () => new InstanceNorm2d(4, { ...on, affine: true }), [2, 3, 3, 4], affine],
  ['InstanceNorm3d', () => new InstanceNorm3d(4, { ...on, trackRunningStats: true }), [2, 2, 2, 2, 4], running],
  ['LayerNorm', () => new LayerNorm(4, on), [5, 4], affine],
  ['LayerNorm of images without bias', () => new LayerNorm([3, 3, 4], { ...on, bias: false }), [2, 3, 3, 4], ['weight']],
];

describe('normalisation layers', () => {
  test.each(layers)('%s normalises in training, and has the tensors of torch', async (_, make, shape, names) => {
    using layer = make();
    expect([...(await layer.stateDict()).keys()]).toEqual(names);
    const [mean, variance] = await meanAndVariance(layer.forward(input(shape)));
    expect(Math.abs(mean)).toBeLessThan(1e-5);
    expect(Math.abs(variance - 1)).toBeLessThan(1e-4);
  });

  test('RMSNorm gives unit mean squares', async () => {
    using layer = new RMSNorm(4, on);
    expect([...layer.namedParameters().keys()]).toEqual(['weight']);
    const [mean, variance] = await meanAndVariance(layer.forward(input([5, 4])));
    expect(Math.abs(mean ** 2 + variance - 1)).toBeLessThan(1e-4);
  });

  test('batch norm and instance norm use running statistics in evaluation, if they have any', async () => {
    const x = input([2, 3, 3, 4]);
    for (const Layer of [BatchNorm2d, InstanceNorm2d]) {
      using tracking = new Layer(4, { ...on, trackRunningStats: true });
      const untouched = await tracking.eval().forward(x).data();
      for (const [i, value] of (await x.data()).entries()) expect(untouched[i]).toBeCloseTo(value / Math.sqrt(1 + 1e-5), 5);
      tracking.train().forward(x);
      expect(await tracking.eval().forward(x).data()).not.toEqual(untouched);
      using plain = new Layer(4, { ...on, trackRunningStats: false });
      const [, variance] = await meanAndVariance(plain.eval().forward(x));
      expect(Math.abs(variance - 1)).toBeLessThan(1e-4);
    }
  });

  test('batch norm adds a residual and applies ReLU', async () => {
    using fused = new BatchNorm2d(4, { ...on, activation: 'relu' });
    using plain = new BatchNorm2d(4, on);
    const x = input([2, 3, 3, 4]), residual = tensor(new Float32Array(72).fill(0.5), { shape: x.shape, device: cpu });
    const expected = (await plain.forward(x).data()).map((value) => Math.max(value + 0.5, 0));
    const found = await fused.forward(x, residual).data();
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 5);
  });

  test('say what is wrong with their arguments', () => {
    expect(() => new GroupNorm(3, 4, on)).toThrow('GroupNorm: expected channels to be a multiple of groups 3, but got 4');
    expect(() => new BatchNorm3d(0, on)).toThrow('BatchNorm3d: expected channels to be a whole number of at least 1, but got 0');
    expect(() => new LayerNorm([3, 0], on)).toThrow('LayerNorm: expected normalizedShape to be a whole number of at least 1, but got 0');
  });
});
