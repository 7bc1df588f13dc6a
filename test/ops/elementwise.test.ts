import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { add, affine, cast, div, maximum, minimum, mul, neg, pow, sub, sum, toFloat, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { awayFromZero, compute, TestRandom, type NdArray } from './array.js';
import { broadcast } from './broadcast_reference.js';
import { describeOp, type ErrorCase, type OpCase } from './harness.js';

const binaries = [
  { name: 'add', run: add, value: (a: number, b: number) => a + b },
  { name: 'sub', run: sub, value: (a: number, b: number) => a - b },
  { name: 'mul', run: mul, value: (a: number, b: number) => a * b },
  { name: 'div', run: div, value: (a: number, b: number) => a / b },
] as const;

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
      message: `${name}: expected b to be of type float32, like a, but got int32 [1]`,
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
  test.each(['bfloat16', 'float16'] as const)('%s: float32 results, rounded', async (dtype) => {
    const random = new TestRandom(7), values = () => tensor(Float32Array.from({ length: 60 }, () => random.normal() + 3), { shape: [5, 12], device });
    const a = cast(values(), dtype), b = cast(values(), dtype), wideA = cast(a, 'float32'), wideB = cast(b, 'float32');
    const row = cast(tensor(Float32Array.from({ length: 12 }, (_, i) => i - 4.5), { device }), dtype), wideRow = cast(row, 'float32');
    for (const run of [add, sub, mul, div, maximum, minimum, pow]) {
      expect(await run(a, b).data()).toEqual(await cast(run(wideA, wideB), dtype).data());
      expect(await run(a, row).data()).toEqual(await cast(run(wideA, wideRow), dtype).data());
      expect(await run(a, 0.75).data()).toEqual(await cast(run(wideA, 0.75), dtype).data());
    }
    expect(await affine(a, { scale: 3, shift: 0.5 }).data()).toEqual(await cast(affine(wideA, { scale: 3, shift: 0.5 }), dtype).data());
    expect(() => add(a, wideB)).toThrow(`add: expected b to be of type ${dtype}, like a, but got float32 [5,12]`);
  });

  test.each(['bfloat16', 'float16'] as const)('%s: gradients, accumulated over two passes', async (dtype) => {
    const leaf = () => cast(tensor([1.5, -2, 0.25], { device }), dtype);
    const a = leaf(), b = leaf();
    a.requiresGrad = true;
    b.requiresGrad = true;
    for (let pass = 0; pass < 2; pass++) sum(cast(add(mul(a, b), mul(a, a)), 'float32')).backward();
    expect(a.grad!.dtype).toBe(dtype);
    expect(await a.grad!.data()).toEqual(Float32Array.of(9, -12, 1.5));
    expect(await b.grad!.data()).toEqual(Float32Array.of(3, -4, 0.5));
  });

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
