import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { isBenchmarking, setBenchmark } from '../../lib/core/benchmark.js';
import { capture } from '../../lib/core/capture.js';
import { cudaInfo } from '../../lib/core/device.js';
import type { DType } from '../../lib/core/dtype.js';
import { observeRuns } from '../../lib/core/run.js';
import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { batchNorm, cast, conv2d, convBatchNorm, mul, sum, type ConvAlgorithm, type ConvOptions } from '../../lib/ops/index.js';
import { native } from '../../lib/native.js';
import { testDevices } from '../devices.js';

/** ConvAlgorithm of native/params.h. */
const names: readonly ConvAlgorithm[] = ['auto', 'im2col', 'direct', 'pointwise', 'implicit_gemm', 'wgmma'];

interface Problem {
  name: string;
  x: readonly number[];
  weight: readonly number[];
  dtype: 'float32' | 'bfloat16';
  groups: number;
  /** For the passes that have a choice. */
  candidates: Record<string, readonly ConvAlgorithm[]>;
}

const passes = ['conv_forward', 'conv_input_grad', 'conv_weight_grad'];
const each = (candidates: readonly ConvAlgorithm[]) => Object.fromEntries(passes.map((pass) => [pass, candidates]));

const fewChannels: Problem = {
  name: 'of an image of few channels', x: [2, 6, 5, 3], weight: [6, 3, 3, 3], dtype: 'float32', groups: 1,
  candidates: { conv_forward: ['direct', 'im2col'], conv_weight_grad: ['direct', 'im2col'] },
};
const grouped: Problem = { name: 'in groups', x: [2, 6, 5, 8], weight: [8, 3, 3, 2], dtype: 'float32', groups: 4, candidates: each(['im2col', 'direct']) };
const half: Problem = { name: 'in 16 bits', x: [2, 6, 5, 8], weight: [8, 3, 3, 8], dtype: 'bfloat16', groups: 1, candidates: each(['im2col', 'implicit_gemm']) };

let folder: string, file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'convolt-benchmark-'));
  file = join(folder, 'cache', 'benchmark.json');
  vi.stubEnv('CONVOLT_BENCHMARK_CACHE', file);
});
afterEach(() => {
  setBenchmark(false);
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

interface Content {
  format: string;
  version: string;
  devices: Record<string, Record<string, string>>;
}
const content = () => JSON.parse(readFileSync(file, 'utf8')) as Content;

function put(text: string): void {
  mkdirSync(join(folder, 'cache'), { recursive: true });
  writeFileSync(file, text);
}

/** What the file says of each pass, by its op. */
function chosen(): Record<string, string> {
  const devices = Object.values(content().devices);
  expect(devices).toHaveLength(1);
  return Object.fromEntries(Object.entries(devices[0]!).map(([problem, name]) => [problem.split(' ')[0]!, name]));
}

/** Writes one answer for all of the passes into a file that already has their problems. */
function answer(name: (pass: string) => string): void {
  const found = content();
  for (const problems of Object.values(found.devices)) for (const problem of Object.keys(problems)) problems[problem] = name(problem.split(' ')[0]!);
  put(JSON.stringify(found));
}

/** A clock by which one way of each problem takes longer than those behind it, or is faster. */
function stubClock(took: readonly number[]): void {
  let now = 0, calls = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += calls++ % 2 === 1 ? took[((calls - 2) / 2) % took.length]! : 0));
}

describe.each(testDevices)('setBenchmark on %s', (device) => {
  const problems = device === 'cpu' ? [fewChannels] : [grouped, half];

  function wave(shape: readonly number[], dtype: DType = 'float32'): Tensor {
    const length = shape.reduce((product, extent) => product * extent, 1);
    const made = cast(tensor(Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7 + 0.3)), { shape, device }), dtype as 'float32').detach();
    made.requiresGrad = true;
    return made;
  }

  /** y with the gradients of x and weight, and the algorithm that each pass was run by. */
  async function run({ x, weight, dtype, groups }: Problem, options: ConvOptions = {}) {
    const used: Record<string, ConvAlgorithm> = {};
    const results = observeRuns(
      ({ name, params }) => {
        if (passes.includes(name) && 'algorithm' in params) used[name] = names[params.algorithm]!;
      },
      () => scope(() => {
        const inputs = [wave(x, dtype), wave(weight, dtype)] as const;
        const y = conv2d(...inputs, { padding: 1, groups, ...options });
        sum(mul(y, y)).backward();
        return [y.detach(), ...inputs.map(({ grad }) => grad!)].map((result) => cast(result, 'float32'));
      }),
    );
    const values = await Promise.all(results.map((result) => result.data()));
    for (const result of results) result.dispose();
    return { values, used };
  }

  test.each(problems)('finds the fastest algorithm of each pass of a convolution $name once, and keeps it', async (problem) => {
    setBenchmark();
    const first = await run(problem);
    const { format, version, devices } = content(), [kind] = Object.keys(devices);
    expect([format, version]).toEqual(['convolt benchmark', native.version]);
    if (device === 'cuda') expect(kind).toContain(cudaInfo().devices[0]!.name);
    expect(Object.keys(chosen()).sort()).toEqual(Object.keys(problem.candidates));
    for (const [pass, name] of Object.entries(chosen())) {
      expect(problem.candidates[pass]).toContain(name);
      expect(first.used[pass]).toBe(name);
    }
    const clock = vi.spyOn(performance, 'now'), before = readFileSync(file, 'utf8');
    const again = await run(problem);
    setBenchmark(); // reads the file
    const fromFile = await run(problem);
    expect(clock).not.toHaveBeenCalled();
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect([again, fromFile]).toEqual([first, first]);
    expect(readdirSync(join(folder, 'cache')), 'nothing unfinished is left').toEqual(['benchmark.json']);
  });

  test.each(problems)('the clock decides for a convolution $name, and each way takes its turn', async (problem) => {
    for (const [i, took] of [[60, 90], [90, 60]].entries()) {
      rmSync(file, { force: true });
      setBenchmark();
      stubClock(took);
      const { used } = await run(problem);
      for (const [pass, candidates] of Object.entries(problem.candidates)) expect(used[pass]).toBe(candidates[i]);
    }
  });

  test.each(problems)('what the file says is what runs, for a convolution $name', async (problem) => {
    setBenchmark();
    await run(problem);
    for (const i of [0, 1]) {
      answer((pass) => problem.candidates[pass]![i]!);
      setBenchmark();
      const clock = vi.spyOn(performance, 'now'), { used, values } = await run(problem);
      expect(clock).not.toHaveBeenCalled();
      for (const [pass, candidates] of Object.entries(problem.candidates)) expect(used[pass]).toBe(candidates[i]);
      const named = await run(problem, { algorithm: problem.candidates['conv_weight_grad']![i]! });
      expect(values, 'the bits of the same algorithm by its name').toEqual(named.values);
    }
  });

  const [problem] = problems as [Problem];

  test('another process goes on with the file, and times nothing', async () => {
    setBenchmark();
    const { values } = await run(problem);
    const before = readFileSync(file, 'utf8');
    const script = fileURLToPath(new URL('benchmark_process.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify({ ...problem, device })]);
    expect(JSON.parse(stdout)).toEqual(values.map((array) => [...array]));
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  const devicesThatLie = { [device]: 'direct', list: ['direct'] };
  const damaged: [name: string, text: () => string][] = [
    ['empty', () => ''],
    ['cut off', () => JSON.stringify(content()).slice(0, -20)],
    ['no object', () => '[1, 2]'],
    ['null', () => 'null'],
    ['something else', () => JSON.stringify({ name: 'convolt', version: native.version, devices: content().devices })],
    ['of another version', () => JSON.stringify({ ...content(), version: '0.0.0' })],
    ['of devices that are no lists of problems', () => JSON.stringify({ ...content(), devices: devicesThatLie })],
    ['of answers that are no names', () => JSON.stringify({ ...content(), devices: { [device]: { conv_forward: 3 } } })],
  ];
  test.each(damaged)('a file that is %s is taken for none', async (_, text) => {
    setBenchmark();
    await run(problem);
    put(text());
    setBenchmark();
    const { used } = await run(problem);
    for (const [pass, candidates] of Object.entries(problem.candidates)) expect(candidates).toContain(used[pass]);
    expect(Object.keys(chosen()).sort()).toEqual(Object.keys(problem.candidates));
  });

  test('an algorithm in the file that is unknown, or does not take the problem, is found anew', async () => {
    setBenchmark();
    await run(problem);
    for (const name of ['winograd', 'pointwise', '']) {
      answer(() => name);
      setBenchmark();
      await run(problem);
      for (const [pass, found] of Object.entries(chosen())) expect(problem.candidates[pass]).toContain(found);
    }
  });

  test('keeps what a file says of other devices and problems', async () => {
    const devices = { 'another device': { 'conv_forward of something': 'direct' } };
    put(JSON.stringify({ format: 'convolt benchmark', version: native.version, devices }));
    setBenchmark();
    await run(problem);
    expect(content().devices).toMatchObject(devices);
    expect(Object.keys(content().devices)).toHaveLength(2);
  });

  test('does without a file where there is to be none, or where it cannot be written', async () => {
    for (const path of ['', folder, join(folder, 'file', 'benchmark.json')]) {
      writeFileSync(join(folder, 'file'), '');
      vi.stubEnv('CONVOLT_BENCHMARK_CACHE', path);
      setBenchmark();
      const first = await run(problem), clock = vi.spyOn(performance, 'now');
      expect(await run(problem)).toEqual(first);
      expect(clock).not.toHaveBeenCalled();
      clock.mockRestore();
    }
    expect(readdirSync(folder)).toEqual(['file']);
  });

  test('is found under the usual cache folder', async () => {
    vi.stubEnv('CONVOLT_BENCHMARK_CACHE', undefined);
    vi.stubEnv('XDG_CACHE_HOME', folder);
    setBenchmark();
    await run(problem);
    expect(readdirSync(join(folder, 'convolt'))).toEqual(['benchmark.json']);
  });

  test('times nothing where it is off, an algorithm is named, or none is to be chosen from', async () => {
    const clock = vi.spyOn(performance, 'now');
    expect(isBenchmarking()).toBe(false);
    await run(problem);
    setBenchmark();
    expect(isBenchmarking()).toBe(true);
    expect((await run(problem, { algorithm: 'im2col' })).used['conv_forward']).toBe('im2col');
    await run({ ...problem, dtype: 'float32', groups: 1, x: [1, 4, 4, 8], weight: [4, 3, 3, 8] });
    expect(clock).not.toHaveBeenCalled();
    expect(existsSync(file)).toBe(false);
  });

  test('a recording times nothing, and repeats what was found before', () => {
    const { x, weight, groups, candidates } = problem;
    setBenchmark();
    scope(() => {
      const inputs = [wave(x), wave(weight)] as const, used: number[] = [];
      const forward = () => observeRuns(({ params }) => 'algorithm' in params && used.push(params.algorithm), () => conv2d(...inputs, { padding: 1, groups }));
      const clock = vi.spyOn(performance, 'now');
      capture(forward, { device }).dispose();
      expect(clock).not.toHaveBeenCalled();
      clock.mockRestore();
      stubClock([90, 60]);
      forward();
      vi.restoreAllMocks();
      capture(forward, { device }).dispose();
      expect(used.map((number) => names[number])).toEqual(['auto', ...[1, 1].map((i) => candidates['conv_forward']![i])]);
    });
  });

  /** Two convolutions with their normalisations, the second of which normalises what it reads: see {@link run}. */
  async function runNormalized(algorithms: readonly ConvAlgorithm[], isFused: boolean) {
    const used: string[] = [];
    const results = observeRuns(
      ({ name, params }) => {
        if (name.startsWith('conv') && 'algorithm' in params) used.push(`${name} ${names[params.algorithm]}`);
      },
      () => scope(() => {
        const x = wave([2, 6, 5, 8], 'bfloat16'), running = () => ({ runningMean: wave([16]).detach(), runningVar: wave([16]).detach() });
        const layers = [[16, 3, 3, 8], [16, 1, 1, 16]].map((shape, i) => ({
          weight: wave(shape, 'bfloat16'), conv: { algorithm: algorithms[i] },
          norm: { training: true, momentum: 0.5, activation: 'relu', ...running() } as const,
        }));
        const y = isFused ? convBatchNorm(x, layers) : layers.reduce<Tensor>((input, { weight, conv, norm }) => batchNorm(conv2d(input, weight, conv), norm), x);
        sum(mul(y, y)).backward();
        const gradients = [x.grad!, ...layers.map(({ weight }) => weight.grad!)].map((each) => cast(each, 'float32'));
        return [cast(y.detach(), 'float32'), ...gradients, ...layers.flatMap(({ norm }) => [norm.runningMean, norm.runningVar])];
      }),
    );
    const values = await Promise.all(results.map((result) => result.data()));
    for (const result of results) result.dispose();
    return { values, used };
  }

  const fused = [{ took: [60, 90], candidates: ['im2col', 'pointwise'] }, { took: [90, 60], candidates: ['implicit_gemm', 'implicit_gemm'] }] as const;
  test.each(device === 'cpu' ? [] : fused)('convolutions fused with normalisations choose $candidates, once, and update statistics once', async ({ took, candidates }) => {
    setBenchmark();
    stubClock(took);
    const found = await runNormalized([], true), [first, second] = candidates;
    vi.restoreAllMocks();
    expect(found.used).toEqual([
      `conv_batch_norm_forward ${first}`, `conv_batch_norm_forward ${second}`,
      `conv_input_grad ${second}`, `conv_batch_norm_weight_grad ${second}`, `conv_input_grad ${first}`, `conv_weight_grad ${first}`,
    ]);
    const clock = vi.spyOn(performance, 'now');
    setBenchmark(); // reads the file
    expect(await runNormalized([], true)).toEqual(found);
    const norm = { training: true, momentum: 0.3, eps: 1e-3, runningMean: wave([16]).detach(), runningVar: wave([16]).detach() };
    convBatchNorm(wave([2, 6, 5, 8], 'bfloat16'), [{ weight: wave([16, 3, 3, 8], 'bfloat16'), norm }]); // the same problem
    expect(clock).not.toHaveBeenCalled();
    setBenchmark(false);
    expect(await runNormalized(candidates, first === 'implicit_gemm'), 'the bits of the same algorithms by their names').toMatchObject({ values: found.values });
  });

  test('an algorithm that finds no memory is none', async () => {
    const shape = [1, 64, 64, 8], { device: on } = wave([1]);
    setBenchmark();
    const { x, weight } = { x: wave(shape), weight: wave([8, 3, 3, 2]) };
    on.setMemoryLimit(on.memory().inUse + 1000);
    try {
      expect(() => conv2d(x, weight, { groups: 4 })).toThrow(/^out of memory: conv_forward asked for/);
    } finally {
      on.setMemoryLimit(0);
    }
    expect(existsSync(file)).toBe(false);
    expect(await sum(conv2d(x, weight, { groups: 4 })).item()).toEqual(expect.any(Number));
  });
});
