import { describe, expect, test } from 'vitest';

import { scope } from '../../lib/core/scope.js';
import { tensor } from '../../lib/core/tensor.js';
import { localResponseNorm, zeros, type LocalResponseNormOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, normal } from './array.js';
import { describeOp, type OpCase } from './harness.js';

function normCase(shape: readonly number[], options: LocalResponseNormOptions): OpCase<'x', LocalResponseNormOptions> {
  return { name: `[${shape.join(',')}] ${JSON.stringify(options)}`, inputs: { x: normal(shape) }, options };
}

describeOp<'x', LocalResponseNormOptions>({
  name: 'localResponseNorm',
  cases: [
    normCase([2, 3, 7], { size: 5 }),
    normCase([2, 3, 2, 6], { size: 2, alpha: 0.5, k: 2 }),
    normCase([3, 4], { size: 9, alpha: 3, beta: 0.5 }), // a window over all channels and more
    normCase([2, 1], { size: 3, alpha: 1, beta: 1.5, k: 0.5 }),
    normCase([2, 5], { size: 1, alpha: 1 }),
    normCase([0, 5], { size: 3 }),
    normCase([5, 0], { size: 3 }),
  ],
  run: ({ x }, options) => localResponseNorm(x!, options),
  reference: ({ x }, { size, alpha = 1e-4, beta = 0.75, k = 1 }) => {
    const c = x!.shape.at(-1)!;
    return compute(x!.shape, (index, at) => {
      const channel = index.at(-1)!, row = at - channel;
      let squares = 0;
      for (let j = channel - Math.floor(size / 2); j <= channel + Math.floor((size - 1) / 2); j++) {
        if (j >= 0 && j < c) squares += x!.data[row + j]! ** 2;
      }
      return x!.data[at]! / (k + (alpha / size) * squares) ** beta;
    });
  },
  errors: [
    {
      name: 'size 0',
      act: (on) => localResponseNorm(zeros([2, 3], { device: on }), { size: 0 }),
      message: 'localResponseNorm: expected size to be a whole number from 1 to 32768, but got 0',
    },
    {
      name: 'no channels',
      act: (on) => localResponseNorm(zeros([2], { device: on }), { size: 3 }),
      message: 'localResponseNorm: expected x to have at least 2 axes, channels last, but got shape [2]',
    },
  ],
});

describe.each(testDevices)('localResponseNorm on %s', (device) => {
  test('16-bit floats: the float32 result, rounded', async () => {
    const values = Float32Array.from({ length: 12 }, (_, i) => Math.round(Math.sin(i) * 64) / 32);
    const options = { size: 3, alpha: 1 };
    const [half, single] = scope(() => [
      localResponseNorm(tensor(values, { shape: [2, 6], dtype: 'float16', device }), options),
      localResponseNorm(tensor(values, { shape: [2, 6], device }), options),
    ]);
    expect(half.dtype).toBe('float16');
    const expected = await single.data();
    for (const [i, value] of (await half.data()).entries()) expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(2 ** -11 * Math.abs(expected[i]!) + 1e-7);
  });
});
