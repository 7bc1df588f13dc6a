import { describe, expect, test } from 'vitest';

import { grad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { cast, mul, prelu, sum, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { awayFromZero, normal, type NdArray } from './array.js';
import { broadcast } from './broadcast_reference.js';
import { describeOp } from './harness.js';

describeOp<'x' | 'weight', null>({
  name: 'prelu',
  cases: [
    { name: 'a slope for each channel', inputs: { x: awayFromZero([2, 3, 3, 5]), weight: normal([5]) }, options: null },
    { name: 'one slope', inputs: { x: awayFromZero([2, 3, 5]), weight: normal([1]) }, options: null },
    { name: 'a vector', inputs: { x: awayFromZero([4]), weight: normal([4]) }, options: null },
    { name: 'no axes', inputs: { x: awayFromZero([]), weight: normal([1]) }, options: null },
    { name: 'no elements', inputs: { x: awayFromZero([0, 3]), weight: normal([3]) }, options: null },
  ],
  run: ({ x, weight }) => prelu(x as Tensor, weight as Tensor),
  reference: ({ x, weight }) => {
    const result = broadcast(x as NdArray, weight as NdArray, (x, weight) => (x > 0 ? x : weight * x));
    return { shape: (x as NdArray).shape, data: result.data };
  },
  errors: [
    {
      name: 'number of slopes',
      act: (on) => prelu(zeros([2, 3], { device: on }), zeros([2], { device: on })),
      message: 'prelu: expected weight to have shape [1] or [3], like the channels of x [2,3], but got [2]',
    },
  ],
});

describe.each(testDevices)('prelu on %s', (device) => {
  test('the gradient has a gradient', async () => {
    const x = tensor([-2, 3], { device, requiresGrad: true }), weight = tensor([0.25, 0.5], { device, requiresGrad: true });
    const y = prelu(x, weight);
    const [dx, dweight] = grad(sum(mul(y, y)), [x, weight], { createGraph: true });
    // sum(dx + dweight) with dx = 2 w^2 x and dweight = 2 w x^2 where x < 0.
    sum(mul(dx!, 1)).backward({ retainGraph: true });
    sum(dweight!).backward();
    expect(await x.grad!.data()).toEqual(Float32Array.of(2 * 0.0625 + 4 * 0.25 * -2, 2));
    expect(await weight.grad!.data()).toEqual(Float32Array.of(4 * 0.25 * -2 + 2 * 4, 0));
  });

  test.each(['bfloat16', 'float16'] as const)('%s', async (dtype) => {
    const x = cast(tensor([-2, 3], { device }), dtype), weight = cast(tensor([0.25, 0.5], { device }), dtype);
    expect(await prelu(x, weight).data()).toEqual(Float32Array.of(-0.5, 3));
  });
});
