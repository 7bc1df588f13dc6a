import { describe, test } from 'vitest';

import type { Tensor } from '../../lib/core/tensor.js';
import { layerNorm, rmsNorm, zeros, type LayerNormOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { awayFromZero, compute, forEachIndex, normal, offset, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';
import { checkHalves, checkSecondOrder, leaf } from './norm_checks.js';

type Name = 'x' | 'weight' | 'bias';
interface Settings {
  options: LayerNormOptions;
  /** The axes that the options mean, from the front. */
  axes: readonly number[];
}

/** Normalises over some axes; around 0 instead of the mean unless `centred`. */
function reference({ x, weight, bias }: { x?: NdArray; weight?: NdArray; bias?: NdArray }, { options, axes }: Settings, centred: boolean): NdArray {
  const { shape, data } = x!, { eps = 1e-5 } = options;
  const kept = shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const groupOf = (index: readonly number[]) => offset(kept, index.map((value, axis) => (axes.includes(axis) ? 0 : value)));
  const total = compute(kept, () => 0), squares = compute(kept, () => 0), size = axes.reduce((product, axis) => product * shape[axis]!, 1);
  forEachIndex(shape, (index, at) => {
    total.data[groupOf(index)]! += centred ? data[at]! / size : 0;
  });
  forEachIndex(shape, (index, at) => {
    squares.data[groupOf(index)]! += (data[at]! - total.data[groupOf(index)]!) ** 2 / size;
  });
  return compute(shape, (index, at) => {
    const group = groupOf(index);
    const element = offset(axes.map((axis) => shape[axis]!), axes.map((axis) => index[axis]!));
    const xhat = (data[at]! - total.data[group]!) / Math.sqrt(squares.data[group]! + eps);
    return xhat * (weight?.data[element] ?? 1) + (bias?.data[element] ?? 0);
  });
}

function layerCase(name: string, x: readonly number[], options: LayerNormOptions, axes: readonly number[], affine = true): OpCase<Name, Settings> {
  const extents = axes.map((axis) => x[axis]!);
  return { name, inputs: { x: normal(x, 2, 1), ...(affine ? { weight: awayFromZero(extents), bias: normal(extents) } : {}) }, options: { options, axes } };
}

describeOp<Name, Settings>({
  name: 'layer norm',
  cases: [
    layerCase('rows', [4, 7], {}, [1]),
    layerCase('a vector', [9], {}, [0]),
    layerCase('the last two axes by shape', [3, 4, 5], { normalizedShape: [4, 5] }, [1, 2]),
    layerCase('whole images', [2, 3, 2, 4], { axes: [1, 2, 3], eps: 1e-3 }, [1, 2, 3]),
    layerCase('places, not channels', [2, 3, 4, 5], { axes: [1, 2] }, [1, 2]),
    layerCase('the first axis', [6, 3], { axes: 0 }, [0]),
    layerCase('a middle axis, from the end, with its shape', [2, 5, 3], { axes: -2, normalizedShape: [5] }, [1]),
    layerCase('without weight and bias', [2, 3, 8], {}, [2], false),
    layerCase('many rows', [150, 3], {}, [1]),
    {
      // The mean is rounded to 5e-4 of the deviation, and x is so already.
      ...layerCase('mean 1e4 times sigma', [3, 12], {}, [1]),
      inputs: { x: normal([3, 12], 1, 1e4), weight: awayFromZero([12]), bias: normal([12]) },
      tolerance: 2e-3,
      gradientTolerance: 2e-3,
    },
    layerCase('no rows', [0, 4], {}, [1]),
  ],
  run: ({ x, weight, bias }, { options }) => layerNorm(x as Tensor, { weight, bias, ...options }),
  reference: (inputs, settings) => reference(inputs, settings, true),
  errors: [
    {
      name: 'axes that are not neighbours',
      act: (on) => layerNorm(zeros([2, 3, 4], { device: on }), { axes: [0, 2] }),
      message: 'layerNorm: expected axes to be one or more neighbours of x [2,3,4], each once, but got [0,2]',
    },
    {
      name: 'normalised shape',
      act: (on) => layerNorm(zeros([2, 3, 4], { device: on }), { normalizedShape: [2, 4] }),
      message: 'layerNorm: expected normalizedShape to be the extents [3,4] of x [2,3,4], but got [2,4]',
    },
    {
      name: 'long normalised shape',
      act: (on) => layerNorm(zeros([4], { device: on }), { normalizedShape: [2, 4] }),
      message: 'layerNorm: expected normalizedShape to have at most the 1 axes of x [4], but got [2,4]',
    },
    {
      name: 'shape of weight',
      act: (on) => layerNorm(zeros([2, 3, 4], { device: on }), { weight: zeros([3], { device: on }) }),
      message: 'layerNorm: expected weight to have shape [4], that of the normalised axes of x [2,3,4], but got [3]',
    },
    {
      name: 'an axis that is not there',
      act: (on) => layerNorm(zeros([2, 3], { device: on }), { axes: 2 }),
      message: 'layerNorm: expected axes to be a whole number from -2 to 1 for x [2,3], but got 2',
    },
    {
      name: 'eps',
      act: (on) => layerNorm(zeros([2, 3], { device: on }), { eps: -1 }),
      message: 'layerNorm: expected eps to be a number of at least 0, but got -1',
    },
  ],
});

describeOp<'x' | 'weight', Settings>({
  name: 'root-mean-square norm',
  cases: [
    { ...layerCase('rows', [4, 7], {}, [1]), inputs: { x: normal([4, 7], 2, 1), weight: awayFromZero([7]) } },
    { ...layerCase('without weight', [2, 3, 5], { eps: 1e-2 }, [2]), inputs: { x: normal([2, 3, 5]) } },
    { ...layerCase('places', [2, 4, 3], { axes: 1 }, [1]), inputs: { x: normal([2, 4, 3], 1, 2), weight: awayFromZero([4]) } },
  ],
  run: ({ x, weight }, { options }) => rmsNorm(x as Tensor, { weight, ...options }),
  reference: (inputs, settings) => reference(inputs, settings, false),
});

describe.each(testDevices)('layer norm on %s', (device) => {
  test('long rows', async () => {
    await checkHalves((x) => layerNorm(x), [3, 2100], device);
  });

  test('16-bit floats', async () => {
    const weight = leaf([6], device, 2), bias = leaf([6], device, 3);
    await checkHalves((x) => layerNorm(x, { weight, bias }), [5, 6], device);
    await checkHalves((x) => rmsNorm(x, { weight }), [5, 6], device);
  });

  test('gradients of gradients', async () => {
    const x = leaf([3, 4], device, 1), weight = leaf([4], device, 2), bias = leaf([4], device, 3);
    await checkSecondOrder((x, weight, bias) => layerNorm(x, { weight, bias }), [x, weight, bias], [2]);
    await checkSecondOrder((x, weight) => rmsNorm(x, { weight }), [x, weight]);
    await checkSecondOrder((x) => layerNorm(x, { axes: 1 }), [leaf([2, 4, 3], device, 5)]);
  });
});
