import { describe, expect, test } from 'vitest';

import { floatTypes, type Float } from '../../lib/core/dtype.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { batchNorm, cast, mul, ones, sum, zeros, type BatchNormOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { awayFromZero, compute, count, ndarray, normal, TestRandom, type NdArray } from './array.js';
import { describeOp, expectClose, float32Tolerance, type OpCase } from './harness.js';
import { checkHalves, checkSecondOrder, leaf } from './norm_checks.js';

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

/** Statistics, then the residual, then ReLU. */
function fusedReference(x: NdArray, residual: NdArray | undefined, activation: 'relu' | undefined, weight?: NdArray, bias?: NdArray, fixed = false): NdArray {
  const own = statistics(x);
  const y = fixed ? normalise(x, runningMean, runningVar, 1e-5, weight, bias) : normalise(x, own.mean, own.variance, 1e-5, weight, bias);
  return compute(y.shape, (_, i) => {
    const sum = y.data[i]! + (residual?.data[i] ?? 0);
    return activation === 'relu' ? Math.max(sum, 0) : sum;
  });
}

type FusedName = Name | 'residual';
interface FusedSettings {
  activation?: 'relu';
  training: boolean;
}

function fusedCase(name: string, x: readonly number[], { residual = false, relu = false, affine = true, training = true }): OpCase<FusedName, FusedSettings> {
  const channels = [x.at(-1)!];
  return {
    name,
    inputs: {
      x: normal(x, 2, 1),
      ...(affine ? { weight: awayFromZero(channels), bias: normal(channels) } : {}),
      ...(residual ? { residual: normal(x) } : {}),
    },
    options: { training, ...(relu ? { activation: 'relu' } : {}) },
  };
}

describeOp<FusedName, FusedSettings>({
  name: 'batch norm with what follows it',
  cases: [
    fusedCase('ReLU', [3, 4, 3, 5], { relu: true }),
    fusedCase('ReLU without weight and bias', [5, 3], { relu: true, affine: false }),
    fusedCase('a residual', [2, 3, 2, 4], { residual: true }),
    fusedCase('a residual and ReLU', [3, 4, 3, 5], { residual: true, relu: true }),
    fusedCase('a residual and ReLU on one channel', [9, 1], { residual: true, relu: true, affine: false }),
    fusedCase('ReLU in evaluation', [3, 4, 3, 5], { relu: true, training: false }),
    fusedCase('a residual and ReLU in evaluation', [1, 2, 2, 3], { residual: true, relu: true, training: false }),
    fusedCase('no images, in evaluation', [0, 2, 3], { residual: true, relu: true, training: false }),
  ],
  run: ({ x, weight, bias, residual }, { training, activation }) => {
    const { shape, device } = x as Tensor;
    const statistic = (values: Float64Array) => tensor(Float32Array.from(values.slice(0, shape.at(-1))), { device });
    using mean = statistic(runningMean);
    using variance = statistic(runningVar);
    return batchNorm(x as Tensor, { weight, bias, residual, activation, training, runningMean: mean, runningVar: variance });
  },
  reference: ({ x, weight, bias, residual }, { training, activation }) => fusedReference(x as NdArray, residual, activation, weight, bias, !training),
  errors: [
    {
      name: 'shape of the residual',
      act: (on) => batchNorm(zeros([2, 8], { device: on }), { training: true, residual: zeros([8], { device: on }) }),
      message: 'batchNorm: expected residual to have the shape of x, [2,8], but got [8]',
    },
    {
      name: 'activation',
      act: (on) => batchNorm(zeros([2, 8], { device: on }), { training: true, activation: 'tanh' as 'relu' }),
      message: "batchNorm: expected activation to be 'relu', but got 'tanh'",
    },
    {
      name: 'type of the weight',
      act: (on) => batchNorm(zeros([2, 8], { device: on }), { training: true, weight: tensor(new Float32Array(8), { dtype: 'float16', device: on }) }),
      message: 'batchNorm: expected weight to be of type float32, but got float16 [8]',
    },
  ],
});

describe.each(testDevices)('batch norm on %s', (device) => {
  const parameters = (channels = 3) => ({ weight: leaf([channels], device, 2), bias: leaf([channels], device, 3) });

  test('many rows and channels agree with the reference', async () => {
    for (const shape of [[2500, 3], [700, 40], [5000, 1]]) {
      const values = ndarray(shape, ((random) => () => random.normal() * 3 + 2)(new TestRandom(7)));
      const { mean, variance } = statistics(values);
      const y = batchNorm(tensor(Float32Array.from(values.data), { shape, device }), { training: true });
      expectClose(await y.data(), normalise(values, mean, variance, 1e-5), float32Tolerance, `y [${shape.join(',')}]`);
    }
  });

  test('a mean of 1e4 deviations costs the variance no precision', async () => {
    const shape = [6000, 2], values = ndarray(shape, ((random) => () => random.normal() + 1e4)(new TestRandom(8)));
    const { variance, rows } = statistics(values);
    const x = tensor(Float32Array.from(values.data), { shape, device });
    const runningMean = zeros([2], { device }), runningVar = zeros([2], { device });
    batchNorm(x, { training: true, momentum: 1, runningMean, runningVar });
    // Distances of float32 values near 1e4 are exact; partial means are rounded to 5e-4 of a deviation when they are merged.
    const expected = { shape: [2], data: variance.map((value) => (value * rows) / (rows - 1)) };
    expectClose(await runningVar.data(), expected, 2e-5, 'variance');
  });

  test.each(['bfloat16', 'float16'] as const)('refuses a residual of another type than %s', (dtype) => {
    const x = tensor(new Float32Array(6), { shape: [2, 3], dtype, device });
    expect(() => batchNorm(x, { training: true, residual: zeros([2, 3], { device }) })).toThrow(
      `batchNorm: expected residual to be of type ${dtype}, like x, but got float32 [2,3]`,
    );
  });

  test.each([3, 24])('16-bit floats with %i channels, alone and as vectors', async (channels) => {
    const shape = [4, 3, 3, channels], { weight, bias } = parameters(channels);
    await checkHalves((x) => batchNorm(x, { weight, bias, training: true }), shape, device);
    await checkHalves((x) => batchNorm(x, { weight, bias, training: true, activation: 'relu' }), shape, device);
    const residual = (x: Tensor) => cast(cast(leaf(shape, device, 4).detach(), 'bfloat16'), x.dtype);
    await checkHalves((x) => batchNorm(x, { weight, training: true, residual: residual(x) }), shape, device);
    const statistics = { runningMean: zeros([channels], { device }), runningVar: ones([channels], { device }) };
    await checkHalves((x) => batchNorm(x, { weight, ...statistics, training: false }), shape, device);
  });

  test.each(floatTypes)('a view that begins anywhere has the same bits in %s', async (dtype) => {
    const shape = [3, 5, 16], { weight, bias } = parameters(16);
    const evaluate = async (place: (x: Tensor<Float>) => Tensor<Float>) => {
      const [x, residual] = [11, 12].map((seed) => place(cast(leaf(shape, device, seed).detach(), dtype)));
      x!.requiresGrad = true;
      const y = batchNorm(x!, { weight, bias, residual: residual!, training: true, activation: 'relu' });
      sum(cast(mul(y, y), 'float32')).backward();
      return Promise.all([y, x!.grad!].map((tensor) => tensor.data()));
    };
    const whole = await evaluate((x) => x);
    const views = await evaluate((x) => {
      const wide = cast(zeros([x.numel + 1], { device }), dtype), view = wide.view(1, shape);
      view.copyFrom(x);
      return view;
    });
    expect(views).toEqual(whole);
  });

  test('gradients of gradients', async () => {
    const x = leaf([4, 2, 3], device, 1), { weight, bias } = parameters();
    await checkSecondOrder((x, weight, bias) => batchNorm(x, { weight, bias, training: true }), [x, weight, bias], [2]);
    await checkSecondOrder((x) => batchNorm(x, { training: true }), [x]);
    const runningMean = zeros([3], { device }), runningVar = leaf([3], device, 9, 0.1, 1).detach();
    await checkSecondOrder((x, weight) => batchNorm(x, { weight, runningMean, runningVar, training: false }), [x, weight], []);
  });

  test('gradients of gradients behind ReLU, away from its kink', async () => {
    const x = leaf([5, 2], device, 21), weight = leaf([2], device, 22, 0.1, 1), bias = leaf([2], device, 23, 0.05);
    await checkSecondOrder((x, weight, bias) => batchNorm(x, { weight, bias, training: true, activation: 'relu' }), [x, weight, bias], [2]);
    const residual = leaf([5, 2], device, 24);
    const fn = (x?: Tensor, weight?: Tensor, residual?: Tensor) => batchNorm(x!, { weight, residual, training: true, activation: 'relu' });
    await checkSecondOrder(fn, [x, weight, residual], [2]);
  });
});
