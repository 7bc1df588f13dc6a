import { describe, expect, test } from 'vitest';

import { cudaInfo, device, devices } from '../../lib/core/device.js';
import { tensor } from '../../lib/core/tensor.js';
import { matmul } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

test('devices() lists cpu and emu, and says why cuda is not usable where it is not', () => {
  const found = new Map(devices().map((info) => [info.name, info]));
  expect(found.get('cpu')?.usable).toBe(true);
  expect(found.get('cpu')?.description).toMatch(/oneDNN \d/);
  expect(found.get('emu')?.usable).toBe(true);
  if (cudaInfo().devices.length === 0) expect(found.get('cuda')?.description).not.toBe('');
  else expect(found.get('cuda:0')?.usable).toBe(true);
});

test('a device is opened once', () => {
  expect(device('cpu')).toBe(device('cpu'));
  expect(device('cpu')).not.toBe(device('emu'));
});

test.each(['gpu', 'cuda:x', '', 'CPU'])('there is no device "%s"', (name) => {
  expect(() => device(name)).toThrow(`device: expected cpu, emu, cuda or cuda:N, but got "${name}"`);
});

test('a GPU that is not there is refused', () => {
  expect(() => device('cuda:999')).toThrow(/^device: expected /);
});

describe.each(testDevices)('memory of %s', (name) => {
  const on = device(name);

  test('counts bytes and tensors', () => {
    const before = on.memory();
    const x = tensor(new Float32Array(10_000), { device: on });
    const during = on.memory();
    expect(during.tensors - before.tensors).toBe(1);
    expect(during.inUse - before.inUse).toBeGreaterThanOrEqual(40_000);
    expect(during.peak).toBeGreaterThanOrEqual(during.inUse);
    x.dispose();
    expect(on.memory().tensors).toBe(before.tensors);
    expect(on.memory().inUse).toBe(before.inUse);
  });

  test('is reused, and given back on request', async () => {
    for (let i = 0; i < 50; i++) tensor(new Float32Array(50_000), { device: on }).dispose();
    const reserved = on.memory().reserved;
    for (let i = 0; i < 50; i++) tensor(new Float32Array(50_000), { device: on }).dispose();
    expect(on.memory().reserved).toBe(reserved);
    on.releaseCachedMemory();
    await on.synchronize();
    expect(on.memory().reserved).toBe(on.memory().inUse === 0 ? 0 : on.memory().reserved);
    expect(on.memory().reserved).toBeLessThanOrEqual(reserved);
  });

  test('a limit wants a whole number', () => {
    expect(() => {
      on.setMemoryLimit(-1);
    }).toThrow('setMemoryLimit: expected bytes to be a whole number of at least 0, but got -1');
  });
});

describe.each(testDevices)('time on %s', (name) => {
  const on = device(name);

  test('is told from each mark to the next, once', async () => {
    const x = tensor(new Float32Array(400 * 400).fill(1), { shape: [400, 400], device: on });
    const began = performance.now();
    on.mark();
    matmul(x, x).dispose();
    on.mark();
    on.mark();
    const intervals = await on.intervals();
    const elapsed = performance.now() - began;
    expect(intervals).toHaveLength(2);
    expect(intervals.every((milliseconds) => milliseconds >= 0)).toBe(true);
    expect(intervals[0]! + intervals[1]!).toBeLessThanOrEqual(elapsed);
    expect(await on.intervals()).toEqual([]);
    on.mark();
    expect(await on.intervals(), 'one mark alone').toEqual([]);
    x.dispose();
  });
});
