import { normal } from './array.js';
import { describeOp, type OpCase } from './harness.js';
import type { Tensor } from '../../lib/core/tensor.js';
import { flatten, squeeze, unsqueeze, zeros } from '../../lib/ops/index.js';

interface Reshaping {
  apply: (x: Tensor) => Tensor;
  shape: readonly number[];
}

function shapeCase(name: string, from: readonly number[], apply: Reshaping['apply'], shape: readonly number[]): OpCase<'x', Reshaping> {
  return { name, inputs: { x: normal(from) }, options: { apply, shape } };
}

describeOp<'x', Reshaping>({
  name: 'squeeze, unsqueeze and flatten',
  cases: [
    shapeCase('squeeze', [1, 2, 1, 3, 1], (x) => squeeze(x), [2, 3]),
    shapeCase('squeeze axis -1', [1, 2, 1], (x) => squeeze(x, -1), [1, 2]),
    shapeCase('squeeze two axes', [1, 2, 1], (x) => squeeze(x, [0, 2]), [2]),
    shapeCase('unsqueeze in front', [2, 3], (x) => unsqueeze(x, 0), [1, 2, 3]),
    shapeCase('unsqueeze behind', [2, 3], (x) => unsqueeze(x, -1), [2, 3, 1]),
    shapeCase('flatten', [2, 3, 2], (x) => flatten(x), [12]),
    shapeCase('flatten from 1', [2, 3, 2], (x) => flatten(x, 1), [2, 6]),
    shapeCase('flatten up to -2', [2, 3, 2], (x) => flatten(x, 0, -2), [6, 2]),
    shapeCase('flatten a number', [], (x) => flatten(x), [1]),
    shapeCase('flatten nothing', [0, 3], (x) => flatten(x), [0]),
  ],
  run: ({ x }, { apply }) => apply(x!),
  reference: ({ x }, { shape }) => ({ shape, data: x!.data }),
  errors: [
    {
      name: 'squeeze of an axis that is not of extent 1',
      act: (on) => squeeze(zeros([1, 2], { device: on }), 1),
      message: 'squeeze: expected axes to have extent 1, but got axis 1 of [1,2]',
    },
    {
      name: 'unsqueeze far behind',
      act: (on) => unsqueeze(zeros([1, 2], { device: on }), 3),
      message: 'unsqueeze: expected axis to be a whole number from -3 to 2 for x [1,2], but got 3',
    },
    {
      name: 'flatten to an axis before',
      act: (on) => flatten(zeros([1, 2], { device: on }), 1, 0),
      message: 'flatten: expected last to be at least first, 1, but got 0',
    },
  ],
});
