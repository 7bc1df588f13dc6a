import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { lpPool1d, lpPool2d, lpPool3d, sum, zeros, type LpPoolOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { awayFromZero, count, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';
import { pool, window, type ReferenceWindow } from './window_reference.js';

const byRank = { 1: lpPool1d, 2: lpPool2d, 3: lpPool3d };

interface Settings {
  rank: 1 | 2 | 3;
  options: LpPoolOptions;
  kernel: readonly number[];
  window: ReferenceWindow;
}

/** A case; `kernel` and `meaning` spell `options` out for the reference, whose stride is 1 if not given. */
function poolCase(
  name: string,
  x: readonly number[],
  options: LpPoolOptions,
  kernel: readonly number[],
  meaning: Partial<ReferenceWindow>,
): OpCase<'x', Settings> {
  const rank = (x.length - 2) as 1 | 2 | 3;
  return { name, inputs: { x: awayFromZero(x) }, options: { rank, options, kernel, window: window(rank, meaning) } };
}

const one = [[1, 1], [1, 1]] as const;

describeOp<'x', Settings>({
  name: 'Lp pooling',
  cases: [
    poolCase('2x2, side by side', [2, 4, 6, 3], { kernel: 2 }, [2, 2], { stride: [2, 2] }),
    poolCase('p = 1', [1, 5, 4, 5], { kernel: 3, stride: 1, norm: 1 }, [3, 3], {}),
    poolCase('p = 3, overlapping', [1, 5, 4, 5], { kernel: 3, stride: 2, norm: 3 }, [3, 3], { stride: [2, 2] }),
    poolCase('p = 1.5, ceilMode', [1, 6, 5, 2], { kernel: 3, stride: 2, norm: 1.5, ceilMode: true }, [3, 3], { stride: [2, 2] }),
    poolCase('p = 0.5', [1, 4, 4, 2], { kernel: 2, norm: 0.5 }, [2, 2], { stride: [2, 2] }),
    poolCase('padding', [2, 5, 4, 2], { kernel: 3, stride: 2, padding: 1 }, [3, 3], { stride: [2, 2], padding: one }),
    poolCase('padding, ceilMode', [1, 6, 5, 1], { kernel: 3, stride: 3, padding: 1, ceilMode: true }, [3, 3], { stride: [3, 3], padding: one }),
    poolCase('dilation', [1, 7, 6, 2], { kernel: [3, 2], stride: 1, dilation: [2, 3] }, [3, 2], { dilation: [2, 3] }),
    poolCase('blocks of channels', [1, 3, 4, 31], { kernel: 2, stride: 1 }, [2, 2], {}),
    poolCase('extents of 1', [1, 1, 1, 1], { kernel: 1 }, [1, 1], {}),
    poolCase('no images', [0, 4, 4, 2], { kernel: 2 }, [2, 2], { stride: [2, 2] }),
    poolCase('1-D', [2, 7, 3], { kernel: 3, stride: 2, padding: 1 }, [3], { stride: [2], padding: [[1, 1]] }),
    poolCase('3-D', [1, 4, 3, 4, 2], { kernel: [2, 3, 2], stride: [2, 1, 2] }, [2, 3, 2], { stride: [2, 1, 2] }),
  ],
  run: ({ x }, { rank, options }) => byRank[rank](x as Tensor, options),
  reference: ({ x }, { kernel, options, window: meaning }) => {
    const { norm = 2, ceilMode } = options;
    return pool(x as NdArray, kernel, meaning, ceilMode ?? false, ({ values, padding }) => {
      const total = values.reduce((sum, value) => sum + Math.abs(value) ** norm, 0);
      return ((total * count(kernel)) / (values.length + padding)) ** (1 / norm);
    });
  },
  errors: [
    {
      name: 'norm',
      act: (on) => lpPool2d(zeros([1, 4, 4, 1], { device: on }), { kernel: 2, norm: 0 }),
      message: 'lpPool2d: expected norm to be a finite number above 0, but got 0',
    },
    {
      name: 'kernel over the input',
      act: (on) => lpPool1d(zeros([1, 4, 1], { device: on }), { kernel: 5 }),
      message: 'lpPool1d: expected x to be at least 5 long with its padding along axis 1, as kernel [5] reaches over that, but got 4 (x [1,4,1])',
    },
  ],
});

describe.each(testDevices)('Lp pooling of zeros on %s', (device) => {
  test.each([0.5, 1, 2, 3])('p = %d: the gradient is 0', async (norm) => {
    const x = tensor([0, 0, 0, -4], { shape: [1, 4, 1], device, requiresGrad: true });
    const y = lpPool1d(x, { kernel: 2, norm });
    expect(await y.data()).toEqual(Float32Array.of(0, 4));
    sum(y).backward();
    expect(await x.grad?.data()).toEqual(Float32Array.of(0, 0, 0, -1));
  });
});
