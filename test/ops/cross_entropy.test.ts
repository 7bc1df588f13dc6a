import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { crossEntropy, zeros, type CrossEntropyOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { normal, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';

interface Settings {
  labels: readonly number[];
  options: CrossEntropyOptions;
}

/** Losses of rows, written as the definition has it. */
function reference(logits: NdArray, { labels, options }: Settings): NdArray {
  const { labelSmoothing = 0, reduction = 'mean' } = options;
  const classes = logits.shape.at(-1)!;
  const losses = labels.map((label, row) => {
    const z = logits.data.subarray(row * classes, (row + 1) * classes), largest = Math.max(...z);
    const logSumExp = largest + Math.log(z.reduce((total, value) => total + Math.exp(value - largest), 0));
    return z.reduce((loss, value, k) => {
      const share = (k === label ? 1 - labelSmoothing : 0) + labelSmoothing / classes;
      return loss - share * (value - logSumExp);
    }, 0);
  });
  if (reduction === 'none') return { shape: logits.shape.slice(0, -1), data: Float64Array.from(losses) };
  const total = losses.reduce((sum, loss) => sum + loss, 0);
  return { shape: [], data: Float64Array.of(reduction === 'mean' ? total / losses.length : total) };
}

function lossCase(name: string, shape: readonly number[], labels: readonly number[], options: CrossEntropyOptions): OpCase<'logits', Settings> {
  return { name, inputs: { logits: normal(shape, 2) }, options: { labels, options } };
}

const labelsOf = (values: number[], device: Tensor['device'], shape = [values.length]) => tensor(Int32Array.from(values), { shape, device });

describeOp<'logits', Settings>({
  name: 'cross-entropy',
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
    lossCase('no rows', [0, 3], [], { reduction: 'none' }),
    lossCase('no rows, summed', [0, 3], [], { reduction: 'sum' }),
  ],
  run: ({ logits }, { labels, options }) => {
    const { shape, device } = logits as Tensor;
    using target = labelsOf([...labels], device, shape.slice(0, -1));
    return crossEntropy(logits as Tensor, target, options);
  },
  reference: ({ logits }, settings) => reference(logits as NdArray, settings),
  errors: [
    {
      name: 'number of labels',
      act: (on) => crossEntropy(zeros([4, 5], { device: on }), labelsOf([1, 2, 3], on)),
      message: 'crossEntropy: expected target to have shape [4], a label for each row of logits [4,5], but got [3]',
    },
    {
      name: 'type of labels',
      act: (on) => {
        const floats: unknown = zeros([4], { device: on });
        return crossEntropy(zeros([4, 5], { device: on }), floats as Tensor<'int32'>);
      },
      message: 'crossEntropy: expected target to be of type int32, but got float32 [4]',
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
