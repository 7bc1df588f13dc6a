/** Gradients of gradients of pooling. */
import { describe, expect, test } from 'vitest';

import { gradientCheck } from '../../lib/core/gradient_check.js';
import { grad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { adaptiveMaxPool2d, avgPool2d, avgPool3d, maxPool2d, mul, psRoiPool, sum } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { distinct, TestRandom } from './array.js';

const cases: { name: string; shape: number[]; pool: (x: Tensor) => Tensor }[] = [
  { name: 'maxPool2d', shape: [2, 5, 4, 3], pool: (x) => maxPool2d(x, { kernel: 3, stride: 2, padding: 1 }) },
  { name: 'adaptiveMaxPool2d', shape: [2, 5, 4, 3], pool: (x) => adaptiveMaxPool2d(x, [3, 2]) },
  { name: 'avgPool2d', shape: [2, 5, 4, 3], pool: (x) => avgPool2d(x, { kernel: 3, stride: 2, padding: 1, countPadding: false }) },
  { name: 'avgPool3d', shape: [1, 3, 4, 5, 2], pool: (x) => avgPool3d(x, { kernel: 2, stride: 1 }) },
  {
    name: 'psRoiPool',
    shape: [2, 6, 7, 8],
    pool: (x) => psRoiPool(x, tensor([0, 1, 1, 6, 5, /**/ 1, 0, 2, 4, 5], { shape: [2, 5], device: x.device }), { outputSize: 2 }),
  },
];

describe.each(testDevices)('second gradients on %s', (device) => {
  test.each(cases)('$name', async ({ shape, pool }) => {
    const x = tensor(Float32Array.from(distinct(shape)(new TestRandom(1)).data), { shape, device, requiresGrad: true });
    /** The gradient of the sum of pool(x)^3 is quadratic in x, and its own gradient goes through pooling twice. */
    const gradient = (input: Tensor) => {
      const y = pool(input);
      return grad(sum(mul(mul(y, y), y)), [input], { createGraph: true })[0]!;
    };
    expect(await gradientCheck(gradient, [x], { epsilon: 1e-3, samples: 1000 })).toBeLessThan(1e-2);
  });
});
