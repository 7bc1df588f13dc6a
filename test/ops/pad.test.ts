import { describe, expect, test } from 'vitest';

import { tensor } from '../../lib/core/tensor.js';
import { pad, zeros, type PadMode } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, normal, offset } from './array.js';
import { describeOp, type OpCase } from './harness.js';

interface Padding {
  pads: readonly (readonly [number, number])[];
  mode: PadMode;
  value?: number;
}

function padCase(shape: readonly number[], mode: PadMode, pads: Padding['pads'], value?: number): OpCase<'x', Padding> {
  const name = `${mode} [${shape.join(',')}] by ${pads.map(([before, after]) => `${before},${after}`).join(' ')}`;
  return { name, inputs: { x: normal(shape) }, options: { pads, mode, ...(value === undefined ? {} : { value }) } };
}

/** Walks from outside to a place inside, one border after another; null if there is nothing there. */
function inside(at: number, size: number, mode: PadMode): number | null {
  if (at >= 0 && at < size) return at;
  if (mode === 'constant') return null;
  if (mode === 'replicate') return at < 0 ? 0 : size - 1;
  if (mode === 'circular') return inside(at < 0 ? at + size : at - size, size, mode);
  return inside(at < 0 ? -at : 2 * size - 2 - at, size, mode);
}

describeOp<'x', Padding>({
  name: 'pad',
  cases: [
    padCase([2, 3], 'constant', [[1, 0], [2, 3]], 0.5),
    padCase([2, 3, 4, 2], 'constant', [[0, 0], [1, 1], [0, 2], [0, 0]]),
    padCase([4, 5], 'constant', [[-1, 2], [1, -3]], -1),
    padCase([3], 'constant', [[-4, 2]], 2),
    padCase([0, 2], 'constant', [[1, 1], [0, 0]], 3),
    padCase([], 'constant', []),
    padCase([2, 4, 5, 3], 'reflect', [[0, 0], [3, 2], [1, 4], [0, 0]]),
    padCase([2, 4], 'reflect', [[1, 1], [-1, 2]]),
    padCase([2, 3, 2], 'replicate', [[0, 0], [5, 1], [0, 2]]),
    padCase([1, 1], 'replicate', [[2, 2], [1, 0]]),
    padCase([2, 3, 4], 'circular', [[2, 1], [3, 3], [0, 1]]),
    padCase([3, 0], 'circular', [[1, 1], [0, 0]]),
    padCase([2, 3], 'reflect', [[0, 0], [0, 0]]),
  ],
  run: ({ x }, { pads, ...options }) => pad(x!, pads, options),
  reference: ({ x }, { pads, mode, value = 0 }) =>
    compute(x!.shape.map((size, axis) => size + pads[axis]![0] + pads[axis]![1]), (index) => {
      const from = index.map((at, axis) => inside(at - pads[axis]![0], x!.shape[axis]!, mode));
      return from.includes(null) ? value : x!.data[offset(x!.shape, from.map(Number))]!;
    }),
  errors: [
    {
      name: 'too few pairs',
      act: (on) => pad(zeros([2, 3], { device: on }), [1]),
      message: 'pad: expected pads to be a whole number or a pair [before,after] for each axis of x [2,3], but got [1]',
    },
    {
      name: 'more cut off than there is',
      act: (on) => pad(zeros([2, 3], { device: on }), [[-1, -2], 0]),
      message: 'pad: expected pads to cut off at most the 2 elements of axis 0, but got [-1,-2]',
    },
    {
      name: 'more reflected than there is',
      act: (on) => pad(zeros([2, 3], { device: on }), [0, 3], { mode: 'reflect' }),
      message: 'pad: expected reflect padding of at most 2 along axis 1 of x [2,3], but got [3,3]',
    },
    {
      name: 'more than once around',
      act: (on) => pad(zeros([2, 3], { device: on }), [[0, 3], 0], { mode: 'circular' }),
      message: 'pad: expected circular padding of at most 2 along axis 0 of x [2,3], but got [0,3]',
    },
    {
      name: 'the border of nothing',
      act: (on) => pad(zeros([0], { device: on }), [1], { mode: 'replicate' }),
      message: 'pad: expected replicate padding of at most 0 along axis 0 of x [0], but got [1,1]',
    },
  ],
});

describe.each(testDevices)('pad on %s', (device) => {
  test('bytes with a value', async () => {
    const y = pad(tensor(Uint8Array.of(1, 2), { device }), [[1, 2]], { value: 7 });
    expect(await y.data()).toEqual(Uint8Array.of(7, 1, 2, 7, 7));
  });

  test('16-bit floats', async () => {
    const x = tensor(Float32Array.of(1, 2.5, -3), { dtype: 'float16', device });
    const y = pad(x, [[2, 0]], { mode: 'reflect' }), z = pad(x, [1], { value: 9 });
    expect([y.dtype, z.dtype]).toEqual(['float16', 'float16']);
    expect(await y.data()).toEqual(Float32Array.of(-3, 2.5, 1, 2.5, -3));
    expect(await z.data()).toEqual(Float32Array.of(9, 1, 2.5, -3, 9));
  });
});
