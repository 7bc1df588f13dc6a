/** How well boxes agree: intersection over union and its refinements, for all pairs, and as losses. */
import { scope } from '../core/scope.js';
import { sameShape, shapeText } from '../core/shape.js';
import { noGrad } from '../core/tape.js';
import type { Tensor } from '../core/tensor.js';
import { relu } from './activation.js';
import { argumentError, checkFloats, checkNumber } from './arguments.js';
import { areaOf, boxColumns, checkBoxes, type BoxColumns } from './boxes.js';
import { add, div, mul, sub } from './elementwise.js';
import { reduceLoss, type Reduction } from './losses/loss.js';
import { atan, clamp, square } from './math.js';
import { maximum, minimum } from './maximum.js';

export interface BoxIouOptions {
  /** Added to what is divided by, where that may be 0. Default 1e-7. */
  eps?: number | undefined;
}

export interface BoxLossOptions extends BoxIouOptions {
  /** What becomes of the losses of the pairs. Default 'none'. */
  reduction?: Reduction | undefined;
}

/** The area that two boxes share. */
function intersection(a: BoxColumns, b: BoxColumns): Tensor {
  const width = sub(minimum(a[2], b[2]), maximum(a[0], b[0])), height = sub(minimum(a[3], b[3]), maximum(a[1], b[1]));
  return mul(relu(width), relu(height));
}

/** Width and height of the smallest box around both. */
function enclosure(a: BoxColumns, b: BoxColumns): readonly [Tensor, Tensor] {
  const width = sub(maximum(a[2], b[2]), minimum(a[0], b[0])), height = sub(maximum(a[3], b[3]), minimum(a[1], b[1]));
  return [clamp(width, { min: 0 }), clamp(height, { min: 0 })];
}

/** Divides; eps is added below, if it is not 0. */
function ratio(above: Tensor, below: Tensor, eps: number): Tensor {
  return div(above, eps === 0 ? below : add(below, eps));
}

function overlap(a: BoxColumns, b: BoxColumns, eps: number): { iou: Tensor; union: Tensor } {
  const shared = intersection(a, b), union = sub(add(areaOf(a), areaOf(b)), shared);
  return { iou: ratio(shared, union, eps), union };
}

/** IoU less the share of the enclosing box that neither covers. */
function generalized(a: BoxColumns, b: BoxColumns, eps: number): Tensor {
  const { iou, union } = overlap(a, b, eps), [width, height] = enclosure(a, b);
  const around = mul(width, height);
  return sub(iou, ratio(sub(around, union), around, eps));
}

/** The squared distance of the centres over the squared diagonal of the enclosing box. */
function centreDistance(a: BoxColumns, b: BoxColumns, eps: number): Tensor {
  const across = sub(add(a[0], a[2]), add(b[0], b[2])), down = sub(add(a[1], a[3]), add(b[1], b[3])); // twice the distance
  const [width, height] = enclosure(a, b);
  return ratio(mul(add(square(across), square(down)), 0.25), add(square(width), square(height)), eps);
}

/** alpha * v: how much the shapes of two boxes differ, which counts the more the better they overlap. */
function shapeDifference(a: BoxColumns, b: BoxColumns, iou: Tensor, eps: number): Tensor {
  const angle = (box: BoxColumns) => atan(div(sub(box[2], box[0]), sub(box[3], box[1])));
  const v = mul(square(sub(angle(a), angle(b))), 4 / Math.PI ** 2);
  const alpha = noGrad(() => div(v, add(add(sub(1, iou), v), eps)));
  return mul(alpha, v);
}

/** Computes a measure of all pairs of two lists of boxes. */
function pairwise(name: string, a: Tensor, b: Tensor, measure: (a: BoxColumns, b: BoxColumns) => Tensor): Tensor {
  checkFloats(name, { a, b });
  for (const [key, boxes] of Object.entries({ a, b })) {
    if (boxes.shape.length !== 2 || boxes.shape[1] !== 4) {
      const rows = key === 'a' ? 'N' : 'M';
      throw argumentError(name, `expected ${key} to have shape [${rows},4], rows of x1, y1, x2, y2, but got ${shapeText(boxes.shape)}`);
    }
  }
  return scope(() => {
    const [x1, y1, x2, y2] = boxColumns(b), inRow = (column: Tensor) => column.reshape([1, b.shape[0]!]);
    return measure(boxColumns(a), [inRow(x1), inRow(y1), inRow(x2), inRow(y2)]);
  });
}

/** Computes the losses of boxes and their targets. */
function loss(
  name: string,
  a: Tensor,
  b: Tensor,
  { reduction = 'none', eps = 1e-7 }: BoxLossOptions,
  lossOf: (a: BoxColumns, b: BoxColumns, eps: number) => Tensor,
): Tensor {
  checkFloats(name, { a, b });
  checkBoxes(name, 'a', a);
  if (!sameShape(a.shape, b.shape)) {
    throw argumentError(name, `expected b to have shape ${shapeText(a.shape)}, like a, but got ${shapeText(b.shape)}`);
  }
  checkNumber(name, 'eps', eps, 0, Infinity, true);
  return scope(() => {
    const losses = lossOf(boxColumns(a), boxColumns(b), eps).reshape(a.shape.slice(0, -1));
    return reduceLoss(name, losses, reduction === 'mean' && losses.numel === 0 ? 'sum' : reduction);
  });
}

/**
 * Intersection over union of all pairs of boxes: the area that two share over the area that they cover. NaN for two boxes
 * without area. As torchvision.ops.box_iou.
 *
 * @param a float32 [N,4]: rows of x1, y1, x2, y2.
 * @param b float32 [M,4].
 * @returns [N,M].
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together.
 */
export function boxIou(a: Tensor, b: Tensor): Tensor {
  return pairwise('boxIou', a, b, (first, second) => overlap(first, second, 0).iou);
}

/**
 * Generalised intersection over union of all pairs of boxes: IoU - (area of C - area of union) / area of C, where C is the
 * smallest box around both. As torchvision.ops.generalized_box_iou.
 *
 * H. Rezatofighi et al., "Generalized intersection over union", arXiv:1902.09630.
 *
 * @param a float32 [N,4]: rows of x1, y1, x2, y2.
 * @param b float32 [M,4].
 * @returns [N,M], from -1 to 1.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together.
 */
export function generalizedBoxIou(a: Tensor, b: Tensor): Tensor {
  return pairwise('generalizedBoxIou', a, b, (first, second) => generalized(first, second, 0));
}

/**
 * Distance intersection over union of all pairs of boxes: IoU - d^2 / (c^2 + eps), where d is the distance of the centres
 * and c the diagonal of the smallest box around both. As torchvision.ops.distance_box_iou.
 *
 * Z. Zheng et al., "Distance-IoU loss", arXiv:1911.08287.
 *
 * @param a float32 [N,4]: rows of x1, y1, x2, y2.
 * @param b float32 [M,4].
 * @returns [N,M].
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together.
 */
export function distanceBoxIou(a: Tensor, b: Tensor, { eps = 1e-7 }: BoxIouOptions = {}): Tensor {
  checkNumber('distanceBoxIou', 'eps', eps, 0, Infinity, true);
  return pairwise('distanceBoxIou', a, b, (first, second) => sub(overlap(first, second, 0).iou, centreDistance(first, second, eps)));
}

/**
 * Complete intersection over union of all pairs of boxes: {@link distanceBoxIou} less alpha * v,
 *
 *     v = 4 / pi^2 * (atan(wa / ha) - atan(wb / hb))^2, alpha = v / (1 - IoU + v + eps)
 *
 * of widths and heights; alpha is a constant for the gradient. As torchvision.ops.complete_box_iou.
 *
 * Z. Zheng et al., "Distance-IoU loss", arXiv:1911.08287.
 *
 * @param a float32 [N,4]: rows of x1, y1, x2, y2.
 * @param b float32 [M,4].
 * @returns [N,M].
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together.
 */
export function completeBoxIou(a: Tensor, b: Tensor, { eps = 1e-7 }: BoxIouOptions = {}): Tensor {
  checkNumber('completeBoxIou', 'eps', eps, 0, Infinity, true);
  return pairwise('completeBoxIou', a, b, (first, second) => {
    const { iou } = overlap(first, second, 0);
    return sub(sub(iou, centreDistance(first, second, eps)), shapeDifference(first, second, iou, eps));
  });
}

/**
 * 1 - generalised IoU of each box and its target; see {@link generalizedBoxIou}. eps is added to both areas that are
 * divided by. As torchvision.ops.generalized_box_iou_loss. The mean of no losses is 0.
 *
 * H. Rezatofighi et al., "Generalized intersection over union", arXiv:1902.09630.
 *
 * @param a float32 [...,4] of x1, y1, x2, y2.
 * @param b float32, the shape of a.
 * @returns [] for reductions 'mean' and 'sum', [...] for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or the reduction is not one of the three.
 */
export function generalizedBoxIouLoss(a: Tensor, b: Tensor, options: BoxLossOptions = {}): Tensor {
  return loss('generalizedBoxIouLoss', a, b, options, (first, second, eps) => sub(1, generalized(first, second, eps)));
}

/** 1 - IoU + the distance of the centres. */
function distanceLoss(a: BoxColumns, b: BoxColumns, iou: Tensor, eps: number): Tensor {
  return add(sub(1, iou), centreDistance(a, b, eps));
}

/**
 * 1 - distance IoU of each box and its target; see {@link distanceBoxIou}. eps is added to the union as well. As
 * torchvision.ops.distance_box_iou_loss. The mean of no losses is 0.
 *
 * Z. Zheng et al., "Distance-IoU loss", arXiv:1911.08287.
 *
 * @param a float32 [...,4] of x1, y1, x2, y2.
 * @param b float32, the shape of a.
 * @returns [] for reductions 'mean' and 'sum', [...] for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or the reduction is not one of the three.
 */
export function distanceBoxIouLoss(a: Tensor, b: Tensor, options: BoxLossOptions = {}): Tensor {
  return loss('distanceBoxIouLoss', a, b, options, (first, second, eps) => distanceLoss(first, second, overlap(first, second, eps).iou, eps));
}

/**
 * 1 - complete IoU of each box and its target; see {@link completeBoxIou}. eps is added to the union as well. As
 * torchvision.ops.complete_box_iou_loss. The mean of no losses is 0.
 *
 * Z. Zheng et al., "Distance-IoU loss", arXiv:1911.08287.
 *
 * @param a float32 [...,4] of x1, y1, x2, y2.
 * @param b float32, the shape of a.
 * @returns [] for reductions 'mean' and 'sum', [...] for 'none'.
 * @throws ERR_ARGUMENT if shapes, types or devices differ, or the reduction is not one of the three.
 */
export function completeBoxIouLoss(a: Tensor, b: Tensor, options: BoxLossOptions = {}): Tensor {
  return loss('completeBoxIouLoss', a, b, options, (first, second, eps) => {
    const { iou } = overlap(first, second, eps);
    return add(distanceLoss(first, second, iou, eps), shapeDifference(first, second, iou, eps));
  });
}
