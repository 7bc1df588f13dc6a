/**
 * `npm run onnx-cases -- DIR`: ONNX's own cases of single operators, on each device at hand, as a table by operator with the
 * reason for each case that is skipped. The exit status is 0 if none fails, and 2 for wrong arguments.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { testDevices } from '../devices.js';
import { findCases, installedCases, operatorsOf, runCase } from './run_case.js';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

async function runAll(folder: string, devices: readonly string[], only: string | undefined): Promise<Tally> {
  const byOperator = new Map<string, Tally>(), reasons = new Map<string, string[]>(), problems: string[] = [];
  const total: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const found of findCases(folder)) {
    const operator = operatorsOf(found);
    if (only !== undefined && operator !== only) continue;
    const tally = byOperator.get(operator) ?? { passed: 0, failed: 0, skipped: 0 };
    byOperator.set(operator, tally);
    for (const device of devices) {
      const outcome = await runCase(found, device);
      const key = 'passed' in outcome ? 'passed' : 'failed' in outcome ? 'failed' : 'skipped';
      tally[key]++;
      total[key]++;
      if ('failed' in outcome) problems.push(`${found.name} on ${device}: ${outcome.failed}`);
      if ('skipped' in outcome) reasons.set(outcome.skipped, [...(reasons.get(outcome.skipped) ?? []), found.name]);
    }
  }
  const width = Math.max(8, ...[...byOperator.keys()].map((name) => name.length));
  console.log(`${'operator'.padEnd(width)}  passed  failed  skipped`);
  for (const [name, { passed, failed, skipped }] of [...byOperator].sort(([a], [b]) => a.localeCompare(b))) {
    console.log(`${name.padEnd(width)}  ${String(passed).padStart(6)}  ${String(failed).padStart(6)}  ${String(skipped).padStart(7)}`);
  }
  console.log('\nskipped:');
  for (const [reason, names] of [...reasons].sort(([a], [b]) => a.localeCompare(b))) {
    const distinct = [...new Set(names)];
    console.log(`  ${reason}: ${distinct.slice(0, 3).join(', ')}${distinct.length > 3 ? ` and ${distinct.length - 3} more` : ''}`);
  }
  if (problems.length > 0) console.log(`\nfailed:\n${problems.map((problem) => `  ${problem}\n`).join('')}`);
  return total;
}

const { values: options, positionals } = parseArgs({
  options: { device: { type: 'string' }, only: { type: 'string' } },
  allowPositionals: true,
});
const [folder = installedCases] = positionals;
if (positionals.length > 1 || !existsSync(folder)) {
  console.error(`onnx-cases: expected a folder of ONNX's cases, as the package libonnx-testdata has, but got ${positionals.join(' ') || `no ${folder}`}`);
  console.error('usage: npm run onnx-cases -- [DIR] [--device cpu,emu] [--only OPERATOR]');
  process.exitCode = 2;
} else {
  const { passed, failed, skipped } = await runAll(folder, options.device?.split(',') ?? testDevices, options.only);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed === 0 ? 0 : 1;
}
