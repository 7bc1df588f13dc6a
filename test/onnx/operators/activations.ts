import { relu, sigmoid, softmax, tanh } from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import { numel } from '../../../lib/core/shape.js';
import type { Call, Operator, Operators, Result } from '../call.js';

const elementwise = (op: (x: Tensor) => Tensor): Operator => (call) => [op(call.floats(0))];

/**
 * An op of the last axis, along the one that the operator names. Before operator set 13 it goes over that axis and all
 * behind it.
 */
export function alongAxis(call: Call, op: (x: Tensor) => Tensor): Result[] {
  const shape = call.shape(0), rank = shape.length, isNewer = call.opset >= 13;
  const axis = (call.number('axis', isNewer ? -1 : 1) + rank) % rank;
  if (!isNewer) return [op(call.floats(0).reshape([numel(shape.slice(0, axis)), numel(shape.slice(axis))])).reshape(shape)];
  const swapped = shape.map((_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  return [{ tensor: op(call.reordered(0, swapped)), order: swapped }];
}

export const activations: Operators = {
  Relu: elementwise(relu),
  Sigmoid: elementwise(sigmoid),
  Tanh: elementwise(tanh),
  Softmax: (call) => alongAxis(call, softmax),
};
