import { describe, expect, test } from 'vitest';

import { tensor } from '../../lib/core/tensor.js';
import { cast, dropout, dropout2d, dropPath, mul, ones, randomState, sum, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { thrownBy } from './harness.js';

const training = true;

describe.each(testDevices)('dropout on %s', (device) => {
  test.each([0.1, 0.5, 0.9])('drops a share of %f and scales the rest', async (probability) => {
    const n = 20_000;
    const y = await dropout(ones([n], { device }), { probability, training, random: randomState(11, device) }).data();
    const kept = y.filter((value) => value !== 0);
    expect(new Set(kept).size).toBe(1);
    expect(kept[0]).toBeCloseTo(1 / (1 - probability), 5);
    // Four standard deviations of a binomial count.
    expect(Math.abs(kept.length - n * (1 - probability))).toBeLessThan(4 * Math.sqrt(n * probability * (1 - probability)));
  });

  test('neighbours are dropped independently', async () => {
    const n = 20_000;
    const y = await dropout(ones([n], { device }), { training, random: randomState(5, device) }).data();
    for (const lag of [1, 2, 3, 4, 8]) {
      let both = 0;
      for (let i = lag; i < n; i++) if (y[i] !== 0 && y[i - lag] !== 0) both++;
      expect(Math.abs(both / (n - lag) - 0.25), `lag ${lag}`).toBeLessThan(0.02);
    }
  });

  test('the same seed gives the same bits, another one others', async () => {
    const draw = (seed: number) => dropout(ones([999], { device }), { training, random: randomState(seed, device) }).data();
    expect(await draw(42)).toEqual(await draw(42));
    expect(await draw(43)).not.toEqual(await draw(42));
    expect(await draw(42 + 2 ** 40)).not.toEqual(await draw(42));
  });

  test('the state moves on with each call, and a copy of it repeats', async () => {
    const random = randomState(1, device), x = ones([101], { device });
    const first = await dropout(x, { training, random }).data();
    const copy = tensor(await random.data(), { device });
    const second = await dropout(x, { training, random }).data();
    expect(second).not.toEqual(first);
    expect(await dropout(x, { training, random: copy }).data()).toEqual(second);
    expect(await copy.data()).toEqual(await random.data());
  });

  test('has the same bits as on cpu', async () => {
    const values = Float32Array.from({ length: 1003 }, (_, i) => i * 0.01 - 3);
    const draw = (on: string) => dropout(tensor(values, { device: on }), { probability: 0.3, training, random: randomState(9, on) }).data();
    expect(await draw(device)).toEqual(await draw('cpu'));
  });

  test('its gradient is the mask over 1 - probability', async () => {
    const x = tensor(Float32Array.from({ length: 300 }, (_, i) => i + 1), { device, requiresGrad: true });
    const dy = Float32Array.from({ length: 300 }, (_, i) => 0.5 - i * 0.01);
    const y = dropout(x, { probability: 0.25, training, random: randomState(3, device) });
    sum(mul(y, tensor(dy, { device }))).backward();
    const kept = await y.data(), scale = Math.fround(1 / 0.75);
    expect(await x.grad?.data()).toEqual(dy.map((value, i) => (kept[i] === 0 ? 0 : value * scale)));
  });

  test('outside of training it gives x', async () => {
    const random = randomState(3, device), x = tensor([1, 2, 3], { device, requiresGrad: true });
    for (const options of [{ training: false }, { training, probability: 0 }]) {
      const y = dropout(x, { random, ...options });
      expect(await y.data()).toEqual(Float32Array.of(1, 2, 3));
      sum(y).backward();
      y.dispose();
    }
    expect(await x.data()).toEqual(Float32Array.of(1, 2, 3));
    expect(await x.grad?.data()).toEqual(Float32Array.of(2, 2, 2));
    expect(await random.data()).toEqual(Int32Array.of(3, 0, 0, 0));
  });

  test('of nothing is nothing', async () => {
    expect(await dropout(zeros([0, 3], { device }), { training, random: randomState(3, device) }).data()).toEqual(new Float32Array(0));
  });

  test.each(['bfloat16', 'float16'] as const)('%s: the mask of float32', async (dtype) => {
    const values = tensor(Float32Array.from({ length: 300 }, (_, i) => i + 1), { device });
    const narrow = cast(values, dtype);
    narrow.requiresGrad = true;
    const y = dropout(narrow, { probability: 0.5, training, random: randomState(3, device) });
    expect(y.dtype).toBe(dtype);
    const wide = dropout(cast(narrow.detach(), 'float32'), { probability: 0.5, training, random: randomState(3, device) });
    expect(await y.data()).toEqual(await wide.data());
    sum(cast(y, 'float32')).backward();
    expect(await narrow.grad!.data()).toEqual((await wide.data()).map((value) => (value === 0 ? 0 : 2)));
  });

  test('dropout2d drops whole channels of an image', async () => {
    const [n, h, w, c] = [20, 2, 3, 15], x = ones([n, h, w, c], { device });
    x.requiresGrad = true;
    const y = dropout2d(x, { probability: 0.25, training, random: randomState(7, device) });
    sum(y).backward();
    const data = await y.data(), kept = Math.fround(1 / 0.75);
    let dropped = 0;
    for (let image = 0; image < n; image++) {
      for (let channel = 0; channel < c; channel++) {
        const values = new Set(Array.from({ length: h * w }, (_, i) => data[(image * h * w + i) * c + channel]));
        expect(values.size).toBe(1);
        expect([0, kept]).toContain([...values][0]);
        if (values.has(0)) dropped++;
      }
    }
    expect(Math.abs(dropped - 75)).toBeLessThan(4 * Math.sqrt(300 * 0.25 * 0.75));
    expect(await x.grad!.data()).toEqual(data);
  });

  test('dropPath drops whole samples', async () => {
    const n = 200, y = await dropPath(ones([n, 2, 3], { device }), { probability: 0.5, training, random: randomState(7, device) }).data();
    let dropped = 0;
    for (let sample = 0; sample < n; sample++) {
      const values = new Set(y.subarray(sample * 6, sample * 6 + 6));
      expect(values.size).toBe(1);
      if (values.has(0)) dropped++;
    }
    expect(Math.abs(dropped - n / 2)).toBeLessThan(4 * Math.sqrt(n / 4));
  });

  test('dropout2d and dropPath leave x as it is outside of training, and nothing behind', async () => {
    const x = tensor([1, 2], { shape: [1, 1, 1, 2], device }), random = randomState(3, device);
    for (const run of [dropout2d, dropPath]) {
      expect(await run(x, { training: false, random }).data()).toEqual(Float32Array.of(1, 2));
      const before = x.device.memory().tensors;
      run(x, { training, random }).dispose();
      expect(x.device.memory().tensors).toBe(before);
    }
    expect(() => dropout2d(zeros([2, 3], { device }), { training, random })).toThrow('dropout2d: expected x to have the 4 axes [N,H,W,C], but got shape [2,3]');
    expect(() => dropPath(zeros([], { device }), { training, random })).toThrow('dropPath: expected x to have at least one axis, but got shape []');
  });

  test('errors', () => {
    const x = zeros([2], { device }), random = randomState(1, device);
    expect(thrownBy(() => dropout(x, { probability: 1, training, random })).message).toBe(
      'dropout: expected probability to be a number from 0 to below 1, but got 1',
    );
    const short = tensor(Int32Array.of(1, 2), { device });
    expect(thrownBy(() => dropout(x, { training, random: short })).message).toBe(
      'dropout: expected random to have shape [4], as randomState makes it, but got [2]',
    );
    expect(thrownBy(() => randomState(-1, device)).message).toBe(
      'randomState: expected seed to be a whole number from 0 to 2^53 - 1, but got -1',
    );
  });
});
