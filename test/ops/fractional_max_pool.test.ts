import { describe, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { fractionalMaxPool2d, fractionalMaxPool3d, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, count, distinct, forEachIndex, offset, TestRandom, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';
import { expectIndices } from './indices.js';

interface Settings {
  kernel: readonly number[];
  outputs: readonly number[];
  ratio?: number;
  /** [N,C,axes]. */
  samples: readonly number[];
}

function samplesFor(x: readonly number[], seed: number): number[] {
  const random = new TestRandom(seed);
  return Array.from({ length: x[0]! * x.at(-1)! * (x.length - 2) }, () => Math.fround(random.uniform()));
}

function poolCase(name: string, x: readonly number[], kernel: readonly number[], outputs: readonly number[], ratio?: number): OpCase<'x', Settings> {
  const settings = { kernel, outputs, samples: samplesFor(x, count(x)) };
  return { name, inputs: { x: distinct(x) }, options: ratio === undefined ? settings : { ...settings, ratio }, tolerance: 0 };
}

/** Graham's sequences, with torch's order of samples: W, H for images, D, H, W for volumes. */
function fractional(x: NdArray, { kernel, outputs, samples }: Settings): NdArray {
  const spatial = x.shape.slice(1, -1), channels = x.shape.at(-1)!, axes = spatial.length;
  return compute([x.shape[0]!, ...outputs, channels], (index) => {
    const n = index[0]!, c = index.at(-1)!;
    const starts = outputs.map((windows, axis) => {
      const sample = samples[(n * channels + c) * axes + (axes === 2 ? 1 - axis : axis)]!;
      const o = index[axis + 1]!, room = spatial[axis]! - kernel[axis]!;
      if (o === windows - 1) return room;
      const alpha = room / (windows - 1);
      return Math.floor((o + sample) * alpha) - Math.floor(sample * alpha);
    });
    let most = -Infinity;
    forEachIndex(kernel, (inside) => {
      const at = inside.map((step, axis) => step + starts[axis]!);
      most = Math.max(most, x.data[offset(x.shape, [n, ...at, c])]!);
    });
    return most;
  });
}

function run(x: Tensor, { kernel, outputs, ratio, samples }: Settings): Tensor {
  const axes = x.shape.length - 2;
  const given = tensor(samples, { shape: [x.shape[0]!, x.shape.at(-1)!, axes], device: x.device });
  const size = ratio === undefined ? { outputSize: outputs } : { outputRatio: ratio };
  const y = (axes === 2 ? fractionalMaxPool2d : fractionalMaxPool3d)(x, { kernel, samples: given, ...size });
  given.dispose();
  return y;
}

describeOp<'x', Settings>({
  name: 'fractional max pooling',
  cases: [
    poolCase('2-D', [2, 9, 10, 3], [2, 2], [4, 5]),
    poolCase('kernel of two extents', [1, 9, 10, 17], [3, 2], [5, 7]),
    poolCase('by a ratio', [1, 9, 10, 2], [2, 2], [6, 7], 0.7),
    poolCase('3-D', [1, 6, 6, 7, 2], [2, 2, 2], [3, 3, 4]),
    poolCase('one window', [2, 3, 4, 2], [2, 2], [1, 1]),
    poolCase('no images', [0, 5, 5, 2], [2, 2], [2, 2]),
  ],
  run: ({ x }, settings) => run(x as Tensor, settings),
  reference: ({ x }, settings) => fractional(x as NdArray, settings),
  errors: [
    {
      name: 'windows that do not fit',
      act: (on) => fractionalMaxPool2d(zeros([1, 5, 5, 1], { device: on }), { kernel: 3, outputSize: [3, 4], samples: zeros([1, 1, 2], { device: on }) }),
      message: 'fractionalMaxPool2d: expected x to be at least 6 long along axis 2, for 4 windows of kernel 3, but got 5 (x [1,5,5,1])',
    },
    {
      name: 'samples',
      act: (on) => fractionalMaxPool2d(zeros([1, 5, 5, 1], { device: on }), { kernel: 2, outputSize: 2, samples: zeros([1, 2], { device: on }) }),
      message: 'fractionalMaxPool2d: expected samples to have shape [1,1,2], like x [1,5,5,1], but got [1,2]',
    },
    {
      name: 'no size',
      act: (on) => fractionalMaxPool2d(zeros([1, 5, 5, 1], { device: on }), { kernel: 2, samples: zeros([1, 1, 2], { device: on }) }),
      message: 'fractionalMaxPool2d: expected one of outputSize and outputRatio, but got neither',
    },
    {
      name: 'ratio',
      act: (on) => fractionalMaxPool3d(zeros([1, 5, 5, 5, 1], { device: on }), { kernel: 2, outputRatio: 1.5, samples: zeros([1, 1, 3], { device: on }) }),
      message: 'fractionalMaxPool3d: expected outputRatio to be a number between 0 and 1, or one for each of the 3 spatial axes, but got 1.5',
    },
  ],
});

describe.each(testDevices)('fractional max pooling on %s', (name) => {
  const on = device(name);

  test('indices', async () => {
    const x = distinct([2, 8, 9, 3])(new TestRandom(1));
    const input = tensor(Float32Array.from(x.data), { shape: x.shape, device: on });
    const samples = tensor(samplesFor(x.shape, 2), { shape: [2, 3, 2], device: on });
    await expectIndices(x, fractionalMaxPool2d(input, { kernel: 2, outputSize: [5, 4], samples, returnIndices: true }));
  });

  test('samples that are no numbers from 0 to 1 stay inside the image', async () => {
    const x = distinct([1, 8, 9, 2])(new TestRandom(1));
    const input = tensor(Float32Array.from(x.data), { shape: x.shape, device: on });
    const samples = tensor([NaN, -1e30, 1e30, Infinity], { shape: [1, 2, 2], device: on });
    await fractionalMaxPool2d(input, { kernel: 2, outputSize: [5, 4], samples }).data();
  });
});
