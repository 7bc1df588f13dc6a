/**
 * Kernels that move several elements as one, where tensors begin and end anywhere: to the bit what they compute of tensors
 * that are made of whole vectors.
 */
import { describe, expect, test } from 'vitest';

import { floatTypes, type DType, type Float } from '../../lib/core/dtype.js';
import { accumulateInto } from '../../lib/core/gradient_memory.js';
import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { add, cast, dropout, expand, logicalNot, lt, maximum, mul, randomState, relu, sin, where } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { count, TestRandom } from './array.js';

const whole = 192; // elements, more than any case has, and whole vectors of each type
const lengths = [1, 2, 3, 4, 5, 7, 8, 15, 17, 31, 63, 129];

describe.each(testDevices)('on %s', (device) => {
  /** The first n numbers of a seed, `begin` elements behind where an allocation begins. */
  function make<D extends DType>(seed: number, n: number, begin: number, dtype: D): Tensor<D> {
    const random = new TestRandom(seed);
    const numbers = Float32Array.from({ length: begin + whole }, () => 0);
    for (let i = 0; i < whole; i++) numbers[begin + i] = dtype === 'uint8' ? 2 * random.uniform() : random.normal();
    return cast(tensor(numbers, { device }), dtype).view(begin, [n]);
  }

  const cases: Record<string, (n: number, begin: number, dtype: Float) => Tensor<DType>> = {
    relu: (n, begin, dtype) => relu(make(1, n, begin, dtype)),
    sin: (n, begin, dtype) => sin(make(1, n, begin, dtype)),
    add: (n, begin, dtype) => add(make(1, n, begin, dtype), make(2, n, begin, dtype)),
    'add where one is aligned': (n, begin, dtype) => add(make(1, n, begin, dtype), make(2, n, 0, dtype)),
    'mul by a number': (n, begin, dtype) => mul(make(1, n, begin, dtype), 0.7),
    'mul by one element': (n, begin, dtype) => mul(make(1, n, begin, dtype), make(2, 1, 1, dtype)),
    lt: (n, begin, dtype) => lt(make(1, n, begin, dtype), make(2, n, begin, dtype)),
    logicalNot: (n, begin) => logicalNot(make(1, n, begin, 'uint8')),
    where: (n, begin, dtype) => where(make(3, n, begin, 'uint8'), make(1, n, begin, dtype), make(2, n, begin, dtype)),
    'cast to float32': (n, begin, dtype) => cast(make(1, n, begin, dtype === 'float32' ? 'uint8' : dtype), 'float32'),
    'cast from float32': (n, begin, dtype) => cast(make(1, n, begin, 'float32'), dtype === 'float32' ? 'int32' : dtype),
    dropout: (n, begin, dtype) => dropout(make(1, n, begin, dtype), { training: true, random: randomState(3, device) }),
    'accumulation of gradients': (n, begin, dtype) => {
      const target = make(1, n, begin, dtype);
      accumulateInto(target, make(2, n, begin, dtype), 0.5, 0.25);
      return target;
    },
  };

  test.each(Object.keys(cases).flatMap((name) => floatTypes.map((dtype) => [name, dtype] as const)))('%s, %s', async (name, dtype) => {
    const run = cases[name]!;
    const values = (n: number, begin: number) => scope(() => cast(run(n, begin, dtype), 'float32')).data();
    const expected = await values(whole, 0);
    for (const n of lengths) {
      for (const begin of [0, 1, 4]) expect(await values(n, begin), `${n} from ${begin} on`).toEqual(expected.slice(0, n));
    }
  });

  test.each([
    [[3, 16], [16]], [[3, 16], [3, 1]], [[2, 3, 4, 8], [1, 3, 1, 8]], [[2, 5, 8], [5, 1]], [[4, 6], [6]], [[4, 6], [4, 1]], [[2, 4, 3], [2, 1, 3]], [[5, 1], [1, 16]],
  ])('broadcasting %j with %j, as with an operand of full size', async (a, b) => {
    const shape = a.length === 2 && a[1] === 1 ? [a[0]!, b[1]!] : a;
    for (const dtype of floatTypes) {
      const x = make(1, count(a), 0, dtype).reshape(a), y = make(2, count(b), 0, dtype).reshape(b);
      const fullX = expand(x, shape), fullY = expand(y, shape);
      const chosen = (left: Tensor, right: Tensor) => where(lt(right, 0), left, right);
      for (const op of [add, mul, maximum, chosen]) {
        const found = op(x, y);
        expect(found.shape).toEqual(shape);
        expect(await cast(found, 'float32').data()).toEqual(await cast(op(fullX, fullY), 'float32').data());
      }
    }
  });
});
