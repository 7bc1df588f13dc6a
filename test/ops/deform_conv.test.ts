import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { conv2d, deformConv2d, full, ones, sum, zeros, type DeformConv2dOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, ndarray, normal, offset as placeOf, type Generator, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';
import { outputExtents, window, type ReferenceWindow } from './window_reference.js';

type Name = 'x' | 'offset' | 'weight' | 'bias' | 'mask';

interface Settings {
  options: DeformConv2dOptions;
  window: ReferenceWindow;
  groups: number;
}

/** Moves by a few pixels, to places between pixels: where the weights of pixels have no kink. */
function moves(shape: readonly number[]): Generator {
  return (random) => ndarray(shape, () => Math.round(1.3 * random.normal()) + 0.15 + 0.7 * random.uniform());
}

/** A case; `meaning` spells `options` out for the reference. */
function deformCase(
  name: string,
  x: readonly number[],
  weight: readonly number[],
  options: DeformConv2dOptions = {},
  { offsetGroups = 1, masked = false, biased = false, ...meaning }: Partial<ReferenceWindow> & { offsetGroups?: number; masked?: boolean; biased?: boolean } = {},
): OpCase<Name, Settings> {
  const geometry = window(2, meaning), [p, q] = outputExtents(x.slice(1, 3), weight.slice(1, 3), geometry) as [number, number];
  const places = offsetGroups * weight[1]! * weight[2]!;
  return {
    name,
    inputs: {
      x: normal(x),
      offset: moves([x[0]!, p, q, 2 * places]),
      weight: normal(weight),
      ...(biased ? { bias: normal([weight[0]!]) } : {}),
      ...(masked ? { mask: normal([x[0]!, p, q, places]) } : {}),
    },
    options: { options, window: geometry, groups: options.groups ?? 1 },
    // A place is rounded to float32, some 1e-7 of the image's extent.
    tolerance: 2e-5,
    gradientTolerance: 2e-5,
  };
}

/** x at a real-valued place: the sum over all pixels, weighted by 1 - distance along both axes. */
function interpolated({ shape, data }: NdArray, n: number, y: number, x: number, c: number): number {
  let total = 0;
  for (let h = Math.max(Math.ceil(y - 1), 0); h <= Math.min(y + 1, shape[1]! - 1); h++) {
    for (let w = Math.max(Math.ceil(x - 1), 0); w <= Math.min(x + 1, shape[2]! - 1); w++) {
      total += (1 - Math.abs(h - y)) * (1 - Math.abs(w - x)) * data[placeOf(shape, [n, h, w, c])]!;
    }
  }
  return total;
}

function reference(inputs: { [K in Name]?: NdArray }, { window: { stride, dilation, padding }, groups }: Settings): NdArray {
  const { x, offset, weight } = inputs as Record<Name, NdArray>, { bias, mask } = inputs;
  const [k, r, s, channels] = weight.shape as [number, number, number, number], c = x.shape[3]!;
  const offsetGroups = offset.shape[3]! / (r * s * 2);
  return compute([...offset.shape.slice(0, 3), k], ([n = 0, p = 0, q = 0, filter = 0]) => {
    let total = bias?.data[filter] ?? 0;
    for (let i = 0; i < r; i++) {
      for (let j = 0; j < s; j++) {
        for (let channel = 0; channel < channels; channel++) {
          const read = Math.floor(filter / (k / groups)) * channels + channel;
          const element = Math.floor(read / (c / offsetGroups)) * r * s + i * s + j;
          const move = (axis: number) => offset.data[placeOf(offset.shape, [n, p, q, 2 * element + axis])]!;
          const y = p * stride[0]! - padding[0]![0] + i * dilation[0]! + move(0);
          const across = q * stride[1]! - padding[1]![0] + j * dilation[1]! + move(1);
          const factor = mask ? mask.data[placeOf(mask.shape, [n, p, q, element])]! : 1;
          total += factor * weight.data[placeOf(weight.shape, [filter, i, j, channel])]! * interpolated(x, n, y, across, read);
        }
      }
    }
    return total;
  });
}

const around = [[1, 1], [1, 1]] as const;

describeOp<Name, Settings>({
  name: 'deformable convolution',
  cases: [
    deformCase('plain', [1, 4, 5, 2], [3, 3, 3, 2]),
    deformCase('padding, bias and mask', [2, 3, 4, 2], [3, 3, 3, 2], { padding: 1 }, { padding: around, biased: true, masked: true }),
    deformCase('stride and dilation', [1, 6, 7, 1], [2, 2, 3, 1], { stride: [2, 1], dilation: [1, 2] }, { stride: [2, 1], dilation: [1, 2], masked: true }),
    deformCase('offset groups', [2, 3, 4, 4], [2, 2, 2, 4], {}, { offsetGroups: 2, masked: true }),
    deformCase('groups', [1, 4, 3, 4], [6, 2, 2, 2], { groups: 2 }, { biased: true }),
    deformCase('groups and other offset groups', [1, 3, 4, 6], [4, 2, 2, 3], { groups: 2 }, { offsetGroups: 3, masked: true, biased: true }),
    deformCase('1x1, batch of one pixel', [1, 1, 1, 3], [2, 1, 1, 3], {}, { masked: true }),
    deformCase("padding 'same'", [1, 3, 3, 1], [1, 2, 2, 1], { padding: 'same' }, { padding: [[0, 1], [0, 1]] }),
    deformCase('no images', [0, 4, 4, 2], [3, 3, 3, 2], {}, { biased: true, masked: true }),
  ],
  run: ({ x, offset, weight, bias, mask }, { options }) => deformConv2d(x as Tensor, offset as Tensor, weight as Tensor, { ...options, bias, mask }),
  reference,
  errors: [
    {
      name: 'offset of other outputs',
      act: (on) => deformConv2d(zeros([1, 4, 4, 2], { device: on }), zeros([1, 4, 4, 18], { device: on }), zeros([3, 3, 3, 2], { device: on })),
      message: 'deformConv2d: expected offset to have shape [1,2,2,18], one for each output of x [1,4,4,2], weight [3,3,3,2], but got [1,4,4,18]',
    },
    {
      name: 'offset groups',
      act: (on) => deformConv2d(zeros([1, 4, 4, 2], { device: on }), zeros([1, 2, 2, 20], { device: on }), zeros([3, 3, 3, 2], { device: on })),
      message: 'deformConv2d: expected offset to end in 18 numbers for each of G groups that divide the 2 channels of x, but got [1,2,2,20]',
    },
    {
      name: 'mask',
      act: (on) =>
        deformConv2d(zeros([1, 4, 4, 2], { device: on }), zeros([1, 2, 2, 18], { device: on }), zeros([3, 3, 3, 2], { device: on }), {
          mask: zeros([1, 2, 2, 18], { device: on }),
        }),
      message: 'deformConv2d: expected mask to have shape [1,2,2,9], half as long as offset [1,2,2,18], but got [1,2,2,18]',
    },
    {
      name: 'groups',
      act: (on) => deformConv2d(zeros([1, 4, 4, 2], { device: on }), zeros([1, 2, 2, 18], { device: on }), zeros([3, 3, 3, 1], { device: on }), { groups: 2 }),
      message: 'deformConv2d: expected groups to divide the filters, and the channels of x into those of weight, but got 2 (x [1,4,4,2], weight [3,3,3,1])',
    },
  ],
});

describe.each(testDevices)('deformable convolution on %s', (device) => {
  test('without moves it is a convolution', async () => {
    const values = (n: number) => Array.from({ length: n }, (_, i) => (i * 37) % 11);
    const x = tensor(values(2 * 5 * 4 * 3), { shape: [2, 5, 4, 3], device }), weight = tensor(values(2 * 3 * 3 * 3), { shape: [2, 3, 3, 3], device });
    const options = { padding: 1, stride: [2, 1] };
    const y = await deformConv2d(x, zeros([2, 3, 4, 18], { device }), weight, options).data();
    expect(y).toEqual(await conv2d(x, weight, options).data());
  });

  test('moves far away, or by NaN, read zeros', async () => {
    for (const move of [1e9, -1e30, Infinity, NaN]) {
      const x = ones([1, 3, 3, 1], { device, requiresGrad: true }), offset = full([1, 2, 2, 8], move, { device, requiresGrad: true });
      const y = deformConv2d(x, offset, ones([1, 2, 2, 1], { device }));
      expect(await y.data()).toEqual(new Float32Array(4));
      sum(y).backward();
      expect(await x.grad!.data()).toEqual(new Float32Array(9));
      for (const value of await offset.grad!.data()) expect(value).toBeCloseTo(0);
    }
  });
});
