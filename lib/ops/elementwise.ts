/** Arithmetic element by element, with broadcasting, and the way from bytes to floats. */
import { filled } from '../core/gradient_memory.js';
import { op, type Op } from '../core/op.js';
import { run } from '../core/run.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkSameFloats, checkTensor, valueText } from './arguments.js';
import { commonShape, denseWalk, overCommonShape, pairWalk } from './broadcast.js';
import { sumTo } from './reduce.js';

type BinaryName = 'add' | 'sub' | 'mul' | 'div';

const addOp = op('add', 'add', {
  saves: [],
  gradients: {
    a: (dy, { shapes }) => sumTo(dy, shapes.a),
    b: (dy, { shapes }) => sumTo(dy, shapes.b),
  },
});

const subOp = op('sub', 'sub', {
  saves: [],
  gradients: {
    a: (dy, { shapes }) => sumTo(dy, shapes.a),
    b: (dy, { shapes }) => neg(sumTo(dy, shapes.b)),
  },
});

const mulOp = op('mul', 'mul', {
  saves: ['a', 'b'],
  gradients: {
    a: (dy, { saved, shapes }) => sumTo(mul(dy, saved.b), shapes.a),
    b: (dy, { saved, shapes }) => sumTo(mul(dy, saved.a), shapes.b),
  },
});

const divOp = op('div', 'div', {
  saves: ['b', 'y'],
  gradients: {
    a: (dy, { saved, shapes }) => sumTo(div(dy, saved.b), shapes.a),
    b: (dy, { saved, shapes }) => neg(sumTo(div(mul(dy, saved.y), saved.b), shapes.b)),
  },
});

const affineOp: Op<'affine'> = op('affine', 'affine', {
  saves: [],
  gradients: {
    x: (dy, { params: { scale }, shapes }) => affineOp({ x: dy }, { ...denseWalk(shapes.x), scale, shift: 0 }, { y: shapes.x }).y,
  },
});

/** Runs a binary op of two tensors over the shape that they stretch to. */
function binary(name: BinaryName, native: Op<BinaryName>, a: Tensor, b: Tensor): Tensor {
  checkSameFloats(name, { a, b });
  const y = commonShape(name, { a: a.shape, b: b.shape });
  return overCommonShape(y, a, b, (a, b) => native({ a, b }, pairWalk(name, a.shape, b.shape, y), { y }).y);
}

/** A number as an operand beside a tensor: one element that stretches. */
function withNumber(name: BinaryName, like: Tensor, value: number, compute: (operand: Tensor) => Tensor): Tensor {
  checkSameFloats(name, { 'the other operand': like });
  const operand = filled([], value, like.device, like.dtype);
  const result = compute(operand);
  operand.dispose();
  return result;
}

/** One of the operands of a binary op has to be a tensor; the types say so too. */
function twoNumbers(name: BinaryName, a: number, b: number): Error {
  return argumentError(name, `expected a or b to be a tensor, but got ${valueText(a)} and ${valueText(b)}`);
}

/**
 * a + b, element by element. Shapes broadcast as in numpy: aligned at the last axis, an extent of 1 stretches.
 *
 * @param a floats of any type, or a number.
 * @param b of the same type, or a number.
 * @returns the shape that both stretch to.
 * @throws ERR_ARGUMENT if types or devices differ, the shapes do not broadcast, or more than six separate
 *   groups of axes would be needed.
 */
export function add(a: Tensor, b: Tensor | number): Tensor;
export function add(a: number, b: Tensor): Tensor;
export function add(a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof a === 'number') {
    if (typeof b === 'number') throw twoNumbers('add', a, b);
    return affineFor('add', b, 1, a);
  }
  return typeof b === 'number' ? affineFor('add', a, 1, b) : binary('add', addOp, a, b);
}

/**
 * a - b, element by element, with broadcasting as in {@link add}.
 *
 * @param a floats of any type, or a number.
 * @param b of the same type, or a number.
 * @returns the shape that both stretch to.
 * @throws ERR_ARGUMENT as {@link add} does.
 */
export function sub(a: Tensor, b: Tensor | number): Tensor;
export function sub(a: number, b: Tensor): Tensor;
export function sub(a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof a === 'number') {
    if (typeof b === 'number') throw twoNumbers('sub', a, b);
    return affineFor('sub', b, -1, a);
  }
  return typeof b === 'number' ? affineFor('sub', a, 1, -b) : binary('sub', subOp, a, b);
}

/**
 * a * b, element by element, with broadcasting as in {@link add}.
 *
 * @param a floats of any type, or a number.
 * @param b of the same type, or a number.
 * @returns the shape that both stretch to.
 * @throws ERR_ARGUMENT as {@link add} does.
 */
export function mul(a: Tensor, b: Tensor | number): Tensor;
export function mul(a: number, b: Tensor): Tensor;
export function mul(a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof a === 'number') {
    if (typeof b === 'number') throw twoNumbers('mul', a, b);
    return affineFor('mul', b, a, 0);
  }
  return typeof b === 'number' ? affineFor('mul', a, b, 0) : binary('mul', mulOp, a, b);
}

/**
 * a / b, element by element, correctly rounded, with broadcasting as in {@link add}.
 *
 * @param a floats of any type, or a number.
 * @param b of the same type, or a number.
 * @returns the shape that both stretch to.
 * @throws ERR_ARGUMENT as {@link add} does.
 */
export function div(a: Tensor, b: Tensor | number): Tensor;
export function div(a: number, b: Tensor): Tensor;
export function div(a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof a === 'number') {
    if (typeof b === 'number') throw twoNumbers('div', a, b);
    return withNumber('div', b, a, (operand) => binary('div', divOp, operand, b));
  }
  return typeof b === 'number'
    ? withNumber('div', a, b, (operand) => binary('div', divOp, a, operand))
    : binary('div', divOp, a, b);
}

export interface AffineOptions {
  /** Default 1. */
  scale?: number | undefined;
  /** Default 0. */
  shift?: number | undefined;
}

/** scale * x + shift under the name of the op that users called. */
function affineFor(name: string, x: Tensor, scale: number, shift: number): Tensor {
  checkSameFloats(name, { x });
  checkFactors(name, scale, shift);
  return affineOp({ x }, { ...denseWalk(x.shape), scale, shift }, { y: x.shape }).y;
}

function checkFactors(name: string, scale: number, shift: number): void {
  for (const value of [scale, shift]) {
    if (typeof value !== 'number') throw argumentError(name, `expected scale and shift to be numbers, but got ${valueText(value)}`);
  }
}

/**
 * scale * x + shift.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function affine(x: Tensor, { scale = 1, shift = 0 }: AffineOptions): Tensor {
  return affineFor('affine', x, scale, shift);
}

/**
 * -x.
 *
 * @param x floats of any type and shape.
 * @returns the shape of x.
 * @throws ERR_ARGUMENT if x is not a live tensor of floats.
 */
export function neg(x: Tensor): Tensor {
  return affineFor('neg', x, -1, 0);
}

/**
 * scale * x + shift of bytes, as float32; with `{ scale: 1 / 255 }`, pixels from 0 to 1. Has no gradient.
 *
 * @param x uint8, any shape.
 * @returns float32, the shape of x.
 * @throws ERR_ARGUMENT if x is not a live uint8 tensor.
 */
export function toFloat(x: Tensor<'uint8'>, { scale = 1, shift = 0 }: AffineOptions = {}): Tensor {
  checkTensor('toFloat', 'x', x, 'uint8');
  checkFactors('toFloat', scale, shift);
  return run('affine_from_u8', { x }, { ...denseWalk(x.shape), scale, shift }, { y: x.shape }).y;
}
