import { afterEach, describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { ConvoltError } from '../../lib/core/errors.js';
import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { add, mul, ones, sum } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

describe.each(testDevices)('a memory limit of %s', (name) => {
  const on = device(name);
  const megabyte = 1e6 / 4; // elements

  afterEach(() => {
    on.setMemoryLimit(0);
  });

  /** Sets a limit of so many megabytes beyond what is in use. */
  async function limitTo(megabytes: number): Promise<void> {
    on.releaseCachedMemory();
    await on.synchronize();
    on.setMemoryLimit(on.memory().reserved + megabytes * 1e6);
  }

  /** What a function throws. */
  function failure(act: () => unknown): ConvoltError {
    try {
      act();
    } catch (error) {
      if (error instanceof ConvoltError) return error;
    }
    return expect.fail('expected a ConvoltError');
  }

  test('stops an op, naming it and who holds the rest', async () => {
    await limitTo(8);
    const x = ones([megabyte], { device: on }), y = add(x, 1), z = mul(y, y);
    const held: Tensor[] = [];
    const error = failure(() => {
      for (;;) held.push(mul(x, y));
    });
    expect(error.code).toBe('ERR_OUT_OF_MEMORY');
    expect(error.message).toMatch(
      /^out of memory: mul asked for 1\.0 MB; \d+\.\d MB are in use of a limit of \d+\.\d MB, most of it made by mul \(\d\.\d MB\), \w+ \(1\.0 MB\)/,
    );
    for (const each of [x, y, z, ...held]) each.dispose();
  });

  test('stops data from the host', async () => {
    await limitTo(1);
    const error = failure(() => tensor(new Float32Array(4 * megabyte), { device: on }));
    expect(error.code).toBe('ERR_OUT_OF_MEMORY');
    expect(error.message).toMatch(/^out of memory: data from the host asked for 4\.0 MB; /);
  });

  test('leaves everything usable: what fits still runs, and nothing leaks', async () => {
    await limitTo(6);
    const before = on.memory().tensors;
    const x = tensor(new Float32Array(megabyte).fill(2), { device: on, requiresGrad: true });
    for (let round = 0; round < 3; round++) {
      const error = failure(() =>
        scope(() => {
          let y = mul(x, x);
          for (;;) y = mul(y, x);
        }),
      );
      expect(error.code).toBe('ERR_OUT_OF_MEMORY');
      expect(on.memory().tensors - before).toBe(1);
    }
    const total = scope(() => sum(mul(x, x)));
    expect(await total.item()).toBe(4 * megabyte);
    total.dispose();
    x.dispose();
    expect(on.memory().tensors).toBe(before);
  });

  test('cached memory of other sizes is given up before an allocation fails', async () => {
    await limitTo(6);
    for (let i = 0; i < 4; i++) ones([megabyte], { device: on }).dispose();
    for (let elements = megabyte / 8; elements < megabyte; elements += megabyte / 8) {
      const many = Array.from({ length: 4 }, () => ones([elements], { device: on }));
      for (const each of many) each.dispose();
    }
    const large = ones([5 * megabyte], { device: on });
    expect(await sum(large).item()).toBe(5 * megabyte);
    large.dispose();
  });
});
