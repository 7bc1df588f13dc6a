/**
 * The instructions that kernels reach through cuda/device, against what the PTX ISA says of them: as the emulator does them
 * and, where there is a GPU, as it does them.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

import { testDevices } from '../devices.js';

interface Run {
  name: string;
  inputs: Record<string, number[]>;
  output: number[];
}

const program = (path: string) => fileURLToPath(new URL(`../../build/${path}`, import.meta.url));

function runs(path: string): Run[] {
  const output = execFileSync(program(path), { encoding: 'utf8', maxBuffer: 1 << 26, env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' } });
  return parsed(output);
}

const parsed = (lines: string): Run[] => lines.trim().split('\n').map((line) => JSON.parse(line) as Run);

const lanes = Array.from({ length: 32 }, (_, lane) => lane);

/** The two 16-bit elements of a word, the lower half first. */
const halves = (word: number): [number, number] => [word & 0xffff, word >>> 16];

function floatFrom(word: number): number {
  return new Float32Array(Uint32Array.of(word).buffer)[0]!;
}

const fromHalf = {
  bf16: (bits: number) => floatFrom((bits << 16) >>> 0),
  f16: (bits: number) => {
    const exponent = (bits >> 10) & 31, mantissa = bits & 1023; // normal numbers are all that the inputs hold
    return (bits & 0x8000 ? -1 : 1) * 2 ** (exponent - 15) * (1 + mantissa / 1024);
  },
};

/** PTX ISA, "Warp-level matrix load instruction": thread l holds elements 2 * (l % 4) and + 1 of row l / 4 of each matrix. */
function ldmatrix(rows: readonly number[], transposed: boolean): number[] {
  const element = (matrix: number, row: number, column: number) => halves(rows[(8 * matrix + row) * 4 + (column >> 1)]!)[column % 2]!;
  return lanes.flatMap((lane) =>
    [0, 1, 2, 3].map((matrix) => {
      const at = (column: number) => (transposed ? element(matrix, column, lane >> 2) : element(matrix, lane >> 2, column));
      const first = 2 * (lane % 4);
      return (at(first) | (at(first + 1) << 16)) >>> 0;
    }),
  );
}

type Type = 'bf16' | 'f16' | 'tf32';

/** Where elements of a fragment stand, from the figures of the PTX ISA: m16n8k16 of 16-bit types, m16n8k8 of TF32. */
function operands(type: Type, a: readonly number[], b: readonly number[], mi: number, ni: number) {
  const rows = 16 * mi, columns = 8 * ni, depth = type === 'tf32' ? 8 : 16;
  const left = Array.from({ length: rows }, () => new Float64Array(depth)), right = Array.from({ length: depth }, () => new Float64Array(columns));
  for (const lane of lanes) {
    const group = lane >> 2, inGroup = lane % 4;
    for (let i = 0; i < mi; i++) {
      for (let register = 0; register < 4; register++) {
        const word = a[(lane * mi + i) * 4 + register]!, row = left[16 * i + group + (register % 2 === 1 ? 8 : 0)]!;
        if (type === 'tf32') row[inGroup + (register >= 2 ? 4 : 0)] = floatFrom((word & 0xffffe000) >>> 0);
        else halves(word).forEach((bits, j) => (row[inGroup * 2 + j + (register >= 2 ? 8 : 0)] = fromHalf[type](bits)));
      }
    }
    for (let i = 0; i < ni; i++) {
      for (let register = 0; register < 2; register++) {
        const word = b[(lane * ni + i) * 2 + register]!, column = 8 * i + group;
        if (type === 'tf32') right[inGroup + 4 * register]![column] = floatFrom((word & 0xffffe000) >>> 0);
        else halves(word).forEach((bits, j) => (right[inGroup * 2 + j + 8 * register]![column] = fromHalf[type](bits)));
      }
    }
  }
  return { left, right };
}

/** What each lane's sums have to be, in float64. */
function product(type: Type, { a, b, d }: Record<string, number[]>, mi: number, ni: number): number[] {
  const { left, right } = operands(type, a!, b!, mi, ni);
  return lanes.flatMap((lane) =>
    Array.from({ length: 4 * mi * ni }, (_, at) => {
      const tile = at >> 2, register = at % 4;
      const row = 16 * Math.floor(tile / ni) + (lane >> 2) + (register >= 2 ? 8 : 0), column = 8 * (tile % ni) + (lane % 4) * 2 + (register % 2);
      return left[row]!.reduce((sum, value, k) => sum + value * right[k]![column]!, floatFrom(d![lane * 4 * mi * ni + at]!));
    }),
  );
}

const last = (words: readonly number[]) => lanes.flatMap((lane) => words.slice(4 * (31 - lane), 4 * (31 - lane) + 4));

/** The half of a word at a place of 16-bit elements. */
const half = (words: readonly number[], at: number) => halves(words[at >> 1]!)[at % 2]!;

/** A number of 32 bits with its sign. */
const signed = (word: number) => word | 0;

/**
 * A tile of rows of 128 bytes as TMA writes it with the swizzle of 128 bytes: PTX ISA, "Swizzling modes": the 16-byte chunk
 * c of row r is at chunk c xor (r mod 8).
 */
function swizzled(element: (row: number, column: number) => number): number[] {
  const tile = new Array<number>(64 * 64).fill(0);
  for (let row = 0; row < 64; row++) {
    for (let column = 0; column < 64; column++) tile[row * 64 + ((column >> 3) ^ (row % 8)) * 8 + (column % 8)] = element(row, column);
  }
  return Array.from({ length: 64 * 32 }, (_, i) => (tile[2 * i]! | (tile[2 * i + 1]! << 16)) >>> 0);
}

/** The box of 64 x 64 that begins at (x, y) of a matrix [70,80]; outside are zeros. */
function box({ matrix, at }: Record<string, number[]>): number[] {
  const [x, y] = at!.map(signed) as [number, number];
  return swizzled((row, column) => (y + row >= 0 && y + row < 70 && x + column >= 0 && x + column < 80 ? half(matrix!, (y + row) * 80 + x + column) : 0));
}

/** 64 windows of a 3 x 3 kernel over images [3,6,7,72] with padding 1, one after another from the first: elements of one tap. */
function windows({ images, at }: Record<string, number[]>, stride: number): number[] {
  const [c, w, h, n, offsetW, offsetH] = at!.map(signed) as [number, number, number, number, number, number];
  const wide = Math.floor((7 + 2 - 3) / stride) + 1, high = Math.floor((6 + 2 - 3) / stride) + 1;
  const first = (n * high + (h + 1) / stride) * wide + (w + 1) / stride;
  return swizzled((row, column) => {
    const window = first + row, q = window % wide, p = Math.floor(window / wide) % high, image = Math.floor(window / wide / high);
    const x = q * stride - 1 + offsetW, y = p * stride - 1 + offsetH;
    const inside = x >= 0 && x < 7 && y >= 0 && y < 6 && image < 3 && c + column < 72;
    return inside ? half(images!, ((image * 6 + y) * 7 + x) * 72 + c + column) : 0;
  });
}

/** How an operand of wgmma is stored: along its depth, or across it. */
type WgmmaMajor = 'k' | 'mn';

/**
 * Where element k of a row of a, or of a column of b, lies in shared memory, in elements: PTX ISA, "Canonical layouts", with
 * swizzling of 128 bytes, ((8,m),(T,2k)):((8T,SBO),(1,T)) and ((T,8,m),(8,k)):((1,T,LBO),(8T,SBO)), and Swizzle<3,4,3> of bytes.
 */
function wgmmaPlace(major: WgmmaMajor, row: number, k: number): number {
  const T = 8, SBO = 1024 / 2, LBO = (64 * 128) / 2;
  const at = major === 'k'
    ? (row % 8) * 8 * T + (row >> 3) * SBO + (k % T) + (k >> 3) * T
    : (row % T) + ((row >> 3) % 8) * T + (row >> 6) * LBO + (k % 8) * 8 * T + (k >> 3) * SBO;
  return at ^ (((at >> 6) & 7) << 3);
}

/** A matrix of `columns` columns in boxes of 64, one behind the other, as TMA writes each: see {@link swizzled}. */
function inBoxes(words: readonly number[], columns: number): number[] {
  const rows = (2 * words.length) / columns, found = new Array<number>(2 * words.length);
  for (let at = 0; at < found.length; at++) {
    const row = Math.floor(at / columns), column = at % columns, chunk = ((column % 64) >> 3) ^ (row % 8);
    found[(column >> 6) * rows * 64 + row * 64 + chunk * 8 + (column % 8)] = half(words, at);
  }
  return found;
}

/** The sums of each thread of a warpgroup: PTX ISA, figure of the fragment D of wgmma .m64nNk16. */
function warpgroupProduct(type: 'bf16' | 'f16', { a, b, d }: Record<string, number[]>, n: number, majorA: WgmmaMajor, majorB: WgmmaMajor): number[] {
  const tileA = inBoxes(a!, 64).map(fromHalf[type]), tileB = inBoxes(b!, majorB === 'k' ? 64 : n).map(fromHalf[type]);
  const left = (row: number, k: number) => tileA[wgmmaPlace(majorA, row, k)]!, right = (k: number, column: number) => tileB[wgmmaPlace(majorB, column, k)]!;
  return Array.from({ length: (128 * n) / 2 }, (_, at) => {
    const thread = Math.floor(at / (n / 2)), i = at % (n / 2), lane = thread % 32;
    const row = 16 * (thread >> 5) + (lane >> 2) + (i % 4 >= 2 ? 8 : 0), column = 8 * (i >> 2) + 2 * (lane % 4) + (i % 2);
    return Array.from({ length: 64 }, (_, k) => left(row, k) * right(k, column)).reduce((sum, product) => sum + product, floatFrom(d![at]!));
  });
}

function check({ name, inputs, output }: Run): void {
  const [primitive, type, tile, majorA, majorB] = name.split(' ') as [string, Type?, string?, WgmmaMajor?, WgmmaMajor?];
  const expectSums = (expected: readonly number[], tolerance: number) => {
    for (const [i, word] of output.entries()) expect(Math.abs(floatFrom(word) - expected[i]!), `element ${i}`).toBeLessThan(tolerance);
    expect(output.length).toBe(expected.length);
  };
  switch (primitive) {
    case 'cp_async_16': {
      const { source, valid } = inputs;
      return expect(output).toEqual(last(source!.map((word, i) => (valid![i >> 2] ? word : 0))));
    }
    case 'cp_async_wait':
      return expect(output).toEqual([0, 128].flatMap((start) => last(inputs['source']!.slice(start, start + 128))));
    case 'ldmatrix_x4':
      return expect(output).toEqual(ldmatrix(inputs['rows']!, false));
    case 'ldmatrix_x4_transposed':
      return expect(output).toEqual(ldmatrix(inputs['rows']!, true));
    case 'mma': {
      const [mi, ni] = tile!.split('x').map(Number) as [number, number];
      return expectSums(product(type!, inputs, mi, ni), 1e-5);
    }
    case 'named_barrier':
      return expect(output).toEqual([0, 64, 128, 192, 256, 320].flatMap((first) => inputs['x']!.slice(first, first + 64).reverse()));
    case 'mbarrier':
      return expect(output).toEqual([0, 64, 128, 192].flatMap((first) => inputs['x']!.slice(first, first + 64).reverse()));
    case 'tma_load_2d':
      return expect(output).toEqual(box(inputs));
    case 'tma_load_im2col':
      return expect(output).toEqual(windows(inputs, Number(type)));
    case 'wgmma':
      return expectSums(warpgroupProduct(type as 'bf16' | 'f16', inputs, Number(tile), majorA ?? 'k', majorB ?? 'k'), 4e-5);
    case 'to_tf32':
      // To the nearest with 10 bits of mantissa: the error is at most 2^-11 of the number, and the last 13 bits are 0.
      for (const [i, word] of output.entries()) {
        const x = floatFrom(inputs['x']![i]!), rounded = floatFrom(word);
        expect(word & 0x1fff).toBe(0);
        if (Number.isFinite(x)) expect(Math.abs(rounded - x)).toBeLessThanOrEqual(Math.abs(x) * 2 ** -11);
        else expect(rounded).toBe(x);
      }
      return;
    default:
      return expect.fail(`there is no reference for ${name}`);
  }
}

const hardware = existsSync('/proc/driver/nvidia/version') && existsSync(program('Release/primitives_cuda')) ? ['Release/primitives_cuda'] : [];

const emulated = testDevices.includes('emu') ? ['memory/primitives', 'race/primitives'] : [];

/** What GPUs answered, one file for each: `build/Release/primitives_cuda > test/device/recorded/NAME.jsonl`. */
const recorded = new URL('recorded/', import.meta.url);
const recordings = existsSync(recorded) ? readdirSync(recorded).map((name) => new URL(name, recorded)) : [];

const sources = [
  ...[...emulated, ...hardware].map((path) => ({ by: path, read: () => runs(path) })),
  ...recordings.map((url) => ({ by: basename(url.pathname), read: () => parsed(readFileSync(url, 'utf8')) })),
];

describe.each(sources)('primitives by $by', ({ read }) => {
  const all = read(), hasWarpgroups = all.some(({ name }) => name === 'mbarrier');

  it.each(all)('$name', check);

  it('every one of them', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(hasWarpgroups ? 23 : 11); // a GPU other than 9.0 has eleven
  });
});
