#!/usr/bin/env node
// Runs every test: all of them on the devices at hand, then those of the ops on the emulator's checked builds, which find
// memory errors, and races and uninitialised reads under several schedules. Ends with one line of counts.
//
//   npm test -- FILTER...   runs the files that match, without the checked builds
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
mkdirSync('build/test', { recursive: true });

/** The path of one of the compiler's own libraries. */
const runtime = (name) => spawnSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout.trim();

/** Runs vitest once. A crash counts as one failure. */
function vitest(name, filters, env = {}) {
  const output = `build/test/${name.replaceAll(' ', '_')}.json`;
  rmSync(output, { force: true });
  console.log(`\n=== ${name}`);
  const args = ['node_modules/vitest/vitest.mjs', 'run', ...filters, '--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env: { ...process.env, NO_COLOR: '1', ...env } });
  let report = { numPassedTests: 0, numFailedTests: 0, testResults: [] };
  try {
    report = JSON.parse(readFileSync(output, 'utf8'));
  } catch {
    console.error(`${name}: no result; vitest crashed`);
  }
  const listed = report.testResults.flatMap(failures);
  if (status !== 0 && listed.length === 0) listed.push(`FAILED: vitest ended with ${status} though no test failed`);
  return { name, passed: report.numPassedTests, failed: report.numFailedTests || (status === 0 ? 0 : 1), failures: listed };
}

/** What failed in one file: a line for each test, or one for the file where it could not be loaded. */
function failures({ name: path, status, message, assertionResults }) {
  const file = relative(root, path);
  const line = (title, [first = '']) => `FAILED: ${file}: ${title}: ${first.split('\n', 1)[0]}`;
  const tests = assertionResults.filter((test) => test.status === 'failed').map((test) => line(test.fullName, test.failureMessages));
  return tests.length === 0 && status === 'failed' ? [line('the file', [message])] : tests;
}

const filters = process.argv.slice(2);
const results = [vitest('tests', filters)];
if (filters.length === 0) {
  const emulated = { CONVOLT_TEST_DEVICES: 'emu', CONVOLT_TEST_ONE_SEED: '' };
  results.push(
    vitest('memory checker', ['test/ops', 'test/nn'], {
      ...emulated,
      CONVOLT_ADDON: `${root}build/memory/convolt.node`,
      LD_PRELOAD: ['libasan.so', 'libubsan.so', 'libstdc++.so.6'].map(runtime).join(' '),
      ASAN_OPTIONS: 'detect_leaks=0',
      UBSAN_OPTIONS: 'print_stacktrace=1',
    }),
  );
  // Layers start the kernels of ops; convolutions with normalisations are made of those of others: one schedule is enough.
  for (const [seed, files] of [['1', ['test/ops']], ['2', ['test/ops', '--exclude=test/ops/conv_batch_norm.test.ts']]]) {
    results.push(vitest(`race checker seed ${seed}`, files, { ...emulated, CONVOLT_ADDON: `${root}build/race/convolt.node`, CONVOLT_EMU_SEED: seed }));
  }
}

console.log();
for (const { name, failures } of results) for (const failure of failures) console.log(`${failure} (${name})`);
for (const { name, passed, failed } of results) console.log(`${name}: ${passed} passed, ${failed} failed`);
const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
console.log(`${total('passed')} passed, ${total('failed')} failed`);
process.exitCode = total('failed') === 0 ? 0 : 1;
