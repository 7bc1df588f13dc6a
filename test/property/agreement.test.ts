/** Every public op on each device against the first one: what the devices compute has to be the same. */
import { describe, expect, test } from 'vitest';

import { device, type Device } from '../../lib/core/device.js';
import type { DType } from '../../lib/core/dtype.js';
import { scope } from '../../lib/core/scope.js';
import { Tensor } from '../../lib/core/tensor.js';
import * as ops from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { float32Tolerance } from '../ops/harness.js';
import { calls, isSpec, make, type OpName } from './calls.js';

const [first, ...others] = testDevices as readonly [string, ...string[]];

/** A valid argument with its tensors made. */
function made(argument: unknown, on: Device): unknown {
  if (isSpec(argument)) return make(argument, on);
  if (Array.isArray(argument)) return argument.map((each) => made(each, on));
  if (typeof argument !== 'object' || argument === null) return argument;
  return Object.fromEntries(Object.entries(argument).map(([name, option]) => [name, made(option, on)]));
}

function tensorsIn(value: unknown): Tensor<DType>[] {
  if (value instanceof Tensor) return [value as Tensor<DType>];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(tensorsIn) : [];
}

/** The numbers of everything that an op returns, and of the tensors that it was given, as it may change them. */
async function numbers(name: OpName, on: Device): Promise<Float64Array[]> {
  const op = ops[name] as (...args: unknown[]) => unknown;
  const reads = scope(() => {
    const args = calls[name].map((argument) => made(argument, on));
    const result = op(...args);
    // What is on the host, or comes later, cannot be told from tensors here: it is what the op's own test looks at.
    return { all: [...tensorsIn(result), ...tensorsIn(args)].map((tensor) => tensor.data()) };
  }).all;
  return (await Promise.all(reads)).map((data) => Float64Array.from(data));
}

/** Relative to the largest number: ops of few terms, but for powers and logarithms, which differ by more between libraries. */
const tolerance = 20 * float32Tolerance;

function expectSame(name: string, found: Float64Array, expected: Float64Array): void {
  expect(found.length).toBe(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Number.isFinite(value) ? Math.abs(value) : 0), 0);
  for (const [i, value] of found.entries()) {
    if (Object.is(value, expected[i]) || value === expected[i]) continue; // NaN and infinity, too
    expect(Math.abs(value - expected[i]!), `${name}: element ${i} is ${value}, and not ${expected[i]}`).toBeLessThanOrEqual(tolerance * Math.max(largest, 1));
  }
}

test('what is read of the ops is not nothing', async () => {
  const read = await Promise.all((['add', 'batchNorm', 'conv2d', 'sort'] as const).map((op) => numbers(op, device(first))));
  for (const arrays of read) expect(arrays.length).toBeGreaterThan(1);
});

describe.each(others)(`%s agrees with ${first}`, (name) => {
  test.each(Object.keys(calls) as OpName[])('%s', async (op) => {
    const expected = await numbers(op, device(first)), found = await numbers(op, device(name));
    expect(found).toHaveLength(expected.length);
    for (const [i, each] of found.entries()) expectSame(op, each, expected[i]!);
  });
});
