import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { crossEntropy, zeros, type CrossEntropyOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { normal, uniform, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';

interface Settings {
  labels: readonly number[];
  options: CrossEntropyOptions;
  weight?: readonly number[];
}

/** Losses of rows, written as the definition has it. */
function reference(logits: NdArray, target: NdArray | undefined, { labels, options, weight }: Settings): NdArray {
  const { labelSmoothing = 0, reduction = 'mean', ignoreIndex } = options;
  const classes = logits.shape.at(-1)!;
  const rows = Array.from({ length: logits.data.length / classes }, (_, row) => row);
  const counts = (row: number) => target !== undefined || labels[row] !== ignoreIndex;
  const losses = rows.map((row) => {
    if (!counts(row)) return 0;
    const z = logits.data.subarray(row * classes, (row + 1) * classes), largest = Math.max(...z);
    const logSumExp = largest + Math.log(z.reduce((total, value) => total + Math.exp(value - largest), 0));
    return z.reduce((loss, value, k) => {
      const probability = target ? target.data[row * classes + k]! : k === labels[row] ? 1 : 0;
      const share = (1 - labelSmoothing) * probability + labelSmoothing / classes;
      return loss - (weight?.[k] ?? 1) * share * (value - logSumExp);
    }, 0);
  });
  if (reduction === 'none') return { shape: logits.shape.slice(0, -1), data: Float64Array.from(losses) };
  const total = losses.reduce((sum, loss) => sum + loss, 0);
  const shares = rows.map((row) => (target ? 1 : counts(row) ? (weight?.[labels[row]!] ?? 1) : 0));
  const divisor = shares.reduce((sum, share) => sum + share, 0);
  return { shape: [], data: Float64Array.of(reduction === 'mean' ? total / divisor : total) };
}

function lossCase(
  name: string,
  shape: readonly number[],
  labels: readonly number[],
  options: CrossEntropyOptions,
  weight?: readonly number[],
): OpCase<'logits', Settings> {
  return { name, inputs: { logits: normal(shape, 2) }, options: { labels, options, ...(weight ? { weight } : {}) } };
}

/** The same with probabilities, which need not sum to 1. */
function softCase(
  name: string,
  shape: readonly number[],
  options: CrossEntropyOptions,
  weight?: readonly number[],
): OpCase<'logits' | 'target', Settings> {
  const { inputs, options: settings } = lossCase(name, shape, [], options, weight);
  return { name, inputs: { ...inputs, target: uniform(shape, 0, 1) }, options: settings };
}

const labelsOf = (values: number[], device: Tensor['device'], shape = [values.length]) => tensor(Int32Array.from(values), { shape, device });

function run({ logits, target }: { logits?: Tensor; target?: Tensor }, { labels, options, weight }: Settings): Tensor {
  const { shape, device } = logits as Tensor;
  const weights = weight && tensor(Float32Array.from(weight), { device });
  const targets = target ?? labelsOf([...labels], device, shape.slice(0, -1));
  const loss = crossEntropy(logits as Tensor, targets, { ...options, weight: weights });
  weights?.dispose();
  if (!target) targets.dispose();
  return loss;
}

describeOp<'logits', Settings>({
  name: 'cross-entropy with labels',
  cases: [
    lossCase('mean', [4, 5], [0, 4, 2, 2], {}),
    lossCase('sum', [3, 4], [3, 0, 1], { reduction: 'sum' }),
    lossCase('none', [3, 4], [3, 0, 1], { reduction: 'none' }),
    lossCase('label smoothing', [4, 5], [0, 4, 2, 2], { labelSmoothing: 0.1 }),
    lossCase('label smoothing 1: labels do not count', [2, 3], [0, 2], { labelSmoothing: 1, reduction: 'none' }),
    lossCase('pixels', [1, 2, 3, 4], [0, 1, 2, 3, 2, 1], { reduction: 'none' }),
    lossCase('one row, two classes', [1, 2], [1], {}),
    lossCase('one class', [2, 1], [0, 0], { reduction: 'sum' }),
    lossCase('many classes', [2, 130], [129, 64], {}),
    { ...lossCase('far from 0', [2, 3], [1, 2], {}), inputs: { logits: normal([2, 3], 1, 1000) }, tolerance: 2e-4, gradientTolerance: 2e-4 },
    lossCase('weights, mean', [4, 3], [0, 2, 2, 1], {}, [0.5, 2, 1.25]),
    lossCase('weights, sum', [4, 3], [0, 2, 2, 1], { reduction: 'sum' }, [0.5, 2, 1.25]),
    lossCase('a label that is ignored', [4, 3], [0, 2, 2, 1], { ignoreIndex: 2 }),
    lossCase('a negative label that is ignored', [4, 3], [0, -100, 2, 1], { ignoreIndex: -100, reduction: 'none' }),
    lossCase('everything', [6, 3], [0, 2, 255, 1, 1, 255], { ignoreIndex: 255, labelSmoothing: 0.2 }, [0.5, 2, 1.25]),
    lossCase('no rows', [0, 3], [], { reduction: 'none' }),
    lossCase('no rows, summed', [0, 3], [], { reduction: 'sum' }),
  ],
  run,
  reference: ({ logits }, settings) => reference(logits as NdArray, undefined, settings),
  secondOrder: true,
  errors: [
    {
      name: 'number of labels',
      act: (on) => crossEntropy(zeros([4, 5], { device: on }), labelsOf([1, 2, 3], on)),
      message: 'crossEntropy: expected target to have shape [4], a label for each row of logits [4,5], but got [3]',
    },
    {
      name: 'type of labels',
      act: (on) => {
        const bytes: unknown = tensor(Uint8Array.of(1, 2, 3, 4), { device: on });
        return crossEntropy(zeros([4, 5], { device: on }), bytes as Tensor<'int32'>);
      },
      message: 'crossEntropy: expected target to be of type int32, but got uint8 [4]',
    },
    {
      name: 'shape of probabilities',
      act: (on) => crossEntropy(zeros([4, 5], { device: on }), zeros([4], { device: on })),
      message: 'crossEntropy: expected target to have shape [4,5], a probability for each element of logits [4,5], but got [4]',
    },
    {
      name: 'number of weights',
      act: (on) => crossEntropy(zeros([4, 5], { device: on }), zeros([4, 5], { device: on }), { weight: zeros([4], { device: on }) }),
      message: 'crossEntropy: expected weight to have shape [5], one for each class of logits [4,5], but got [4]',
    },
    {
      name: 'ignoreIndex',
      act: (on) => crossEntropy(zeros([1, 2], { device: on }), labelsOf([1], on), { ignoreIndex: 0.5 }),
      message: 'crossEntropy: expected ignoreIndex to be a whole number from -32768 to 32768, but got 0.5',
    },
    {
      name: 'no classes',
      act: (on) => crossEntropy(zeros([4, 0], { device: on }), labelsOf([1, 2, 3, 4], on)),
      message: 'crossEntropy: expected logits to end in an axis of classes, but got shape [4,0]',
    },
    {
      name: 'label smoothing',
      act: (on) => crossEntropy(zeros([1, 2], { device: on }), labelsOf([1], on), { labelSmoothing: -0.1 }),
      message: 'crossEntropy: expected labelSmoothing to be a number from 0 to 1, but got -0.1',
    },
    {
      name: 'reduction',
      act: (on) => {
        const options: unknown = { reduction: 'max' };
        return crossEntropy(zeros([1, 2], { device: on }), labelsOf([1], on), options as CrossEntropyOptions);
      },
      message: "crossEntropy: expected reduction to be 'mean' or 'sum' or 'none', but got 'max'",
    },
  ],
});

describeOp<'logits' | 'target', Settings>({
  name: 'cross-entropy with probabilities',
  cases: [
    softCase('mean', [4, 5], {}),
    softCase('pixels, none', [1, 2, 3, 4], { reduction: 'none' }),
    softCase('weights and label smoothing', [3, 3], { labelSmoothing: 0.2, reduction: 'sum' }, [0.5, 2, 1.25]),
    softCase('weights, mean', [3, 3], {}, [0.5, 2, 1.25]),
    softCase('many classes', [2, 70], {}),
    softCase('no rows', [0, 3], { reduction: 'sum' }),
  ],
  run,
  reference: ({ logits, target }, settings) => reference(logits as NdArray, target, settings),
});

describe.each(testDevices)('cross-entropy on %s', (device) => {
  test('a label that is no class gives NaN and no gradient, and spares the other rows', async () => {
    const logits = tensor([1, 2, 3, 4, 5, 6], { shape: [3, 2], device, requiresGrad: true });
    const target = tensor(Int32Array.of(2, 1, -1), { device });
    const losses = await crossEntropy(logits, target, { reduction: 'none' }).data();
    expect([...losses].map(Number.isNaN)).toEqual([true, false, true]);
    crossEntropy(logits, target, { reduction: 'sum' }).backward();
    const gradient = [...((await logits.grad?.data()) ?? [])];
    expect(gradient.map((value) => value !== 0)).toEqual([false, false, true, true, false, false]);
  });
});
