import { describe, expect, test } from 'vitest';

import { grad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { maxPool2d, maxUnpool1d, maxUnpool2d, maxUnpool3d, mul, sum, zeros, type MaxUnpoolOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { count, normal, TestRandom, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';

const byRank = { 1: maxUnpool1d, 2: maxUnpool2d, 3: maxUnpool3d };

interface Settings {
  rank: 1 | 2 | 3;
  options: MaxUnpoolOptions;
  spatial: readonly number[];
  indices: readonly number[];
}

/** A case whose indices are all places of a plane once, in random order, and -1 where there are too few. */
function unpoolCase(name: string, x: readonly number[], options: MaxUnpoolOptions, spatial: readonly number[]): OpCase<'x', Settings> {
  const random = new TestRandom(count(x)), plane = count(spatial), channels = x.at(-1)!, inputs = count(x.slice(1, -1));
  const indices = Array<number>(count(x)).fill(-1);
  for (let n = 0; n < x[0]!; n++) {
    for (let c = 0; c < channels; c++) {
      const left = Array.from({ length: plane }, (_, i) => i);
      for (let i = 0; i < Math.min(inputs, plane); i++) {
        indices[(n * inputs + i) * channels + c] = left.splice(random.integer(0, left.length), 1)[0]!;
      }
    }
  }
  return { name, inputs: { x: normal(x) }, options: { rank: (x.length - 2) as 1 | 2 | 3, options, spatial, indices }, tolerance: 0 };
}

function unpooled({ shape, data }: NdArray, spatial: readonly number[], indices: readonly number[]): NdArray {
  const channels = shape.at(-1)!, plane = count(spatial), inputs = count(shape.slice(1, -1));
  const y = new Float64Array(shape[0]! * plane * channels);
  for (const [i, value] of data.entries()) {
    const image = Math.floor(i / channels / inputs);
    if (indices[i]! >= 0) y[(image * plane + indices[i]!) * channels + (i % channels)] = value;
  }
  return { shape: [shape[0]!, ...spatial, channels], data: y };
}

describeOp<'x', Settings>({
  name: 'unpooling',
  cases: [
    unpoolCase('1-D', [2, 6, 3], { kernel: 2 }, [12]),
    unpoolCase('2-D', [2, 4, 5, 2], { kernel: 2, stride: 2 }, [8, 10]),
    unpoolCase('an output size', [1, 3, 3, 2], { kernel: 2, outputSize: [7, 6] }, [7, 6]),
    unpoolCase('overlap and padding', [1, 3, 4, 17], { kernel: 3, stride: 2, padding: 1 }, [5, 7]),
    unpoolCase('3-D', [1, 2, 3, 3, 2], { kernel: 2 }, [4, 6, 6]),
    unpoolCase('one element', [1, 1, 1, 1], { kernel: 1 }, [1, 1]),
    unpoolCase('no images', [0, 2, 2, 3], { kernel: 2 }, [4, 4]),
  ],
  run: ({ x }, { rank, options, indices }) => {
    const places = tensor(Int32Array.from(indices), { shape: x!.shape, device: x!.device });
    const y = byRank[rank](x as Tensor, places, options);
    places.dispose();
    return y;
  },
  reference: ({ x }, { spatial, indices }) => unpooled(x as NdArray, spatial, indices),
  errors: [
    {
      name: 'output size',
      act: (on) => maxUnpool2d(zeros([1, 3, 3, 1], { device: on }), tensor(new Int32Array(9), { shape: [1, 3, 3, 1], device: on }), { kernel: 2, outputSize: [8, 6] }),
      message: 'maxUnpool2d: expected outputSize to be less than a stride [2,2] away from [6,6], where kernel, stride and padding lead from x [1,3,3,1], but got [8,6]',
    },
    {
      name: 'shape of indices',
      act: (on) => maxUnpool1d(zeros([1, 3, 1], { device: on }), tensor(new Int32Array(3), { shape: [3, 1], device: on }), { kernel: 2 }),
      message: 'maxUnpool1d: expected indices to have the shape [1,3,1] of x, but got [3,1]',
    },
    {
      name: 'padding',
      act: (on) => maxUnpool1d(zeros([1, 3, 1], { device: on }), tensor(new Int32Array(3), { shape: [1, 3, 1], device: on }), { kernel: 2, padding: -1 }),
      message: 'maxUnpool1d: expected padding to be a whole number of at least 0, but got -1',
    },
  ],
});

describe.each(testDevices)('unpooling on %s', (device) => {
  test('the last of equal places stays, and each of them gets the gradient; places outside are left out', async () => {
    const x = tensor([1, 2, 3, 4], { shape: [1, 4, 1], device, requiresGrad: true });
    const indices = tensor(Int32Array.of(5, 5, -1, 8), { shape: [1, 4, 1], device });
    const y = maxUnpool1d(x, indices, { kernel: 2 });
    expect(await y.data()).toEqual(Float32Array.of(0, 0, 0, 0, 0, 2, 0, 0));
    sum(mul(y, tensor([1, 2, 3, 4, 5, 6, 7, 8], { shape: [1, 8, 1], device }))).backward();
    expect(await x.grad?.data()).toEqual(Float32Array.of(6, 6, 0, 0));
  });

  test('undoes max pooling but for what pooling lost', async () => {
    const x = tensor([1, 9, 3, 4, /**/ 5, 6, 8, 7], { shape: [1, 2, 4, 1], device });
    const { y, indices } = maxPool2d(x, { kernel: 2, returnIndices: true });
    expect(await indices.data()).toEqual(Int32Array.of(1, 6));
    expect(await maxUnpool2d(y, indices, { kernel: 2 }).data()).toEqual(Float32Array.of(0, 9, 0, 0, /**/ 0, 0, 8, 0));
  });

  test('has a second gradient', async () => {
    const x = tensor([1, 2], { shape: [1, 2, 1], device, requiresGrad: true });
    const y = maxUnpool1d(x, tensor(Int32Array.of(1, 2), { shape: [1, 2, 1], device }), { kernel: 2 });
    const [first] = grad(sum(mul(mul(y, y), y)), [x], { createGraph: true });
    const [second] = grad(sum(first!), [x]);
    expect(await second!.data()).toEqual(Float32Array.of(6, 12));
  });
});
