import { describe, expect, test } from 'vitest';

import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { cast, mean, mul, sum, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { normal, type NdArray } from './array.js';
import { describeOp } from './harness.js';
import { reduceCase, reduceCases, reduceOver, total, type Settings } from './reduce_reference.js';

describeOp<'x', Settings>({
  name: 'sum',
  cases: [...reduceCases(), reduceCase('over no elements', [0, 3], { axes: 0 }, [0])],
  run: ({ x }, { options }) => sum(x as Tensor, options),
  reference: ({ x }, settings) => reduceOver(x as NdArray, settings, total),
  sixteenBit: true,
  errors: [
    {
      name: 'an axis that is not there',
      act: (on) => sum(zeros([2, 3], { device: on }), { axes: 2 }),
      message: 'sum: expected axes to be a whole number from -2 to 1 for x [2,3], but got 2',
    },
    {
      name: 'an axis twice',
      act: (on) => sum(zeros([2, 3], { device: on }), { axes: [1, -1] }),
      message: 'sum: expected axes to name each axis of x [2,3] once, but got [1,-1]',
    },
  ],
});

describeOp<'x', Settings>({
  name: 'mean',
  cases: reduceCases(),
  run: ({ x }, { options }) => mean(x as Tensor, options),
  reference: ({ x }, settings) => reduceOver(x as NdArray, settings, (elements) => total(elements) / elements.length),
  sixteenBit: true,
});

// A sum is linear, so its own second gradient is 0.
describeOp<'x', Settings>({
  name: 'the square of a mean',
  cases: reduceCases((shape) => normal(shape, 1, 3)).filter(({ name }) => !name.startsWith('an empty')),
  run: ({ x }, { options }) => scope(() => {
    const y = mean(x as Tensor, options);
    return mul(y, y);
  }),
  reference: ({ x }, settings) => reduceOver(x as NdArray, settings, (elements) => (total(elements) / elements.length) ** 2),
  secondOrder: true,
});

describe.each(testDevices)('reductions on %s', (device) => {
  test('the mean of nothing is NaN, as torch has it', async () => {
    expect(await mean(zeros([0], { device })).item()).toBeNaN();
  });

  /** 1, 2, … 7, 1, … */
  const weekdays = (length: number) => Float32Array.from({ length }, (_, i) => (i % 7) + 1);

  test.each([
    [1, 9000, 1],
    [2, 5000, 1],
    [1, 3000, 3],
    [3, 2100, 2],
    [1, 700, 40],
  ])('sums of long axes: [%i,%i,%i] along the middle', async (outer, size, inner) => {
    const x = weekdays(outer * size * inner), expected = new Float32Array(outer * inner);
    for (let i = 0; i < x.length; i++) expected[Math.floor(i / inner / size) * inner + (i % inner)]! += x[i]!;
    expect(await sum(tensor(x, { shape: [outer, size, inner], device }), { axes: 1 }).data()).toEqual(expected);
  });

  test('sums over axes apart are float32 on the way', async () => {
    const x = cast(tensor(new Float32Array(300 * 2 * 300).fill(1), { shape: [300, 2, 300], device }), 'float16');
    expect(await mean(x, { axes: [0, 2] }).data()).toEqual(Float32Array.of(1, 1)); // 90,000 is no float16
  });
});
