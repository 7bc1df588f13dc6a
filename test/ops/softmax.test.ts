import { describe, expect, test } from 'vitest';

import { grad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { cast, logSoftmax, mul, softmax, softmin, sum, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { count, ndarray, normal, TestRandom, type NdArray } from './array.js';
import { describeOp, expectClose, type OpCase } from './harness.js';

const functions = [
  { name: 'softmax', run: softmax, sign: 1, finish: (share: number) => share },
  { name: 'logSoftmax', run: logSoftmax, sign: 1, finish: Math.log },
  { name: 'softmin', run: softmin, sign: -1, finish: (share: number) => share },
] as const;

type Function = (typeof functions)[number];

function reference({ sign, finish }: Function, { shape, data }: NdArray, axis: number): NdArray {
  const along = axis < 0 ? axis + shape.length : axis, size = shape[along]!, inner = count(shape.slice(along + 1));
  const result = new Float64Array(data.length);
  for (let row = 0; row < data.length / size; row++) {
    const places = Array.from({ length: size }, (_, i) => (Math.floor(row / inner) * size + i) * inner + (row % inner));
    const largest = Math.max(...places.map((at) => sign * data[at]!));
    const total = places.reduce((sum, at) => sum + Math.exp(sign * data[at]! - largest), 0);
    for (const at of places) {
      const logarithm = sign * data[at]! - largest - Math.log(total);
      result[at] = finish === Math.log ? logarithm : finish(Math.exp(logarithm));
    }
  }
  return { shape, data: result };
}

function along(axis: number, shape: readonly number[], scale = 2, shift = 0): OpCase<'x', number> {
  return { name: `axis ${axis} of [${shape.join(',')}] around ${shift}`, inputs: { x: normal(shape, scale, shift) }, options: axis };
}

const cases = [
  along(-1, [4, 6]),
  along(-1, [2, 3, 2, 5], 3),
  along(-1, [3, 1]),
  along(0, [7]),
  along(-1, [2, 270]),
  along(-1, [2, 64]),
  along(0, [5, 4]),
  along(1, [2, 3, 2, 5]),
  along(-2, [2, 3, 2, 5]),
  along(0, [1, 3]),
  along(1, [1, 2, 270]),
  { ...along(-1, [3, 5], 1, 1000), gradientTolerance: 1e-4 },
  along(-1, [0, 4]),
  along(0, [4, 0]),
  along(1, [2, 0, 3]),
];

for (const each of functions) {
  const { name, run } = each;
  describeOp<'x', number>({
    name,
    cases,
    run: ({ x }, axis) => run(x as Tensor, { axis }),
    reference: ({ x }, axis) => reference(each, x as NdArray, axis),
    errors: [
      { name: 'no axis', act: (on) => run(zeros([], { device: on })), message: `${name}: expected x to have at least one axis, but got shape []` },
      {
        name: 'axis',
        act: (on) => run(zeros([2, 3], { device: on }), { axis: 2 }),
        message: `${name}: expected axis to be a whole number from -2 to 1 for x [2,3], but got 2`,
      },
    ],
  });

  describe.each(testDevices)(`${name} on %s`, (device) => {
    test('the last axis is the default', async () => {
      const x = tensor([1, 2, 3, 4], { shape: [2, 2], device });
      expect(await run(x).data()).toEqual(await run(x, { axis: 1 }).data());
    });

    test('NaN spoils its row alone', async () => {
      const y = await run(tensor([NaN, 1, 2, 3], { shape: [2, 2], device })).data();
      expect([...y].map(Number.isNaN)).toEqual([true, true, false, false]);
    });

    test.each([0, 1, 2])('the gradient has a gradient, axis %i', async (axis) => {
      const shape = [2, 3, 4], random = new TestRandom(5);
      const values = normal(shape)(random), first = normal(shape)(random), second = normal(shape)(random);
      const upload = ({ data }: NdArray) => tensor(Float32Array.from(data), { shape, device, requiresGrad: true });
      const x = upload(values), c = upload(first);
      const [dx] = grad(sum(mul(run(x, { axis }), c)), [x], { createGraph: true });
      sum(mul(dx!, upload(second).detach())).backward();

      const h = 1e-3;
      const moved = (by: Float64Array) => reference(each, { shape, data: values.data.map((value, i) => value + by[i]!) }, axis).data;
      const above = moved(second.data.map((s) => s * h)), below = moved(second.data.map((s) => -s * h));
      // The directional derivative of y along `second` is what the cotangent is multiplied with.
      const byC = above.map((value, i) => (value - below[i]!) / (2 * h));
      expectClose(await c.grad!.data(), { shape, data: byC }, 1e-5, 'by the cotangent');
      const directional = (at: Float64Array) => {
        const slope = (by: number) => reference(each, { shape, data: at.map((value, i) => value + by * second.data[i]!) }, axis).data;
        const high = slope(h), low = slope(-h);
        return first.data.reduce((total, value, i) => total + (value * (high[i]! - low[i]!)) / (2 * h), 0);
      };
      const byX = values.data.map((_, i) => {
        const shifted = (by: number) => values.data.map((value, j) => (i === j ? value + by : value));
        return (directional(shifted(h)) - directional(shifted(-h))) / (2 * h);
      });
      expectClose(await x.grad!.data(), { shape, data: byX }, 1e-5, 'by x');
    });

    test.each(['bfloat16', 'float16'] as const)('%s: the float32 result, rounded', async (dtype) => {
      const { data } = ndarray([3, 70], (i) => Math.sin(i) * 4);
      for (const axis of [0, 1]) {
        const x = cast(tensor(Float32Array.from(data), { shape: [3, 70], device }), dtype);
        x.requiresGrad = true;
        const y = run(x, { axis });
        expect(y.dtype).toBe(dtype);
        expect(await y.data()).toEqual(await cast(run(cast(x.detach(), 'float32'), { axis }), dtype).data());
        sum(cast(mul(y, y), 'float32')).backward();
        const wide = cast(x.detach(), 'float32');
        wide.requiresGrad = true;
        const wideY = run(wide, { axis });
        sum(mul(wideY, wideY)).backward();
        const expected = { shape: [3, 70], data: Float64Array.from(await wide.grad!.data()) };
        expectClose(await x.grad!.data(), expected, 6 * (dtype === 'bfloat16' ? 2 ** -8 : 2 ** -11), 'gradient');
      }
    });
  });
}
