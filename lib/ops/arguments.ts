/** Checks of what users pass to ops. A message is one sentence: op, argument, expected, received. */
import { isAutocasting } from '../core/autocast.js';
import type { Device } from '../core/device.js';
import { isFloat, type DType } from '../core/dtype.js';
import { ConvoltError } from '../core/errors.js';
import { shapeText } from '../core/shape.js';
import { Tensor } from '../core/tensor.js';

export function argumentError(op: string, problem: string): ConvoltError {
  return new ConvoltError('ERR_ARGUMENT', `${op}: ${problem}`);
}

/** A received value, as messages print it. */
export function valueText(value: unknown): string {
  if (value instanceof Tensor) return value.toString();
  if (Array.isArray(value)) return `[${value.map(valueText).join(',')}]`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'string' ? `'${value}'` : String(value);
}

/** Checks that an argument is a live tensor and, if given, on the device of another. */
export function checkAnyTensor(op: string, name: string, value: Tensor<DType>, like?: { name: string; device: Device }): void {
  if (!(value instanceof Tensor)) {
    throw argumentError(op, `expected ${name} to be a tensor, but got ${valueText(value)}`);
  }
  if (value.isDisposed) {
    throw argumentError(op, `expected ${name} to be a live tensor, but got ${shapeText(value.shape)} that was disposed`);
  }
  if (like && value.device !== like.device) {
    throw argumentError(op, `expected ${name} to be on ${like.device.name}, like ${like.name}, but got ${value.device.name}`);
  }
}

/** Checks that an argument is a live tensor of the given type and, if given, device. */
export function checkTensor(
  op: string,
  name: string,
  value: Tensor<DType>,
  dtype: DType,
  like?: { name: string; device: Device },
): void {
  checkAnyTensor(op, name, value, like);
  if (value.dtype !== dtype && !(isAutocasting() && isFloat(dtype) && isFloat(value.dtype))) {
    throw argumentError(op, `expected ${name} to be of type ${dtype}, but got ${value.dtype} ${shapeText(value.shape)}`);
  }
}

type Named = Readonly<Record<string, Tensor<DType> | undefined>>;

/**
 * Checks that the tensors are live, float32, and on the device of the first.
 *
 * @param optional of these, those that are undefined pass.
 */
export function checkFloats(op: string, required: Readonly<Record<string, Tensor<DType>>>, optional: Named = {}): void {
  let like: { name: string; device: Device } | undefined;
  for (const name in required) {
    const value = required[name]!;
    checkTensor(op, name, value, 'float32', like);
    like ??= { name, device: value.device };
  }
  for (const name in optional) {
    const value = optional[name];
    if (value) checkTensor(op, name, value, 'float32', like);
  }
}

/**
 * Checks that the tensors are live, of one float type, and on one device: that of the first. For ops that also take
 * 16-bit floats.
 *
 * @param optional of these, those that are undefined pass.
 */
export function checkSameFloats(op: string, required: Readonly<Record<string, Tensor<DType>>>, optional: Named = {}): void {
  let first: { name: string; device: Device; dtype: DType } | undefined;
  for (const [name, value] of [...Object.entries(required), ...Object.entries(optional)]) {
    if (value === undefined && name in optional) continue;
    checkAnyTensor(op, name, value!, first);
    const { dtype, device, shape } = value!;
    if (!isFloat(dtype) || (dtype !== (first ?? value)!.dtype && !isAutocasting())) {
      const expected = first ? `${first.dtype}, like ${first.name}` : 'float32, bfloat16 or float16';
      throw argumentError(op, `expected ${name} to be of type ${expected}, but got ${dtype} ${shapeText(shape)}`);
    }
    first ??= { name, device, dtype };
  }
}

/** Checks the number of axes. @param layout as messages print it, e.g. `[N,H,W,C]`. */
export function checkRank(op: string, name: string, value: Tensor<DType>, rank: number, layout: string): void {
  if (value.shape.length !== rank) {
    throw argumentError(op, `expected ${name} to have the ${rank} axes ${layout}, but got shape ${shapeText(value.shape)}`);
  }
}

/** Checks a vector with one number for each channel. @param why where the length comes from. */
export function checkVector(op: string, name: string, value: Tensor<DType> | undefined, length: number, why: string): void {
  if (value && (value.shape.length !== 1 || value.shape[0] !== length)) {
    throw argumentError(op, `expected ${name} to have shape [${length}], ${why}, but got ${shapeText(value.shape)}`);
  }
}

/** Checks a number that must lie in [least, most], or in [least, most) if `open`; Infinity is no bound. */
export function checkNumber(op: string, name: string, value: number, least: number, most: number, open = false): void {
  if (typeof value !== 'number' || !(value >= least && (open ? value < most : value <= most))) {
    const range = most === Infinity ? `of at least ${least}` : `from ${least} ${open ? 'to below' : 'to'} ${most}`;
    const kind = most === Infinity && open ? 'a finite number' : 'a number';
    throw argumentError(op, `expected ${name} to be ${kind} ${range}, but got ${valueText(value)}`);
  }
}

/** Checks options that may be any finite numbers. */
export function checkFinite(op: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isFinite(value)) throw argumentError(op, `expected ${name} to be a finite number, but got ${valueText(value)}`);
  }
}

/** Checks a number that something is divided by. */
export function checkNonzero(op: string, name: string, value: number): void {
  if (value === 0) throw argumentError(op, `expected ${name} to be a number other than 0, but got 0`);
}

/** Checks that an option is one of a few words. */
export function checkChoice(op: string, name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    const words = choices.map((choice) => `'${choice}'`).join(' or ');
    throw argumentError(op, `expected ${name} to be ${words}, but got ${valueText(value)}`);
  }
}

/** Checks that options were given, as an object. @param example as messages print it. */
export function checkOptions(op: string, options: unknown, example = ''): void {
  if (typeof options !== 'object' || options === null) {
    throw argumentError(op, `expected options to be an object${example && ` like ${example}`}, but got ${valueText(options)}`);
  }
}

/** Checks that an argument is a text that is not empty: a name, or a file's path. */
export function checkText(op: string, name: string, value: string): void {
  if (typeof value !== 'string' || value === '') throw argumentError(op, `expected ${name} to be a text that is not empty, but got ${valueText(value)}`);
}

/** Checks that an argument is a list. @param of what it is of, in the plural. */
export function checkList(op: string, name: string, value: readonly unknown[], of: string): void {
  if (!isList(value)) throw argumentError(op, `expected ${name} to be a list of ${of}, but got ${valueText(value)}`);
}

/** An axis counted from the front; negative ones count from the end. */
export function resolveAxis(op: string, name: string, axis: number, x: Tensor<DType>): number {
  const rank = x.shape.length;
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw argumentError(
      op,
      `expected ${name} to be a whole number from ${-rank} to ${rank - 1} for x ${shapeText(x.shape)}, but got ${valueText(axis)}`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/** Most elements along an axis for which the host makes a table, as resampling does. */
const mostMapped = 2 ** 24;

/** Checks extents that a table is made for. */
export function checkMapped(op: string, name: string, extents: readonly number[]): void {
  if (extents.some((extent) => extent > mostMapped)) {
    throw argumentError(op, `expected ${name} to give at most ${mostMapped} elements along an axis, but got ${valueText(extents)}`);
  }
}

/** Axes as a list; one may stand alone. */
export function axisList(op: string, name: string, axes: number | readonly number[]): readonly number[] {
  const list = typeof axes === 'number' ? [axes] : axes;
  if (!isList(list)) throw argumentError(op, `expected ${name} to be an axis or a list of axes, but got ${valueText(axes)}`);
  return list;
}

/** Whether a value is a list of so many. */
export function isListOf(length: number, value: unknown): boolean {
  return isList(value) && value.length === length;
}

/** Array.isArray, which would turn a readonly list into one of `any`. */
export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
