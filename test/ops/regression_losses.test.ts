import type { Tensor } from '../../lib/core/tensor.js';
import { mseLoss, zeros, type LossOptions } from '../../lib/ops/index.js';
import { compute, normal, type NdArray } from './array.js';
import { describeOp } from './harness.js';

const inputs = { x: normal([3, 4]), target: normal([3, 4]) };

describeOp<'x' | 'target', LossOptions>({
  name: 'mean squared error',
  cases: [
    { name: 'mean', inputs, options: {} },
    { name: 'sum', inputs, options: { reduction: 'sum' } },
    { name: 'none', inputs, options: { reduction: 'none' } },
  ],
  run: ({ x, target }, options) => mseLoss(x as Tensor, target as Tensor, options),
  reference: ({ x, target }, { reduction = 'mean' }) => {
    const squares = compute((x as NdArray).shape, (_, i) => ((x as NdArray).data[i]! - (target as NdArray).data[i]!) ** 2);
    if (reduction === 'none') return squares;
    const total = squares.data.reduce((sum, value) => sum + value, 0);
    return { shape: [], data: Float64Array.of(reduction === 'mean' ? total / squares.data.length : total) };
  },
  errors: [
    {
      name: 'shapes differ',
      act: (on) => mseLoss(zeros([2, 3], { device: on }), zeros([3], { device: on })),
      message: 'mseLoss: expected target to have shape [2,3], like x, but got [3]',
    },
  ],
});
