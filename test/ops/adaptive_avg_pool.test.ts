import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d, zeros, type AdaptiveSize } from '../../lib/ops/index.js';
import { compute, forEachIndex, normal, offset } from './array.js';
import { describeOp, type OpCase } from './harness.js';

interface Case {
  size: AdaptiveSize;
  output: readonly number[];
}

const pools = [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d];

function poolCase(shape: readonly number[], size: AdaptiveSize, output: readonly number[]): OpCase<'x', Case> {
  return { name: `[${shape.join(',')}] to ${JSON.stringify(size)}`, inputs: { x: normal(shape) }, options: { size, output } };
}

describeOp<'x', Case>({
  name: 'adaptiveAvgPool',
  cases: [
    poolCase([2, 7, 3], 3, [3]),
    poolCase([2, 3, 2], 5, [5]),
    poolCase([2, 5, 7, 3], [2, 3], [2, 3]),
    poolCase([1, 5, 7, 9], 1, [1, 1]),
    poolCase([1, 5, 4, 2], [null, 2], [5, 2]),
    poolCase([1, 4, 3, 5, 2], [2, 4, 3], [2, 4, 3]),
    poolCase([1, 4, 4, 1], [4, 4], [4, 4]),
    poolCase([0, 4, 4, 2], 2, [2, 2]),
    poolCase([2, 4, 1], 0, [0]),
  ],
  run: ({ x }, { size }) => pools[x!.shape.length - 3]!(x!, size),
  reference: ({ x }, { output }) => {
    const [n = 0] = x!.shape, c = x!.shape.at(-1)!, spatial = x!.shape.slice(1, -1);
    return compute([n, ...output, c], (index) => {
      const first = output.map((count, axis) => Math.floor((index[axis + 1]! * spatial[axis]!) / count));
      const window = output.map((count, axis) => Math.ceil(((index[axis + 1]! + 1) * spatial[axis]!) / count) - first[axis]!);
      let sum = 0, elements = 0;
      forEachIndex(window, (tap) => {
        sum += x!.data[offset(x!.shape, [index[0]!, ...tap.map((at, axis) => at + first[axis]!), index.at(-1)!])]!;
        elements++;
      });
      return sum / elements;
    });
  },
  errors: [
    {
      name: 'axes that are missing',
      act: (on) => adaptiveAvgPool2d(zeros([2, 3, 4], { device: on }), 2),
      message: 'adaptiveAvgPool2d: expected x to have the 4 axes [N,H,W,C], but got shape [2,3,4]',
    },
    {
      name: 'a negative size',
      act: (on) => adaptiveAvgPool1d(zeros([2, 3, 4], { device: on }), -1),
      message: 'adaptiveAvgPool1d: expected size to be a whole number of at least 0, or one or null for each of the 1 spatial axes, but got -1',
    },
    {
      name: 'nothing to average',
      act: (on) => adaptiveAvgPool1d(zeros([2, 0, 4], { device: on }), 1),
      message: 'adaptiveAvgPool1d: expected x to have elements along its spatial axes, but got shape [2,0,4]',
    },
  ],
});
