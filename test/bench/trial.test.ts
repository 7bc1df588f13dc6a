/** The benchmark's own logic where there is no GPU: at almost no size on the emulator, against a peer that is made up. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { device } from 'convolt';
import { describe, expect, test } from 'vitest';

import { flops } from '../../bench/gpu/conv_shape.js';
import { convolutions, measurementsOf, requestFor } from '../../bench/gpu/convolutions.js';
import { Inputs } from '../../bench/gpu/inputs.js';
import { memoryNames, memoryOps } from '../../bench/gpu/memory.js';
import { isTiming } from '../../bench/gpu/result.js';
import { convCases } from '../../bench/gpu/shapes.js';
import { measuredBy, Side } from '../../bench/gpu/side.js';
import { stepCases, stepFlops, timeStep } from '../../bench/gpu/steps.js';
import { trialConv, trialMemory, trialStep } from '../../bench/gpu/trial.js';

const on = device('emu'), inputs = new Inputs(on, 1), patience = { seconds: 0, least: 2 };

/** Answers a request of N words with N milliseconds; `refuse` with an error, `die` by ending, `sleep` never. */
const program = `require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'die') process.exit(3);
  if (line !== 'sleep') console.log(JSON.stringify(line === 'refuse' ? { error: 'no' } : { milliseconds: line.split(' ').length, spread: 0, runs: 3 }));
})`;
const peer = () => new Side('made up', process.execPath, ['-e', program]);
const soon = () => Date.now() + 60_000;

test.runIf(!existsSync('/proc/driver/nvidia/version'))('without a GPU it says so and exits 3', () => {
  const script = fileURLToPath(new URL('../../scripts/bench_gpu.mjs', import.meta.url));
  const { status, stderr, stdout } = spawnSync(process.execPath, [script, 'convolutions'], { encoding: 'utf8' });
  expect({ status, stderr, stdout }).toEqual({ status: 3, stderr: 'bench:gpu: there is no NVIDIA GPU here, so nothing was measured\n', stdout: '' });
});

describe('the other side', () => {
  test('answers, refuses, and ends', async () => {
    const side = peer();
    expect(measuredBy('it', await side.ask('a b', soon()))).toEqual({ milliseconds: 2, spread: 0, runs: 3 });
    expect(measuredBy('it', await side.ask('refuse', soon()))).toEqual({ why: 'no' });
    expect(measuredBy('it', await side.ask('die', soon()))).toEqual({ why: 'it ended, or took too long' });
    expect(await side.ask('a', soon())).toBeNull();
    await side.end();
  });

  test('is ended when it takes too long, and need not be there', async () => {
    const slow = peer();
    expect(await slow.ask('sleep', Date.now() + 200)).toBeNull();
    await slow.end();
    const absent = new Side('absent', '/nowhere/at/all', []);
    expect(await absent.ask('a', soon())).toBeNull();
    await absent.end();
  });
});

test('convolutions of every kind, each pass, each with the peer', async () => {
  const all = measurementsOf(convCases().map(trialConv));
  const some = ['resnext50_32x4d 3x3 128>128', 'i3d 3x3x3 64>192', 'depthwise 1-D 4 1536', 'unet transposed 2x2/2 512', 'mobilenet_v2 3x3/2 96>96'];
  const chosen = some.flatMap((name) => all.filter((each) => each.name.startsWith(name)).slice(0, 3));
  expect(chosen).toHaveLength(15);
  const side = peer();
  const { rows, left } = await convolutions({ on, inputs, peers: [side], patience, byWarpgroups: false }, chosen, soon());
  await side.end();
  expect(left).toEqual([]);
  expect(rows.map(({ name }) => name)).toEqual(chosen.map(({ name }) => name));
  expect(new Set(rows.map(({ kind }) => kind))).toEqual(new Set(['grouped', 'dense', 'depthwise']));
  for (const [i, row] of rows.entries()) {
    expect(isTiming(row.ours), row.name).toBe(true);
    expect(row.peers['made up']).toMatchObject({ milliseconds: 25 }); // the words of a request
    expect(row.flops).toBe(flops(chosen[i]!.shape, 1));
  }
});

test('the kernels for warpgroups are measured beside what is chosen', async () => {
  const shape = { extent: [1, 4, 4], c: 8, k: 8, kernel: [1, 1, 1], stride: [1, 1, 1], before: [0, 0, 0], after: [0, 0, 0], dilation: [1, 1, 1], groups: 1 } as const;
  const context = { on, inputs, peers: [], patience, byWarpgroups: true };
  const { rows } = await convolutions(context, measurementsOf([{ name: 'pointwise', batch: 1, shape }, { name: 'grouped', batch: 1, shape: { ...shape, groups: 2 } }]), soon());
  expect(rows.map(({ name, peers }) => [name, Object.keys(peers)])).toEqual([
    ['pointwise forward', ['convolt by wgmma']], ['pointwise input gradient', ['convolt by wgmma']], ['pointwise weight gradient', ['convolt by wgmma']],
    ['grouped forward', []], ['grouped input gradient', []], ['grouped weight gradient', []],
  ]);
});

test('a request has every number of the shape', () => {
  const [measurement] = measurementsOf(convCases().filter(({ name }) => name.startsWith('depthwise 1-D 4') && name.endsWith('batch 32')));
  expect(requestFor(measurement!, 0.5)).toBe('conv forward 32 1 1 2048 1536 1536 1 1 4 1 1 1 0 0 3 0 0 0 1 1 1 1536 0.5');
});

test('what the time does not suffice for is named', async () => {
  const two = measurementsOf(convCases().slice(0, 1).map(trialConv)).slice(0, 2);
  expect(await convolutions({ on, inputs, peers: [], patience, byWarpgroups: false }, two, Date.now() - 1)).toEqual({ rows: [], left: two.map(({ name }) => name) });
});

test('ops that memory bounds', async () => {
  const { rows } = await memoryOps({ on, inputs, sizes: trialMemory, dtype: 'float32', patience }, memoryNames, [], soon());
  expect(rows.map(({ name }) => name)).toEqual(memoryNames);
  const x = 4 * 2 * 6 * 6 * 8; // bytes
  expect(Object.fromEntries(rows.map(({ name, bytes }) => [name, bytes]))).toMatchObject({ 'relu forward': 2 * x, 'relu forward+backward': 5 * x, 'sgd+momentum step': 5 * 4 * 1000 });
  expect(rows.every(({ ours }) => isTiming(ours))).toBe(true);
});

test('a training step', async () => {
  const lenet = stepCases.find(({ name }) => name === 'lenet5')!;
  expect(stepFlops(lenet)).toBe(6 * 64 * 416_520); // multiply-adds of an image: 117,600 + 240,000 + 48,000 + 10,080 + 840
  const timing = await timeStep('emu', trialStep(lenet), 3, patience);
  expect(timing).toMatchObject({ runs: 2, notRecorded: null });
  expect(timing.peak).toBeGreaterThan(4 * 61_706);
});

test.each(stepCases)('steps of $name can be recorded', async (stepCase) => {
  const timing = await timeStep('cpu', trialStep(stepCase), 3, patience); // where large networks take the least time
  expect(timing).toMatchObject({ notRecorded: null });
});
