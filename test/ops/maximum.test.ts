import { describe, expect, test } from 'vitest';

import { grad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { maximum, minimum, mul, sum, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { distinct, normal, type NdArray } from './array.js';
import { broadcast } from './broadcast_reference.js';
import { describeOp, type OpCase } from './harness.js';

function shapes(a: readonly number[], b: readonly number[]): OpCase<'a' | 'b', null> {
  return { name: `[${a.join(',')}] and [${b.join(',')}]`, inputs: { a: distinct(a), b: normal(b) }, options: null };
}

for (const { name, run, value } of [
  { name: 'maximum', run: maximum, value: Math.max },
  { name: 'minimum', run: minimum, value: Math.min },
]) {
  describeOp<'a' | 'b', null>({
    name,
    cases: [shapes([2, 3, 4], [2, 3, 4]), shapes([3], []), shapes([], [3, 2]), shapes([2, 1, 3], [2, 4, 1]), shapes([0, 3], [3]), shapes([1100], [1])],
    run: ({ a, b }) => run(a as Tensor, b as Tensor),
    reference: ({ a, b }) => broadcast(a as NdArray, b as NdArray, value),
    errors: [
      {
        name: 'shapes',
        act: (on) => run(zeros([2], { device: on }), zeros([3], { device: on })),
        message: `${name}: expected b to broadcast with a [2], with extents equal or 1 from the last axis on, but got b [3]`,
      },
    ],
  });

  describe.each(testDevices)(`${name} on %s`, (device) => {
    test('of a number', async () => {
      expect(await run(tensor([1, -2, 3], { device }), 0.5).data()).toEqual(Float32Array.from([1, -2, 3], (x) => value(x, 0.5)));
    });

    test('NaN wins', async () => {
      expect(await run(tensor([NaN, 1], { device }), tensor([1, NaN], { device })).data()).toEqual(Float32Array.of(NaN, NaN));
    });

    test('equal ones share the gradient', async () => {
      const a = tensor([2, 1], { device, requiresGrad: true }), b = tensor([2, 5], { device, requiresGrad: true });
      sum(run(a, b)).backward();
      const largest = name === 'maximum';
      expect(await a.grad!.data()).toEqual(Float32Array.of(0.5, largest ? 0 : 1));
      expect(await b.grad!.data()).toEqual(Float32Array.of(0.5, largest ? 1 : 0));
    });

    test('the gradient has a gradient', async () => {
      const a = tensor([2, -3], { device, requiresGrad: true }), b = tensor([1, 5], { device, requiresGrad: true });
      const y = run(a, b);
      const [da] = grad(sum(mul(y, y)), [a], { createGraph: true });
      sum(mul(da!, tensor([3, 7], { device }))).backward();
      expect(await a.grad!.data()).toEqual(name === 'maximum' ? Float32Array.of(6, 0) : Float32Array.of(0, 14));
    });
  });
}
