import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { relu, sigmoid, tanh } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { awayFromZero, compute, ndarray, normal, type NdArray } from './array.js';
import { describeOp } from './harness.js';

const wide = [-200, -50, -20, -9, -0.5, 0.25, 9, 20, 50, 200];

const activations = [
  { name: 'relu', run: relu, value: (x: number) => Math.max(x, 0) },
  { name: 'sigmoid', run: sigmoid, value: (x: number) => 1 / (1 + Math.exp(-x)) },
  { name: 'tanh', run: tanh, value: Math.tanh },
] as const;

for (const { name, run, value } of activations) {
  describeOp<'x', null>({
    name,
    cases: [
      { name: 'images', inputs: { x: awayFromZero([2, 3, 3, 5]) }, options: null },
      { name: 'one element', inputs: { x: awayFromZero([1]) }, options: null },
      { name: 'no axes', inputs: { x: awayFromZero([]) }, options: null },
      { name: 'no elements', inputs: { x: normal([2, 0]) }, options: null },
      { name: 'more than a block of threads', inputs: { x: awayFromZero([1100]) }, options: null },
      { name: 'small and large', inputs: { x: () => ndarray([10], (i) => wide[i]!) }, options: null },
    ],
    run: ({ x }) => run(x as Tensor),
    reference: ({ x }) => compute((x as NdArray).shape, (_, i) => value((x as NdArray).data[i]!)),
    errors: [
      {
        name: 'type',
        act: (on) => {
          const bytes: unknown = tensor(Uint8Array.of(1), { device: on });
          return run(bytes as Tensor);
        },
        message: `${name}: expected x to be of type float32, but got uint8 [1]`,
      },
    ],
  });

  describe.each(testDevices)(`${name} of special values on %s`, (device) => {
    test('NaN stays, infinities go to the limits', async () => {
      const y = run(tensor([NaN, Infinity, -Infinity], { device }));
      expect(await y.data()).toEqual(Float32Array.of(NaN, value(Infinity), value(-Infinity)));
    });
  });
}

describe.each(testDevices)('relu on %s', (device) => {
  test('has gradient 0 at 0', async () => {
    const x = tensor([0], { shape: [], device, requiresGrad: true });
    relu(x).backward();
    expect(await x.grad?.data()).toEqual(Float32Array.of(0));
  });
});
