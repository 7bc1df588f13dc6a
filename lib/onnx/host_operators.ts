/**
 * Operators on values that are on the host: shapes, and what files compute of them. What they compute is part of how the
 * graph runs, as the extents of a Reshape are.
 */
import { sameShape } from '../core/shape.js';
import type { Call } from './call.js';
import type { OnnxTensor } from './model.js';
import { elementTypes, type ElementName } from './schema.js';

/** Gives undefined for values that it is not for; these go to a device. */
type HostOperator = (call: Call) => OnnxTensor | undefined;

/** More values than that are no shape. */
const mostExtents = 64;

const isInteger = (type: string) => type.includes('int') || type === 'bool';

/** Values of one shape, or a single one with any others. */
function binary(op: (a: number, b: number, isInteger: boolean) => number): HostOperator {
  return (call) => {
    const a = call.host(0), b = call.host(1), { type } = a;
    const count = Math.max(a.data.length, b.data.length), longer = a.shape.length >= b.shape.length && a.data.length === count ? a : b;
    const fits = [a, b].every((x) => x.data.length === 1 || sameShape(x.shape, longer.shape));
    if (!fits || longer.data.length !== count) return undefined;
    const at = ({ data }: OnnxTensor, i: number) => data[data.length === 1 ? 0 : i]!;
    return { type, shape: longer.shape, data: Float64Array.from({ length: count }, (_, i) => op(at(a, i), at(b, i), isInteger(type))) };
  };
}

function elementwise(op: (x: number) => number): HostOperator {
  return (call) => {
    const x = call.host(0);
    return { ...x, data: x.data.map((value) => op(value)) };
  };
}

function cast(call: Call): OnnxTensor | undefined {
  const { shape, data } = call.host(0), number = call.number('to', 0);
  const type = (Object.keys(elementTypes) as ElementName[]).find((name) => elementTypes[name] === number);
  if (!type || ['string', 'float16', 'bfloat16'].includes(type)) return undefined;
  const convert = type === 'bool' ? (value: number) => Number(value !== 0) : isInteger(type) ? Math.trunc : type === 'float' ? Math.fround : (value: number) => value;
  return { type, shape, data: data.map((value) => convert(value)) };
}

/** Of a list, along its only axis. */
function gather(call: Call): OnnxTensor | undefined {
  const { type, shape, data } = call.host(0), index = call.host(1);
  if (shape.length !== 1) return undefined;
  const places = [...index.data].map((place) => (place < 0 ? place + data.length : place));
  if (places.some((place) => !(place >= 0 && place < data.length))) return undefined;
  return { type, shape: index.shape, data: Float64Array.from(places, (place) => data[place]!) };
}

function concat(call: Call): OnnxTensor | undefined {
  const lists = Array.from({ length: call.inputCount }, (_, i) => call.host(i));
  if (lists.some(({ shape }) => shape.length !== 1)) return undefined;
  const data = Float64Array.from(lists.flatMap((list) => [...list.data]));
  return { type: lists[0]!.type, shape: [data.length], data };
}

function slice(call: Call): OnnxTensor | undefined {
  const { type, shape, data } = call.host(0);
  const [start, ...more] = call.listOrInput('starts', 1) ?? [], [end] = call.listOrInput('ends', 2) ?? [], [step = 1] = call.numbers(4) ?? [];
  if (shape.length !== 1 || more.length > 0 || step !== 1) return undefined;
  const part = data.slice(start, end);
  return { type, shape: [part.length], data: part };
}

/** A list of one value. */
function constantOfShape(call: Call): OnnxTensor | undefined {
  const { data: [count = 1, ...more] } = call.host(0), value = call.attribute('value');
  if (more.length > 0 || count > mostExtents) return undefined;
  const { type, data: [first = 0] } = typeof value === 'object' && !Array.isArray(value) ? value : { type: 'float', data: [] };
  return { type, shape: call.host(0).data.length === 0 ? [] : [count], data: new Float64Array(count).fill(first) };
}

/** The same values as a list, or as a lone number. */
function withShape(shapeOf: (shape: readonly number[]) => number[] | undefined): HostOperator {
  return (call) => {
    const x = call.host(0), shape = shapeOf(x.shape);
    return shape && { ...x, shape };
  };
}

export const hostOperators: Readonly<Record<string, HostOperator>> = {
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b, integers) => (integers ? Math.trunc(a / b) : a / b)),
  Neg: elementwise((x) => -x),
  Floor: elementwise(Math.floor),
  Ceil: elementwise(Math.ceil),
  Cast: cast,
  Gather: gather,
  Concat: concat,
  Slice: slice,
  ConstantOfShape: constantOfShape,
  Squeeze: withShape((shape) => (shape.length === 1 && shape[0] === 1 ? [] : undefined)),
  Unsqueeze: withShape((shape) => (shape.length === 0 ? [1] : undefined)),
};
