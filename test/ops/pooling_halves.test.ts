/** Pooling of 16-bit floats: what the float32 op gives for the same values, rounded. */
import { describe, expect, test } from 'vitest';

import { floatTypes } from '../../lib/core/dtype.js';
import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { adaptiveMaxPool2d, avgPool2d, avgPool3d, cast, globalMaxPool3d, maxPool2d, maxPool3d, maxUnpool2d, mul, psRoiPool, roiPool, sum, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { distinct, normal, TestRandom, type NdArray } from './array.js';

type HalfFloat = 'bfloat16' | 'float16';

/** A unit in the last place, relative to the element, and the smallest number above 0. */
const precision = { bfloat16: { ulp: 2 ** -7, least: 2 ** -133 }, float16: { ulp: 2 ** -10, least: 2 ** -24 } };

const image = [2, 9, 7, 5];
/** Channels that threads move by 16 bytes. */
const vectors = [2, 5, 5, 16];
const volume = [1, 4, 5, 6, 3];

const cases: { name: string; x: NdArray; pool: (x: Tensor) => Tensor }[] = [
  { name: 'maxPool2d', x: distinct(image)(new TestRandom(1)), pool: (x) => maxPool2d(x, { kernel: 3, stride: 2, padding: 1 }) },
  { name: 'maxPool3d', x: distinct(volume)(new TestRandom(2)), pool: (x) => maxPool3d(x, { kernel: 2, stride: 1 }) },
  { name: 'avgPool2d', x: normal(image)(new TestRandom(3)), pool: (x) => avgPool2d(x, { kernel: 3, stride: 2, padding: 1, ceilMode: true }) },
  { name: 'maxPool2d by vectors', x: distinct(vectors)(new TestRandom(11)), pool: (x) => maxPool2d(x, { kernel: 3, stride: 2, padding: 1 }) },
  { name: 'avgPool2d by vectors', x: normal(vectors)(new TestRandom(12)), pool: (x) => avgPool2d(x, { kernel: 3, stride: 2, padding: 1 }) },
  { name: 'avgPool3d', x: normal(volume)(new TestRandom(4)), pool: (x) => avgPool3d(x, { kernel: [2, 3, 2], stride: 1 }) },
  { name: 'adaptiveMaxPool2d', x: distinct(image)(new TestRandom(5)), pool: (x) => adaptiveMaxPool2d(x, [4, 5]) },
  { name: 'globalMaxPool3d', x: distinct(volume)(new TestRandom(6)), pool: (x) => globalMaxPool3d(x) },
  {
    name: 'maxUnpool2d',
    x: distinct(image)(new TestRandom(7)),
    pool: (x) => {
      const { y, indices } = maxPool2d(x, { kernel: 3, stride: 2, returnIndices: true });
      return maxUnpool2d(y, indices, { kernel: 3, stride: 2 });
    },
  },
  { name: 'roiPool', x: distinct(image)(new TestRandom(8)), pool: (x) => roiPool(x, regions(x), { outputSize: 3 }) },
  { name: 'psRoiPool', x: normal([2, 9, 7, 8])(new TestRandom(9)), pool: (x) => psRoiPool(x, regions(x), { outputSize: 2 }) },
];

/** Two regions of two images. */
function regions(x: Tensor): Tensor {
  return tensor([0, 1, 1, 6, 8, /**/ 1, 0, 2, 4, 7], { shape: [2, 5], device: x.device });
}

describe.each(testDevices)('pooling of 16-bit floats on %s', (device) => {
  for (const dtype of ['bfloat16', 'float16'] as const) {
    test.each(cases)(`$name of ${dtype}`, async ({ x, pool }) => {
      const wide = tensor(Float32Array.from(x.data), { shape: x.shape, device });
      const narrow = cast(wide, dtype);

      /** y and dx for dy = 1, 2, 3, … of a pooling of the rounded values in the given type. */
      function compute(type: 'float32' | HalfFloat): [Tensor, Tensor] {
        return scope(() => {
          const input = cast(narrow, type).detach();
          input.requiresGrad = true;
          const y = pool(input), result = cast(y, 'float32');
          const dy = tensor(Float32Array.from({ length: y.numel }, (_, i) => (i % 7) - 2), { shape: y.shape, device });
          sum(mul(result, dy)).backward();
          expect(y.dtype).toBe(type);
          expect(input.grad?.dtype).toBe(type);
          return [result.detach(), cast(input.grad!, 'float32')];
        });
      }

      const expected = compute('float32'), found = compute(dtype);
      for (const [i, what] of ['y', 'dx'].entries()) {
        const reference = await expected[i]!.data(), actual = await found[i]!.data();
        const { ulp, least } = precision[dtype];
        const wrong = reference.findIndex((value, at) => !(Math.abs(actual[at]! - value) <= Math.max(ulp * Math.abs(value), least)));
        expect(wrong, `${what}: expected ${reference[wrong]}, but got ${actual[wrong]}`).toBe(-1);
      }
    });
  }
});

describe.each(testDevices)('pooling on %s', (device) => {
  test.each(floatTypes)('of a view that begins anywhere has the same bits in %s', async (dtype) => {
    const values = normal(vectors)(new TestRandom(13)), x = cast(tensor(Float32Array.from(values.data), { shape: vectors, device }), dtype);
    const view = cast(zeros([x.numel + 1], { device }), dtype).view(1, vectors);
    view.copyFrom(x);
    for (const pool of [maxPool2d, avgPool2d]) {
      expect(await pool(view, { kernel: 3, stride: 2 }).data()).toEqual(await pool(x, { kernel: 3, stride: 2 }).data());
    }
  });
});
