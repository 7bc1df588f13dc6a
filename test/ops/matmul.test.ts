import type { Tensor } from '../../lib/core/tensor.js';
import { linear, matmul, zeros, type MatmulOptions } from '../../lib/ops/index.js';
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
      message: 'matmul: expected a to have the 2 axes [m,k], but got shape [2]',
    },
  ],
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
