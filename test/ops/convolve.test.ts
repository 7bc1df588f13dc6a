import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { add, convolve, dynamicConv, lightweightConv, sub, zeros, type ConvOptions, type LightweightConvOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, forEachIndex, ndarray, normal, offset, TestRandom, type NdArray } from './array.js';
import { describeOp } from './harness.js';

/** y[q] = sum over s of x[q - s] w[s], with every product that there is: padding 'full', stride 1. */
function fullConvolution(x: NdArray, weight: NdArray): NdArray {
  const [n, ...rest] = x.shape as [number, ...number[]], [k, ...taps] = weight.shape as [number, ...number[]];
  const spatial = rest.slice(0, -1).map((extent, axis) => extent + taps[axis]! - 1);
  const y = compute([n, ...spatial, k], () => 0);
  forEachIndex(x.shape, (from, at) => {
    const [image, ...place] = from as [number, ...number[]], channel = place.pop()!;
    forEachIndex(weight.shape, (tap, weightAt) => {
      const [filter, ...shift] = tap as [number, ...number[]];
      if (shift.pop() !== channel) return;
      y.data[offset(y.shape, [image, ...place.map((p, axis) => p + shift[axis]!), filter])]! += x.data[at]! * weight.data[weightAt]!;
    });
  });
  return y;
}

const options: ConvOptions = { padding: 'full' };
describeOp<'x' | 'weight', ConvOptions>({
  name: 'convolve',
  cases: [
    { name: '1-D', inputs: { x: normal([2, 5, 3]), weight: normal([2, 4, 3]) }, options },
    { name: '2-D', inputs: { x: normal([1, 3, 4, 2]), weight: normal([3, 2, 3, 2]) }, options },
    { name: '3-D, one channel', inputs: { x: normal([1, 2, 3, 2, 1]), weight: normal([1, 2, 1, 3, 1]) }, options },
  ],
  run: ({ x, weight }, given) => convolve(x!, weight!, given),
  reference: ({ x, weight }) => fullConvolution(x!, weight!),
  secondOrder: true,
  errors: [
    {
      name: 'no spatial axis',
      act: (on) => convolve(zeros([2, 3], { device: on }), zeros([2, 3], { device: on })),
      message: 'convolve: expected x to have the axes [N,...,C] with 1 to 3 spatial ones, but got shape [2,3]',
    },
    {
      name: 'a kernel of another rank',
      act: (on) => convolve(zeros([2, 4, 3], { device: on }), zeros([2, 3, 3, 3], { device: on })),
      message: 'convolve: expected weight to have 3 axes, like x [2,4,3], but got shape [2,3,3,3]',
    },
  ],
});

describe.each(testDevices)('laws of convolution on %s', (name) => {
  const on = device(name);
  const random = new TestRandom(5);
  const signal = (length: number): Tensor => tensor(Float32Array.from({ length }, () => random.integer(-8, 9)), { shape: [1, length, 1], device: on });
  const conv = (a: Tensor, b: Tensor): Tensor => convolve(a, b, { padding: 'full' });

  /** Small whole numbers have exact sums, in any order. */
  async function expectSame(left: Tensor, right: Tensor): Promise<void> {
    expect(left.shape).toEqual(right.shape);
    const difference = sub(left, right);
    expect([...(await difference.data())].every((value) => value === 0)).toBe(true);
  }

  test('commutative, associative, distributive, and the unit impulse is neutral', async () => {
    const a = signal(7), b = signal(4), c = signal(3), d = signal(4);
    await expectSame(conv(a, b), conv(b, a));
    await expectSame(conv(conv(a, b), c), conv(a, conv(b, c)));
    await expectSame(conv(a, add(b, d)), add(conv(a, b), conv(a, d)));
    await expectSame(conv(a, tensor([1], { shape: [1, 1, 1], device: on })), a);
  });

  test('numpy.convolve([1, 2, 3], [0, 1, 0.5])', async () => {
    const y = scope(() => conv(tensor([1, 2, 3], { shape: [1, 3, 1], device: on }), tensor([0, 1, 0.5], { shape: [1, 3, 1], device: on })));
    expect([...(await y.data())]).toEqual([0, 1, 2.5, 4, 1.5]);
  });
});

/** The kernel that a position and a channel hear. */
type KernelOf = (weight: NdArray, n: number, q: number, head: number) => Float64Array;

function heardThrough(kernelOf: KernelOf) {
  return ({ x, weight, bias }: { x?: NdArray; weight?: NdArray; bias?: NdArray }, { padding, normalize = true }: LightweightConvOptions): NdArray => {
    const [n, w, c] = x!.shape as [number, number, number];
    const [heads, taps] = weight!.shape.slice(-2) as [number, number];
    const before = padding === 'valid' ? 0 : Math.floor((taps - 1) / 2);
    return compute([n, padding === 'valid' ? w - taps + 1 : w, c], (index) => {
      const [image, q, channel] = index as [number, number, number];
      const raw = kernelOf(weight!, image, q, Math.floor((channel * heads) / c));
      const exponentials = raw.map(Math.exp), total = exponentials.reduce((sum, value) => sum + value, 0);
      let y = bias?.data[channel] ?? 0;
      for (let s = 0; s < taps; s++) {
        const at = q + s - before;
        if (at >= 0 && at < w) y += (normalize ? exponentials[s]! / total : raw[s]!) * x!.data[offset(x!.shape, [image, at, channel])]!;
      }
      return y;
    });
  };
}

describeOp<'x' | 'weight' | 'bias', LightweightConvOptions>({
  name: 'lightweightConv',
  cases: [
    { name: 'two heads', inputs: { x: normal([2, 5, 6]), weight: normal([2, 3]), bias: normal([6]) }, options: {} },
    { name: 'a head for each channel, valid, plain weights', inputs: { x: normal([1, 6, 3]), weight: normal([3, 4]) }, options: { padding: 'valid', normalize: false } },
    { name: 'kernel longer than x', inputs: { x: normal([2, 3, 4]), weight: normal([1, 7]) }, options: {} },
  ],
  run: ({ x, weight, bias }, given) => lightweightConv(x!, weight!, { ...given, bias }),
  reference: heardThrough((weight, _n, _q, head) => weight.data.slice(head * weight.shape[1]!, (head + 1) * weight.shape[1]!)),
  errors: [
    {
      name: 'heads that do not divide the channels',
      act: (on) => lightweightConv(zeros([1, 4, 6], { device: on }), zeros([4, 3], { device: on })),
      message: 'lightweightConv: expected weight to have a number of heads that divides the 6 channels of x [1,4,6], but got 4 (weight [4,3])',
    },
  ],
});

describeOp<'x' | 'weight' | 'bias', LightweightConvOptions>({
  name: 'dynamicConv',
  cases: [
    { name: 'two heads', inputs: { x: normal([2, 5, 6]), weight: normal([2, 5, 2, 3]), bias: normal([6]) }, options: {} },
    { name: 'valid, plain weights', inputs: { x: normal([1, 6, 3]), weight: normal([1, 3, 3, 4]) }, options: { padding: 'valid', normalize: false } },
  ],
  run: ({ x, weight, bias }, given) => dynamicConv(x!, weight!, { ...given, bias }),
  reference: heardThrough((weight, n, q, head) => {
    const taps = weight.shape[3]!, at = offset(weight.shape, [n, q, head, 0]);
    return weight.data.slice(at, at + taps);
  }),
  errors: [
    {
      name: 'kernels for too few positions',
      act: (on) => dynamicConv(zeros([1, 4, 6], { device: on }), zeros([1, 3, 2, 3], { device: on })),
      message: 'dynamicConv: expected weight to have kernels for [1,4] outputs, like x [1,4,6] with its padding, but got shape [1,3,2,3]',
    },
    {
      name: 'kernels of no taps',
      act: (on) => dynamicConv(zeros([1, 4, 6], { device: on }), zeros([1, 4, 2, 0], { device: on })),
      message: 'dynamicConv: expected weight to have a kernel of at least 1, but got shape [1,4,2,0]',
    },
  ],
});

test('a kernel that every position shares makes dynamicConv lightweightConv', async () => {
  const random = new TestRandom(9);
  const x = tensor(Float32Array.from(ndarray([1, 4, 6], () => random.normal()).data), { shape: [1, 4, 6] });
  const kernel = [1, -2, 0.5, 3, 0, 1];
  const everywhere = tensor(Array.from({ length: 4 }, () => kernel).flat(), { shape: [1, 4, 2, 3] });
  const shared = await lightweightConv(x, tensor(kernel, { shape: [2, 3] })).data();
  const dynamic = await dynamicConv(x, everywhere).data();
  dynamic.forEach((value, i) => expect(value).toBeCloseTo(shared[i]!, 5));
});
