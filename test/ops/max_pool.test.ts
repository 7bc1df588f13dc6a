import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { maxPool1d, maxPool2d, maxPool3d, mul, sum, zeros, type MaxPoolOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { distinct, TestRandom, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';
import { expectIndices } from './indices.js';
import { maxPooling, window, type ReferenceWindow } from './window_reference.js';

const byRank = { 1: maxPool1d, 2: maxPool2d, 3: maxPool3d };

interface Settings {
  rank: 1 | 2 | 3;
  options: MaxPoolOptions;
  kernel: readonly number[];
  window: ReferenceWindow;
}

/** A case; `kernel` and `meaning` spell `options` out for the reference, whose stride is 1 if not given. */
function poolCase(
  name: string,
  x: readonly number[],
  options: MaxPoolOptions,
  kernel: readonly number[],
  meaning: Partial<ReferenceWindow>,
): OpCase<'x', Settings> {
  const rank = (x.length - 2) as 1 | 2 | 3;
  return { name, inputs: { x: distinct(x) }, options: { rank, options, kernel, window: window(rank, meaning) }, tolerance: 0 };
}

const one = [[1, 1], [1, 1]] as const;

describeOp<'x', Settings>({
  name: 'max pooling',
  cases: [
    poolCase('2x2, side by side', [2, 4, 6, 3], { kernel: 2 }, [2, 2], { stride: [2, 2] }),
    poolCase('a rest is left out', [1, 5, 7, 2], { kernel: [2, 3] }, [2, 3], { stride: [2, 3] }),
    poolCase('overlapping', [1, 5, 4, 5], { kernel: 3, stride: 1 }, [3, 3], {}),
    poolCase('padding', [2, 5, 4, 2], { kernel: 3, stride: 2, padding: 1 }, [3, 3], { stride: [2, 2], padding: one }),
    poolCase('asymmetric padding', [1, 4, 4, 1], { kernel: 3, stride: 2, padding: [[0, 1], [1, 0]] }, [3, 3], { stride: [2, 2], padding: [[0, 1], [1, 0]] }),
    poolCase("padding 'same'", [1, 5, 4, 1], { kernel: 2, stride: 1, padding: 'same' }, [2, 2], { padding: [[0, 1], [0, 1]] }),
    poolCase('dilation', [1, 7, 6, 2], { kernel: [3, 2], stride: 1, dilation: [2, 3] }, [3, 2], { dilation: [2, 3] }),
    poolCase('stride over the kernel', [1, 7, 7, 2], { kernel: 2, stride: 3 }, [2, 2], { stride: [3, 3] }),
    poolCase('ceilMode', [1, 6, 5, 2], { kernel: 3, stride: 2, ceilMode: true }, [3, 3], { stride: [2, 2] }),
    poolCase('ceilMode and padding', [1, 6, 5, 1], { kernel: 3, stride: 3, padding: 1, ceilMode: true }, [3, 3], { stride: [3, 3], padding: one }),
    poolCase('one window', [2, 3, 4, 2], { kernel: [3, 4] }, [3, 4], { stride: [3, 4] }),
    poolCase('window larger than the input, in padding', [1, 2, 1, 2], { kernel: 3, padding: 1 }, [3, 3], { stride: [3, 3], padding: one }),
    poolCase('256 elements', [1, 16, 17, 1], { kernel: 16, stride: 1 }, [16, 16], {}),
    poolCase('more than 256 elements', [2, 16, 17, 1], { kernel: [16, 17], stride: 1, padding: [[1, 0], [0, 2]] }, [16, 17], { padding: [[1, 0], [0, 2]] }),
    poolCase('more than 256 elements, dilation, ceilMode', [1, 620, 1], { kernel: 300, stride: 20, padding: 9, dilation: 2, ceilMode: true }, [300], { stride: [20], padding: [[9, 9]], dilation: [2] }),
    poolCase('blocks of channels', [1, 3, 4, 31], { kernel: 2, stride: 1 }, [2, 2], {}),
    poolCase('extents of 1', [1, 1, 1, 1], { kernel: 1 }, [1, 1], {}),
    poolCase('no images', [0, 4, 4, 2], { kernel: 2 }, [2, 2], { stride: [2, 2] }),
    poolCase('no channels', [2, 4, 4, 0], { kernel: 2 }, [2, 2], { stride: [2, 2] }),
    poolCase('1-D', [2, 7, 3], { kernel: 3, stride: 2, padding: 1 }, [3], { stride: [2], padding: [[1, 1]] }),
    poolCase('3-D', [1, 4, 3, 4, 2], { kernel: [2, 3, 2], stride: [2, 1, 2] }, [2, 3, 2], { stride: [2, 1, 2] }),
  ],
  run: ({ x }, { rank, options }) => byRank[rank](x as Tensor, options),
  reference: ({ x }, { kernel, options, window: meaning }) => maxPooling(x as NdArray, kernel, meaning, options.ceilMode),
  errors: [
    {
      name: 'too much padding',
      act: (on) => maxPool1d(zeros([1, 20, 1], { device: on }), { kernel: 3, padding: 3 }),
      message: 'maxPool1d: expected padding of at most half a window, which is 1 for kernel [3], but got 3',
    },
    {
      name: 'rank',
      act: (on) => maxPool2d(zeros([20, 20, 1], { device: on }), { kernel: 2 }),
      message: 'maxPool2d: expected x to have the 4 axes [N,H,W,C], but got shape [20,20,1]',
    },
    {
      name: 'kernel',
      act: (on) => maxPool2d(zeros([1, 20, 20, 1], { device: on }), { kernel: 0 }),
      message: 'maxPool2d: expected kernel to be a whole number of at least 1, or one for each of the 2 spatial axes, but got 0',
    },
    {
      name: 'empty output',
      act: (on) => maxPool2d(zeros([1, 2, 20, 1], { device: on }), { kernel: 3 }),
      message: 'maxPool2d: expected x to be at least 3 long with its padding along axis 1, as kernel [3,3] reaches over that, but got 2 (x [1,2,20,1])',
    },
  ],
});

describe.each(testDevices)('indices of max pooling on %s', (device) => {
  test.each<[string, number[], MaxPoolOptions]>([
    ['1-D', [2, 17, 3], { kernel: 3, stride: 2, padding: 1 }],
    ['2-D', [1, 14, 11, 3], { kernel: [3, 2], stride: [2, 3], padding: [1, 0], dilation: [2, 1], ceilMode: true }],
    ['3-D', [1, 5, 9, 9, 2], { kernel: [1, 3, 3], stride: [1, 2, 2] }],
    ['more than 256 elements', [2, 20, 20, 2], { kernel: 17, stride: 2 }],
  ])('%s', async (_, shape, options) => {
    const x = distinct(shape)(new TestRandom(1));
    const input = tensor(Float32Array.from(x.data), { shape, device });
    await expectIndices(x, byRank[(shape.length - 2) as 1 | 2 | 3](input, { ...options, returnIndices: true }));
  });
});

describe.each(testDevices)('max pooling of special values on %s', (deviceName) => {
  const image = (...values: number[]) => tensor(values, { shape: [1, 2, values.length / 2, 1], device: deviceName, requiresGrad: true });

  test('of equal elements, the first gets the gradient', async () => {
    const x = image(1, 5, 3, 3, /**/ 5, 5, 3, 3);
    const y = maxPool2d(x, { kernel: 2 });
    expect(await y.data()).toEqual(Float32Array.of(5, 3));
    sum(mul(y, tensor([10, 20], { shape: [1, 1, 2, 1], device: deviceName }))).backward();
    expect(await x.grad?.data()).toEqual(Float32Array.of(0, 10, 20, 0, /**/ 0, 0, 0, 0));
  });

  test('NaN wins, and gets the gradient', async () => {
    const x = image(1, NaN, 2, 3, /**/ 5, 4, 6, 1);
    const y = maxPool2d(x, { kernel: 2 });
    expect(await y.data()).toEqual(Float32Array.of(NaN, 6));
    sum(mul(y, tensor([10, 20], { shape: [1, 1, 2, 1], device: deviceName }))).backward();
    expect(await x.grad?.data()).toEqual(Float32Array.of(0, 10, 0, 0, /**/ 0, 0, 20, 0));
  });

  test('a window of padding alone gives minus infinity, and no gradient', async () => {
    const x = image(1, 2);
    const y = maxPool2d(x, { kernel: 2, stride: 1, padding: [[2, 0], [2, 1]], dilation: 3 });
    expect(await y.data()).toEqual(Float32Array.of(-Infinity));
    sum(y).backward();
    expect(await x.grad?.data()).toEqual(Float32Array.of(0, 0));
  });

  test('minus infinity alone stays', async () => {
    const y = maxPool2d(image(-Infinity, -Infinity, -Infinity, -Infinity), { kernel: 2, padding: 1 });
    expect(await y.data()).toEqual(Float32Array.of(-Infinity, -Infinity, -Infinity, -Infinity));
  });
});
