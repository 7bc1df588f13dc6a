import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { Random } from '../../lib/core/random.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { BatchNorm2d, Conv2d, Dropout, Flatten, Linear, lsuv, ReLU, Sequential } from '../../lib/nn/index.js';

const cpu = device('cpu');

function images(count: number, random = new Random(3)): Tensor {
  const values = Float32Array.from({ length: count * 64 * 2 }, () => random.normal() * 5 + 1);
  return tensor(values, { shape: [count, 8, 8, 2], device: cpu });
}

function network(): Sequential {
  const options = { device: cpu, random: new Random(1) };
  return new Sequential(
    new Conv2d(2, 6, 3, { ...options, padding: 1 }),
    new ReLU(),
    new Dropout(0.5, options),
    new Conv2d(6, 4, 3, { ...options, stride: 2, bias: false }),
    new BatchNorm2d(4, options),
    new ReLU(),
    new Flatten(),
    new Linear(36, 5, options),
  );
}

describe('lsuv', () => {
  test('gives every layer an output of unit variance', async () => {
    using model = network();
    const dropout = [...model.modules()][3]![1];
    dropout.eval();
    const found = await lsuv(model, images(32), { tolerance: 0.01, random: new Random(2) });
    expect([...found.keys()]).toEqual(['0', '3', '7']);
    for (const variance of found.values()) expect(Math.abs(variance - 1)).toBeLessThan(0.01);
    expect(model.training).toBe(true);
    expect(dropout.training, 'modes stay').toBe(false);

    // Seen from outside: the last layer's output is the model's.
    const y = await model.eval().forward(images(32)).data(), mean = y.reduce((sum, value) => sum + value, 0) / y.length;
    expect(Math.abs(y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / y.length - 1)).toBeLessThan(0.01);
  });

  test('rows of the weights stay orthogonal', async () => {
    using model = network();
    await lsuv(model, images(32), { random: new Random(2) });
    const weight = await model.namedParameters().get('0.weight')!.data(); // [6,18]
    const product = (a: number, b: number) => weight.subarray(a * 18, a * 18 + 18).reduce((sum, value, i) => sum + value * weight[b * 18 + i]!, 0);
    for (let a = 0; a < 6; a++) for (let b = 0; b < a; b++) expect(Math.abs(product(a, b) / product(a, a))).toBeLessThan(1e-6);
  });

  test('leaves no tensor and no hook behind', async () => {
    using model = network(), batch = images(4);
    const before = cpu.memory().tensors;
    await lsuv(model, batch);
    expect(cpu.memory().tensors).toBe(before);
    for (const [, module] of model.modules()) expect(Object.keys(module)).not.toContain('forward');
  });

  test('refuses a batch that says nothing', async () => {
    using model = new Sequential(new Linear(3, 2, { device: cpu }));
    await expect(lsuv(model, tensor(new Float32Array(12), { shape: [4, 3], device: cpu }))).rejects.toThrow(
      'lsuv: expected a batch for which the output of 0 varies, but got variance 0',
    );
    expect(model.training).toBe(true);
  });
});
