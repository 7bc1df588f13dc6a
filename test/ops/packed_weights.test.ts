/** Weights that the cpu device keeps in another layout, and everything that may change them behind its back. */
import { describe, test } from 'vitest';

import { capture } from '../../lib/core/capture.js';
import { device } from '../../lib/core/device.js';
import { scope } from '../../lib/core/scope.js';
import { noGrad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { Parameter } from '../../lib/nn/index.js';
import { SGD } from '../../lib/optim/index.js';
import { conv2d, slice, sum } from '../../lib/ops/index.js';
import { normal, TestRandom, type NdArray } from './array.js';
import { expectClose, float32Tolerance } from './harness.js';
import { convolution, window } from './window_reference.js';

const on = { device: device('cpu') };
const random = new TestRandom(5);

const X = [2, 6, 6, 32], W = [32, 3, 3, 32];
const arrays = (shape: readonly number[]): NdArray => normal(shape, 0.1)(random);
const valuesOf = async (weight: Tensor): Promise<NdArray> => ({ shape: W, data: Float64Array.from(await weight.data()) });
const onDevice = ({ shape, data }: NdArray): Tensor => tensor(Float32Array.from(data), { shape, ...on });
const x = arrays(X), xs = onDevice(x);

/** Compares a convolution, run more often than it takes to keep the weights, with the float64 reference. */
async function expectConvolved(weight: Tensor, expected: NdArray, input = xs, of = x): Promise<void> {
  for (let call = 0; call < 4; call++) {
    const { data } = scope(() => ({ data: noGrad(() => conv2d(input, weight)).data() }));
    expectClose(await data, convolution(of, expected, undefined, { ...window(2), groups: 1 }), float32Tolerance, `call ${call}`);
  }
}

describe('kept weights follow', () => {
  test('what the host writes', async () => {
    using weight = onDevice(arrays(W));
    for (let change = 0; change < 3; change++) {
      const next = arrays(W);
      weight.write(Float32Array.from(next.data));
      await expectConvolved(weight, next);
    }
  });

  test('copies of other tensors', async () => {
    const first = arrays(W), second = arrays(W);
    using weight = onDevice(first);
    using other = onDevice(second);
    await expectConvolved(weight, first);
    weight.copyFrom(other);
    await expectConvolved(weight, second);
  });

  test('the steps of an optimiser', async () => {
    const first = arrays(W);
    using weight = new Parameter(onDevice(first));
    const optimizer = new SGD([weight], { lr: 0.5 });
    await expectConvolved(weight, first);
    for (let step = 0; step < 3; step++) {
      scope(() => {
        optimizer.zeroGrad();
        sum(conv2d(xs, weight)).backward();
        optimizer.step();
      });
      await expectConvolved(weight, await valuesOf(weight));
    }
  });

  test('the steps of an optimiser that are replayed', async () => {
    using weight = new Parameter(onDevice(arrays(W)));
    const optimizer = new SGD([weight], { lr: 0.5 });
    const train = () => {
      optimizer.zeroGrad();
      const y = conv2d(xs, weight);
      sum(y).backward();
      optimizer.step();
    };
    scope(train);
    using step = capture(train, on);
    for (let replay = 0; replay < 3; replay++) {
      step.replay();
      await expectConvolved(weight, await valuesOf(weight));
    }
  });

  test('new weights in memory that was freed', async () => {
    for (let life = 0; life < 4; life++) {
      const values = arrays(W);
      using weight = onDevice(values);
      await expectConvolved(weight, values);
    }
  });

  test('a part of a tensor that is written as a whole', async () => {
    const both = arrays([64, 3, 3, 32]), size = both.data.length / 2;
    using whole = onDevice(both);
    using lower = slice(whole, { axis: 0, start: 32, end: 64 });
    await expectConvolved(lower, { shape: W, data: both.data.slice(size) });
    whole.write(new Float32Array(2 * size));
    using other = slice(whole, { axis: 0, start: 32, end: 64 });
    await expectConvolved(other, { shape: W, data: new Float64Array(size) });
  });
});

test('each layout that a shape of images asks for is kept', async () => {
  const weight = arrays(W);
  using weights = onDevice(weight);
  for (const shape of [[1, 6, 6, 32], [9, 3, 3, 32], [1, 20, 3, 32]]) {
    const images = arrays(shape);
    using input = onDevice(images);
    await expectConvolved(weights, weight, input, images);
    await expectConvolved(weights, weight);
  }
});

test('they are given back with the cached memory, and made again', async () => {
  const values = arrays(W);
  using weight = onDevice(values);
  await expectConvolved(weight, values);
  on.device.releaseCachedMemory();
  await expectConvolved(weight, values);
});
