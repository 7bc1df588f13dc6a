import { describe, expect, test } from 'vitest';

import { full, ones, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

describe.each(testDevices)('tensors of one value on %s', (device) => {
  test('have their shape and value', async () => {
    expect(await zeros([2, 3], { device }).data()).toEqual(new Float32Array(6));
    expect(await ones([5], { device }).data()).toEqual(new Float32Array(5).fill(1));
    expect(await full([1, 2, 2], -0.25, { device }).data()).toEqual(new Float32Array(4).fill(-0.25));
    expect(await full([], NaN, { device }).item()).toBeNaN();
    expect(await full([3, 0], 7, { device }).data()).toEqual(new Float32Array(0));
    expect(full([4, 1], 2, { device }).shape).toEqual([4, 1]);
  });

  test('can want gradients', () => {
    expect(zeros([2], { device }).requiresGrad).toBe(false);
    expect(ones([2], { device, requiresGrad: true }).requiresGrad).toBe(true);
  });

  test('do not follow changes of the list that gave their shape', () => {
    const shape = [2, 3];
    const x = zeros(shape, { device });
    shape.push(4);
    expect(x.shape).toEqual([2, 3]);
  });

  test.each([[[-1]], [[1.5]], [[NaN]]])('shape %s is refused', (shape) => {
    expect(() => zeros(shape, { device })).toThrow(
      `zeros: expected shape to be a list of whole numbers of at least 0, but got [${String(shape[0])}]`,
    );
  });
});
