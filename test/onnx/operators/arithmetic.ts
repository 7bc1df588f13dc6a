import { add, affine, div, mul, sub } from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import type { Call, Operator, Operators } from '../call.js';
import { Skip } from '../model.js';

/** Two tensors that stretch to one shape. Operator sets before 7 name the axis of a at which b begins. */
function binary(op: (a: Tensor, b: Tensor) => Tensor): Operator {
  return (call) => {
    const a = call.floats(0);
    let b = call.floats(1);
    if (call.opset < 7 && call.number('broadcast', 0) === 1) {
      const axis = call.number('axis', a.shape.length - b.shape.length);
      b = b.reshape([...b.shape, ...Array<number>(a.shape.length - axis - b.shape.length).fill(1)]);
    }
    return [op(a, b)];
  };
}

/** Any number of tensors, combined one after another. */
export function variadic(op: (a: Tensor, b: Tensor) => Tensor, finish: (x: Tensor, count: number) => Tensor = (x) => x): Operator {
  return (call) => {
    const all = Array.from({ length: call.inputCount }, (_, i) => call.floats(i));
    return [finish(all.slice(1).reduce(op, all[0]!), all.length)];
  };
}

function division(call: Call) {
  if (call.host(0).type.includes('int')) throw new Skip('division of whole numbers');
  return binary(div)(call);
}

export const arithmetic: Operators = {
  Add: binary(add),
  Sub: binary(sub),
  Mul: binary(mul),
  Div: division,
  Neg: (call) => [affine(call.floats(0), { scale: -1 })],
  Sum: variadic(add),
  Mean: variadic(add, (x, count) => affine(x, { scale: 1 / count })),
};
