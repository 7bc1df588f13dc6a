import { describe, expect, test } from 'vitest';

import { grad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { cast, embedding, indexSelect, mul, sum, zeros } from '../../lib/ops/index.js';
import { gatherRows } from '../../lib/ops/scatter_rows.js';
import { testDevices } from '../devices.js';
import { compute, count, normal, offset, TestRandom } from './array.js';
import { describeOp, type OpCase } from './harness.js';

function rowNumbers(length: number, below: number): Int32Array {
  const random = new TestRandom(23);
  return Int32Array.from({ length }, () => random.integer(0, below));
}

interface Selection {
  shape: readonly number[];
  axis: number;
  index: Int32Array;
}

function selectCase(shape: readonly number[], axis: number, length: number): OpCase<'x', Selection> {
  const name = `${length} of [${shape.join(',')}] along ${axis}`;
  return { name, inputs: { x: normal(shape) }, options: { shape, axis, index: rowNumbers(length, shape[axis]!) } };
}

describeOp<'x', Selection>({
  name: 'indexSelect',
  cases: [
    selectCase([5, 3], 0, 4),
    selectCase([2, 3, 4], 1, 5),
    selectCase([2, 3, 4], 2, 7),
    selectCase([3], 0, 300),
    selectCase([40, 1], 0, 2500), // more than one tile of the sort
    selectCase([4, 2], 0, 0),
    selectCase([4, 0], 0, 2),
    selectCase([0, 4], 1, 2),
  ],
  run: ({ x }, { axis, index }) => {
    using places = tensor(index, { device: x!.device });
    return indexSelect(x as Tensor, places, axis);
  },
  reference: ({ x }, { shape, axis, index }) => {
    const result = shape.map((extent, at) => (at === axis ? index.length : extent));
    return compute(result, (at) => x!.data[offset(shape, at.map((place, i) => (i === axis ? index[place]! : place)))]!);
  },
  errors: [
    {
      name: 'the rank of index',
      act: (on) => indexSelect(zeros([2, 3], { device: on }), tensor(Int32Array.of(0, 0), { shape: [1, 2], device: on })),
      message: 'indexSelect: expected index to have the 1 axes [M], but got shape [1,2]',
    },
    {
      name: 'an axis that is not there',
      act: (on) => indexSelect(zeros([2, 3], { device: on }), tensor(Int32Array.of(0), { device: on }), 2),
      message: 'indexSelect: expected axis to be a whole number from -2 to 1 for x [2,3], but got 2',
    },
  ],
});

describeOp<'weight', readonly number[]>({
  name: 'embedding',
  cases: [
    { name: 'a matrix of words', inputs: { weight: normal([5, 3]) }, options: [2, 4] },
    { name: 'one word', inputs: { weight: normal([5, 3]) }, options: [] },
    { name: 'words that repeat', inputs: { weight: normal([2, 4]) }, options: [40] },
    { name: 'a large vocabulary', inputs: { weight: normal([700, 1]) }, options: [9] },
    { name: 'no words', inputs: { weight: normal([5, 3]) }, options: [0, 2] },
  ],
  run: ({ weight }, shape) => {
    using index = tensor(rowNumbers(count(shape), weight!.shape[0]!), { shape, device: weight!.device });
    return embedding(weight as Tensor, index);
  },
  reference: ({ weight }, shape) => {
    const [rows, size] = weight!.shape, index = rowNumbers(count(shape), rows!);
    return compute([...shape, size!], (_, at) => weight!.data[index[Math.floor(at / size!)]! * size! + (at % size!)]!);
  },
  errors: [
    {
      name: 'padding',
      act: (on) => embedding(zeros([3, 2], { device: on }), tensor(Int32Array.of(0), { device: on }), { paddingIndex: 3 }),
      message: 'embedding: expected paddingIndex to be a row of weight [3,2], but got 3',
    },
    {
      name: 'weight',
      act: (on) => embedding(zeros([3], { device: on }), tensor(Int32Array.of(0), { device: on })),
      message: 'embedding: expected weight to have the 2 axes [V,E], but got shape [3]',
    },
  ],
});

interface Taps {
  outer: number;
  rows: number;
  c: number;
  sources: number;
  taps: number;
}

function rowsCase(outer: number, rows: number, c: number, sources: number, taps: number): OpCase<'x' | 'weight', Taps> {
  const inputs = { x: normal([outer, rows, c]), weight: normal([sources, taps]) };
  return { name: `${sources} sums of ${taps} of ${rows} rows [${c}], ${outer} times`, inputs, options: { outer, rows, c, sources, taps } };
}

/** Rows, some of them missing. */
function tapNumbers({ rows, sources, taps }: Taps): Int32Array {
  return rowNumbers(sources * taps, rows + 1).map((row) => (row === rows ? -1 : row));
}

describeOp<'x' | 'weight', Taps>({
  name: 'gatherRows',
  cases: [rowsCase(1, 6, 3, 5, 4), rowsCase(2, 4, 35, 3, 2), rowsCase(3, 5, 1, 70, 3), rowsCase(1, 3, 2, 4, 0), rowsCase(1, 3, 2, 0, 4)],
  run: ({ x, weight }, options) => {
    using index = tensor(tapNumbers(options), { device: x!.device });
    const { outer, c, sources } = options;
    return gatherRows({ x: x as Tensor, index, weight }, { ...options, skip: 0 }, { y: [outer, sources, c] }).y;
  },
  reference: ({ x, weight }, options) => {
    const { outer, rows, c, sources, taps } = options, index = tapNumbers(options);
    return compute([outer, sources, c], ([o, source, channel]) => {
      let total = 0;
      for (let e = source! * taps; e < (source! + 1) * taps; e++) {
        if (index[e]! >= 0) total += weight!.data[e]! * x!.data[(o! * rows + index[e]!) * c + channel!]!;
      }
      return total;
    });
  },
});

describe.each(testDevices)('embedding on %s', (device) => {
  test('-1 gives zeros, other rows that are not there NaN, and neither a gradient', async () => {
    const weight = tensor([1, 2, 3, 4], { shape: [2, 2], device, requiresGrad: true });
    const y = embedding(weight, tensor(Int32Array.of(-1, 1, 2, -(2 ** 31)), { device }));
    expect(await y.data()).toEqual(Float32Array.of(0, 0, 3, 4, NaN, NaN, NaN, NaN));
    sum(y).backward();
    expect(await weight.grad!.data()).toEqual(Float32Array.of(0, 0, 1, 1));
  });

  test('the padding has a vector, but no gradient, even of a gradient', async () => {
    const weight = tensor([1, 2, 3], { shape: [3, 1], device, requiresGrad: true });
    const y = embedding(weight, tensor(Int32Array.of(1, 0, 1, 2, 2), { device }), { paddingIndex: 1 });
    expect(await y.data()).toEqual(Float32Array.of(2, 1, 2, 3, 3));
    const [first] = grad(sum(mul(y, mul(y, y))), [weight], { createGraph: true });
    expect(await first!.data()).toEqual(Float32Array.of(3, 0, 54));
    const [second] = grad(sum(first!), [weight]);
    expect(await second!.data()).toEqual(Float32Array.of(6, 0, 36));
  });

  test('gradients of gradients, of rows and of weights', async () => {
    const x = tensor([2, 3], { shape: [1, 2, 1], device, requiresGrad: true });
    const weight = tensor([5, 7, 11], { shape: [3, 1], device, requiresGrad: true });
    const index = tensor(Int32Array.of(1, 0, 1), { device });
    // y = [5 x1, 7 x0, 11 x1]; the sum of squares is (25 + 121) x1^2 + 49 x0^2, here with w for the numbers.
    const y = gatherRows({ x, index, weight }, { outer: 1, rows: 2, c: 1, sources: 3, taps: 1, skip: 0 }, { y: [1, 3, 1] }).y;
    const [dx, dw] = grad(sum(mul(y, y)), [x, weight], { createGraph: true });
    expect(await dx!.data()).toEqual(Float32Array.of(2 * 49 * 2, 2 * 146 * 3));
    expect(await dw!.data()).toEqual(Float32Array.of(2 * 5 * 9, 2 * 7 * 4, 2 * 11 * 9));
    const [ofX, ofWeight] = grad(sum(dx!), [x, weight], { retainGraph: true });
    expect(await ofX!.data()).toEqual(Float32Array.of(98, 292));
    expect(await ofWeight!.data()).toEqual(Float32Array.of(4 * 5 * 3, 4 * 7 * 2, 4 * 11 * 3));
    const [alsoX] = grad(sum(dw!), [x]);
    expect(await alsoX!.data()).toEqual(Float32Array.of(4 * 7 * 2, 4 * (5 + 11) * 3));
  });

  test.each(['bfloat16', 'float16'] as const)('of %s is summed in float32', async (dtype) => {
    const weight = cast(tensor([1, 2], { shape: [2, 1], device }), dtype);
    weight.requiresGrad = true;
    const y = embedding(weight, tensor(new Int32Array(3000).fill(1), { device }));
    expect(y.dtype).toBe(dtype);
    sum(cast(y, 'float32')).backward();
    expect(await weight.grad!.data()).toEqual(Float32Array.of(0, dtype === 'float16' ? 3000 : 3008));
  });
});
