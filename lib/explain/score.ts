/** What a model says of classes, as a number with a gradient. */
import { scope } from '../core/scope.js';
import { shapeText } from '../core/shape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { argumentError, isList, valueText } from '../ops/arguments.js';
import { gather } from '../ops/index.js';

/** A class for all images, or one for each. */
export type Target = number | readonly number[];

/** The logits of the target classes. @returns [N]. @throws ERR_ARGUMENT, said by `who`, if they are no classes of the logits. */
export function targetScores(who: string, logits: Tensor, target: Target): Tensor {
  const [n = 0, classes = 0] = logits.shape;
  if (logits.shape.length !== 2) throw argumentError(who, `expected a model that gives logits [N,classes], but got ${shapeText(logits.shape)}`);
  const labels = typeof target === 'number' ? Array<number>(n).fill(target) : target;
  if (!isList(labels) || labels.length !== n || !labels.every((label) => Number.isInteger(label) && label >= 0 && label < classes)) {
    throw argumentError(who, `expected target to be a class from 0 to ${classes - 1}, or one for each of ${n} images, but got ${valueText(target)}`);
  }
  return scope(() => gather(logits, tensor(Int32Array.from(labels), { shape: [n, 1], device: logits.device })).reshape([n]));
}
