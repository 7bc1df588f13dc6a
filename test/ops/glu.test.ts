import { describe, expect, test } from 'vitest';

import { grad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { cast, glu, maxout, mul, sum, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, distinct, normal, offset, TestRandom, type NdArray } from './array.js';
import { describeOp, expectClose } from './harness.js';

function gluOf({ shape, data }: NdArray, axis: number): NdArray {
  const along = axis < 0 ? axis + shape.length : axis, half = shape[along]! / 2;
  const moved = (index: readonly number[], by: number) => index.map((at, i) => (i === along ? at + by : at));
  return compute(shape.map((extent, i) => (i === along ? half : extent)), (index) =>
    data[offset(shape, index)]! / (1 + Math.exp(-data[offset(shape, moved(index, half))]!)));
}

describeOp<'x', number>({
  name: 'glu',
  cases: ([[-1, [2, 3, 4]], [0, [2, 3]], [1, [2, 6, 5]], [0, [4]], [-1, [0, 4]], [0, [0, 3]], [1, [3, 2, 0]]] as const).map(([axis, shape]) => ({
    name: `axis ${axis} of [${shape.join(',')}]`,
    inputs: { x: normal(shape) },
    options: axis,
  })),
  run: ({ x }, axis) => glu(x as Tensor, { axis }),
  reference: ({ x }, axis) => gluOf(x as NdArray, axis),
  errors: [
    { name: 'odd', act: (on) => glu(zeros([2, 3], { device: on })), message: 'glu: expected x to have an even extent along axis 1, but got shape [2,3]' },
  ],
});

describeOp<'x', number>({
  name: 'maxout',
  cases: [
    { name: 'pairs', inputs: { x: distinct([2, 3, 3, 6]) }, options: 2 },
    { name: 'threes', inputs: { x: distinct([4, 6]) }, options: 3 },
    { name: 'all channels', inputs: { x: distinct([5]) }, options: 5 },
    { name: 'one piece', inputs: { x: distinct([3, 2]) }, options: 1 },
    { name: 'no elements', inputs: { x: distinct([0, 4]) }, options: 2 },
    { name: 'no channels', inputs: { x: distinct([3, 0]) }, options: 2 },
  ],
  run: ({ x }, pieces) => maxout(x as Tensor, pieces),
  reference: ({ x }, pieces) => {
    const { shape, data } = x as NdArray;
    return compute([...shape.slice(0, -1), shape.at(-1)! / pieces], (_, at) => Math.max(...data.subarray(at * pieces, (at + 1) * pieces)));
  },
  errors: [
    {
      name: 'pieces',
      act: (on) => maxout(zeros([2, 3], { device: on }), 2),
      message: 'maxout: expected pieces to be a whole number that divides the 3 channels of x [2,3], but got 2',
    },
  ],
});

describe.each(testDevices)('glu on %s', (device) => {
  test('the gradient has a gradient', async () => {
    const random = new TestRandom(3), shape = [2, 4], values = normal(shape)(random), weights = normal([2, 2])(random);
    const x = tensor(Float32Array.from(values.data), { shape, device, requiresGrad: true });
    const [dx] = grad(sum(mul(glu(x), tensor(Float32Array.from(weights.data), { shape: [2, 2], device }))), [x], { createGraph: true });
    sum(dx!).backward();
    const h = 1e-3;
    const total = (data: Float64Array) => gluOf({ shape, data }, -1).data.reduce((sum, value, i) => sum + value * weights.data[i]!, 0);
    const shifted = (from: Float64Array, by: (i: number) => number) => from.map((value, i) => value + by(i));
    const along = (data: Float64Array) => (total(shifted(data, () => h)) - total(shifted(data, () => -h))) / (2 * h);
    const expected = values.data.map((_, j) => (along(shifted(values.data, (i) => (i === j ? h : 0))) - along(shifted(values.data, (i) => (i === j ? -h : 0)))) / (2 * h));
    expectClose(await x.grad!.data(), { shape, data: expected }, 1e-5, 'by x');
  });

  test.each(['bfloat16', 'float16'] as const)('%s', async (dtype) => {
    const x = cast(tensor([3, -2, 0, 0], { device }), dtype);
    x.requiresGrad = true;
    const y = glu(x);
    expect(y.dtype).toBe(dtype);
    expect(await y.data()).toEqual(Float32Array.of(1.5, -1));
    sum(cast(y, 'float32')).backward();
    expect(await x.grad!.data()).toEqual(Float32Array.of(0.5, 0.5, 0.75, -0.5));
  });
});
