import { describe, expect, test } from 'vitest';

import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { ctcLoss, zeros, type LossOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { normal, type NdArray } from './array.js';
import { describeOp } from './harness.js';
import { reduced, total } from './loss_reference.js';

interface Sequences extends LossOptions {
  /** The labels of each sequence. */
  targets: readonly (readonly number[])[];
  inputLengths: readonly number[];
  blank?: number;
  zeroInfinity?: boolean;
}

/** All paths of so many steps over the classes. */
function paths(steps: number, classes: number): number[][] {
  if (steps === 0) return [[]];
  return paths(steps - 1, classes).flatMap((path) => Array.from({ length: classes }, (_, c) => [...path, c]));
}

/** What remains of a path without repetitions, and then without blanks. */
function collapsed(path: readonly number[], blank: number): string {
  return path.filter((c, i) => c !== path[i - 1] && c !== blank).join(' ');
}

/** The sum over all paths, written as the definition has it. */
function reference({ shape: [, n = 0, classes = 0], data }: NdArray, { targets, inputLengths, blank = 0, zeroInfinity, reduction = 'mean' }: Sequences): NdArray {
  const losses = targets.map((labels, i) => {
    const wanted = paths(inputLengths[i]!, classes).filter((path) => collapsed(path, blank) === labels.join(' '));
    const logarithms = wanted.map((path) => total(path.map((c, t) => data[(t * n + i) * classes + c]!)));
    const loss = -Math.log(total(logarithms.map(Math.exp)));
    return zeroInfinity && loss === Infinity ? 0 : loss;
  });
  const shares = losses.map((loss, i) => (reduction === 'mean' ? loss / Math.max(1, targets[i]!.length) : loss));
  return reduced({ shape: [n], data: Float64Array.from(shares) }, reduction);
}

function run({ x }: { x?: Tensor }, { targets, inputLengths, ...options }: Sequences): Tensor {
  const { device } = x!;
  const longest = Math.max(...targets.map(({ length }) => length));
  const padded = targets.flatMap((labels) => [...labels, ...Array<number>(longest - labels.length).fill(-7)]);
  const ints = (values: readonly number[], shape = [values.length]) => tensor(Int32Array.from(values), { shape, device });
  const target = ints(padded, [targets.length, longest]), input = ints(inputLengths), labels = ints(targets.map(({ length }) => length));
  const loss = ctcLoss(x!, target, { ...options, inputLengths: input, targetLengths: labels });
  for (const made of [target, input, labels]) made.dispose();
  return loss;
}

const three: Sequences = { targets: [[1, 2], [2, 2], [1]], inputLengths: [5, 4, 3] };
const caseOf = (name: string, shape: readonly number[], options: Sequences) => ({ name, inputs: { x: normal(shape) }, options, gradientTolerance: 2e-5 });

describeOp<'x', Sequences>({
  name: 'ctcLoss',
  cases: [
    caseOf('mean', [5, 3, 3], three),
    caseOf('sum', [5, 3, 3], { ...three, reduction: 'sum' }),
    caseOf('none', [5, 3, 3], { ...three, reduction: 'none' }),
    caseOf('a blank that is the last class', [4, 1, 3], { targets: [[0, 1]], inputLengths: [4], blank: 2 }),
    caseOf('no labels', [3, 2, 3], { targets: [[], [1]], inputLengths: [3, 3] }),
    caseOf('no labels at all', [3, 1, 3], { targets: [[]], inputLengths: [3] }),
    caseOf('as many steps as it takes', [3, 1, 3], { targets: [[2, 2]], inputLengths: [3] }),
    caseOf('too short, with zeroInfinity', [3, 2, 3], { targets: [[2, 2, 1], [1]], inputLengths: [3, 2], zeroInfinity: true, reduction: 'none' }),
    caseOf('one step', [1, 1, 2], { targets: [[1]], inputLengths: [1] }),
    caseOf('more classes than threads in a warp', [2, 1, 40], { targets: [[33]], inputLengths: [2] }),
  ],
  run,
  reference: ({ x }, options) => reference(x!, options),
  errors: [
    {
      name: 'blank',
      act: (on) => run({ x: zeros([2, 1, 3], { device: on }) }, { targets: [[1]], inputLengths: [2], blank: 3 }),
      message: 'ctcLoss: expected blank to be one of the 3 classes of logProbabilities, but got 3',
    },
    {
      name: 'number of targets',
      act: (on) => run({ x: zeros([2, 2, 3], { device: on }) }, { targets: [[1]], inputLengths: [2] }),
      message: 'ctcLoss: expected target to have shape [2,S], the labels of each sequence, but got [1,1]',
    },
    {
      name: 'number of lengths',
      act: (on) => run({ x: zeros([2, 1, 3], { device: on }) }, { targets: [[1]], inputLengths: [2, 2] }),
      message: 'ctcLoss: expected inputLengths to have shape [1], one for each sequence of logProbabilities [2,1,3], but got [2]',
    },
  ],
});

describe.each(testDevices)('ctcLoss on %s', (device) => {
  test('long sequences neither underflow nor lose their gradient', async () => {
    const steps = 600, classes = 4;
    const { loss, gradient } = scope(() => {
      const x = tensor(new Float32Array(steps * classes).fill(-Math.log(classes)), { shape: [steps, 1, classes], device, requiresGrad: true });
      const loss = run({ x }, { targets: [[1, 2, 3]], inputLengths: [steps] });
      loss.backward();
      return { loss, gradient: x.grad! };
    });
    expect(await loss.item()).toBeGreaterThan(200);
    const values = await gradient.data();
    for (let t = 0; t < steps; t += 50) expect(total([...values.subarray(t * classes, (t + 1) * classes)])).toBeCloseTo(-1 / 3, 3);
  });

  test('lengths and labels out of bounds give NaN and no gradient, and spare the other sequences', async () => {
    const x = tensor(new Float32Array(18).fill(-1), { shape: [2, 3, 3], device, requiresGrad: true });
    const loss = run({ x }, { targets: [[5], [1], [1]], inputLengths: [2, 3, 2], reduction: 'none' });
    expect([...(await loss.data())].map(Number.isNaN)).toEqual([true, true, false]);
    run({ x }, { targets: [[5], [1], [1]], inputLengths: [2, 3, 2], reduction: 'sum' }).backward();
    const gradient = await x.grad!.data();
    expect([0, 3, 6].map((at) => gradient.subarray(at, at + 3).some((value) => value !== 0))).toEqual([false, false, true]);
  });
});
