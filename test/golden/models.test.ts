/** Networks against torch: the cases of models.json and grads.json, made by scripts/copy_golden.mjs. */
import { afterEach, describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { readGolden, readGoldenGradients, readGoldenModels } from './read.js';
import type { Comparison } from './run_case.js';
import { runGradients, runModel } from './run_model.js';

const stored = readGolden('models.safetensors');

afterEach(() => device('cpu').releaseCachedMemory());

function expectPassed(comparisons: readonly Comparison[] | undefined): void {
  expect(comparisons?.length).toBeGreaterThan(0);
  expect(comparisons?.map(({ problem }) => problem).filter((problem) => problem !== '')).toEqual([]);
}

describe('networks against torch on cpu', () => {
  test.each(readGoldenModels())('parameters, state dict and output of $name', async (golden) => {
    expectPassed(await runModel(golden, stored, 'cpu'));
  });

  test.each(readGoldenGradients())('a training step of $name', async (golden) => {
    expectPassed(await runGradients(golden, 'cpu'));
  });
});
