import { describe, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { groupNorm, instanceNorm, ones, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { awayFromZero, compute, count, ndarray, normal, TestRandom, type NdArray } from './array.js';
import { describeOp, expectClose, float32Tolerance, type OpCase } from './harness.js';
import { checkHalves, checkSecondOrder, leaf } from './norm_checks.js';

/** Channels are normalised with those that have the same number after division by `perGroup`, image by image. */
function groupReference({ x, weight, bias }: { x?: NdArray; weight?: NdArray; bias?: NdArray }, groups: number, eps = 1e-5): NdArray {
  const { shape, data } = x!, channels = shape.at(-1)!, perGroup = channels / groups, image = count(shape.slice(1));
  const members = (n: number, group: number) =>
    [...data.subarray(n * image, (n + 1) * image)].filter((_, i) => Math.floor((i % channels) / perGroup) === group);
  const statistics = Array.from({ length: shape[0]! * groups }, (_, i) => {
    const values = members(Math.floor(i / groups), i % groups);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
  });
  return compute(shape, (_, i) => {
    const channel = i % channels;
    const { mean, variance } = statistics[Math.floor(i / image) * groups + Math.floor(channel / perGroup)]!;
    return ((data[i]! - mean) / Math.sqrt(variance + eps)) * (weight?.data[channel] ?? 1) + (bias?.data[channel] ?? 0);
  });
}

type Name = 'x' | 'weight' | 'bias';
interface Settings {
  groups: number;
  eps?: number;
}

function groupCase(name: string, x: readonly number[], options: Settings, affine = true): OpCase<Name, Settings> {
  const channels = [x.at(-1)!];
  return { name, inputs: { x: normal(x, 2, 1), ...(affine ? { weight: awayFromZero(channels), bias: normal(channels) } : {}) }, options };
}

describeOp<Name, Settings>({
  name: 'group norm',
  cases: [
    groupCase('images', [2, 3, 4, 6], { groups: 3 }),
    groupCase('one group', [2, 3, 2, 5], { groups: 1 }),
    groupCase('a group for each channel', [3, 5, 3], { groups: 3 }),
    groupCase('rows without places', [4, 6], { groups: 2, eps: 1e-3 }),
    groupCase('without weight and bias', [2, 2, 2, 4], { groups: 2 }, false),
    groupCase('one image of one channel', [1, 3, 3, 1], { groups: 1 }),
    groupCase('volumes', [2, 2, 3, 2, 4], { groups: 4 }),
    {
      // The mean of a group is rounded to 5e-4 of its deviation, and x is so already.
      ...groupCase('mean 1e4 times sigma', [2, 5, 4], { groups: 2 }),
      inputs: { x: normal([2, 5, 4], 1, 1e4), weight: awayFromZero([4]), bias: normal([4]) },
      tolerance: 2e-3,
      gradientTolerance: 2e-3,
    },
    groupCase('no images', [0, 2, 2, 4], { groups: 2 }),
    groupCase('no places', [2, 0, 4], { groups: 2 }),
  ],
  run: ({ x, weight, bias }, { groups, eps }) => groupNorm(x as Tensor, groups, { weight, bias, eps }),
  reference: (inputs, { groups, eps }) => groupReference(inputs, groups, eps),
  errors: [
    {
      name: 'groups',
      act: (on) => groupNorm(zeros([2, 6], { device: on }), 4),
      message: 'groupNorm: expected groups to be a divisor of the 6 channels of x [2,6], but got 4',
    },
    {
      name: 'rank',
      act: (on) => groupNorm(zeros([6], { device: on }), 2),
      message: 'groupNorm: expected x to have at least the 2 axes [N,C], but got shape [6]',
    },
    {
      name: 'length of bias',
      act: (on) => groupNorm(zeros([2, 6], { device: on }), 2, { bias: zeros([3], { device: on }) }),
      message: 'groupNorm: expected bias to have shape [6], one for each channel of x [2,6], but got [3]',
    },
    {
      name: 'eps',
      act: (on) => groupNorm(zeros([2, 6], { device: on }), 2, { eps: -1 }),
      message: 'groupNorm: expected eps to be a number of at least 0, but got -1',
    },
  ],
});

describeOp<Name, { eps?: number }>({
  name: 'instance norm',
  cases: [
    { ...groupCase('images', [2, 3, 4, 5], { groups: 5 }), options: {} },
    { ...groupCase('sequences without weight and bias', [3, 4, 2], { groups: 2 }, false), options: { eps: 1e-2 } },
    { ...groupCase('one channel', [2, 3, 3, 1], { groups: 1 }), options: {} },
  ],
  run: ({ x, weight, bias }, { eps }) => instanceNorm(x as Tensor, { weight, bias, eps }),
  reference: (inputs, { eps }) => groupReference(inputs, inputs.x!.shape.at(-1)!, eps),
  errors: [
    {
      name: 'one place',
      act: (on) => instanceNorm(zeros([2, 1, 1, 6], { device: on })),
      message: 'instanceNorm: expected at least 2 places in each image, but got 1 (x [2,1,1,6])',
    },
    {
      name: 'one running statistic',
      act: (on) => instanceNorm(zeros([2, 3, 6], { device: on }), { runningVar: ones([6], { device: on }) }),
      message: 'instanceNorm: expected runningMean beside the other one, but got undefined',
    },
    {
      name: 'no running statistics',
      act: (on) => instanceNorm(zeros([2, 3, 6], { device: on }), { useInputStats: false }),
      message: 'instanceNorm: expected runningMean when useInputStats is false, but got undefined',
    },
  ],
});

describe.each(testDevices)('group norm on %s', (device) => {
  test('many places and channels agree with the reference', async () => {
    for (const [groups, shape] of [[8, [2, 700, 40]], [1, [2, 3000, 3]], [4, [2, 2800]]] as const) {
      const values = ndarray(shape, ((random) => () => random.normal() * 3 + 2)(new TestRandom(7)));
      const y = groupNorm(tensor(Float32Array.from(values.data), { shape, device }), groups);
      expectClose(await y.data(), groupReference({ x: values }, groups), float32Tolerance, `y [${shape.join(',')}]`);
    }
  });

  test('gradients of gradients', async () => {
    const weight = leaf([4], device, 2), bias = leaf([4], device, 3);
    const inputs = [leaf([2, 3, 4], device, 1), weight, bias];
    await checkSecondOrder((x, weight, bias) => groupNorm(x, 2, { weight, bias }), inputs, [2]);
    await checkSecondOrder((x, weight) => groupNorm(x, 2, { weight }), [leaf([2, 8], device, 4), leaf([8], device, 6)]);
    await checkSecondOrder((x) => instanceNorm(x), [leaf([2, 4, 2], device, 5)]);
  });

  test('16-bit floats', async () => {
    const weight = leaf([4], device, 2), bias = leaf([4], device, 3);
    await checkHalves((x) => groupNorm(x, 2, { weight, bias }), [2, 3, 3, 4], device);
    await checkHalves((x) => groupNorm(x, 2, { weight, bias }), [5, 4], device);
    const wide = { weight: leaf([24], device, 4), bias: leaf([24], device, 5) };
    for (const groups of [2, 4, 24]) await checkHalves((x) => groupNorm(x, groups, wide), [2, 3, 3, 24], device); // vectors of one group and of several
    await checkHalves((x) => groupNorm(x, 4, wide), [5, 24], device);
  });

  test('instance norm keeps running statistics, and uses them', async () => {
    const shape = [3, 4, 2], values = ndarray(shape, ((random) => () => random.normal() * 3 + 2)(new TestRandom(9)));
    const x = tensor(Float32Array.from(values.data), { shape, device });
    const runningMean = zeros([2], { device }), runningVar = ones([2], { device });
    instanceNorm(x, { runningMean, runningVar, momentum: 0.25 });
    const images = [0, 1, 2].flatMap((n) => [0, 1].map((c) => [0, 1, 2, 3].map((s) => values.data[(n * 4 + s) * 2 + c]!)));
    const means = images.map((all) => all.reduce((sum, value) => sum + value, 0) / 4);
    const variances = images.map((all, i) => all.reduce((sum, value) => sum + (value - means[i]!) ** 2, 0) / 3);
    const average = (all: number[], c: number) => (all[c]! + all[2 + c]! + all[4 + c]!) / 3;
    const mean = Float64Array.from([0, 1], (c) => 0.25 * average(means, c));
    const variance = Float64Array.from([0, 1], (c) => 0.75 + 0.25 * average(variances, c));
    expectClose(await runningMean.data(), { shape: [2], data: mean }, float32Tolerance, 'mean');
    expectClose(await runningVar.data(), { shape: [2], data: variance }, float32Tolerance, 'variance');
    const y = instanceNorm(x, { runningMean, runningVar, useInputStats: false });
    const expected = compute(shape, (_, i) => (values.data[i]! - mean[i % 2]!) / Math.sqrt(variance[i % 2]! + 1e-5));
    expectClose(await y.data(), expected, float32Tolerance, 'y');
  });
});
