/** Tensors side by side. */
import { widened } from '../core/autocast.js';
import type { DType } from '../core/dtype.js';
import { scope } from '../core/scope.js';
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkAnyTensor, checkTensor, isList, resolveAxis, valueText } from './arguments.js';
import { gather, recorded, uninitialised, wholeView, writeView, type View } from './copy.js';
import { checkNewAxis, unsqueeze } from './reshape.js';

/** Checks a list of live tensors of one type and device, and returns the first. */
function checkList<D extends DType>(op: string, tensors: readonly Tensor<D>[]): Tensor<D> {
  const first = isList(tensors) ? tensors[0] : undefined;
  if (!first) throw argumentError(op, `expected tensors to be a list of at least one tensor, but got ${valueText(tensors)}`);
  checkAnyTensor(op, 'tensors[0]', first);
  for (const [i, x] of tensors.entries()) checkTensor(op, `tensors[${i}]`, x, first.dtype, { name: 'tensors[0]', device: first.device });
  return first;
}

/**
 * Tensors one behind the other along an axis.
 *
 * @param tensors of one type and one shape but for that axis.
 * @param axis default 0; a negative one counts from the end.
 * @returns the shape of the first, with the sum of all extents along the axis.
 * @throws ERR_ARGUMENT if there is no tensor, or types, devices or shapes differ.
 */
export function concat<D extends DType>(tensors: readonly Tensor<D>[], axis = 0): Tensor<D> {
  const first = checkList('concat', tensors);
  if (tensors.some(({ dtype }) => dtype !== first.dtype)) return scope(() => concat(widened(tensors), axis)); // under autocast
  const along = resolveAxis('concat', 'axis', axis, first);
  for (const [i, { shape }] of tensors.entries()) {
    if (shape.length !== first.shape.length || shape.some((size, at) => at !== along && size !== first.shape[at])) {
      throw argumentError('concat', `expected tensors[${i}] to have the shape of tensors[0] ${shapeText(first.shape)} but along axis ${along}, but got ${shapeText(shape)}`);
    }
  }
  const total = tensors.reduce((sum, { shape }) => sum + shape[along]!, 0);
  const y = uninitialised(first, first.shape.map((size, at) => (at === along ? total : size)));
  const { strides } = wholeView(y.shape);
  let start = 0;
  const parts = tensors.map(({ shape }): View => {
    const part = { offset: start * strides[along]!, shape, strides };
    start += shape[along]!;
    return part;
  });
  for (const [i, part] of parts.entries()) writeView('concat', y, part, tensors[i]!);
  return recorded('concat', y, tensors, (dy, input) => gather('concat', dy, parts[input]!));
}

/**
 * Tensors one behind the other along a new axis.
 *
 * @param tensors of one type and shape.
 * @param axis the place of the new axis in the result. Default 0; a negative one counts from the end.
 * @returns the shape of the first with the number of tensors put in at that place.
 * @throws ERR_ARGUMENT if there is no tensor, or types, devices or shapes differ.
 */
export function stack<D extends DType>(tensors: readonly Tensor<D>[], axis = 0): Tensor<D> {
  const first = checkList('stack', tensors);
  for (const [i, { shape }] of tensors.entries()) {
    if (shapeText(shape) !== shapeText(first.shape)) {
      throw argumentError('stack', `expected tensors[${i}] to have the shape of tensors[0] ${shapeText(first.shape)}, but got ${shapeText(shape)}`);
    }
  }
  checkNewAxis('stack', axis, first);
  return scope(() => concat(tensors.map((x) => unsqueeze(x, axis)), axis));
}
