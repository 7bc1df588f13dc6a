import type { Tensor } from '../../lib/core/tensor.js';
import { channelAvgPool, channelLpPool, channelMaxPool, zeros, type AvgPoolOptions } from '../../lib/ops/index.js';
import { awayFromZero, compute, distinct, offset, type NdArray } from './array.js';
import { describeOp, type OpCase, type OpTests } from './harness.js';

interface Settings {
  options: AvgPoolOptions & { kernel: number };
  stride: number;
}

const cases: readonly OpCase<'x', Settings>[] = [
  { name: 'groups of images', inputs: { x: distinct([2, 3, 4, 6]) }, options: { options: { kernel: 2 }, stride: 2 } },
  { name: 'overlapping groups', inputs: { x: distinct([2, 3, 7]) }, options: { options: { kernel: 3, stride: 2 }, stride: 2 } },
  { name: 'a vector', inputs: { x: distinct([9]) }, options: { options: { kernel: 3 }, stride: 3 } },
  { name: 'all channels', inputs: { x: distinct([3, 5]) }, options: { options: { kernel: 5 }, stride: 5 } },
  { name: 'no images', inputs: { x: distinct([0, 3, 4]) }, options: { options: { kernel: 2 }, stride: 2 } },
];

function describeChannelPool(
  name: string,
  pool: (x: Tensor, options: AvgPoolOptions) => Tensor,
  reduce: (values: number[]) => number,
  tests: Partial<OpTests<'x', Settings>> = {},
): void {
  describeOp<'x', Settings>({
    name,
    cases,
    run: ({ x }, { options }) => pool(x as Tensor, options),
    reference: ({ x }, { options: { kernel }, stride }) => {
      const { shape, data } = x as NdArray, outer = shape.slice(0, -1), c = shape.at(-1)!;
      return compute([...outer, Math.floor((c - kernel) / stride) + 1], (index) => {
        const first = index.at(-1)! * stride, at = offset(shape, [...index.slice(0, -1), first]);
        return reduce([...data.subarray(at, at + kernel)]);
      });
    },
    ...tests,
  });
}

describeChannelPool('channelMaxPool', channelMaxPool, (values) => Math.max(...values), {
  errors: [
    {
      name: 'too few channels',
      act: (on) => channelMaxPool(zeros([2, 3], { device: on }), { kernel: 4 }),
      message: 'channelMaxPool: expected x to be at least 4 long with its padding along axis 1, as kernel [4] reaches over that, but got 3 (x [2,3,1])',
    },
    {
      name: 'no channels',
      act: (on) => channelMaxPool(zeros([], { device: on }), { kernel: 1 }),
      message: 'channelMaxPool: expected x to have channels as its last axis, but got shape []',
    },
  ],
});
describeChannelPool('channelAvgPool', channelAvgPool, (values) => values.reduce((sum, value) => sum + value, 0) / values.length);
describeChannelPool('channelLpPool', channelLpPool, (values) => Math.hypot(...values), {
  cases: cases.map((testCase) => ({ ...testCase, inputs: { x: (random) => awayFromZero(testCase.inputs.x!(random).shape)(random) } })),
});
