/** The tests of kernels on the GPU, and the same under compute-sanitizer. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import type { Check } from './result.js';

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { assertionResults: { status: string; fullName: string }[] }[];
}

/** What vitest wrote; null where it ended before. */
function readReport(path: string): Report | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report;
  } catch {
    return null;
  }
}

function failedTests(report: Report): string[] {
  return report.testResults.flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName));
}

interface Suite {
  name: string;
  /** Files and folders of test/. */
  files: readonly string[];
  /** Devices on which the tests run; where results are compared, the second is what the first has to agree with. */
  devices: string;
}

/**
 * Every op and kernel variant: against float64 references, and against the emulator, which runs the same kernels. Where there
 * is no GPU, emu stands for it.
 */
export const suites = (gpu: string): readonly Suite[] => [
  { name: 'primitives against the PTX ISA and the emulator', files: ['test/device/primitives.test.ts'], devices: gpu },
  { name: 'ops against float64', files: ['test/ops'], devices: gpu },
  { name: 'layers against torch', files: ['test/nn', 'test/golden/ops.test.ts'], devices: gpu },
  { name: 'ops against the emulator', files: ['test/property/agreement.test.ts', 'test/property/valid.test.ts'], devices: `emu,${gpu}` },
];

const SHOWN = 5;

/** Runs vitest on some files, through `wrapper` if there is one, until the deadline. */
function runTests(name: string, { files, devices }: Suite, part: Check['part'], wrapper: readonly string[], workers: number, deadline: number): Check {
  const began = Date.now(), output = `build/bench/checks/${name.replaceAll(/\W+/g, '_')}.json`;
  mkdirSync('build/bench/checks', { recursive: true });
  rmSync(output, { force: true });
  const vitest = [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', ...files, `--maxWorkers=${workers}`, '--reporter=json', `--outputFile.json=${output}`];
  const [command, ...args] = [...wrapper, ...vitest] as [string, ...string[]];
  const { status, signal, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8', timeout: Math.max(Math.floor(deadline - began), 1000), killSignal: 'SIGKILL', maxBuffer: 1 << 28,
    env: { ...process.env, CONVOLT_TEST_DEVICES: devices, NO_COLOR: '1' },
  });
  const seconds = (Date.now() - began) / 1000, report = readReport(output);
  const checkResult = (passed: number, failed: number, note: string): Check => ({ part, name, passed, failed, seconds, note });
  if (signal !== null) return checkResult(0, 1, `did not end within ${seconds.toFixed(0)} s`);
  if (report === null) return checkResult(0, 1, `ended with status ${status}: ${`${stdout}${stderr}`.trim().split('\n').slice(-SHOWN).join(' | ')}`);
  if (wrapper.length > 0) {
    const errors = `${stdout}${stderr}`.split('\n').filter((line) => /^=+ .*(ERROR SUMMARY|RACECHECK SUMMARY|Invalid|Error:|hazard)/i.test(line));
    const found = errors.filter((line) => !/SUMMARY: 0 (errors|hazards)/i.test(line));
    if (found.length > 0 || status !== 0) return checkResult(report.numPassedTests, Math.max(report.numFailedTests, 1), found.slice(0, SHOWN).join(' | ') || `status ${status}`);
  }
  const failed = failedTests(report), missing = status !== 0 && failed.length === 0 ? 1 : 0; // a file that cannot be loaded has no tests
  return checkResult(report.numPassedTests, report.numFailedTests + missing, failed.slice(0, SHOWN).join(' | '));
}

/** Runs the suites that are asked for. */
export function correctness(gpu: string, isWanted: (name: string) => boolean, workers: number, deadline: number): Check[] {
  return suites(gpu).filter(({ name }) => isWanted(name)).map((suite) => runTests(suite.name, suite, 'correctness', [], workers, deadline));
}

/** Where compute-sanitizer is; null if it is not installed. */
export function findSanitizer(): string | null {
  const toolkit = process.env['CUDA_PATH'] ?? process.env['CUDA_HOME'] ?? '/usr/local/cuda';
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), join(toolkit, 'bin'), join(toolkit, 'compute-sanitizer')];
  return folders.map((folder) => join(folder, 'compute-sanitizer')).find((path) => existsSync(path)) ?? null;
}

export const tools = ['memcheck', 'racecheck', 'initcheck'] as const;

/** Kernels of every kind, at the small extents of their tests. */
const sanitized = ['conv', 'implicit_gemm', 'matmul', 'max_pool', 'batch_norm', 'softmax', 'reduce', 'cross_entropy'].map((name) => `test/ops/${name}.test.ts`);

/** Runs tests of kernels under each tool, in equal shares of the time. */
export function sanitize(sanitizer: string, gpu: string, isWanted: (name: string) => boolean, deadline: number): Check[] {
  const wanted = tools.filter(isWanted), began = Date.now();
  return wanted.map((tool, i) => {
    const wrapper = [sanitizer, '--tool', tool, '--target-processes', 'all', '--error-exitcode', '9'];
    return runTests(tool, { name: tool, files: sanitized, devices: gpu }, 'sanitizer', wrapper, 1, began + ((deadline - began) * (i + 1)) / wanted.length);
  });
}
