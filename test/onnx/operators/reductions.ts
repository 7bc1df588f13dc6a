import { affine, argmax, mean, sum, type ReduceOptions } from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import { Skip } from '../model.js';
import type { Call, Operator, Operators } from '../call.js';

/** A reduction of the axes that the operator names, by default of all. */
function reduction(op: (x: Tensor, options: ReduceOptions) => Tensor): Operator {
  return (call) => {
    const axes = call.listOrInput('axes', 1) ?? [];
    const isNothing = axes.length === 0 && call.number('noop_with_empty_axes', 0) === 1;
    if (isNothing) return [call.floats(0)];
    return [op(call.floats(0), { axes: axes.length > 0 ? axes : undefined, keepDims: call.number('keepdims', 1) === 1 })];
  };
}

/** The place of the largest element along one axis, of equals the first. */
function place(call: Call, x: Tensor) {
  if (call.number('select_last_index', 0) === 1) throw new Skip('ArgMax and ArgMin that give the last of equals');
  const axis = call.number('axis', 0);
  const found = argmax(x, axis);
  const kept = call.shape(0).map((extent, i, { length }) => (i === (axis + length) % length ? 1 : extent));
  return [call.number('keepdims', 1) === 1 ? found.reshape(kept) : found];
}

export const reductions: Operators = {
  ReduceSum: reduction(sum),
  ReduceMean: reduction(mean),
  ArgMax: (call) => place(call, call.floats(0)),
  ArgMin: (call) => place(call, affine(call.floats(0), { scale: -1 })),
};
