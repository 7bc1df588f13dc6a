import type { Tensor } from '../../lib/core/tensor.js';
import { standardizeWeight, zeros } from '../../lib/ops/index.js';
import { compute, count, normal, type NdArray } from './array.js';
import { describeOp } from './harness.js';

describeOp<'weight', { eps?: number }>({
  name: 'weight standardisation',
  cases: [
    { name: 'filters', inputs: { weight: normal([3, 3, 2, 4], 2, 1) }, options: {} },
    { name: 'rows', inputs: { weight: normal([5, 4]) }, options: { eps: 1e-3 } },
    { name: 'one filter', inputs: { weight: normal([1, 3, 3, 1]) }, options: {} },
  ],
  run: ({ weight }, options) => standardizeWeight(weight as Tensor, options),
  reference: ({ weight }, { eps = 1e-10 }) => {
    const { shape, data } = weight as NdArray, size = count(shape.slice(1));
    return compute(shape, (_, i) => {
      const first = i - (i % size), filter = data.subarray(first, first + size);
      const mean = filter.reduce((sum, value) => sum + value, 0) / size;
      const variance = filter.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
      return (data[i]! - mean) / Math.sqrt(variance + eps);
    });
  },
  errors: [
    {
      name: 'rank',
      act: (on) => standardizeWeight(zeros([4], { device: on })),
      message: 'standardizeWeight: expected weight to have at least the 2 axes [K,C], but got shape [4]',
    },
  ],
});
