import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { batchNorm, ones, zeros, type BatchNormOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { awayFromZero, compute, count, ndarray, normal, TestRandom, type NdArray } from './array.js';
import { describeOp, expectClose, float32Tolerance, type OpCase } from './harness.js';

/** Mean and biased variance of each channel. */
function statistics(x: NdArray): { mean: Float64Array; variance: Float64Array; rows: number } {
  const channels = x.shape.at(-1)!, rows = count(x.shape.slice(0, -1));
  const mean = new Float64Array(channels), variance = new Float64Array(channels);
  for (const [i, value] of x.data.entries()) mean[i % channels]! += value / rows;
  for (const [i, value] of x.data.entries()) variance[i % channels]! += (value - mean[i % channels]!) ** 2 / rows;
  return { mean, variance, rows };
}

function normalise(x: NdArray, mean: Float64Array, variance: Float64Array, eps: number, weight?: NdArray, bias?: NdArray): NdArray {
  const channels = x.shape.at(-1)!;
  return compute(x.shape, (_, i) => {
    const c = i % channels;
    return ((x.data[i]! - mean[c]!) / Math.sqrt(variance[c]! + eps)) * (weight?.data[c] ?? 1) + (bias?.data[c] ?? 0);
  });
}

type Name = 'x' | 'weight' | 'bias';
type Settings = Pick<BatchNormOptions, 'eps'>;

function normCase(name: string, x: readonly number[], { scale = 2, shift = 1, affine = true, eps = 1e-5 } = {}): OpCase<Name, Settings> {
  const channels = [x.at(-1)!];
  const parameters = affine ? { weight: awayFromZero(channels), bias: normal(channels) } : {};
  return { name, inputs: { x: normal(x, scale, shift), ...parameters }, options: { eps } };
}

describeOp<Name, Settings>({
  name: 'batch norm, training',
  cases: [
    normCase('images', [3, 4, 3, 5]),
    normCase('rows', [6, 3]),
    normCase('without weight and bias', [4, 2, 2, 3], { affine: false }),
    normCase('two values a channel', [2, 4], { eps: 0.1 }),
    normCase('one channel', [7, 1]),
    normCase('sequences', [3, 5, 2], { eps: 1e-3 }),
    normCase('volumes', [2, 2, 2, 2, 3]),
    {
      // x itself is rounded to 6e-8 * 1e4 of sigma, and the mean is as exact as that at best; the reference starts
      // from the same rounded x. What is left is the rounding of the mean: 6e-4 of sigma.
      ...normCase('mean 1e4 times sigma', [8, 3, 3, 2], { scale: 1, shift: 1e4 }),
      tolerance: 2e-3,
      gradientTolerance: 2e-3,
    },
    normCase('no channels', [4, 0]),
  ],
  run: ({ x, weight, bias }, options) => batchNorm(x as Tensor, { weight, bias, training: true, ...options }),
  reference: ({ x, weight, bias }, { eps = 1e-5 }) => {
    const { mean, variance } = statistics(x as NdArray);
    return normalise(x as NdArray, mean, variance, eps, weight, bias);
  },
  errors: [
    {
      name: 'one value a channel',
      act: (on) => batchNorm(zeros([1, 1, 1, 8], { device: on }), { training: true }),
      message: 'batchNorm: expected at least 2 values for each channel in training, but got 1 (x [1,1,1,8])',
    },
    {
      name: 'length of weight',
      act: (on) => batchNorm(zeros([2, 4, 4, 8], { device: on }), { training: true, weight: zeros([4], { device: on }) }),
      message: 'batchNorm: expected weight to have shape [8], one for each channel of x [2,4,4,8], but got [4]',
    },
    {
      name: 'one running statistic',
      act: (on) => batchNorm(zeros([2, 8], { device: on }), { training: true, runningMean: zeros([8], { device: on }) }),
      message: 'batchNorm: expected runningVar beside runningMean, but got undefined',
    },
    {
      name: 'no running statistics in evaluation',
      act: (on) => batchNorm(zeros([2, 8], { device: on }), { training: false }),
      message: 'batchNorm: expected runningMean and runningVar when training is false, but got undefined',
    },
    {
      name: 'rank',
      act: (on) => batchNorm(zeros([8], { device: on }), { training: true }),
      message: 'batchNorm: expected x to have at least the 2 axes [N,C], but got shape [8]',
    },
    {
      name: 'momentum',
      act: (on) => batchNorm(zeros([2, 8], { device: on }), { training: true, momentum: 1.5 }),
      message: 'batchNorm: expected momentum to be a number from 0 to 1, but got 1.5',
    },
    {
      name: 'eps',
      act: (on) => batchNorm(zeros([2, 8], { device: on }), { training: true, eps: NaN }),
      message: 'batchNorm: expected eps to be a number of at least 0, but got NaN',
    },
  ],
});

/** Running statistics for up to 5 channels; no case below needs more. */
const runningMean = Float64Array.of(0.5, -1, 2, 0, 0.25);
const runningVar = Float64Array.of(1, 0.25, 4, 0.5, 2);

describeOp<Name, Settings>({
  name: 'batch norm, evaluation',
  cases: [
    normCase('images', [3, 4, 3, 5]),
    normCase('one value a channel', [1, 4], { eps: 1e-3 }),
    normCase('without weight and bias', [4, 2, 2, 3], { affine: false }),
    normCase('no images', [0, 2, 2, 3]),
  ],
  run: ({ x, weight, bias }, options) => {
    const { shape, device } = x as Tensor;
    const statistic = (values: Float64Array) => tensor(Float32Array.from(values.slice(0, shape.at(-1))), { device });
    using mean = statistic(runningMean);
    using variance = statistic(runningVar);
    return batchNorm(x as Tensor, { weight, bias, training: false, runningMean: mean, runningVar: variance, ...options });
  },
  reference: ({ x, weight, bias }, { eps = 1e-5 }) => normalise(x as NdArray, runningMean, runningVar, eps, weight, bias),
});

describe.each(testDevices)('running statistics on %s', (device) => {
  const values = ndarray([4, 3, 2, 5], ((random) => () => random.normal() * 3 + 2)(new TestRandom(7)));
  const { mean, variance, rows } = statistics(values);

  /** What is left of the running statistics [5] after one training step. */
  async function afterTraining(momentum: number | undefined): Promise<{ mean: Float32Array; variance: Float32Array }> {
    const x = tensor(Float32Array.from(values.data), { shape: values.shape, device });
    const running = { mean: zeros([5], { device }), variance: ones([5], { device }) };
    batchNorm(x, { training: true, momentum, runningMean: running.mean, runningVar: running.variance });
    return { mean: await running.mean.data(), variance: await running.variance.data() };
  }

  test.each([undefined, 0, 0.3, 1])('follow the batch with momentum %s and the unbiased variance', async (momentum) => {
    const share = momentum ?? 0.1;
    const running = await afterTraining(momentum);
    const unbiased = variance.map((value) => (value * rows) / (rows - 1));
    expectClose(running.mean, { shape: [5], data: mean.map((value) => share * value) }, float32Tolerance, 'mean');
    const expected = unbiased.map((value) => 1 - share + share * value);
    expectClose(running.variance, { shape: [5], data: expected }, float32Tolerance, 'variance');
  });

  test('do not change in evaluation', async () => {
    const x = tensor(Float32Array.from(values.data), { shape: values.shape, device });
    const runningMean = zeros([5], { device }), runningVar = ones([5], { device });
    batchNorm(x, { training: false, runningMean, runningVar });
    expect(await runningMean.data()).toEqual(new Float32Array(5));
    expect(await runningVar.data()).toEqual(new Float32Array(5).fill(1));
  });
});
