import { perceptualLoss, zeros, type PerceptualLossOptions } from '../../lib/ops/index.js';
import { compute, normal, type NdArray } from './array.js';
import { describeOp } from './harness.js';

type Layers = 'shallow' | 'deep' | 'shallowTarget' | 'deepTarget';

const inputs = { shallow: normal([2, 3, 2, 2]), deep: normal([2, 5]), shallowTarget: normal([2, 3, 2, 2]), deepTarget: normal([2, 5]) };

/** The mean of the squared differences in image n. */
function distance(x: NdArray, target: NdArray, n: number): number {
  const each = x.data.length / x.shape[0]!;
  let total = 0;
  for (let i = n * each; i < (n + 1) * each; i++) total += (x.data[i]! - target.data[i]!) ** 2;
  return total / each;
}

describeOp<Layers, PerceptualLossOptions>({
  name: 'perceptualLoss',
  cases: [
    { name: 'mean', inputs, options: {} },
    { name: 'sum, weights', inputs, options: { weights: [0.5, 2], reduction: 'sum' } },
    { name: 'none', inputs, options: { reduction: 'none' } },
  ],
  run: ({ shallow, deep, shallowTarget, deepTarget }, options) => perceptualLoss([shallow!, deep!], [shallowTarget!, deepTarget!], options),
  reference: ({ shallow, deep, shallowTarget, deepTarget }, { weights = [1, 1], reduction = 'mean' }) => {
    const ofImage = (n: number) => weights[0]! * distance(shallow!, shallowTarget!, n) + weights[1]! * distance(deep!, deepTarget!, n);
    if (reduction === 'none') return compute([2], ([n]) => ofImage(n!));
    const total = ofImage(0) + ofImage(1);
    return compute([], () => (reduction === 'mean' ? total / 2 : total));
  },
  errors: [
    { name: 'no layer', act: () => perceptualLoss([], []), message: 'perceptualLoss: expected features to be a list of at least one tensor, but got []' },
    {
      name: 'lists of different lengths',
      act: (on) => perceptualLoss([zeros([2, 3], { device: on })], []),
      message: 'perceptualLoss: expected targets to be a list of 1, like features, but got []',
    },
    {
      name: 'another number of pictures',
      act: (on) => {
        const [a, b] = [zeros([2, 3], { device: on }), zeros([3, 3], { device: on })];
        return perceptualLoss([a, b], [a, b]);
      },
      message: 'perceptualLoss: expected features[1] to have 2 pictures, like features[0], but got shape [3,3]',
    },
    {
      name: 'other shapes',
      act: (on) => perceptualLoss([zeros([2, 3], { device: on })], [zeros([2, 4], { device: on })]),
      message: 'perceptualLoss: expected targets[0] to have shape [2,3], like features[0], but got [2,4]',
    },
  ],
});
