import { localContrastNorm, zeros, type LocalContrastNormOptions } from '../../lib/ops/index.js';
import { LocalContrastNorm } from '../../lib/nn/index.js';
import { compute, forEachIndex, normal, offset, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';

function normCase(shape: readonly number[], options: LocalContrastNormOptions): OpCase<'x', LocalContrastNormOptions> {
  return { name: `[${shape.join(',')}] ${JSON.stringify(options)}`, inputs: { x: normal(shape, 1, 0.5) }, options, tolerance: 2e-5, gradientTolerance: 2e-5 };
}

/** The weighted mean around each position, over all channels: element by element, as the paper has it. */
function neighbourhoodMean(x: NdArray, size: number, sigma: number): NdArray {
  const [n = 0] = x.shape, spatial = x.shape.slice(1, -1), channels = x.shape.at(-1)!;
  return compute([n, ...spatial], ([image, ...centre]) => {
    let sum = 0, total = 0;
    forEachIndex(spatial, (place) => {
      const distances = place.map((at, axis) => at - centre[axis]!);
      if (distances.some((distance) => Math.abs(distance) > (size - 1) / 2)) return;
      const weight = Math.exp(-distances.reduce((squares, distance) => squares + distance ** 2, 0) / (2 * sigma ** 2));
      for (let c = 0; c < channels; c++) {
        sum += weight * x.data[offset(x.shape, [image!, ...place, c])]!;
        total += weight;
      }
    });
    return sum / total;
  });
}

describeOp<'x', LocalContrastNormOptions>({
  name: 'localContrastNorm',
  cases: [
    normCase([2, 5, 6, 3], { size: 3 }),
    normCase([1, 4, 3, 1], {}), // a window larger than the image
    normCase([2, 7, 2], { size: 5, sigma: 0.7, eps: 0.1 }),
    normCase([1, 2, 3, 4, 2], { size: 3, sigma: 2 }),
    normCase([1, 3, 3, 2], { size: 1 }),
    normCase([0, 3, 3, 2], { size: 3 }),
  ],
  run: ({ x }, options) => new LocalContrastNorm(options).forward(x!),
  reference: ({ x }, { size = 9, sigma = size / 4, eps = 1e-5 }) => {
    const channels = x!.shape.at(-1)!, places = x!.shape.slice(1, -1).reduce((product, extent) => product * extent, 1);
    const means = neighbourhoodMean(x!, size, sigma);
    const centred = compute(x!.shape, (_, at) => x!.data[at]! - means.data[Math.floor(at / channels)]!);
    const squares = neighbourhoodMean(compute(x!.shape, (_, at) => centred.data[at]! ** 2), size, sigma);
    const deviations = squares.data.map((variance) => Math.sqrt(variance + eps));
    return compute(x!.shape, (_, at) => {
      const place = Math.floor(at / channels), image = Math.floor(place / places);
      const mean = deviations.slice(image * places, (image + 1) * places).reduce((sum, value) => sum + value, 0) / places;
      return centred.data[at]! / Math.max(mean, deviations[place]!);
    });
  },
  errors: [
    {
      name: 'an even size',
      act: (on) => localContrastNorm(zeros([1, 3, 3, 1], { device: on }), { size: 4 }),
      message: 'localContrastNorm: expected size to be an odd number of at least 1, but got 4',
    },
    {
      name: 'no image',
      act: (on) => localContrastNorm(zeros([3, 3], { device: on })),
      message: 'localContrastNorm: expected x to have the axes [N,W,C], [N,H,W,C] or [N,D,H,W,C], but got shape [3,3]',
    },
  ],
});
