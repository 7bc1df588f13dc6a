import { describe, expect, test } from 'vitest';

import { device as openDevice } from '../../lib/core/device.js';
import { grad } from '../../lib/core/tape.js';
import { scope } from '../../lib/core/scope.js';
import { tensor } from '../../lib/core/tensor.js';
import { interpolate, mul, sum, zeros, type InterpolateOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, normal, offset, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';

/** Options with the extents that they lead to. */
interface Case {
  options: InterpolateOptions;
  output: readonly number[];
}

function sizeCase(shape: readonly number[], output: readonly number[], options: InterpolateOptions): OpCase<'x', Case> {
  const words = Object.entries(options).map(([key, value]) => `${key} ${String(value)}`);
  const given = options.scaleFactor === undefined ? { size: output, ...options } : options;
  return { name: `[${shape.join(',')}] to [${output.join(',')}] ${words.join(' ')}`, inputs: { x: normal(shape) }, options: { options: given, output } };
}

const clamp = (value: number, size: number) => Math.min(Math.max(value, 0), size - 1);
const triangle = (x: number) => Math.max(0, 1 - Math.abs(x));

/** Keys' kernel in the form of his paper. */
function keys(x: number, a: number): number {
  const d = Math.abs(x);
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
}

/** The weight of each input in an output at `i`, by the definition of a mode. */
function weights(input: number, output: number, i: number, factor: number | undefined, options: InterpolateOptions): number[] {
  const { mode = 'nearest', alignCorners = false, antialias = false, recomputeScaleFactor = false } = options;
  const all = Array<number>(input).fill(0);
  const step = factor === undefined || recomputeScaleFactor ? input / output : 1 / factor;
  if (mode === 'nearest') all[clamp(Math.floor(i * step), input)] = 1;
  else if (mode === 'nearest-exact') all[clamp(Math.floor((i + 0.5) * step), input)] = 1;
  else if (mode === 'area') {
    for (let k = 0; k < input; k++) all[k] = (k + 1) * output > i * input && k * output < (i + 1) * input ? 1 : 0;
  } else if (antialias) {
    const width = Math.max(1, step), centre = (i + 0.5) * step;
    for (let k = 0; k < input; k++) all[k] = mode === 'bicubic' ? keys((k + 0.5 - centre) / width, -0.5) : triangle((k + 0.5 - centre) / width);
  } else {
    const aligned = output > 1 ? (i * (input - 1)) / (output - 1) : 0;
    const place = alignCorners ? aligned : (i + 0.5) * step - 0.5;
    const kernel = mode === 'bicubic' ? (x: number) => keys(x, -0.75) : triangle;
    for (let k = Math.floor(place) - 3; k <= place + 3; k++) all[clamp(k, input)]! += kernel(k - place);
  }
  const total = all.reduce((sum, weight) => sum + weight, 0);
  return all.map((weight) => weight / total);
}

/** One axis after another, over all inputs. */
function reference(x: NdArray, { options, output }: Case): NdArray {
  let result = x;
  for (const [spatial, count] of output.entries()) {
    const axis = spatial + 1, from = result, { scaleFactor } = options;
    const factor = typeof scaleFactor === 'number' ? scaleFactor : scaleFactor?.[spatial];
    result = compute(from.shape.map((size, at) => (at === axis ? count : size)), (index) => {
      const along = weights(from.shape[axis]!, count, index[axis]!, factor, options);
      return along.reduce((sum, weight, k) => sum + weight * from.data[offset(from.shape, index.map((at, i) => (i === axis ? k : at)))]!, 0);
    });
  }
  return result;
}

describeOp<'x', Case>({
  name: 'interpolate',
  cases: [
    sizeCase([2, 5, 3], [8], {}),
    sizeCase([1, 3, 5, 2], [7, 2], { mode: 'nearest' }),
    sizeCase([1, 3, 5, 2], [7, 2], { mode: 'nearest-exact' }),
    sizeCase([2, 3, 2, 1], [6, 4], { scaleFactor: 2 }),
    sizeCase([2, 4, 3], [7], { mode: 'linear' }),
    sizeCase([2, 4, 3], [7], { mode: 'linear', alignCorners: true }),
    sizeCase([2, 4, 3], [1], { mode: 'linear', alignCorners: true }),
    sizeCase([1, 4, 3, 9], [6, 7], { mode: 'bilinear' }),
    sizeCase([1, 4, 3, 9], [6, 6], { mode: 'bilinear', scaleFactor: [1.6, 2.3] }),
    sizeCase([1, 4, 3, 2], [6, 6], { mode: 'bilinear', scaleFactor: [1.6, 2.3], recomputeScaleFactor: true }),
    sizeCase([1, 9, 7, 2], [4, 3], { mode: 'bilinear', antialias: true }),
    sizeCase([1, 3, 7, 2], [5, 3], { mode: 'bilinear', antialias: true }),
    sizeCase([2, 3, 4, 2, 2], [4, 2, 3], { mode: 'trilinear' }),
    sizeCase([1, 5, 4, 2], [8, 3], { mode: 'bicubic' }),
    sizeCase([1, 5, 4, 2], [8, 4], { mode: 'bicubic', alignCorners: true }),
    sizeCase([1, 9, 8, 2], [4, 8], { mode: 'bicubic', antialias: true }),
    sizeCase([1, 5, 7, 2], [3, 9], { mode: 'area' }),
    sizeCase([1, 1, 1, 1], [3, 2], { mode: 'bicubic' }),
    sizeCase([0, 3, 3, 2], [5, 2], { mode: 'bilinear' }),
    sizeCase([2, 3, 3, 0], [5, 2], { mode: 'bilinear' }),
    sizeCase([1, 2, 3, 2], [2, 3], { mode: 'bilinear' }),
  ],
  run: ({ x }, { options }) => interpolate(x!, options),
  reference: ({ x }, options) => reference(x!, options),
  errors: [
    {
      name: 'size and scaleFactor',
      act: (on) => interpolate(zeros([1, 2, 2, 1], { device: on }), { size: 3, scaleFactor: 2 }),
      message: 'interpolate: expected either size or scaleFactor, but got both',
    },
    {
      name: 'neither',
      act: (on) => interpolate(zeros([1, 2, 2, 1], { device: on }), {}),
      message: 'interpolate: expected either size or scaleFactor, but got neither',
    },
    {
      name: 'two extents for one axis',
      act: (on) => interpolate(zeros([1, 2, 1], { device: on }), { size: [3, 3] }),
      message: 'interpolate: expected size to be a whole number of at least 1, or one for each of the 1 spatial axes of x [1,2,1], but got [3,3]',
    },
    {
      name: 'a factor that leaves nothing',
      act: (on) => interpolate(zeros([1, 2, 1], { device: on }), { scaleFactor: 0.4 }),
      message: 'interpolate: expected scaleFactor to leave at least one element along each axis of x [1,2,1], but got 0.4',
    },
    {
      name: 'bilinear along three axes',
      act: (on) => interpolate(zeros([1, 2, 2, 2, 1], { device: on }), { size: 3, mode: 'bilinear' }),
      message: "interpolate: expected x to have the axes [N,H,W,C] for mode 'bilinear', but got shape [1,2,2,2,1]",
    },
    {
      name: 'antialias of nearest neighbours',
      act: (on) => interpolate(zeros([1, 2, 1], { device: on }), { size: 3, antialias: true }),
      message: "interpolate: expected alignCorners and antialias with linear and cubic modes only, but got mode 'nearest'",
    },
    {
      name: 'nothing to show',
      act: (on) => interpolate(zeros([1, 0, 1], { device: on }), { size: 3 }),
      message: 'interpolate: expected x to have elements along its spatial axes, but got shape [1,0,1]',
    },
  ],
});

describe.each(testDevices)('interpolate on %s', (device) => {
  test('16-bit floats: the float32 result, rounded', async () => {
    const values = Float32Array.of(0, 0.25, 1, -1.5);
    const [half, single] = scope(() => [
      interpolate(tensor(values, { shape: [1, 4, 1], dtype: 'bfloat16', device }), { size: 7, mode: 'linear' }),
      interpolate(tensor(values, { shape: [1, 4, 1], device }), { size: 7, mode: 'linear' }),
    ]);
    expect(half.dtype).toBe('bfloat16');
    const expected = await single.data();
    for (const [i, value] of (await half.data()).entries()) expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(2 ** -8 * Math.abs(expected[i]!));
  });

  test('the gradient has a gradient', async () => {
    // f = sum of (Ax)^2; its gradient 2 A'A x, and the gradient of that one's sum 2 A'A 1 = 2 A' 1 for rows that add up to 1.
    const second = scope(() => {
      const x = tensor(Float32Array.of(1, -2, 3), { shape: [1, 3, 1], device, requiresGrad: true });
      const y = interpolate(x, { size: 5, mode: 'linear' });
      const [first] = grad(sum(mul(y, y)), [x], { createGraph: true });
      return grad(sum(first!), [x])[0]!;
    });
    const columns = [0, 1, 2].map((k) => [0, 1, 2, 3, 4].reduce((sum, i) => sum + weights(3, 5, i, undefined, { mode: 'linear' })[k]!, 0));
    for (const [k, value] of (await second.data()).entries()) expect(value).toBeCloseTo(2 * columns[k]!, 5);
  });

  test('matrices are made once, and their number is bounded', () => {
    const on = openDevice(device);
    const x = zeros([1, 2, 1], { device: on });
    const enlarge = (size: number) => interpolate(x, { size, mode: 'linear' }).dispose();
    enlarge(5);
    const before = on.memory().tensors;
    enlarge(5);
    expect(on.memory().tensors).toBe(before);
    for (let size = 3; size < 300; size++) enlarge(size);
    const full = on.memory().tensors;
    for (let size = 300; size < 400; size++) enlarge(size);
    expect(on.memory().tensors).toBe(full);
    x.dispose();
  });

  test('matrices go with cached memory, and are made again', async () => {
    const on = openDevice(device);
    on.releaseCachedMemory();
    const before = on.memory().tensors;
    const enlarged = () => scope(() => interpolate(tensor(Float32Array.of(1, 3), { shape: [1, 2, 1], device: on }), { size: 3, mode: 'linear' }));
    using first = enlarged();
    expect(on.memory().tensors).toBeGreaterThan(before + 1);
    on.releaseCachedMemory();
    expect(on.memory().tensors).toBe(before + 1);
    using second = enlarged();
    expect(await second.data()).toEqual(await first.data());
  });
});
