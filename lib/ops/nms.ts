/** Non-maximum suppression. */
import { run } from '../core/run.js';
import { scope } from '../core/scope.js';
import { shapeText } from '../core/shape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { argumentError, checkFloats, checkNumber, checkTensor, checkVector } from './arguments.js';
import { cast } from './cast.js';

export interface NmsOptions {
  /** Boxes that overlap a better one by more than this, as intersection over union, are dropped. */
  iouThreshold: number;
}

/** Places from the highest score to the lowest; of equals the first comes first, and NaN counts as infinity. */
function bestFirst(scores: Float32Array): Int32Array {
  const ranks = scores.map((score) => (Number.isNaN(score) ? Infinity : score));
  return Int32Array.from(ranks, (_, i) => i).sort((i, j) => {
    const a = ranks[i]!, b = ranks[j]!;
    return a === b ? i - j : b - a;
  });
}

async function suppress(
  name: string,
  boxes: Tensor,
  scores: Tensor,
  group: Tensor<'int32'> | undefined,
  { iouThreshold }: NmsOptions,
): Promise<Int32Array> {
  checkFloats(name, { boxes, scores });
  if (boxes.shape.length !== 2 || boxes.shape[1] !== 4) {
    throw argumentError(name, `expected boxes to have shape [N,4], rows of x1, y1, x2, y2, but got ${shapeText(boxes.shape)}`);
  }
  const n = boxes.shape[0]!;
  checkVector(name, 'scores', scores, n, `one for each box of boxes ${shapeText(boxes.shape)}`);
  if (group) {
    checkTensor(name, 'classes', group, 'int32', { name: 'boxes', device: boxes.device });
    checkVector(name, 'classes', group, n, `one for each box of boxes ${shapeText(boxes.shape)}`);
  }
  checkNumber(name, 'iouThreshold', iouThreshold, 0, 1);

  // The caller may dispose its tensors while the scores are on their way, and autocast ends before they have come.
  const own = { boxes: scope(() => cast(boxes, 'float32').alias()), group: group?.alias() };
  try {
    const order = bestFirst(await scores.data());
    const keep = scope(() => {
      const sorted = tensor(order, { device: own.boxes.device });
      return run('nms', { boxes: own.boxes, order: sorted, group: own.group }, { n, iouThreshold }, { keep: [n] }).keep;
    });
    const kept = keep.data();
    keep.dispose();
    const flags = await kept;
    return order.filter((_, i) => flags[i] === 1);
  } finally {
    own.boxes.dispose();
    own.group?.dispose();
  }
}

/**
 * Non-maximum suppression: from the highest score on, a box is kept unless one that was kept before overlaps it by more
 * than iouThreshold, as area of intersection over area of union. Of equal scores the first box comes first. Has no
 * gradient. Boxes are sorted on the host, so the result arrives later.
 *
 * R. Girshick et al., "Rich feature hierarchies for accurate object detection", arXiv:1311.2524.
 *
 * @param boxes float32 [N,4]: rows of x1, y1, x2, y2.
 * @param scores float32 [N].
 * @returns the places of the boxes that are kept, from the highest score to the lowest.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together.
 */
export async function nms(boxes: Tensor, scores: Tensor, options: NmsOptions): Promise<Int32Array> {
  return suppress('nms', boxes, scores, undefined, options);
}

/**
 * {@link nms} in each class by itself: boxes of different classes do not suppress one another.
 *
 * @param boxes float32 [N,4]: rows of x1, y1, x2, y2.
 * @param scores float32 [N].
 * @param classes int32 [N].
 * @returns the places of the boxes that are kept, of all classes, from the highest score to the lowest.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together.
 */
export async function batchedNms(boxes: Tensor, scores: Tensor, classes: Tensor<'int32'>, options: NmsOptions): Promise<Int32Array> {
  checkTensor('batchedNms', 'classes', classes, 'int32');
  return suppress('batchedNms', boxes, scores, classes, options);
}
