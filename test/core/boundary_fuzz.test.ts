/**
 * The boundary under random calls: whatever words arrive, native code throws an Error of its own, and neither
 * crashes nor hangs nor spoils later calls. CONVOLT_SEED=N draws other calls.
 */
import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { native, type Handle, type NativeData } from '../../lib/native.js';
import { testDevices } from '../devices.js';
import { TestRandom } from '../ops/array.js';
import { seed } from '../property/seed.js';

const calls: Record<string, number> = { cpu: 30_000, emu: 3_000 };
/** Bytes. What fits and is right runs, and must not take minutes. */
const memoryLimits: Record<string, number> = { emu: 2e6 };

/** Only our own errors, and promises that settle, come out. */
function isExpected(error: unknown): boolean {
  return error instanceof Error && /^(internal: |out of memory)/.test(error.message);
}

function product(factors: readonly number[]): number {
  return factors.reduce((total, factor) => total * factor, 1);
}

interface Field {
  name: string;
  kind: string;
}

/** An op as the addon describes it: `x[n,c]:u8 bias?[k]` and `n:size eps:float`. */
const ops = native.manifest.map((op) => ({
  name: op.name,
  inputs: op.inputs.split(' ').filter(Boolean).map((text) => {
    const [, , optional, extents, type] = /^(\w+)!?(\?)?!?\[([^\]]*)\](?::(\w+))?$/.exec(text) ?? [];
    return { optional: optional !== undefined, extents: (extents ?? '').split(','), type: type === 'i32' || type === 'u8' ? type : 'f32' };
  }),
  fields: op.fields.split(' ').filter(Boolean).map((text): Field => {
    const [name = '', kind = ''] = text.split(':');
    return { name, kind };
  }),
}));

describe.each(testDevices)('random calls on %s', (deviceName) => {
  test(`fail in order (CONVOLT_SEED=${seed})`, { timeout: 600_000 }, async () => {
    const random = new TestRandom(seed);
    const on = device(deviceName);
    on.setMemoryLimit(memoryLimits[deviceName] ?? 64e6);
    const words = new Int32Array(64);
    const floats = new Float32Array(words.buffer);
    native.bind(words);

    const live: Handle[] = [];
    const reads: Promise<unknown>[] = [];
    let thrown = 0, ran = 0;

    /**
     * A whole number: mostly small, sometimes at the edge of what an int32 holds. One such in a call, or what is
     * asked for may be right, and take hours.
     */
    let extremes = 1;
    function integer(): number {
      const kind = random.uniform();
      if (kind < 0.9 || extremes === 0) return random.integer(0, 5);
      if (kind < 0.97) return random.integer(-4, 70);
      extremes--;
      return [-1, 2 ** 31 - 1, -(2 ** 31), 65_536, 2 ** 20, 46_341][random.integer(0, 6)]!;
    }

    function handle(): Handle {
      return random.uniform() < 0.9 && live.length > 0 ? live[random.integer(0, live.length)]! : random.integer(-100, 1000);
    }

    function data(length = random.integer(0, 40), type = ['f32', 'i32', 'u8'][random.integer(0, 3)]): NativeData {
      const array = type === 'f32' ? new Float32Array(length) : type === 'i32' ? new Int32Array(length) : new Uint8Array(length);
      return array.map(() => random.integer(0, 5));
    }

    function attempt(act: () => void): void {
      try {
        act();
        ran++;
      } catch (error) {
        thrown++;
        if (!isExpected(error)) throw error;
      }
    }

    function hold(made: Handle): void {
      live.push(made);
    }

    /** A call of an op; its buffers mostly have the sizes that its parameters ask for. */
    function run(): void {
      const id = random.uniform() < 0.97 ? random.integer(0, ops.length) : integer();
      const op = ops[id];
      const values = new Map<string, number>();
      let at = op?.inputs.length ?? random.integer(0, 6);
      for (const { name, kind } of op?.fields ?? []) {
        for (let i = 0; i < (kind === 'sizes' ? 6 : 1); i++, at++) {
          if (kind === 'float') floats[at] = random.normal();
          else words[at] = kind === 'positive' && random.uniform() < 0.95 ? Math.max(integer(), 1) : integer();
          values.set(i === 0 ? name : `${name}.${i}`, words[at]!);
        }
      }
      /** All values of a parameter: six of a `sizes` field. */
      const all = (field: string) => [field, 1, 2, 3, 4, 5].flatMap((i) => values.get(typeof i === 'string' ? i : `${field}.${i}`) ?? []);
      /** What one extent of the op table stands for: a number, a parameter, a quotient, a walk; `*` is 4. */
      const extentOf = (extent: string): number => {
        const [first = '', divisor] = extent.split('/'), [shape = '', stride] = first.split('@');
        if (divisor) return Math.floor((values.get(first) ?? 0) / (values.get(divisor) ?? 1));
        if (stride) return all(shape).reduce((last, size, axis) => last + (size - 1) * all(stride)[axis]!, 1);
        if (values.has(shape)) return product(all(shape));
        return shape === '*' ? 4 : Number(shape);
      };
      const elements = (extents: readonly string[]) => product(extents.map(extentOf));
      const made: Handle[] = [];
      for (const [i, { optional, extents, type }] of (op?.inputs ?? []).entries()) {
        const wanted = elements(extents);
        if (optional && random.uniform() < 0.3) words[i] = 0;
        else if (wanted >= 0 && wanted < 5000 && random.uniform() < 0.9) {
          words[i] = native.create(on.id, data(wanted, type));
          made.push(words[i]);
        } else words[i] = handle();
      }
      const outputs = id in ops ? native.manifest[id]!.outputs.split(' ').filter(Boolean).length : 0;
      try {
        native.run(id, random.uniform() < 0.99 ? on.id : integer());
        for (let i = 0; i < outputs; i++) hold(words[i]!);
      } finally {
        for (const each of made) native.free(each);
      }
    }

    const actions: (() => void)[] = [
      ...Array<() => void>(12).fill(run),
      () => { hold(native.create(random.uniform() < 0.98 ? on.id : integer(), data())); },
      () => { hold(native.view(handle(), integer(), integer())); },
      () => { native.free(random.uniform() < 0.9 ? (live.splice(random.integer(0, live.length + 1), 1)[0] ?? 0) : integer()); },
      () => { native.write(handle(), data()); },
      () => { reads.push(native.read(handle()).catch((error: unknown) => { if (!isExpected(error)) throw error; })); },
    ];

    for (let i = 0; i < (calls[deviceName] ?? 10_000); i++) {
      extremes = 1;
      attempt(actions[random.integer(0, actions.length)]!);
      if (live.length > 300) attempt(() => { native.free(live.shift()!); });
      if (i % 200 === 0) await Promise.all(reads.splice(0));
    }
    await Promise.all(reads);
    for (const each of live) attempt(() => { native.free(each); });
    expect(thrown).toBeGreaterThan(100);
    expect(ran).toBeGreaterThan(100);

    // What is right still works, on the same device.
    const a = native.create(on.id, Float32Array.of(1, 2, 3, 4)), b = native.create(on.id, Float32Array.of(10, 20, 30, 40));
    words.set([a, b, 1, 1, 1, 1, 1, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
    native.run(ops.findIndex(({ name }) => name === 'add'), on.id);
    expect(await native.read(words[0]!)).toEqual(Float32Array.of(11, 22, 33, 44));
  });

  test('wrong kinds of arguments are refused', () => {
    device(deviceName);
    const wrong: unknown[] = [undefined, null, 'x', {}, new Float64Array(2), Symbol.iterator];
    const functions = ['run', 'create', 'write', 'view', 'free', 'setMemoryLimit', 'trim', 'memory', 'bind'] as const;
    for (const name of functions) {
      for (const value of wrong) {
        expect(() => (native[name] as (...values: unknown[]) => unknown)(value, value, value), `${name}(${String(value)})`).toThrow(/^internal: /);
      }
    }
  });
});
