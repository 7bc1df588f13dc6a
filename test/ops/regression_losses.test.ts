import type { Tensor } from '../../lib/core/tensor.js';
import {
  gaussianNllLoss,
  huberLoss,
  l1Loss,
  mseLoss,
  poissonNllLoss,
  smoothL1Loss,
  zeros,
  type GaussianNllLossOptions,
  type HuberLossOptions,
  type LossOptions,
  type PoissonNllLossOptions,
  type SmoothL1LossOptions,
} from '../../lib/ops/index.js';
import { distinct, normal, uniform, type NdArray } from './array.js';
import { describeOp, type OpTests } from './harness.js';
import { elementwise, reduced, reductions } from './loss_reference.js';

type Names = 'x' | 'target';

/** The tests of a loss of the difference, away from its kinks. */
function ofDifference<Options extends LossOptions>(
  name: string,
  loss: (x: Tensor, target: Tensor, options: Options) => Tensor,
  reference: (difference: number, options: Options) => number,
  options: readonly Options[],
  errors: OpTests<Names, Options>['errors'] = [],
): void {
  const inputs = { x: distinct([3, 4]), target: uniform([3, 4], 0, 1e-3) };
  describeOp<Names, Options>({
    name,
    cases: [
      ...options.map((each) => ({ name: JSON.stringify(each), inputs, options: each })),
      { name: 'no elements', inputs: { x: normal([0, 2]), target: normal([0, 2]) }, options: { ...options[0]!, reduction: 'none' as const } },
      { name: 'one number', inputs: { x: normal([]), target: normal([]) }, options: options[0]! },
    ],
    run: ({ x, target }, each) => loss(x!, target!, each),
    reference: ({ x, target }, each) => reduced(elementwise([x!, target!], (a, b) => reference(a - b, each)), each.reduction),
    errors: [
      {
        name: 'shapes differ',
        act: (on) => loss(zeros([2, 3], { device: on }), zeros([3], { device: on }), options[0]!),
        message: /Loss: expected target to have shape \[2,3\], like x, but got \[3\]$/,
      },
      ...errors,
    ],
  });
}

const plain: LossOptions[] = reductions.map((reduction) => ({ reduction }));

ofDifference<LossOptions>('mean squared error', mseLoss, (d) => d ** 2, plain, [
  {
    name: 'reduction',
    act: (on) => {
      const options: unknown = { reduction: 'max' };
      return mseLoss(zeros([1], { device: on }), zeros([1], { device: on }), options as LossOptions);
    },
    message: "mseLoss: expected reduction to be 'mean' or 'sum' or 'none', but got 'max'",
  },
]);
ofDifference<LossOptions>('l1Loss', l1Loss, Math.abs, plain);

ofDifference<SmoothL1LossOptions>(
  'smoothL1Loss',
  smoothL1Loss,
  (d, { beta = 1 }) => (Math.abs(d) < beta ? d ** 2 / (2 * beta) : Math.abs(d) - beta / 2),
  [...plain, { beta: 0.45, reduction: 'none' }, { beta: 0, reduction: 'none' }],
  [
    {
      name: 'beta',
      act: (on) => smoothL1Loss(zeros([1], { device: on }), zeros([1], { device: on }), { beta: -1 }),
      message: 'smoothL1Loss: expected beta to be a finite number of at least 0, but got -1',
    },
  ],
);
ofDifference<HuberLossOptions>(
  'huberLoss',
  huberLoss,
  (d, { delta = 1 }) => (Math.abs(d) < delta ? d ** 2 / 2 : delta * (Math.abs(d) - delta / 2)),
  [...plain, { delta: 0.45, reduction: 'none' }],
);

/** log(count!), by Stirling. */
function logFactorial(count: number): number {
  return count > 1 ? count * Math.log(count) - count + Math.log(2 * Math.PI * count) / 2 : 0;
}

describeOp<Names, PoissonNllLossOptions>({
  name: 'poissonNllLoss',
  cases: [
    ...plain.map((options) => ({ name: options.reduction!, inputs: { x: normal([3, 4]), target: uniform([3, 4], 0, 5) }, options })),
    { name: 'full', inputs: { x: normal([3, 4]), target: uniform([3, 4], 0, 5) }, options: { full: true, reduction: 'none' } },
    {
      name: 'of expected counts',
      inputs: { x: uniform([3, 4], 0.5, 4), target: uniform([3, 4], 0, 5) },
      options: { logInput: false, eps: 0.25, reduction: 'none' },
    },
  ],
  run: ({ x, target }, options) => poissonNllLoss(x!, target!, options),
  reference: ({ x, target }, { logInput = true, full = false, eps = 1e-8, reduction }) =>
    reduced(
      elementwise([x!, target!], (a, t) => (logInput ? Math.exp(a) - t * a : a - t * Math.log(a + eps)) + (full ? logFactorial(t) : 0)),
      reduction,
    ),
});

/** The variance for each element, of which one stretches along the last axis. */
function stretched(variance: NdArray, x: NdArray): NdArray {
  const width = variance.shape.at(-1) === 1 ? x.shape.at(-1)! : 1;
  return elementwise([x], () => 0).data.length === variance.data.length
    ? variance
    : { shape: x.shape, data: x.data.map((_, i) => variance.data[Math.floor(i / width)]!) };
}

describeOp<Names | 'variance', GaussianNllLossOptions>({
  name: 'gaussianNllLoss',
  cases: [
    ...plain.map((options) => ({
      name: options.reduction!,
      inputs: { x: normal([3, 4]), target: normal([3, 4]), variance: uniform([3, 4], 0.5, 2) },
      options,
    })),
    {
      name: 'full, one variance for each row',
      inputs: { x: normal([3, 4]), target: normal([3, 4]), variance: uniform([3, 1], 0.5, 2) },
      options: { full: true, reduction: 'none' },
    },
  ],
  run: ({ x, target, variance }, options) => gaussianNllLoss(x!, target!, variance!, options),
  reference: ({ x, target, variance }, { full = false, reduction }) =>
    reduced(
      elementwise(
        [x!, target!, stretched(variance!, x!)],
        (a, t, v) => (Math.log(v) + (a - t) ** 2 / v + (full ? Math.log(2 * Math.PI) : 0)) / 2,
      ),
      reduction,
    ),
  errors: [
    {
      name: 'variance that does not stretch',
      act: (on) => gaussianNllLoss(zeros([1, 3], { device: on }), zeros([1, 3], { device: on }), zeros([2, 3], { device: on })),
      message: 'gaussianNllLoss: expected variance to stretch to x [1,3], but got [2,3]',
    },
  ],
});
