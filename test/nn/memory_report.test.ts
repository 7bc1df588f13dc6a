import { expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { Random } from '../../lib/core/random.js';
import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { checkpoint } from '../../lib/core/checkpoint.js';
import { Linear, memoryReport, ReLU, Sequential } from '../../lib/nn/index.js';
import { matmul, sum } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

test.each(testDevices)('a report of a training step on %s names layers, ops and shapes', (on) => {
  const options = { device: on, random: new Random(1) };
  using model = new Sequential(new Linear(8, 100, options), new ReLU(), new Linear(100, 2, options));
  using x = tensor(new Float32Array(10 * 8), { shape: [10, 8], device: on });
  const report = memoryReport(model, () => void scope(() => sum(model.forward(x)).backward()));
  const first = report.holders.filter(({ layer }) => layer === '0');
  expect(first.find(({ op }) => op === 'matmul')).toMatchObject({ shape: [10, 100], bytes: 4000, dtype: 'float32' });
  expect(report.holders.map(({ layer }) => layer)).toContain('1');
  expect(report.peak).toBe(report.holders.reduce((total, { bytes }) => total + bytes, 0));
  // Both activations are kept, and a gradient of each is made: no more than these and what is small beside them.
  expect(report.peak).toBeGreaterThanOrEqual(8000);
  expect(report.peak).toBeLessThan(4 * 4000 + 4 * (8 * 100 + 100 + 200 + 2 + 3 * 20 + 10));
  expect(String(report)).toMatch(/^peak 0\.0\d MB\nlayer +op +memory +shapes\n[\s\S]*0 +matmul +0\.00 MB +\[10,100\]/);
});

test('activation checkpointing shows in the report', () => {
  const options = { device: 'cpu', random: new Random(1) };
  const blocks = Array.from({ length: 6 }, () => new Sequential(new Linear(64, 64, options), new ReLU(), new Linear(64, 64, options), new ReLU()));
  using model = new Sequential(...blocks);
  using x = tensor(new Float32Array(256 * 64), { shape: [256, 64], device: 'cpu' });
  const plain = memoryReport(model, () => void scope(() => sum(model.forward(x)).backward()));
  const checkpointed = memoryReport(model, () =>
    void scope(() => sum(blocks.reduce<Tensor>((y, block) => checkpoint((input) => block.forward(input), [y]), x)).backward()),
  );
  expect(checkpointed.peak).toBeLessThan(0.7 * plain.peak);
});

test('an error for want of memory says op, shapes and what holds the rest', () => {
  const on = device('emu');
  using a = tensor(new Float32Array(300 * 300), { shape: [300, 300], device: on });
  on.releaseCachedMemory();
  on.setMemoryLimit(on.memory().reserved + 1000);
  try {
    expect(() => matmul(a, a)).toThrow(/^out of memory: matmul asked for 0\.\d+ MB; .* are in use of a limit of .*; matmul was called with a \[300,300\], b \[300,300\]$/);
  } finally {
    on.setMemoryLimit(0);
  }
});
