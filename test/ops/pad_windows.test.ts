import { conv1d, conv2d, conv3d, zeros, type ConvOptions, type PaddingMode } from '../../lib/ops/index.js';
import { compute, normal, offset, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';
import { convolution, window, type ReferenceWindow } from './window_reference.js';

interface Case {
  options: ConvOptions & { paddingMode: PaddingMode };
  /** Elements before and after each spatial axis. */
  pads: readonly (readonly [number, number])[];
  window?: Partial<ReferenceWindow>;
  groups?: number;
}

/** The image with what lies around it, found by walking back from outside. */
function surrounded(x: NdArray, { pads, options: { paddingMode } }: Case): NdArray {
  const shape = x.shape.map((size, axis) => size + (pads[axis - 1]?.[0] ?? 0) + (pads[axis - 1]?.[1] ?? 0));
  return compute(shape, (index) => {
    const from = index.map((at, axis) => {
      const size = x.shape[axis]!, place = at - (pads[axis - 1]?.[0] ?? 0);
      if (place >= 0 && place < size) return place;
      if (paddingMode === 'replicate') return place < 0 ? 0 : size - 1;
      if (paddingMode === 'circular') return place < 0 ? place + size : place - size;
      return place < 0 ? -place : 2 * size - 2 - place;
    });
    return x.data[offset(x.shape, from)]!;
  });
}

const byAxes = [conv1d, conv2d, conv3d];

function convCase(name: string, x: readonly number[], weight: readonly number[], options: Case): OpCase<'x' | 'weight' | 'bias', Case> {
  return { name: `${options.options.paddingMode}, ${name}`, inputs: { x: normal(x), weight: normal(weight, 0.3), bias: normal([weight[0]!]) }, options };
}

describeOp<'x' | 'weight' | 'bias', Case>({
  name: 'convolution with padding modes',
  cases: [
    convCase('1-D', [2, 5, 3], [2, 3, 3], { options: { padding: 2, paddingMode: 'reflect' }, pads: [[2, 2]] }),
    convCase('2-D', [1, 4, 5, 2], [3, 3, 2, 2], { options: { padding: [1, [2, 0]], paddingMode: 'reflect' }, pads: [[1, 1], [2, 0]] }),
    convCase('same, stride 2', [1, 5, 4, 2], [2, 3, 3, 2], {
      options: { padding: 'same', stride: 2, paddingMode: 'replicate' },
      pads: [[1, 1], [0, 1]],
      window: { stride: [2, 2] },
    }),
    convCase('depthwise', [1, 3, 3, 4], [4, 3, 3, 1], { options: { padding: 1, groups: 4, paddingMode: 'circular' }, pads: [[1, 1], [1, 1]], groups: 4 }),
    convCase('dilation, larger than the image', [1, 2, 3, 1], [1, 3, 2, 1], {
      options: { padding: 'full', dilation: 2, paddingMode: 'replicate' },
      pads: [[4, 4], [2, 2]],
      window: { dilation: [2, 2] },
    }),
    convCase('3-D', [1, 2, 3, 3, 1], [2, 2, 3, 2, 1], { options: { padding: [1, 1, [0, 1]], paddingMode: 'circular' }, pads: [[1, 1], [1, 1], [0, 1]] }),
  ],
  run: ({ x, weight, bias }, { options }) => byAxes[x!.shape.length - 3]!(x!, weight!, { ...options, bias }),
  reference: ({ x, weight, bias }, options) => {
    const settings = window(options.pads.length, options.window ?? {});
    return convolution(surrounded(x!, options), weight!, bias, { ...settings, groups: options.groups ?? 1 });
  },
  errors: [
    {
      name: 'no such mode',
      act: (on) => {
        const mode: string = 'mirror';
        return conv2d(zeros([1, 3, 3, 1], { device: on }), zeros([1, 3, 3, 1], { device: on }), { paddingMode: mode as PaddingMode });
      },
      message: "conv2d: expected paddingMode to be 'zeros' or 'reflect' or 'replicate' or 'circular', but got 'mirror'",
    },
    {
      name: 'more reflected than there is',
      act: (on) => conv2d(zeros([1, 3, 3, 1], { device: on }), zeros([1, 3, 3, 1], { device: on }), { padding: 3, paddingMode: 'reflect' }),
      message: 'conv2d: expected reflect padding of at most 2 along axis 1 of x [1,3,3,1], but got [3,3]',
    },
  ],
});
