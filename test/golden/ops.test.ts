/** Ops against torch: the cases of ops.json, made by scripts/copy_golden.mjs. */
import { describe, expect, test } from 'vitest';

import { testDevices } from '../devices.js';
import { goldenOps } from './cases/index.js';
import { readGolden, readGoldenCases } from './read.js';
import { runCase } from './run_case.js';

const { cases } = readGoldenCases();
const stored = readGolden('ops.safetensors');

describe.each(testDevices)('ops against torch on %s', (device) => {
  test.each(cases)('$id', async (golden) => {
    const op = goldenOps[golden.op];
    if (!op) return expect.fail(`test/golden/cases has no ${golden.op}`);
    const comparisons = await runCase(op, golden, stored, device);
    expect(comparisons.length).toBeGreaterThan(0);
    expect(comparisons.map(({ problem }) => problem).filter((problem) => problem !== '')).toEqual([]);
  });
});
