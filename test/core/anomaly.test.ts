import { describe, expect, test } from 'vitest';

import { detectAnomaly, startAnomalySearch } from '../../lib/core/anomaly.js';
import { device } from '../../lib/core/device.js';
import { run } from '../../lib/core/run.js';
import { grad } from '../../lib/core/tape.js';
import { tensor } from '../../lib/core/tensor.js';
import { add, div, mul, sub, sum, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

describe.each(testDevices)('detectAnomaly on %s', (name) => {
  const on = device(name);
  const leaf = (...values: number[]) => tensor(values, { device: on, requiresGrad: true });

  test('gives the result where all is finite', async () => {
    const x = leaf(1, 2);
    const result = await detectAnomaly(async () => {
      const y = sum(mul(x, x));
      y.backward();
      return await y.item();
    });
    expect(result).toBe(5);
    expect(await detectAnomaly(() => 7)).toBe(7);
  });

  test('names the op of the forward pass that was first', async () => {
    const x = leaf(1, 0, -1);
    const wrong = detectAnomaly(() => sum(mul(sub(div(x, x), 1), 2)).backward());
    await expect(wrong).rejects.toMatchObject({
      code: 'ERR_NOT_FINITE',
      message: 'detectAnomaly: expected finite numbers, but div made, as y [3], 1 element NaN or infinite',
    });
  });

  test('names the gradient, of which op', async () => {
    const x = leaf(1e-30, 1), huge = tensor([1e-30, 2], { device: on });
    // x / 1e-30 is 1, and its gradient 1e30; times 1e30 there is no float32 for it.
    const wrong = detectAnomaly(() => grad(sum(mul(div(x, huge), 1e30)), [x]));
    await expect(wrong).rejects.toThrow(
      'detectAnomaly: expected finite numbers, but the gradient of div (div) made, as y [2], 1 element NaN or infinite',
    );
  });

  test('tells what was there before, and what is updated in place', async () => {
    const bad = tensor([NaN, 1, Infinity], { device: on }), target = zeros([3], { device: on });
    await expect(detectAnomaly(() => add(bad, 1))).rejects.toThrow('but affine was given, as x [3], 2 elements NaN or infinite');
    const scaled = detectAnomaly(() => run('accumulate', { target, x: tensor([1, 2, 3], { device: on }) }, { alpha: Infinity, beta: 1 }, {}));
    await expect(scaled).rejects.toThrow('but accumulate left, as target [3], 3 elements NaN or infinite');
  });

  test('passes on what fn throws, and leaves no search and no tensor behind', async () => {
    const x = leaf(1, 2), before = on.memory().tensors;
    const failing = detectAnomaly(() => {
      div(x, 0).dispose();
      throw new RangeError('of fn');
    });
    await expect(failing).rejects.toThrow('of fn');
    div(x, 0).dispose();
    const search = startAnomalySearch();
    add(x, 1).dispose();
    await search.stop();
    expect(on.memory().tensors).toBe(before);
  });

  test('counts in large tensors, and in 16-bit ones', async () => {
    const values = new Float32Array(300_001);
    values[7] = NaN;
    values[300_000] = -Infinity;
    const count = async (x: Parameters<typeof sum>[0]) => (await run('count_nonfinite', { x }, {}, { count: [1] }).count.data())[0];
    expect(await count(tensor(values, { device: on }))).toBe(2);
    expect(await count(tensor(values.subarray(0, 20), { dtype: 'float16', device: on }))).toBe(1);
    expect(await count(tensor(Float32Array.of(1e38, 65504), { dtype: 'bfloat16', device: on }))).toBe(0);
  });
});
