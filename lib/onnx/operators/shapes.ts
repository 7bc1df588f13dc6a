/** Operators that give the same elements in another shape, or values that the file holds. */
import { numel } from '../../core/shape.js';
import type { Call, Operators, Result } from '../call.js';
import { Unsupported, type OnnxTensor } from '../model.js';

function reshaped(call: Call, shape: readonly number[]): Result[] {
  return [call.floats(0).reshape(shape)];
}

/** Axes of a tensor with `rank` axes, counted from the front. */
function fromFront(axes: readonly number[], rank: number): number[] {
  return axes.map((axis) => (axis + rank) % rank);
}

function integers(values: readonly number[]): OnnxTensor {
  return { type: 'int64', shape: [values.length], data: Float64Array.from(values) };
}

export const shapes: Operators = {
  Identity: (call) => [call.isOnHost(0) ? call.host(0) : call.asHeld(0)],
  Constant(call) {
    const value = call.attribute('value'), number = call.attribute('value_float') ?? call.attribute('value_int');
    if (typeof number === 'number') return [{ type: 'float', shape: [], data: Float64Array.of(number) }];
    if (value === undefined || typeof value !== 'object' || Array.isArray(value)) {
      const list = call.list('value_ints') ?? call.list('value_floats');
      if (!list) throw new Unsupported('constants that are not tensors of numbers');
      return [integers(list)];
    }
    return [value];
  },
  Shape(call) {
    const shape = call.shape(0), end = call.attribute('end');
    return [integers(shape.slice(call.number('start', 0), typeof end === 'number' ? end : undefined))];
  },
  Size: (call) => [{ type: 'int64', shape: [], data: Float64Array.of(numel(call.shape(0))) }],
  Reshape(call) {
    const from = call.shape(0);
    const shape = call.listOrInput('shape', 1)!.map((extent, i) => (extent === 0 && call.number('allowzero', 0) === 0 ? from[i]! : extent));
    return reshaped(call, shape);
  },
  Flatten(call) {
    const shape = call.shape(0), axis = call.number('axis', 1), before = axis < 0 ? axis + shape.length : axis;
    return reshaped(call, [numel(shape.slice(0, before)), numel(shape.slice(before))]);
  },
  Squeeze(call) {
    const shape = call.shape(0), listed = call.listOrInput('axes', 1);
    const axes = listed ? fromFront(listed, shape.length) : shape.flatMap((extent, axis) => (extent === 1 ? [axis] : []));
    return reshaped(call, shape.filter((_, axis) => !axes.includes(axis)));
  },
  Unsqueeze(call) {
    const listed = call.listOrInput('axes', 1)!, rest = [...call.shape(0)];
    const axes = fromFront(listed, rest.length + listed.length);
    return reshaped(call, Array.from({ length: rest.length + axes.length }, (_, axis) => (axes.includes(axis) ? 1 : rest.shift()!)));
  },
};
