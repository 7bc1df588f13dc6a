import type { DType } from '../../core/dtype.js';
import type { Tensor } from '../../core/tensor.js';
import {
  abs,
  add,
  affine,
  atan,
  cast,
  ceil,
  clamp,
  cos,
  div,
  eq,
  erf,
  exp,
  floor,
  ge,
  gt,
  le,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  lt,
  maximum,
  minimum,
  mul,
  ne,
  pow,
  reciprocal,
  round,
  sign,
  sin,
  sqrt,
  sub,
  where,
} from '../../ops/index.js';
import { numel } from '../../core/shape.js';
import { between, inPlace, type Order } from '../order.js';
import type { Call, Operator, Operators } from '../call.js';
import { Unsupported } from '../model.js';

const unary = (op: (x: Tensor) => Tensor): Operator => (call) => {
  const { tensor, order } = call.asHeld(0);
  return [{ tensor: op(tensor), order }];
};

/** Two tensors of as many axes, or a tensor and a number, in the order in which the first of them is held. */
function heldAlike(call: Call): { a: Tensor; b: Tensor; order: Order } | undefined {
  const ranks = [call.shape(0).length, call.shape(1).length] as const;
  const isLone = [0, 1].map((input) => numel(call.shape(input)) === 1);
  if (ranks[0] !== ranks[1] && !isLone[0] && !isLone[1]) return undefined;
  const first = ranks[1] > ranks[0] || (isLone[0] === true && ranks[0] === ranks[1]) || call.isOnHost(0) ? 1 : 0;
  if (ranks[first] < ranks[1 - first]!) return undefined;
  const { tensor, order } = call.asHeld(first), rank = order.length;
  const other = 1 - first, isOther = ranks[other] === rank;
  const second = isOther ? call.reordered(other, between(order, inPlace(rank))) : call.floats(other).reshape([]);
  return first === 0 ? { a: tensor, b: second, order } : { a: second, b: tensor, order };
}

/** Two tensors that stretch to one shape. Operator sets before 7 name the axis of a at which b begins. */
function binary(op: (a: Tensor, b: Tensor) => Tensor<DType>): Operator {
  return (call) => {
    const held = heldAlike(call);
    if (held) return [{ tensor: op(held.a, held.b), order: held.order }];
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
function variadic(op: (a: Tensor, b: Tensor) => Tensor, finish: (x: Tensor, count: number) => Tensor = (x) => x): Operator {
  return (call) => {
    const [first, ...rest] = Array.from({ length: call.inputCount }, (_, i) => call.floats(i));
    return [finish(rest.reduce((a, b) => op(a, b), first!), call.inputCount)];
  };
}

function division(call: Call) {
  if (call.type(0).includes('int')) throw new Unsupported('division of whole numbers');
  return binary(div)(call);
}

/** Bounds are inputs, or before operator set 11 attributes. */
function clip(call: Call) {
  const bound = (name: string, input: number, none: number) => call.numbers(input)?.[0] ?? call.number(name, none);
  const { tensor, order } = call.asHeld(0);
  return [{ tensor: clamp(tensor, { min: bound('min', 1, -Infinity), max: bound('max', 2, Infinity) }), order }];
}

/** ONNX's numbers of the types that convolt has; its cases of bfloat16 drop bits where convolt rounds. */
const castable: Readonly<Record<number, DType>> = { 1: 'float32', 10: 'float16', 6: 'int32', 2: 'uint8', 11: 'float32' };

const castableTo: Readonly<Record<string, DType>> = { float: 'float32', float16: 'float16', int32: 'int32', uint8: 'uint8', double: 'float32' };

export const arithmetic: Operators = {
  Abs: unary(abs),
  Atan: unary(atan),
  Ceil: unary(ceil),
  Cos: unary(cos),
  Erf: unary(erf),
  Exp: unary(exp),
  Floor: unary(floor),
  Log: unary(log),
  Neg: unary((x) => affine(x, { scale: -1 })),
  Reciprocal: unary(reciprocal),
  Round: unary(round),
  Sign: unary(sign),
  Sin: unary(sin),
  Sqrt: unary(sqrt),
  Clip: clip,

  Add: binary(add),
  Sub: binary(sub),
  Mul: binary(mul),
  Div: division,
  Pow: binary(pow),
  Sum: variadic(add),
  Mean: variadic(add, (x, count) => affine(x, { scale: 1 / count })),
  Max: variadic(maximum),
  Min: variadic(minimum),

  Equal: binary(eq),
  Less: binary(lt),
  LessOrEqual: binary(le),
  Greater: binary(gt),
  GreaterOrEqual: binary(ge),
  And: (call) => [logicalAnd(call.booleans(0), call.booleans(1))],
  Or: (call) => [logicalOr(call.booleans(0), call.booleans(1))],
  Xor: (call) => [logicalXor(call.booleans(0), call.booleans(1))],
  Not: (call) => [logicalNot(call.booleans(0))],
  Where: (call) => [where(call.booleans(0), call.floats(1), call.floats(2))],

  IsNaN: (call) => [ne(call.floats(0), call.floats(0))],
  CastLike(call) {
    const to = castableTo[call.type(1)];
    if (!to) throw new Unsupported('Cast to a type that convolt does not have, or to bfloat16 without rounding');
    return [cast(call.floats(0), to)];
  },
  Cast(call) {
    const to = castable[call.number('to', 0)];
    if (!to) throw new Unsupported('Cast to a type that convolt does not have, or to bfloat16 without rounding');
    return [cast(call.floats(0), to)];
  },
};
