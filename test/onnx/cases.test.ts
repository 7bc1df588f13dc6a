/** ONNX's own cases of the operators that convolt has, where Debian's libonnx-testdata is installed. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { testDevices } from '../devices.js';
import { operators } from '../../lib/onnx/operators/index.js';
import { findCases, installedCases, operatorsOf, runCase, type OnnxCase } from './run_case.js';

const byOperator = new Map<string, OnnxCase[]>();
if (existsSync(installedCases)) {
  for (const found of findCases(installedCases)) {
    const operator = operatorsOf(found);
    byOperator.set(operator, [...(byOperator.get(operator) ?? []), found]);
  }
}

describe.each(testDevices)('cases of ONNX on %s', (device) => {
  for (const [operator, cases] of byOperator) {
    if (!(operator in operators)) continue;
    test(operator, async () => {
      for (const found of cases) expect(await runCase(found, device), found.name).not.toHaveProperty('failed');
    });
  }
});

test(byOperator.size > 0 ? 'libonnx-testdata is installed' : 'libonnx-testdata is not installed, so none of its cases ran', () => {
  expect(byOperator.size > 0).toBe(existsSync(installedCases));
});
