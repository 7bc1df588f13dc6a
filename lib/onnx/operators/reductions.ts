import type { Tensor } from '../../core/tensor.js';
import {
  affine,
  argmax,
  argmin,
  cast,
  cumsum,
  flip,
  log,
  logSumExp,
  max,
  mean,
  min,
  norm,
  prod,
  square,
  sub,
  sum,
  type ArgOptions,
  type ReduceOptions,
} from '../../ops/index.js';
import type { Operator, Operators } from '../call.js';

/** A reduction of the axes that the operator names, by default of all. */
function reduction(op: (x: Tensor, options: ReduceOptions) => Tensor): Operator {
  return (call) => {
    const axes = call.listOrInput('axes', 1) ?? [];
    const isNothing = axes.length === 0 && call.number('noop_with_empty_axes', 0) === 1;
    if (isNothing) return [call.floats(0)];
    return [op(call.floats(0), { axes: axes.length > 0 ? axes : undefined, keepDims: call.number('keepdims', 1) === 1 })];
  };
}

/** The place of an extreme element along one axis, of equals the first, or on demand the last. */
function place(op: (x: Tensor, axis: number, options: ArgOptions) => Tensor<'int32'>): Operator {
  return (call) => {
    const axis = call.number('axis', 0), options = { keepDims: call.number('keepdims', 1) === 1 };
    if (call.number('select_last_index', 0) === 0) return [op(call.floats(0), axis, options)];
    const fromBehind = cast(op(flip(call.floats(0), axis), axis, options), 'float32');
    return [affine(fromBehind, { scale: -1, shift: call.shape(0).at(axis)! - 1 })];
  };
}

export const reductions: Operators = {
  ReduceSum: reduction(sum),
  ReduceMean: reduction(mean),
  ReduceMax: reduction(max),
  ReduceMin: reduction(min),
  ReduceProd: reduction(prod),
  ReduceL1: reduction((x, options) => norm(x, { ...options, p: 1 })),
  ReduceL2: reduction(norm),
  ReduceLogSum: reduction((x, options) => log(sum(x, options))),
  ReduceLogSumExp: reduction(logSumExp),
  ReduceSumSquare: reduction((x, options) => sum(square(x), options)),
  ArgMax: place(argmax),
  ArgMin: place(argmin),
  CumSum(call) {
    const x = call.floats(0), y = cumsum(x, call.numbers(1)![0], { reverse: call.number('reverse', 0) === 1 });
    return [call.number('exclusive', 0) === 1 ? sub(y, x) : y];
  },
};
