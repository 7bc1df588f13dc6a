/** Averages over the bins of regions of interest: RoI align, and its position-sensitive kin. */
import { op, type Op } from '../core/op.js';
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkNumber, checkRank, checkSameFloats, checkTensor, valueText } from './arguments.js';
import { mostStep, perAxis, type PerAxis } from './window.js';

export interface PsRoiPoolOptions {
  /** P and Q: into how many bins a region is cut along H and W. */
  outputSize: PerAxis;
  /** What takes the coordinates of `rois` to those of x, e.g. 1 / 16 behind a network of that stride. Default 1. */
  spatialScale?: number | undefined;
}

export interface PsRoiAlignOptions extends PsRoiPoolOptions {
  /** Samples along each axis of a bin. Default -1: one for each pixel that the bin is long, ceil(length). */
  samplingRatio?: number | undefined;
}

export interface RoiAlignOptions extends PsRoiAlignOptions {
  /**
   * Whether the centre of pixel 0 lies at 0.5, as it should. Default false, as older models have it: at 0, and regions
   * less than one pixel long count as one pixel long.
   */
  aligned?: boolean | undefined;
}

const average: Op<'roi_align_forward'> = op('roiAlign', 'roi_align_forward', {
  saves: ['rois'],
  gradients: {
    x: (dy, { saved: { rois }, params, shapes }) => spread({ dy, rois }, params, { dx: shapes.x }).dx,
    rois: null,
  },
});

const spread: Op<'roi_align_grad'> = op('the gradient of roiAlign', 'roi_align_grad', {
  saves: ['rois'],
  gradients: {
    dy: (ddx, { saved: { rois }, params, shapes }) => average({ x: ddx, rois }, params, { y: shapes.dy }).y,
    rois: null,
  },
});

/** What the three functions differ in. */
interface Rule {
  samplingRatio: number;
  aligned: boolean;
  /** Whether each bin has channels of its own. */
  positionSensitive: boolean;
  /** Whether bins average whole pixels instead of samples. */
  wholePixels: boolean;
}

/** Checks the arguments, infers the output's shape, and runs the average. */
function averageBins(name: string, x: Tensor, rois: Tensor, { outputSize, spatialScale = 1 }: PsRoiPoolOptions, rule: Rule): Tensor {
  checkSameFloats(name, { x });
  checkRank(name, 'x', x, 4, '[N,H,W,C]');
  checkTensor(name, 'rois', rois, 'float32', { name: 'x', device: x.device });
  if (rois.shape.length !== 2 || rois.shape[1] !== 5) {
    throw argumentError(name, `expected rois to have shape [R,5], rows of image, x1, y1, x2, y2, but got ${shapeText(rois.shape)}`);
  }
  const [p, q] = perAxis(name, 'outputSize', outputSize, 2) as readonly [number, number];
  checkNumber(name, 'spatialScale', spatialScale, 0, Infinity, true);
  const { samplingRatio, aligned, positionSensitive, wholePixels } = rule;
  if (!Number.isSafeInteger(samplingRatio) || Math.abs(samplingRatio) > mostStep) {
    throw argumentError(name, `expected samplingRatio to be a whole number of at most ${mostStep}, but got ${valueText(samplingRatio)}`);
  }
  const [n, h, w, c] = x.shape as readonly [number, number, number, number];
  const bins = positionSensitive ? p * q : 1, r = rois.shape[0]!, k = c / bins;
  if (!Number.isSafeInteger(k)) {
    throw argumentError(
      name,
      `expected the channels of x to be a multiple of the ${bins} bins of outputSize ${valueText(outputSize)}, but got ${c} (x ${shapeText(x.shape)})`,
    );
  }
  const params = { n, h, w, k, bins, r, p, q, spatialScale, samplingRatio, aligned: Number(aligned), wholePixels: Number(wholePixels) };
  return average({ x, rois }, params, { y: [r, p, q, k] }).y;
}

/**
 * RoI align: each region is cut into P x Q bins, and a bin is the mean of evenly spaced samples of x, interpolated
 * linearly between four pixels:
 *
 *     y[r,p,q,c] = mean over i, j < g of x(image r, y1 + (p + (i + 0.5) / g) * height / P, x1 + (q + (j + 0.5) / g) * width / Q)[c]
 *
 * A sample up to one pixel outside of the image reads its edge; one farther out, or at NaN, is 0. Coordinates are those
 * of `rois` times spatialScale, less half a pixel if `aligned`. Regions get no gradient.
 *
 * K. He et al., "Mask R-CNN", arXiv:1703.06870; as torchvision.ops.roi_align.
 *
 * @param x [N,H,W,C].
 * @param rois float32 [R,5]: rows of image, x1, y1, x2, y2. One whose image does not exist gives zeros.
 * @returns [R,P,Q,C].
 * @throws ERR_ARGUMENT if shapes, types, devices or options do not fit together.
 */
export function roiAlign(x: Tensor, rois: Tensor, options: RoiAlignOptions): Tensor {
  const { samplingRatio = -1, aligned = false } = options;
  return averageBins('roiAlign', x, rois, options, { samplingRatio, aligned, positionSensitive: false, wholePixels: false });
}

/**
 * Position-sensitive RoI align: {@link roiAlign} with `aligned`, where each bin reads channels of its own,
 *
 *     y[r,p,q,k] = the average of bin p, q of region r over channel (k * P + p) * Q + q
 *
 * A region without extent gives 0.
 *
 * Z. Li et al., "Light-Head R-CNN", arXiv:1711.07264; as torchvision.ops.ps_roi_align.
 *
 * @param x [N,H,W,K*P*Q].
 * @param rois float32 [R,5]: rows of image, x1, y1, x2, y2. One whose image does not exist gives zeros.
 * @returns [R,P,Q,K].
 * @throws ERR_ARGUMENT if shapes, types, devices or options do not fit together.
 */
export function psRoiAlign(x: Tensor, rois: Tensor, options: PsRoiAlignOptions): Tensor {
  const { samplingRatio = -1 } = options;
  return averageBins('psRoiAlign', x, rois, options, { samplingRatio, aligned: true, positionSensitive: true, wholePixels: false });
}

/**
 * Position-sensitive RoI pooling: a region's ends are rounded to whole pixels, and a bin is the mean of the pixels that
 * it touches,
 *
 *     y[r,p,q,k] = mean over h from floor(p * height / P) to ceil((p + 1) * height / P), and w likewise,
 *                  of x[image r, y1 + h, x1 + w, (k * P + p) * Q + q]
 *
 * As in torchvision.ops.ps_roi_pool, the last row and column of an image are never read; a bin without pixels is 0.
 *
 * J. Dai et al., "R-FCN: object detection via region-based fully convolutional networks", arXiv:1605.06409.
 *
 * @param x [N,H,W,K*P*Q].
 * @param rois float32 [R,5]: rows of image, x1, y1, x2, y2. One whose image does not exist gives zeros.
 * @returns [R,P,Q,K].
 * @throws ERR_ARGUMENT if shapes, types, devices or options do not fit together.
 */
export function psRoiPool(x: Tensor, rois: Tensor, options: PsRoiPoolOptions): Tensor {
  return averageBins('psRoiPool', x, rois, options, { samplingRatio: 0, aligned: false, positionSensitive: true, wholePixels: true });
}
