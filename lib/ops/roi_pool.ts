/** Pooling over regions of interest: boxes cut into bins of whole pixels. */
import { run } from '../core/run.js';
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkTensor, valueText } from './arguments.js';
import { checkPlane, maxWindows } from './max_windows.js';
import { perAxis, type PerAxis } from './window.js';

export interface RoiPoolOptions {
  /** P and Q: how many bins a region has. */
  outputSize: PerAxis;
  /** From the coordinates of regions to those of x. Default 1. */
  spatialScale?: number | undefined;
}

/** The bins of each region, in pixels of x; they share no memory with it. */
function roiSpans(name: string, x: Tensor, rois: Tensor, { outputSize, spatialScale = 1 }: RoiPoolOptions) {
  checkPlane(name, x, 2);
  checkTensor(name, 'rois', rois, 'float32', { name: 'x', device: x.device });
  if (rois.shape.length !== 2 || rois.shape[1] !== 5) {
    throw argumentError(name, `expected rois to have shape [R,5], for (image, x1, y1, x2, y2), but got ${shapeText(rois.shape)}`);
  }
  const [p, q] = perAxis(name, 'outputSize', outputSize, 2) as readonly [number, number];
  if (!(Number.isFinite(spatialScale) && Math.fround(spatialScale) > 0)) {
    throw argumentError(name, `expected spatialScale to be a finite number above 0, but got ${valueText(spatialScale)}`);
  }
  const m = rois.shape[0]!;
  const params = { m, p, q, h: x.shape[1]!, w: x.shape[2]!, scale: spatialScale };
  return { m, p, q, ...run('roi_spans', { rois }, params, { image: [m], spanH: [m, p, 2], spanW: [m, q, 2] }) };
}

/**
 * RoI pooling: the largest element of each of P x Q bins of each region. A region is rounded to whole pixels, its last
 * row and column included; bins are as large as needed to touch all pixels, so that neighbours may overlap. A bin
 * outside of the image, or of a region of no image, is 0.
 *
 * R. Girshick, "Fast R-CNN", arXiv:1504.08083.
 *
 * @param x [N,H,W,C].
 * @param rois float32 [R,5]: (image, x1, y1, x2, y2). Has no gradient.
 * @returns [R,P,Q,C].
 * @throws ERR_ARGUMENT if x is not a float tensor with four axes, an image has no elements, rois are not float32 [R,5],
 *   or an option is malformed.
 */
export function roiPool(x: Tensor, rois: Tensor, options: RoiPoolOptions): Tensor {
  const { p, q, image, spanH, spanW } = roiSpans('roiPool', x, rois, options);
  const { y, indices } = maxWindows(x, [{ outputs: p, limits: spanH }, { outputs: q, limits: spanW }], { image, empty: 0 });
  for (const used of [indices, image, spanH, spanW]) used.dispose();
  return y;
}
