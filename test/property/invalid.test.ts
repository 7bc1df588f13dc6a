/**
 * Every public op with one argument spoiled: it works, or it says in one sentence which argument it expected to be what and
 * what it got. It never crashes, and never says `internal:`. CONVOLT_SEED=N draws others.
 */
import { afterEach, describe, expect, test } from 'vitest';

import { device, type Device } from '../../lib/core/device.js';
import { ConvoltError } from '../../lib/core/errors.js';
import { scope } from '../../lib/core/scope.js';
import { tensor } from '../../lib/core/tensor.js';
import { valueText } from '../../lib/ops/arguments.js';
import * as ops from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import type { TestRandom } from '../ops/array.js';
import { calls, isSpec, make, type Arguments, type OpName, type TensorSpec } from './calls.js';
import { randomFor, seed } from './seed.js';

/** Something in place of an argument, and whether no op can do with it. */
interface Junk {
  value: unknown;
  isCertain: boolean;
}

const certain = (...values: unknown[]): Junk[] => values.map((value) => ({ value, isCertain: true }));
const uncertain = (...values: unknown[]): Junk[] => values.map((value) => ({ value, isCertain: false }));

const anObject = { some: 'object' };
const numbers = uncertain(-1, 0, 1.5, NaN, Infinity, -Infinity, 33_000, 1e9, 2 ** 31, 2 ** 53, null, [1, 2, 3, 4, 5]);
const lists = uncertain([], [0], [-1], [1.5], [1, 1, 1, 1, 1, 1, 1, 1], [2 ** 31, 2], null, 7);

/** What to put in place of a valid argument. */
function junkFor(valid: unknown, on: Device, random: TestRandom): Junk[] {
  if (isSpec(valid)) return junkTensors(valid, on, random);
  if (Array.isArray(valid)) return [...certain('text', anObject, [NaN], ['a'], true), ...lists];
  if (typeof valid === 'number') return [...certain('text', anObject), ...numbers];
  if (typeof valid === 'string') return [...certain('no such', anObject), ...uncertain(5)]; // paddings are words or numbers
  return uncertain('text', 5, null);
}

function junkTensors(valid: TensorSpec, on: Device, random: TestRandom): Junk[] {
  const disposed = make(valid, on);
  disposed.dispose();
  const shape = Array.from({ length: random.integer(0, 6) }, () => random.integer(0, 5));
  const dtype = (['float32', 'int32', 'uint8'] as const)[random.integer(0, 3)]!;
  const half = tensor(new Float32Array(valid.shape.reduce((a, b) => a * b, 1)), { shape: valid.shape, dtype: 'float16', device: on });
  return [
    ...certain('text', anObject, [], true, disposed),
    { value: undefined, isCertain: !valid.isOptional },
    ...uncertain(null, 5, make({ shape, dtype: valid.dtype, below: 1 }, on), make({ shape: valid.shape, dtype, below: 2 }, on), half),
  ];
}

/** Where an argument is: its position, and its name or place in an object or list of options. */
type Path = readonly [position: number, key?: string | number];

/** Everything that can be spoiled in a call. */
function pathsOf(args: Arguments): Path[] {
  return args.flatMap((argument, position): Path[] => {
    if (isSpec(argument)) return [[position]];
    if (Array.isArray(argument) && argument.some(isSpec)) return [[position], ...argument.map((_, i): Path => [position, i])];
    if (typeof argument !== 'object' || argument === null || Array.isArray(argument)) return [[position]];
    return Object.keys(argument).map((key): Path => [position, key]);
  });
}

function at(args: Arguments, [position, key]: Path): unknown {
  const argument = args[position];
  return key === undefined ? argument : (argument as Record<string, unknown>)[key];
}

/** The arguments with tensors made, and one of them replaced. */
function spoiled(args: Arguments, [position, key]: Path, value: unknown, on: Device): unknown[] {
  const made = (argument: unknown): unknown => {
    if (isSpec(argument)) return make(argument, on);
    if (Array.isArray(argument)) return argument.map(made);
    if (typeof argument !== 'object' || argument === null) return argument;
    return Object.fromEntries(Object.entries(argument).map(([name, option]) => [name, made(option)]));
  };
  const all = args.map(made);
  if (key === undefined) all[position] = value;
  else (all[position] as Record<string, unknown>)[key] = value;
  return all;
}

/** What is wrong with the way an op took its arguments; '' if nothing is. */
async function complaint(name: OpName, args: readonly unknown[], mustThrow: boolean): Promise<string> {
  const op = ops[name] as (...args: unknown[]) => unknown;
  try {
    // A promise is put into an object, as scopes do not take one.
    await scope(() => ({ result: op(...args) })).result;
  } catch (error) {
    if (error instanceof ConvoltError && error.code === 'ERR_OUT_OF_MEMORY') return '';
    if (!(error instanceof ConvoltError)) return `threw ${String(error)}`;
    const isClear = error.code === 'ERR_ARGUMENT' && new RegExp(`^${name}: expected .+ but got .+$`, 's').test(error.message);
    return isClear ? '' : `threw ${error.code} ${error.message}`;
  }
  return mustThrow ? 'did not throw' : '';
}

const names = Object.keys(ops).filter((name) => typeof ops[name as keyof typeof ops] === 'function') as OpName[];

test('there is a call of every public op', () => {
  expect(Object.keys(calls).sort()).toEqual([...names].sort());
});

describe.each(testDevices)(`spoiled arguments on %s, CONVOLT_SEED=${seed}`, (deviceName) => {
  const on = device(deviceName);
  afterEach(() => on.setMemoryLimit(0));

  test.each(names)('%s', async (name) => {
    on.setMemoryLimit(2 ** 28);
    const args = calls[name], random = randomFor(names.indexOf(name));
    expect(await complaint(name, spoiled(args, [args.length], undefined, on), false), 'the valid call').toBe('');
    const problems: string[] = [];
    for (const path of pathsOf(args)) {
      for (const { value, isCertain } of junkFor(at(args, path), on, random)) {
        const problem = await complaint(name, spoiled(args, path, value, on), isCertain);
        if (problem !== '') problems.push(`argument ${path.join('.')} as ${valueText(value)}: ${problem}`);
      }
    }
    await on.synchronize();
    expect(problems).toEqual([]);
  });
});
