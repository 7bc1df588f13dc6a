import type { Tensor } from '../../lib/core/tensor.js';
import { softmax, zeros } from '../../lib/ops/index.js';
import { compute, normal, type NdArray } from './array.js';
import { describeOp } from './harness.js';

describeOp<'x', null>({
  name: 'softmax',
  cases: [
    { name: 'rows', inputs: { x: normal([4, 6], 2) }, options: null },
    { name: 'channels of images', inputs: { x: normal([2, 3, 2, 5], 3) }, options: null },
    { name: 'one class', inputs: { x: normal([3, 1]) }, options: null },
    { name: 'a vector', inputs: { x: normal([7]) }, options: null },
    { name: 'more classes than a block of threads', inputs: { x: normal([2, 300]) }, options: null },
    { name: 'far from 0', inputs: { x: normal([3, 5], 1, 1000) }, options: null, gradientTolerance: 1e-4 },
    { name: 'no rows', inputs: { x: normal([0, 4]) }, options: null },
  ],
  run: ({ x }) => softmax(x as Tensor),
  reference: ({ x }) => {
    const { shape, data } = x as NdArray, cols = shape.at(-1)!;
    const result = compute(shape, () => 0);
    for (let first = 0; first < data.length; first += cols) {
      const row = data.subarray(first, first + cols), largest = Math.max(...row);
      const exponentials = row.map((value) => Math.exp(value - largest));
      const total = exponentials.reduce((sum, value) => sum + value, 0);
      result.data.set(exponentials.map((value) => value / total), first);
    }
    return result;
  },
  errors: [
    {
      name: 'no axes',
      act: (on) => softmax(zeros([], { device: on })),
      message: 'softmax: expected x to have at least one axis, but got shape []',
    },
  ],
});
