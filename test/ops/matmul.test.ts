import type { Tensor } from '../../lib/core/tensor.js';
import { bilinear, linear, matmul, zeros, type MatmulOptions } from '../../lib/ops/index.js';
import { compute, normal, offset, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';

function reference(a: NdArray, b: NdArray, { transposeA = false, transposeB = false }: MatmulOptions): NdArray {
  const [rowsA, colsA] = a.shape, [rowsB, colsB] = b.shape;
  const m = transposeA ? colsA! : rowsA!, k = transposeA ? rowsA! : colsA!, n = transposeB ? rowsB! : colsB!;
  return compute([m, n], ([i, j]) => {
    let total = 0;
    for (let l = 0; l < k; l++) {
      const left = transposeA ? [l, i!] : [i!, l], right = transposeB ? [j!, l] : [l, j!];
      total += a.data[offset(a.shape, left)]! * b.data[offset(b.shape, right)]!;
    }
    return total;
  });
}

function productCase(m: number, k: number, n: number, options: MatmulOptions = {}): OpCase<'a' | 'b', MatmulOptions> {
  const a = normal(options.transposeA ? [k, m] : [m, k]), b = normal(options.transposeB ? [n, k] : [k, n]);
  const transposed = `${options.transposeA ? ', a transposed' : ''}${options.transposeB ? ', b transposed' : ''}`;
  return { name: `${m}x${k} by ${k}x${n}${transposed}`, inputs: { a, b }, options };
}

const transpositions = [{}, { transposeA: true }, { transposeB: true }, { transposeA: true, transposeB: true }];

describeOp<'a' | 'b', MatmulOptions>({
  name: 'matmul',
  secondOrder: true,
  sixteenBit: true,
  cases: [
    ...transpositions.map((options) => productCase(4, 3, 5, options)),
    ...transpositions.map((options) => productCase(17, 9, 2, options)),
    productCase(1, 1, 1),
    productCase(1, 70, 1),
    productCase(0, 3, 4),
    productCase(3, 4, 0),
    productCase(3, 0, 2),
  ],
  run: ({ a, b }, options) => matmul(a as Tensor, b as Tensor, options),
  reference: ({ a, b }, options) => reference(a as NdArray, b as NdArray, options),
  errors: [
    {
      name: 'inner extents',
      act: (on) => matmul(zeros([2, 3], { device: on }), zeros([2, 3], { device: on })),
      message: 'matmul: expected b to have 3 rows, as many as a [2,3] has columns, but got 2 (b [2,3])',
    },
    {
      name: 'inner extents, transposed',
      act: (on) => matmul(zeros([2, 3], { device: on }), zeros([2, 3], { device: on }), { transposeA: true, transposeB: true }),
      message: 'matmul: expected b to have 2 columns, as many as a [2,3] has rows, but got 3 (b [2,3])',
    },
    {
      name: 'rank',
      act: (on) => matmul(zeros([2], { device: on }), zeros([2, 3], { device: on })),
      message: 'matmul: expected a to have at least the 2 axes [m,k], but got shape [2]',
    },
  ],
});

interface Batched extends MatmulOptions {
  leading: readonly number[];
}

/** The matrix of an operand for one index of the leading axes of the result. */
function matrixAt({ shape, data }: NdArray, index: readonly number[]): NdArray {
  const [rows, columns] = shape.slice(-2) as [number, number], own = shape.slice(0, -2);
  const place = own.map((extent, axis) => (extent === 1 ? 0 : index[index.length - own.length + axis]!));
  const start = offset(own, place) * rows * columns;
  return { shape: [rows, columns], data: data.slice(start, start + rows * columns) };
}

function batchCase(
  leadingA: readonly number[],
  leadingB: readonly number[],
  leading: readonly number[],
  options: MatmulOptions = {},
): OpCase<'a' | 'b', Batched> {
  const [m, k, n] = [3, 2, 4];
  const a = normal([...leadingA, ...(options.transposeA ? [k, m] : [m, k])]), b = normal([...leadingB, ...(options.transposeB ? [n, k] : [k, n])]);
  const transposed = `${options.transposeA ? ', a transposed' : ''}${options.transposeB ? ', b transposed' : ''}`;
  return { name: `[${leadingA.join(',')}] and [${leadingB.join(',')}] of matrices${transposed}`, inputs: { a, b }, options: { ...options, leading } };
}

const batched = {
  run: ({ a, b }: { a?: Tensor; b?: Tensor }, { transposeA, transposeB }: Batched) => matmul(a as Tensor, b as Tensor, { transposeA, transposeB }),
  reference: ({ a, b }: { a?: NdArray; b?: NdArray }, { leading, ...options }: Batched) => {
    const rows = a!.shape.at(options.transposeA ? -1 : -2)!, columns = b!.shape.at(options.transposeB ? -2 : -1)!;
    return compute([...leading, rows, columns], (index) => {
      const place = index.slice(0, -2);
      const product = reference(matrixAt(a as NdArray, place), matrixAt(b as NdArray, place), options);
      return product.data[offset(product.shape, index.slice(-2))]!;
    });
  },
  sixteenBit: true,
};

describeOp<'a' | 'b', Batched>({
  name: 'matmul of many',
  cases: [
    ...transpositions.map((options) => batchCase([5], [5], [5], options)),
    ...transpositions.map((options) => batchCase([2, 3], [], [2, 3], options)),
    ...transpositions.map((options) => batchCase([1], [4], [4], options)),
    batchCase([2, 1], [3], [2, 3]),
    batchCase([2, 1], [2, 3], [2, 3], { transposeA: true }),
    batchCase([1, 1], [1], [1, 1]),
  ],
  ...batched,
  secondOrder: true,
  errors: [
    {
      name: 'leading axes',
      act: (on) => matmul(zeros([2, 3, 4], { device: on }), zeros([3, 4, 2], { device: on })),
      message:
        'matmul: expected the axes of b before the last two to broadcast with those of a [2,3,4], with extents equal or 1, but got b [3,4,2]',
    },
  ],
});

describeOp<'a' | 'b', Batched>({
  name: 'matmul of none',
  cases: [batchCase([0], [0], [0]), batchCase([2, 1], [0], [2, 0]), batchCase([0], [], [0], { transposeA: true })],
  ...batched,
});

type LinearInput = 'x' | 'weight' | 'bias';

function linearCase(name: string, x: readonly number[], out: number, bias: boolean): OpCase<LinearInput, null> {
  const weight = normal([out, x.at(-1)!]);
  return { name, inputs: { x: normal(x), weight, ...(bias ? { bias: normal([out]) } : {}) }, options: null };
}

describeOp<LinearInput, null>({
  name: 'linear',
  cases: [
    linearCase('a batch', [5, 7], 4, true),
    linearCase('without bias', [3, 6], 5, false),
    linearCase('a vector', [4], 3, true),
    linearCase('more axes', [2, 3, 4], 2, true),
    linearCase('one feature', [3, 1], 1, true),
    linearCase('no rows', [0, 4], 3, true),
  ],
  run: ({ x, weight, bias }) => linear(x as Tensor, weight as Tensor, bias),
  reference: ({ x, weight, bias }) => {
    const { shape, data } = x as NdArray, { shape: [out, features], data: weights } = weight as NdArray;
    return compute([...shape.slice(0, -1), out!], (index, at) => {
      const row = Math.floor(at / out!), o = index.at(-1)!;
      let total = bias?.data[o] ?? 0;
      for (let i = 0; i < features!; i++) total += data[row * features! + i]! * weights[o * features! + i]!;
      return total;
    });
  },
  errors: [
    {
      name: 'features',
      act: (on) => linear(zeros([8, 5], { device: on }), zeros([3, 4], { device: on })),
      message: 'linear: expected x to end in 4 features, like weight [3,4], but got x [8,5]',
    },
    {
      name: 'bias',
      act: (on) => linear(zeros([8, 4], { device: on }), zeros([3, 4], { device: on }), zeros([4], { device: on })),
      message: 'linear: expected bias to have shape [3], one for each row of weight [3,4], but got [4]',
    },
    {
      name: 'weight',
      act: (on) => linear(zeros([8, 4], { device: on }), zeros([4], { device: on })),
      message: 'linear: expected weight to have the 2 axes [out,in], but got shape [4]',
    },
  ],
});

type BilinearInput = 'x' | 'z' | 'weight' | 'bias';

function bilinearCase(name: string, leading: readonly number[], [out, in1, in2]: readonly [number, number, number], bias: boolean): OpCase<BilinearInput, null> {
  const inputs = { x: normal([...leading, in1]), z: normal([...leading, in2]), weight: normal([out, in1, in2]) };
  return { name, inputs: { ...inputs, ...(bias ? { bias: normal([out]) } : {}) }, options: null };
}

describeOp<BilinearInput, null>({
  name: 'bilinear',
  cases: [
    bilinearCase('a batch', [4], [2, 3, 5], true),
    bilinearCase('without bias', [2, 3], [1, 2, 2], false),
    bilinearCase('vectors', [], [3, 1, 4], true),
    bilinearCase('no rows', [0], [2, 3, 5], true),
  ],
  run: ({ x, z, weight, bias }) => bilinear(x as Tensor, z as Tensor, weight as Tensor, bias),
  reference: ({ x, z, weight, bias }) => {
    const [out, in1, in2] = weight!.shape as [number, number, number];
    return compute([...x!.shape.slice(0, -1), out], (index, at) => {
      const row = Math.floor(at / out), o = index.at(-1)!;
      let total = bias?.data[o] ?? 0;
      for (let i = 0; i < in1; i++) {
        for (let j = 0; j < in2; j++) total += x!.data[row * in1 + i]! * weight!.data[(o * in1 + i) * in2 + j]! * z!.data[row * in2 + j]!;
      }
      return total;
    });
  },
  errors: [
    {
      name: 'features of z',
      act: (on) => bilinear(zeros([4, 3], { device: on }), zeros([4, 2], { device: on }), zeros([2, 3, 5], { device: on })),
      message: 'bilinear: expected z to have shape [4,5], like x [4,3] and weight [2,3,5], but got [4,2]',
    },
    {
      name: 'features of x',
      act: (on) => bilinear(zeros([4, 4], { device: on }), zeros([4, 5], { device: on }), zeros([2, 3, 5], { device: on })),
      message: 'bilinear: expected x to end in 3 features, like weight [2,3,5], but got x [4,4]',
    },
  ],
});
