import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  hingeEmbeddingLoss,
  multilabelSoftMarginLoss,
  sigmoidFocalLoss,
  softMarginLoss,
  zeros,
  type LossOptions,
  type SigmoidFocalLossOptions,
} from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { awayFromZero, normal, uniform, type NdArray } from './array.js';
import { describeOp } from './harness.js';
import { elementwise, reduced, reductions, rowwise, sides, total } from './loss_reference.js';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** A tensor like another one, of fixed numbers. */
function fixed(values: readonly number[], like: Tensor, shape = like.shape): Tensor {
  return tensor(Float32Array.from(values), { shape, device: like.device });
}

/** A factor for each element of rows, from one for each column. */
function columns(weight: readonly number[], like: NdArray): NdArray {
  return { shape: like.shape, data: like.data.map((_, i) => weight[i % weight.length]!) };
}

interface Weighted extends LossOptions {
  weight?: readonly number[];
  posWeight?: readonly number[];
}

const ones = [1];

describeOp<'x' | 'target', Weighted>({
  name: 'binaryCrossEntropy',
  cases: [
    ...reductions.map((reduction) => ({ name: reduction, inputs: { x: uniform([3, 4], 0.1, 0.9), target: uniform([3, 4], 0, 1) }, options: { reduction } })),
    { name: 'weights', inputs: { x: uniform([3, 2], 0.1, 0.9), target: uniform([3, 2], 0, 1) }, options: { weight: [0.5, 2] } },
    { name: 'no elements', inputs: { x: normal([0]), target: normal([0]) }, options: { reduction: 'sum' } },
  ],
  run({ x, target }, { weight, reduction }) {
    const factor = weight && fixed(weight, x!, [weight.length]);
    const loss = binaryCrossEntropy(x!, target!, { reduction, weight: factor });
    factor?.dispose();
    return loss;
  },
  reference: ({ x, target }, { weight = ones, reduction }) =>
    reduced(
      elementwise([x!, target!, columns(weight, x!)], (p, t, w) => -w * (t * Math.log(p) + (1 - t) * Math.log(1 - p))),
      reduction,
    ),
  errors: [
    {
      name: 'weight that does not stretch',
      act: (on) => binaryCrossEntropy(zeros([1, 3], { device: on }), zeros([1, 3], { device: on }), { weight: zeros([2, 3], { device: on }) }),
      message: 'binaryCrossEntropy: expected weight to stretch to x [1,3], but got [2,3]',
    },
  ],
});

describeOp<'x' | 'target', Weighted>({
  name: 'binaryCrossEntropyWithLogits',
  cases: [
    ...reductions.map((reduction) => ({ name: reduction, inputs: { x: normal([3, 4], 2), target: uniform([3, 4], 0, 1) }, options: { reduction } })),
    {
      name: 'both weights',
      inputs: { x: normal([3, 2], 2), target: uniform([3, 2], 0, 1) },
      options: { weight: [0.5, 2], posWeight: [3, 0.25], reduction: 'none' },
    },
  ],
  run({ x, target }, { weight, posWeight, reduction }) {
    const factor = weight && fixed(weight, x!, [weight.length]), positive = posWeight && fixed(posWeight, x!, [posWeight.length]);
    const loss = binaryCrossEntropyWithLogits(x!, target!, { reduction, weight: factor, posWeight: positive });
    factor?.dispose();
    positive?.dispose();
    return loss;
  },
  reference: ({ x, target }, { weight = ones, posWeight = ones, reduction }) =>
    reduced(
      elementwise(
        [x!, target!, columns(weight, x!), columns(posWeight, x!)],
        (z, t, w, positive) => -w * (positive * t * Math.log(sigmoid(z)) + (1 - t) * Math.log(sigmoid(-z))),
      ),
      reduction,
    ),
});

describeOp<'x', SigmoidFocalLossOptions>({
  name: 'sigmoidFocalLoss',
  cases: [{}, { reduction: 'none' as const }, { alpha: null, gamma: 3, reduction: 'sum' as const }, { alpha: 0.6, gamma: 0 }].map((options) => ({
    name: JSON.stringify(options),
    inputs: { x: normal([3, 4], 2) },
    options,
  })),
  run({ x }, options) {
    using target = fixed(sides(12, 0), x!);
    return sigmoidFocalLoss(x!, target, options);
  },
  reference: ({ x }, { alpha = 0.25, gamma = 2, reduction }) =>
    reduced(
      elementwise([x!, { shape: [3, 4], data: Float64Array.from(sides(12, 0)) }], (z, t) => {
        const q = t === 1 ? sigmoid(z) : sigmoid(-z), share = alpha === null ? 1 : t === 1 ? alpha : 1 - alpha;
        return -share * (1 - q) ** gamma * Math.log(q);
      }),
      reduction,
    ),
});

const opposite: NdArray = { shape: [3, 4], data: Float64Array.from(sides(12, -1)) };

describeOp<'x', LossOptions & { margin?: number }>({
  name: 'hingeEmbeddingLoss',
  cases: [...reductions.map((reduction) => ({ reduction })), { margin: 0.3, reduction: 'none' as const }].map((options) => ({
    name: JSON.stringify(options),
    inputs: { x: awayFromZero([3, 4]) },
    options,
  })),
  run({ x }, options) {
    using target = fixed([...opposite.data], x!);
    return hingeEmbeddingLoss(x!, target, options);
  },
  reference: ({ x }, { margin = 1, reduction }) =>
    reduced(elementwise([x!, opposite], (d, t) => (t === 1 ? d : Math.max(0, margin - d))), reduction),
});

describeOp<'x', LossOptions>({
  name: 'softMarginLoss',
  cases: reductions.map((reduction) => ({ name: reduction, inputs: { x: normal([3, 4], 2) }, options: { reduction } })),
  run({ x }, options) {
    using target = fixed([...opposite.data], x!);
    return softMarginLoss(x!, target, options);
  },
  reference: ({ x }, { reduction }) => reduced(elementwise([x!, opposite], (z, t) => Math.log(1 + Math.exp(-t * z))), reduction),
});

describeOp<'x' | 'target', Weighted>({
  name: 'multilabelSoftMarginLoss',
  cases: [
    ...reductions.map((reduction) => ({ name: reduction, inputs: { x: normal([3, 4], 2), target: uniform([3, 4], 0, 1) }, options: { reduction } })),
    { name: 'weights', inputs: { x: normal([3, 2], 2), target: uniform([3, 2], 0, 1) }, options: { weight: [0.5, 2] } },
  ],
  run({ x, target }, { weight, reduction }) {
    const factor = weight && fixed(weight, x!, [weight.length]);
    const loss = multilabelSoftMarginLoss(x!, target!, { reduction, weight: factor });
    factor?.dispose();
    return loss;
  },
  reference: ({ x, target }, { weight = ones, reduction }) =>
    reduced(
      rowwise([x!, target!, columns(weight, x!)], (zs, ts, ws) =>
        total(zs.map((z, i) => -ws[i]! * (ts[i]! * Math.log(sigmoid(z)) + (1 - ts[i]!) * Math.log(sigmoid(-z))))) / zs.length,
      ),
      reduction,
    ),
});

describe.each(testDevices)('binary losses on %s', (device) => {
  test('certain probabilities cost 100 where they are wrong, with a finite gradient', async () => {
    const x = tensor([0, 1, 0, 1], { device, requiresGrad: true }), target = tensor([0, 1, 1, 0], { device });
    const loss = binaryCrossEntropy(x, target, { reduction: 'none' });
    expect([...(await loss.data())]).toEqual([0, 0, 100, 100]);
    binaryCrossEntropy(x, target, { reduction: 'sum' }).backward();
    const gradient = [...(await x.grad!.data())];
    expect(gradient.every(Number.isFinite)).toBe(true);
    expect(gradient.map(Math.sign).slice(2)).toEqual([-1, 1]);
  });

  test('large logits neither overflow nor lose their gradient', async () => {
    const x = tensor([200, -200, 200, -200], { device, requiresGrad: true }), target = tensor([1, 0, 0, 1], { device });
    expect([...(await binaryCrossEntropyWithLogits(x, target, { reduction: 'none' }).data())]).toEqual([0, 0, 200, 200]);
    binaryCrossEntropyWithLogits(x, target, { reduction: 'sum' }).backward();
    const gradient = await x.grad!.data();
    for (const [i, slope] of [0, 0, 1, -1].entries()) expect(gradient[i]).toBeCloseTo(slope, 6);
  });
});
