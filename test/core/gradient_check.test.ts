import { describe, expect, test } from 'vitest';

import { device as openDevice } from '../../lib/core/device.js';
import { gradientCheck } from '../../lib/core/gradient_check.js';
import { OpNode } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { conv2d, div, mul, ones, sum, tanh } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

describe.each(testDevices)('gradientCheck on %s', (device) => {
  const leaf = (values: number[], shape = [values.length]) => tensor(values, { shape, device, requiresGrad: true });

  test('passes right gradients and leaves the inputs as they were', async () => {
    const x = leaf([0.3, -0.4, 0.5, 0.6]), w = leaf([1.5, 2, -1, 0.7]);
    expect(await gradientCheck((a, b) => tanh(mul(a, b)), [x, w])).toBeLessThan(1e-3);
    expect(await x.data()).toEqual(Float32Array.of(0.3, -0.4, 0.5, 0.6));
    expect(await w.data()).toEqual(Float32Array.of(1.5, 2, -1, 0.7));
    expect(x.grad).toBeNull();
  });

  test('checks functions that use their inputs by name', async () => {
    const weight = leaf(Array.from({ length: 16 }, (_, i) => Math.sin(i)), [4, 2, 2, 1]);
    const image = tensor(Array.from({ length: 9 }, (_, i) => Math.cos(i)), { shape: [1, 3, 3, 1], device });
    expect(await gradientCheck(() => conv2d(image, weight), [weight])).toBeLessThan(1e-3);
  });

  /** x, with a gradient that is too large by `factor` at one element. */
  function wrongIdentity(x: Tensor, at: number, factor: number): Tensor {
    const y = x.detach();
    const scale = tensor(Array.from({ length: x.numel }, (_, i) => (i === at ? factor : 1)), { device });
    y.node = new OpNode('wrong', [x.node], (_, dy) => mul(dy, scale), []);
    return y;
  }

  test('finds one wrong element and names it', async () => {
    const x = leaf([1, 2, 3, 4]);
    await expect(gradientCheck((a) => wrongIdentity(a, 2, 1.5), [x])).rejects.toThrow(
      /^gradientCheck: expected the gradient of input 0 \[4\] at element 2 to be .*, its central difference, but got /,
    );
    expect(await x.data()).toEqual(Float32Array.of(1, 2, 3, 4));
  });

  test('the tolerance and epsilon can be set', async () => {
    const x = leaf([1, 2, 3, 4]);
    await expect(gradientCheck((a) => wrongIdentity(a, 2, 1.5), [x], { tolerance: 0.6 })).resolves.toBeGreaterThan(0);
    const y = leaf([0.25]);
    // 1/y has so much curvature there that a step of 0.2 is far off.
    await expect(gradientCheck((a) => div(1, a), [y], { epsilon: 0.2 })).rejects.toThrow('central difference');
    await expect(gradientCheck((a) => div(1, a), [y], { epsilon: 0.005 })).resolves.toBeLessThan(1e-2);
  });

  test('leaves no tensor behind', async () => {
    const x = leaf([1, 2, 3]);
    const before = openDevice(device).memory().tensors;
    await gradientCheck((a) => sum(mul(a, a)), [x]);
    expect(openDevice(device).memory().tensors).toBe(before);
  });

  test('errors', async () => {
    const x = leaf([1]);
    await expect(gradientCheck((a) => mul(a, 2), [ones([1], { device })])).rejects.toThrow(
      `gradientCheck: expected input 0 to be a leaf with requiresGrad, but got Tensor(float32 [1] on ${openDevice(device).name})`,
    );
    await expect(gradientCheck((a) => mul(a, 2), [mul(x, 3)])).rejects.toThrow('the result of affine');
    await expect(gradientCheck((a) => mul(a, 2), [x], { epsilon: 0 })).rejects.toThrow(
      'gradientCheck: expected epsilon to be a number above 0, but got 0',
    );
  });
});
