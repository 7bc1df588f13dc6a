import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { cast, gather, mul, scatterAdd, sum, zeros } from '../../lib/ops/index.js';
import { grad } from '../../lib/core/tape.js';
import { testDevices } from '../devices.js';
import { compute, count, forEachIndex, normal, offset, TestRandom } from './array.js';
import { describeOp, type OpCase } from './harness.js';

interface Settings {
  /** Of x. */
  shape: readonly number[];
  axis: number;
  /** Places along the axis, or the extent of a scatter's result. */
  size: number;
}

/** Reproducible places along an axis, some of them twice. */
function places(shape: readonly number[], below: number): Int32Array {
  const random = new TestRandom(17);
  return Int32Array.from({ length: count(shape) }, () => random.integer(0, below));
}

function resized(shape: readonly number[], axis: number, extent: number): number[] {
  return shape.map((value, at) => (at === axis ? extent : value));
}

function moved(index: readonly number[], axis: number, place: number): number[] {
  return resized(index, axis, place);
}

function gatherCase(shape: readonly number[], axis: number, size: number): OpCase<'x', Settings> {
  return { name: `${size} of [${shape.join(',')}] along ${axis}`, inputs: { x: normal(shape) }, options: { shape, axis, size } };
}

describeOp<'x', Settings>({
  name: 'gather',
  cases: [
    gatherCase([2, 5, 3], 1, 4),
    gatherCase([2, 5, 3], 0, 3),
    gatherCase([2, 3, 5], 2, 9),
    gatherCase([7], 0, 3),
    gatherCase([1, 1], 1, 1),
    gatherCase([3, 4], 1, 0),
    gatherCase([0, 4], 1, 2),
  ],
  run: ({ x }, { shape, axis, size }) => {
    const result = resized(shape, axis, size);
    using index = tensor(places(result, shape[axis]!), { shape: result, device: x!.device });
    return gather(x as Tensor, index, axis - shape.length);
  },
  reference: ({ x }, { shape, axis, size }) => {
    const result = resized(shape, axis, size), index = places(result, shape[axis]!);
    return compute(result, (at, i) => x!.data[offset(shape, moved(at, axis, index[i]!))]!);
  },
  errors: [
    {
      name: 'the shape of index',
      act: (on) => gather(zeros([2, 3], { device: on }), tensor(Int32Array.of(0, 0), { shape: [1, 2], device: on })),
      message: 'gather: expected index to have the shape of x [2,3] but along axis 1, but got [1,2]',
    },
    {
      name: 'the rank of index',
      act: (on) => gather(zeros([2, 3], { device: on }), tensor(Int32Array.of(0, 0), { device: on })),
      message: 'gather: expected index to have the shape of x [2,3] but along axis 1, but got [2]',
    },
    {
      name: 'the device of index',
      act: (on) => gather(zeros([1], { device: on }), tensor(Int32Array.of(0), { device: on.name === 'cpu' ? 'emu' : 'cpu' })),
      message: /^gather: expected index to be on \w+, like x, but got \w+$/,
    },
  ],
});

describeOp<'x', Settings>({
  name: 'scatterAdd',
  cases: [
    gatherCase([2, 5, 3], 1, 4),
    gatherCase([2, 5, 3], 0, 3),
    gatherCase([2, 3, 5], 2, 9),
    gatherCase([300], 0, 3),
    gatherCase([3, 0], 1, 2),
    gatherCase([0, 4], 1, 2),
  ],
  run: ({ x }, { shape, axis, size }) => {
    using index = tensor(places(shape, size), { shape, device: x!.device });
    return scatterAdd(x as Tensor, index, size, axis);
  },
  reference: ({ x }, { shape, axis, size }) => {
    const index = places(shape, size), result = compute(resized(shape, axis, size), () => 0);
    forEachIndex(shape, (at, i) => {
      result.data[offset(result.shape, moved(at, axis, index[i]!))]! += x!.data[i]!;
    });
    return result;
  },
  errors: [
    {
      name: 'the shape of index',
      act: (on) => scatterAdd(zeros([2, 3], { device: on }), tensor(Int32Array.of(0, 0), { device: on }), 3),
      message: 'scatterAdd: expected index to have the shape of x [2,3], but got [2]',
    },
    {
      name: 'size',
      act: (on) => scatterAdd(zeros([2], { device: on }), tensor(Int32Array.of(0, 0), { device: on }), -1),
      message: 'scatterAdd: expected size to be a whole number from 0 to below 2^31, but got -1',
    },
  ],
});

describe.each(testDevices)('gather on %s', (device) => {
  const outside = () => tensor(Int32Array.of(1, -1, 2, -(2 ** 31), 2 ** 31 - 1, 0), { device });

  test('an index outside of the axis reads NaN, and adds nothing', async () => {
    const x = tensor([3, 4], { device });
    expect(await gather(x, outside()).data()).toEqual(Float32Array.of(4, NaN, NaN, NaN, NaN, 3));
    expect(await scatterAdd(tensor([1, 2, 3, 4, 5, 6], { device }), outside(), 2).data()).toEqual(Float32Array.of(6, 1));
  });

  test('each is the gradient of the other, twice', async () => {
    const x = tensor([3, 4], { device, requiresGrad: true }), index = tensor(Int32Array.of(1, 1, 0), { device });
    const y = gather(x, index);
    const [first] = grad(sum(mul(mul(y, y), tensor([1, 2, 3], { device }))), [x], { createGraph: true });
    expect(await first!.data()).toEqual(Float32Array.of(18, 24));
    const [second] = grad(sum(mul(first!, tensor([1, 10], { device }))), [x]);
    expect(await second!.data()).toEqual(Float32Array.of(6, 60));
  });

  test.each(['bfloat16', 'float16'] as const)('sums of %s are float32', async (dtype) => {
    const x = cast(tensor(new Float32Array(1000).fill(1), { device }), dtype);
    const y = scatterAdd(x, tensor(new Int32Array(1000), { device }), 2);
    expect(y.dtype).toBe(dtype);
    expect(await y.data()).toEqual(Float32Array.of(1000, 0));
    expect(await gather(y, tensor(Int32Array.of(1, 0, 5), { device })).data()).toEqual(Float32Array.of(0, 1000, NaN));
  });
});
