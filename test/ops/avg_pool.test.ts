import type { Tensor } from '../../lib/core/tensor.js';
import { avgPool1d, avgPool2d, avgPool3d, globalAvgPool1d, globalAvgPool2d, globalAvgPool3d, sumPool1d, sumPool2d, sumPool3d, zeros, type AvgPoolOptions } from '../../lib/ops/index.js';
import { normal, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';
import { avgPooling, window, type ReferenceWindow } from './window_reference.js';

const byRank = { 1: avgPool1d, 2: avgPool2d, 3: avgPool3d };

interface Settings {
  rank: 1 | 2 | 3;
  options: AvgPoolOptions;
  kernel: readonly number[];
  window: ReferenceWindow;
}

/** A case; `kernel` and `meaning` spell `options` out for the reference, whose stride is 1 if not given. */
function poolCase(
  name: string,
  x: readonly number[],
  options: AvgPoolOptions,
  kernel: readonly number[],
  meaning: Partial<ReferenceWindow>,
): OpCase<'x', Settings> {
  const rank = (x.length - 2) as 1 | 2 | 3;
  return { name, inputs: { x: normal(x) }, options: { rank, options, kernel, window: window(rank, meaning) } };
}

const one = [[1, 1], [1, 1]] as const;

describeOp<'x', Settings>({
  name: 'average pooling',
  cases: [
    poolCase('2x2, side by side', [2, 4, 6, 3], { kernel: 2 }, [2, 2], { stride: [2, 2] }),
    poolCase('a rest is left out', [1, 5, 7, 2], { kernel: [2, 3] }, [2, 3], { stride: [2, 3] }),
    poolCase('overlapping', [1, 5, 4, 5], { kernel: 3, stride: 1 }, [3, 3], {}),
    poolCase('padding counts', [2, 5, 4, 2], { kernel: 3, stride: 2, padding: 1 }, [3, 3], { stride: [2, 2], padding: one }),
    poolCase('padding does not count', [2, 5, 4, 2], { kernel: 3, stride: 2, padding: 1, countPadding: false }, [3, 3], { stride: [2, 2], padding: one }),
    poolCase('asymmetric padding', [1, 4, 4, 1], { kernel: 2, stride: 1, padding: [[0, 1], [1, 0]], countPadding: false }, [2, 2], { padding: [[0, 1], [1, 0]] }),
    poolCase('stride over the kernel', [1, 7, 7, 2], { kernel: 2, stride: 3 }, [2, 2], { stride: [3, 3] }),
    poolCase('one window', [2, 3, 4, 2], { kernel: [3, 4] }, [3, 4], { stride: [3, 4] }),
    poolCase('extents of 1', [1, 1, 1, 1], { kernel: 1 }, [1, 1], {}),
    poolCase('no images', [0, 4, 4, 2], { kernel: 2 }, [2, 2], { stride: [2, 2] }),
    poolCase('dilation', [1, 7, 6, 2], { kernel: [3, 2], stride: 1, dilation: [2, 3] }, [3, 2], { dilation: [2, 3] }),
    poolCase('ceilMode', [1, 6, 5, 2], { kernel: 3, stride: 2, ceilMode: true }, [3, 3], { stride: [2, 2] }),
    poolCase('ceilMode, padding counts', [1, 6, 5, 5], { kernel: 3, stride: 3, padding: 1, ceilMode: true }, [3, 3], { stride: [3, 3], padding: one }),
    poolCase('ceilMode, padding does not count', [1, 6, 5, 5], { kernel: 3, stride: 3, padding: 1, ceilMode: true, countPadding: false }, [3, 3], { stride: [3, 3], padding: one }),
    poolCase('a divisor of its own', [1, 5, 6, 3], { kernel: 3, stride: 2, padding: 1, ceilMode: true, divisorOverride: -7.5 }, [3, 3], { stride: [2, 2], padding: one }),
    poolCase('blocks of channels', [1, 3, 4, 31], { kernel: 2, stride: 1 }, [2, 2], {}),
    poolCase('a large window', [1, 20, 19, 2], { kernel: [19, 18], stride: 1 }, [19, 18], {}),
    poolCase('no channels', [2, 4, 4, 0], { kernel: 2 }, [2, 2], { stride: [2, 2] }),
    poolCase('1-D', [2, 7, 3], { kernel: 3, stride: 2, padding: 1 }, [3], { stride: [2], padding: [[1, 1]] }),
    poolCase('3-D', [1, 4, 3, 4, 2], { kernel: [2, 3, 2], stride: [2, 1, 2] }, [2, 3, 2], { stride: [2, 1, 2] }),
  ],
  run: ({ x }, { rank, options }) => byRank[rank](x as Tensor, options),
  reference: ({ x }, { kernel, options, window: meaning }) => {
    const divisor = options.divisorOverride ?? (options.countPadding === false ? 'without padding' : 'with padding');
    return avgPooling(x as NdArray, kernel, meaning, divisor, options.ceilMode);
  },
  errors: [
    {
      name: 'too much padding',
      act: (on) => avgPool2d(zeros([1, 20, 20, 1], { device: on }), { kernel: [2, 4], padding: 2 }),
      message: 'avgPool2d: expected padding of at most half a window, which is 1 for kernel [2,4], but got 2',
    },
    {
      name: 'divisor',
      act: (on) => avgPool2d(zeros([1, 4, 4, 1], { device: on }), { kernel: 2, divisorOverride: 0 }),
      message: 'avgPool2d: expected divisorOverride to be a finite number other than 0, but got 0',
    },
    {
      name: 'kernel over the input',
      act: (on) => avgPool1d(zeros([1, 4, 1], { device: on }), { kernel: 7, padding: 1 }),
      message: 'avgPool1d: expected x to be at least 7 long with its padding along axis 1, as kernel [7] reaches over that, but got 6 (x [1,4,1])',
    },
    {
      name: 'rank',
      act: (on) => avgPool3d(zeros([1, 20, 20, 1], { device: on }), { kernel: 2 }),
      message: 'avgPool3d: expected x to have the 5 axes [N,D,H,W,C], but got shape [1,20,20,1]',
    },
  ],
});

const sums = { 1: sumPool1d, 2: sumPool2d, 3: sumPool3d };

describeOp<'x', Settings>({
  name: 'sum pooling',
  cases: [
    poolCase('2x2', [2, 4, 6, 3], { kernel: 2 }, [2, 2], { stride: [2, 2] }),
    poolCase('padding, ceilMode', [1, 6, 5, 2], { kernel: 3, stride: 3, padding: 1, ceilMode: true }, [3, 3], { stride: [3, 3], padding: one }),
    poolCase('1-D', [2, 7, 3], { kernel: 3, stride: 2 }, [3], { stride: [2] }),
    poolCase('3-D', [1, 4, 3, 4, 2], { kernel: [2, 3, 2], stride: 1 }, [2, 3, 2], {}),
  ],
  run: ({ x }, { rank, options }) => sums[rank](x as Tensor, options),
  reference: ({ x }, { kernel, options, window: meaning }) => avgPooling(x as NdArray, kernel, meaning, 1, options.ceilMode),
});

const globals = { 1: globalAvgPool1d, 2: globalAvgPool2d, 3: globalAvgPool3d };

describeOp<'x', 1 | 2 | 3>({
  name: 'global average pooling',
  cases: [
    { name: 'signals', inputs: { x: normal([3, 5, 6]) }, options: 1 },
    { name: 'images', inputs: { x: normal([3, 4, 5, 6]) }, options: 2 },
    { name: 'volumes', inputs: { x: normal([2, 3, 4, 2, 3]) }, options: 3 },
    { name: 'one pixel', inputs: { x: normal([2, 1, 1, 3]) }, options: 2 },
    { name: 'no images', inputs: { x: normal([0, 2, 2, 3]) }, options: 2 },
  ],
  run: ({ x }, rank) => globals[rank](x as Tensor),
  reference: ({ x }, rank) => {
    const { shape } = x as NdArray, kernel = shape.slice(1, -1);
    const { data } = avgPooling(x as NdArray, kernel, window(rank, { stride: kernel }), 'with padding');
    return { shape: [shape[0]!, shape.at(-1)!], data };
  },
  errors: [
    {
      name: 'rank',
      act: (on) => globalAvgPool2d(zeros([1, 20, 1], { device: on })),
      message: 'globalAvgPool2d: expected x to have the 4 axes [N,H,W,C], but got shape [1,20,1]',
    },
  ],
});
