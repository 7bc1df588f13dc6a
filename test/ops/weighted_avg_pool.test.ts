import type { Tensor } from '../../lib/core/tensor.js';
import { weightedAvgPool1d, weightedAvgPool2d, weightedAvgPool3d, zeros, type WeightedAvgPoolOptions } from '../../lib/ops/index.js';
import { compute, forEachIndex, ndarray, normal, offset, type Generator, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';
import { outputExtents, window, type ReferenceWindow } from './window_reference.js';

const pools = { 1: weightedAvgPool1d, 2: weightedAvgPool2d, 3: weightedAvgPool3d };

interface Settings {
  rank: 1 | 2 | 3;
  options: WeightedAvgPoolOptions;
  window: ReferenceWindow;
}

function positive(shape: readonly number[]): Generator {
  return (random) => ndarray(shape, () => 0.2 + random.uniform());
}

/** A case; `meaning` spells `options` out for the reference, whose stride is 1 if not given. */
function poolCase(
  name: string,
  x: readonly number[],
  weight: readonly number[],
  options: WeightedAvgPoolOptions,
  meaning: Partial<ReferenceWindow>,
): OpCase<'x' | 'weight', Settings> {
  const rank = (x.length - 2) as 1 | 2 | 3;
  return { name, inputs: { x: normal(x), weight: positive(weight) }, options: { rank, options, window: window(rank, meaning) } };
}

function weightedAverage(x: NdArray, weight: NdArray, countPadding: boolean, options: ReferenceWindow): NdArray {
  const spatial = x.shape.slice(1, -1), axes = spatial.length, kernel = weight.shape.slice(-axes);
  return compute([x.shape[0]!, ...outputExtents(spatial, kernel, options), x.shape.at(-1)!], (index) => {
    const c = index.at(-1)!;
    let total = 0, weights = 0;
    forEachIndex(kernel, (inside) => {
      const factor = weight.data[offset(weight.shape, weight.shape.length > axes ? [c, ...inside] : inside)]!;
      const at = inside.map((step, axis) => index[axis + 1]! * options.stride[axis]! + step * options.dilation[axis]! - options.padding[axis]![0]);
      const isInside = at.every((i, axis) => i >= 0 && i < spatial[axis]!);
      if (isInside) total += factor * x.data[offset(x.shape, [index[0]!, ...at, c])]!;
      if (isInside || countPadding) weights += factor;
    });
    return total / weights;
  });
}

const one = [[1, 1], [1, 1]] as const;

describeOp<'x' | 'weight', Settings>({
  name: 'weighted average pooling',
  cases: [
    poolCase('side by side', [2, 4, 6, 3], [2, 2], {}, { stride: [2, 2] }),
    poolCase('weights for each channel', [2, 5, 4, 3], [3, 3, 2], { stride: 1 }, {}),
    poolCase('padding counts', [1, 5, 4, 2], [3, 3], { stride: 2, padding: 1 }, { stride: [2, 2], padding: one }),
    poolCase('padding does not count', [1, 5, 4, 2], [3, 3], { stride: 2, padding: 1, countPadding: false }, { stride: [2, 2], padding: one }),
    poolCase('dilation', [1, 6, 6, 1], [2, 3], { stride: 1, dilation: 2 }, { dilation: [2, 2] }),
    poolCase('1-D', [2, 7, 3], [3], { stride: 2 }, { stride: [2] }),
    poolCase('3-D', [1, 3, 4, 4, 2], [2, 2, 2, 2], {}, { stride: [2, 2, 2] }),
    poolCase('no images', [0, 4, 4, 2], [2, 2], {}, { stride: [2, 2] }),
  ],
  run: ({ x, weight }, { rank, options }) => pools[rank](x as Tensor, weight as Tensor, options),
  reference: ({ x, weight }, { options, window: meaning }) => {
    return weightedAverage(x as NdArray, weight as NdArray, options.countPadding ?? true, meaning);
  },
  errors: [
    {
      name: 'weights for other channels',
      act: (on) => weightedAvgPool2d(zeros([1, 4, 4, 3], { device: on }), zeros([2, 2, 2], { device: on })),
      message: 'weightedAvgPool2d: expected weight to have shape [R,S] or, with one for each channel of x [1,4,4,3], [3,R,S], but got [2,2,2]',
    },
    {
      name: 'no channels',
      act: (on) => weightedAvgPool1d(zeros([1, 4, 0], { device: on }), zeros([2], { device: on })),
      message: 'weightedAvgPool1d: expected x to have channels, but got shape [1,4,0]',
    },
  ],
});
