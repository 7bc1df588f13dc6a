/** Local contrast normalisation. */
import { scope } from '../core/scope.js';
import { extent, shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkNumber, checkSameFloats, valueText } from './arguments.js';
import { add, div, mul, sub } from './elementwise.js';
import { sqrt } from './math.js';
import { maximum } from './maximum.js';
import { mean } from './reduce.js';
import { resampleAxes, type AxisMap } from './resample.js';

export interface LocalContrastNormOptions {
  /** Extent of the window along each spatial axis, an odd number. Default 9. */
  size?: number | undefined;
  /** Standard deviation of the window's Gaussian, in elements. Default size / 4. */
  sigma?: number | undefined;
  /** Added to the variance, so that flat images have a gradient. Default 1e-5. */
  eps?: number | undefined;
}

/** Means under a Gaussian window; where it reaches over the border, over the part inside. */
function gaussianMap(length: number, size: number, sigma: number): AxisMap {
  const half = (size - 1) / 2;
  return {
    key: `gaussian ${size} ${sigma}`,
    size: length,
    count: length,
    row: (centre) => {
      const first = Math.max(0, centre - half), end = Math.min(length, centre + half + 1);
      const terms = Array.from({ length: end - first }, (_, i) => {
        const index = first + i;
        return { index, weight: Math.exp(-((index - centre) ** 2) / (2 * sigma * sigma)) };
      });
      const total = terms.reduce((sum, { weight }) => sum + weight, 0);
      return terms.map(({ index, weight }) => ({ index, weight: weight / total }));
    },
  };
}

/**
 * Each element minus the mean of its neighbourhood, divided by the deviation there, or by the image's mean deviation if
 * that is larger:
 *
 *     v = x - mean of x,   d = sqrt(mean of v^2 + eps),   y = v / max(d, mean of d over the image)
 *
 * where the first two means are over all channels and a Gaussian window; weights outside of the image count for nothing.
 *
 * K. Jarrett et al., "What is the best multi-stage architecture for object recognition?", 2009.
 *
 * @param x [N,W,C], [N,H,W,C] or [N,D,H,W,C].
 * @returns the shape and type of x.
 * @throws ERR_ARGUMENT if x has other axes, size is not an odd number of at least 1, or sigma or eps is out of its range.
 */
export function localContrastNorm(x: Tensor, { size = 9, sigma = size / 4, eps = 1e-5 }: LocalContrastNormOptions = {}): Tensor {
  checkSameFloats('localContrastNorm', { x });
  const axes = x.shape.length - 2;
  if (axes < 1 || axes > 3) {
    throw argumentError('localContrastNorm', `expected x to have the axes [N,W,C], [N,H,W,C] or [N,D,H,W,C], but got shape ${shapeText(x.shape)}`);
  }
  if (!Number.isSafeInteger(size) || size < 1 || size % 2 === 0) {
    throw argumentError('localContrastNorm', `expected size to be an odd number of at least 1, but got ${valueText(size)}`);
  }
  checkNumber('localContrastNorm', 'sigma', sigma, 1e-3, Infinity, true);
  checkNumber('localContrastNorm', 'eps', eps, 0, Infinity, true);
  const spatial = Array.from({ length: axes }, (_, axis) => axis + 1);
  const window = spatial.map((axis) => ({ axis, map: gaussianMap(extent(x.shape, axis), size, sigma) }));
  const neighbourhoodMean = (t: Tensor) => resampleAxes('localContrastNorm', mean(t, { axes: -1, keepDims: true }), window);
  return scope(() => {
    const centred = sub(x, neighbourhoodMean(x));
    const deviation = sqrt(add(neighbourhoodMean(mul(centred, centred)), eps));
    return div(centred, maximum(deviation, mean(deviation, { axes: spatial, keepDims: true })));
  });
}
