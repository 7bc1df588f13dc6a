import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import {
  diceLoss,
  focalLoss,
  klDiv,
  multilabelMarginLoss,
  multiMarginLoss,
  nllLoss,
  symmetricCrossEntropy,
  zeros,
  type ClassLossOptions,
  type DiceLossOptions,
  type FocalLossOptions,
  type KlDivOptions,
  type LossOptions,
  type MultiMarginLossOptions,
  type SymmetricCrossEntropyOptions,
} from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, normal, uniform, type NdArray } from './array.js';
import { describeOp } from './harness.js';
import { elementwise, reduced, reductions, rowwise, total } from './loss_reference.js';

const plain: LossOptions[] = reductions.map((reduction) => ({ reduction }));

function labelsLike(x: Tensor, labels: readonly number[], shape: readonly number[] = [labels.length]): Tensor<'int32'> {
  return tensor(Int32Array.from(labels), { shape, device: x.device });
}

/** Calls with labels, and a weight for each class if there is one, on the device of x. */
function withLabels<Options>(
  x: Tensor,
  labels: readonly number[],
  { weight, ...rest }: Options & { weight?: readonly number[] },
  loss: (target: Tensor<'int32'>, options: Omit<Options, 'weight'> & { weight?: Tensor }) => Tensor,
): Tensor {
  const target = labelsLike(x, labels, labels.length === x.shape[0] ? [labels.length] : x.shape.slice(0, -1));
  const factor = weight && tensor(Float32Array.from(weight), { device: x.device });
  const result = loss(target, { ...(rest as Omit<Options, 'weight'>), ...(factor ? { weight: factor } : {}) });
  target.dispose();
  factor?.dispose();
  return result;
}

const labels = [2, 0, 1, 2];

/** Softmax of a row. */
function softmax(row: readonly number[]): number[] {
  const exponentials = row.map((value) => Math.exp(value - Math.max(...row)));
  return exponentials.map((value) => value / total(exponentials));
}

/** A loss for each row, from its number and elements. */
function rows(x: NdArray, loss: (row: number[], at: number) => number): NdArray {
  let at = 0;
  return rowwise([x], (row) => loss(row, at++));
}

describeOp<'x', Omit<ClassLossOptions, 'weight'> & { weight?: readonly number[]; labels?: readonly number[] }>({
  name: 'nllLoss',
  cases: [
    ...plain.map((options) => ({ name: options.reduction!, inputs: { x: normal([4, 3]) }, options })),
    { name: 'weights', inputs: { x: normal([4, 3]) }, options: { weight: [0.5, 2, 1.5] } },
    { name: 'ignored labels', inputs: { x: normal([4, 3]) }, options: { labels: [2, -100, 1, -100], ignoreIndex: -100 } },
    { name: 'pixels', inputs: { x: normal([1, 2, 2, 3]) }, options: { reduction: 'none' } },
    { name: 'logarithms of more than 1', inputs: { x: normal([4, 3], 1, 100) }, options: {} },
  ],
  run: ({ x }, { labels: own = labels, ...options }) => withLabels(x!, own, options, (target, given) => nllLoss(x!, target, given)),
  reference: ({ x }, { labels: own = labels, weight, ignoreIndex, reduction = 'mean' }) => {
    const share = (row: number) => (own[row] === ignoreIndex ? 0 : (weight?.[own[row]!] ?? 1));
    const losses = rows(x!, (row, at) => (share(at) === 0 ? 0 : -share(at) * row[own[at]!]!));
    const shares = total(own.map((_, row) => share(row)));
    return reduction === 'mean' ? { shape: [], data: Float64Array.of(total([...losses.data]) / shares) } : reduced(losses, reduction);
  },
  errors: [
    {
      name: 'number of labels',
      act: (on) => nllLoss(zeros([4, 5], { device: on }), tensor(Int32Array.of(1), { device: on })),
      message: 'nllLoss: expected target to have shape [4], a label for each row of logProbabilities [4,5], but got [1]',
    },
  ],
});

const divergences: KlDivOptions[] = [...plain, { reduction: 'batchMean' }, { logTarget: true, reduction: 'none' }];
const distribution = { x: normal([3, 4]), target: uniform([3, 4], 0.1, 1) };

describeOp<'x' | 'target', KlDivOptions>({
  name: 'klDiv',
  cases: divergences.map((options) => ({ name: JSON.stringify(options), inputs: distribution, options })),
  run: ({ x, target }, options) => klDiv(x!, target!, options),
  reference: ({ x, target }, { reduction = 'mean', logTarget = false }) => {
    const losses = elementwise([x!, target!], (q, t) => (logTarget ? Math.exp(t) * (t - q) : t * (Math.log(t) - q)));
    return reduction === 'batchMean' ? { shape: [], data: Float64Array.of(total([...losses.data]) / 3) } : reduced(losses, reduction);
  },
});

const marginCases: (Omit<MultiMarginLossOptions, 'weight'> & { weight?: readonly number[] })[] = [
  ...plain,
  { p: 2, margin: 0.7 },
  { weight: [0.5, 2, 1.5], reduction: 'none' },
];

describeOp<'x', (typeof marginCases)[number]>({
  name: 'multiMarginLoss',
  cases: marginCases.map((options) => ({ name: JSON.stringify(options), inputs: { x: normal([4, 3]) }, options })),
  run: ({ x }, options) => withLabels(x!, labels, options, (target, given) => multiMarginLoss(x!, target, given)),
  reference: ({ x }, { p = 1, margin = 1, weight, reduction }) =>
    reduced(
      rows(x!, (row, at) => {
        const label = labels[at]!, violations = row.map((value, k) => (k === label ? 0 : Math.max(0, margin - row[label]! + value) ** p));
        return ((weight?.[label] ?? 1) * total(violations)) / row.length;
      }),
      reduction,
    ),
  errors: [
    {
      name: 'axes of x',
      act: (on) => multiMarginLoss(zeros([3], { device: on }), tensor(Int32Array.of(1), { device: on })),
      message: 'multiMarginLoss: expected x to have the 2 axes [N,classes], but got shape [3]',
    },
    {
      name: 'p',
      act: (on) => {
        const options: unknown = { p: 3 };
        return multiMarginLoss(zeros([1, 3], { device: on }), tensor(Int32Array.of(1), { device: on }), options as MultiMarginLossOptions);
      },
      message: "multiMarginLoss: expected p to be '1' or '2', but got '3'",
    },
  ],
});

/** The labels of each row, up to the first -1. */
const labelRows = [
  [3, 0, -1, 1],
  [-1, 2, 2, 2],
  [0, 1, 2, 3],
];

describeOp<'x', LossOptions>({
  name: 'multilabelMarginLoss',
  cases: plain.map((options) => ({ name: options.reduction!, inputs: { x: normal([3, 4]) }, options })),
  run({ x }, options) {
    using target = labelsLike(x!, labelRows.flat(), [3, 4]);
    return multilabelMarginLoss(x!, target, options);
  },
  reference: ({ x }, { reduction }) =>
    reduced(
      rows(x!, (row, at) => {
        const all = labelRows[at]!, end = all.indexOf(-1), own = end < 0 ? all : all.slice(0, end);
        const others = row.filter((_, k) => !own.includes(k));
        return total(own.flatMap((label) => others.map((other) => Math.max(0, 1 - row[label]! + other)))) / row.length;
      }),
      reduction,
    ),
});

const focalCases: (Omit<FocalLossOptions, 'weight'> & { weight?: readonly number[] })[] = [
  ...plain,
  { gamma: 0 },
  { gamma: 3, weight: [0.5, 2, 1.5], reduction: 'none' },
];

describeOp<'x', (typeof focalCases)[number]>({
  name: 'focalLoss',
  cases: focalCases.map((options) => ({ name: JSON.stringify(options), inputs: { x: normal([4, 3]) }, options, gradientTolerance: 2e-5 })),
  run: ({ x }, options) => withLabels(x!, labels, options, (target, given) => focalLoss(x!, target, given)),
  reference: ({ x }, { gamma = 2, weight, reduction }) =>
    reduced(
      rows(x!, (row, at) => {
        const label = labels[at]!, q = softmax(row)[label]!;
        return -(weight?.[label] ?? 1) * (1 - q) ** gamma * Math.log(q);
      }),
      reduction,
    ),
});

describeOp<'x', SymmetricCrossEntropyOptions>({
  name: 'symmetricCrossEntropy',
  cases: [...plain, { alpha: 2, beta: 0.5, least: 0.01, reduction: 'none' as const }].map((options) => ({
    name: JSON.stringify(options),
    inputs: { x: normal([4, 3]) },
    options,
  })),
  run: ({ x }, options) => withLabels(x!, labels, options, (target, given) => symmetricCrossEntropy(x!, target, given)),
  reference: ({ x }, { alpha = 0.1, beta = 1, least = 1e-4, reduction }) =>
    reduced(
      rows(x!, (row, at) => {
        const probabilities = softmax(row), label = labels[at]!;
        const reverse = -total(probabilities.map((q, k) => (k === label ? 0 : q * Math.log(least))));
        return -alpha * Math.log(probabilities[label]!) + beta * reverse;
      }),
      reduction,
    ),
});

describeOp<'x' | 'target', DiceLossOptions>({
  name: 'diceLoss',
  cases: [...plain, { smooth: 0.1, reduction: 'none' as const }].map((options) => ({
    name: JSON.stringify(options),
    inputs: { x: uniform([2, 3, 2, 3], 0, 1), target: uniform([2, 3, 2, 3], 0, 1) },
    options,
  })),
  run: ({ x, target }, options) => diceLoss(x!, target!, options),
  reference: ({ x, target }, { smooth = 1, reduction }) =>
    reduced(
      compute([2, 3], ([image = 0, k = 0]) => {
        const places = [0, 1, 2, 3, 4, 5].map((place) => (image * 6 + place) * 3 + k);
        const both = total(places.map((i) => x!.data[i]! * target!.data[i]!)), all = total(places.map((i) => x!.data[i]! + target!.data[i]!));
        return 1 - (2 * both + smooth) / (all + smooth);
      }),
      reduction,
    ),
  errors: [
    {
      name: 'axes',
      act: (on) => diceLoss(zeros([2, 3], { device: on }), zeros([2, 3], { device: on })),
      message: 'diceLoss: expected x to have the axes [N,...,classes], at least three, but got shape [2,3]',
    },
  ],
});

describe.each(testDevices)('losses of classes on %s', (device) => {
  test('a target of 0 has no divergence', async () => {
    const x = tensor([-3, -4], { device }), target = tensor([0, 1], { device });
    expect([...(await klDiv(x, target, { reduction: 'none' }).data())]).toEqual([expect.closeTo(0, 12), 4]);
  });
});
