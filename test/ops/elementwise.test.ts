import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { add, affine, div, mul, neg, sub, sum, toFloat, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { awayFromZero, compute, offset, type NdArray } from './array.js';
import { describeOp, type ErrorCase, type OpCase } from './harness.js';

const binaries = [
  { name: 'add', run: add, value: (a: number, b: number) => a + b },
  { name: 'sub', run: sub, value: (a: number, b: number) => a - b },
  { name: 'mul', run: mul, value: (a: number, b: number) => a * b },
  { name: 'div', run: div, value: (a: number, b: number) => a / b },
] as const;

/** An element of an array that stretches to the shape of `index`. */
function stretched(array: NdArray, index: readonly number[]): number {
  const own = index.slice(index.length - array.shape.length).map((at, axis) => (array.shape[axis] === 1 ? 0 : at));
  return array.data[offset(array.shape, own)]!;
}

function broadcast(a: NdArray, b: NdArray, value: (a: number, b: number) => number): NdArray {
  const rank = Math.max(a.shape.length, b.shape.length);
  const extents = (shape: readonly number[]) => [...Array<number>(rank - shape.length).fill(1), ...shape];
  const extentsB = extents(b.shape);
  const shape = extents(a.shape).map((extent, axis) => (extent === 1 ? extentsB[axis]! : extent));
  return compute(shape, (index) => value(stretched(a, index), stretched(b, index)));
}

function shapeCase(a: readonly number[], b: readonly number[]): OpCase<'a' | 'b', null> {
  return { name: `[${a.join(',')}] and [${b.join(',')}]`, inputs: { a: awayFromZero(a), b: awayFromZero(b) }, options: null };
}

const shapeCases = [
  shapeCase([2, 3, 4], [2, 3, 4]),
  shapeCase([], []),
  shapeCase([3], []),
  shapeCase([], [2, 2]),
  shapeCase([2, 3, 3, 4], [4]),
  shapeCase([4], [2, 3, 4]),
  shapeCase([2, 1, 3], [2, 4, 1]),
  shapeCase([3, 1], [1, 4]),
  shapeCase([2, 3, 1, 1], [1, 1, 2, 3]),
  shapeCase([1, 1, 1], [1]),
  shapeCase([2, 1, 2, 1, 2, 1], [1, 3, 1, 2, 1, 3]),
  shapeCase([2, 2, 1, 1, 2, 2, 1, 1, 2], [1, 1, 2, 2, 1, 1, 2, 2, 1]),
  shapeCase([0, 3], [0, 3]),
  shapeCase([0, 3], [3]),
  shapeCase([2, 1], [1, 0]),
  shapeCase([1100], [1]),
];

function binaryErrors(name: string, run: typeof add): ErrorCase[] {
  return [
    {
      name: 'shapes that do not broadcast',
      act: (on) => run(zeros([2, 3], { device: on }), zeros([2], { device: on })),
      message: `${name}: expected b to broadcast with a [2,3], with extents equal or 1 from the last axis on, but got b [2]`,
    },
    {
      name: 'too many groups of axes',
      act: (on) => run(zeros([2, 1, 2, 1, 2, 1, 2], { device: on }), zeros([1, 2, 1, 2, 1, 2, 1], { device: on })),
      message:
        `${name}: expected shapes that broadcast along at most 6 separate groups of axes, but got 7 ` +
        '(a [2,1,2,1,2,1,2], b [1,2,1,2,1,2,1])',
    },
    {
      name: 'type',
      act: (on) => {
        const labels: unknown = tensor(Int32Array.of(1), { device: on });
        return run(zeros([1], { device: on }), labels as Tensor);
      },
      message: `${name}: expected b to be of type float32, but got int32 [1]`,
    },
    {
      name: 'two numbers',
      act: () => {
        const numbers: unknown[] = [1, 2];
        return run(numbers[0] as Tensor, numbers[1] as number);
      },
      message: `${name}: expected a or b to be a tensor, but got 1 and 2`,
    },
  ];
}

for (const { name, run, value } of binaries) {
  describeOp<'a' | 'b', null>({
    name,
    cases: shapeCases,
    run: ({ a, b }) => run(a as Tensor, b as Tensor),
    reference: ({ a, b }) => broadcast(a as NdArray, b as NdArray, value),
    errors: binaryErrors(name, run),
  });

  describeOp<'x', number>({
    name: `${name} with a number`,
    cases: [0.75, -3, 1e-3].map((number) => ({ name: String(number), inputs: { x: awayFromZero([3, 4]) }, options: number })),
    run: ({ x }, number) => run(x as Tensor, number),
    reference: ({ x }, number) => compute((x as NdArray).shape, (_, i) => value((x as NdArray).data[i]!, Math.fround(number))),
  });

  describeOp<'x', number>({
    name: `${name} of a number`,
    cases: [0.75, -3].map((number) => ({ name: String(number), inputs: { x: awayFromZero([3, 4]) }, options: number })),
    run: ({ x }, number) => run(number, x as Tensor),
    reference: ({ x }, number) => compute((x as NdArray).shape, (_, i) => value(number, (x as NdArray).data[i]!)),
  });
}

describeOp<'x', { scale?: number; shift?: number }>({
  name: 'affine',
  cases: [
    { name: 'scale and shift', inputs: { x: awayFromZero([3, 4]) }, options: { scale: 1.5, shift: -2 } },
    { name: 'scale', inputs: { x: awayFromZero([5]) }, options: { scale: -0.25 } },
    { name: 'shift', inputs: { x: awayFromZero([]) }, options: { shift: 3 } },
    { name: 'no elements', inputs: { x: awayFromZero([0, 2]) }, options: { scale: 2 } },
  ],
  run: ({ x }, options) => affine(x as Tensor, options),
  reference: ({ x }, { scale = 1, shift = 0 }) => compute((x as NdArray).shape, (_, i) => scale * (x as NdArray).data[i]! + shift),
});

describeOp<'x', null>({
  name: 'neg',
  cases: [{ name: 'a matrix', inputs: { x: awayFromZero([2, 3]) }, options: null }],
  run: ({ x }) => neg(x as Tensor),
  reference: ({ x }) => compute((x as NdArray).shape, (_, i) => -(x as NdArray).data[i]!),
});

describe.each(testDevices)('elementwise on %s', (device) => {
  test('divides with correct rounding', async () => {
    const values = Float32Array.from({ length: 500 }, (_, i) => 1 + i * 0.37);
    const y = div(tensor(values, { device }), 3);
    expect(await y.data()).toEqual(values.map((value) => value / 3));
  });

  test('an operand can be both operands', async () => {
    const x = tensor([2, -3], { device, requiresGrad: true });
    const y = mul(x, x);
    expect(await y.data()).toEqual(Float32Array.of(4, 9));
    sum(y).backward();
    expect(await x.grad?.data()).toEqual(Float32Array.of(4, -6));
  });

  test('bytes become floats', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const pixels = toFloat(tensor(bytes, { shape: [16, 16], device }), { scale: 1 / 255 });
    expect(pixels.shape).toEqual([16, 16]);
    expect(pixels.dtype).toBe('float32');
    const scale = Math.fround(1 / 255);
    expect(await pixels.data()).toEqual(Float32Array.from(bytes, (value) => value * scale));
    expect(await toFloat(tensor(bytes, { device })).data()).toEqual(Float32Array.from(bytes));
  });

  test('toFloat wants bytes', () => {
    const floats: unknown = zeros([2], { device });
    expect(() => toFloat(floats as Tensor<'uint8'>)).toThrow('toFloat: expected x to be of type uint8, but got float32 [2]');
  });
});
