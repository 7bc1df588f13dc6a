/**
 * `npm run golden -- DIR`: every case of a golden folder on each device at hand, as a table by op, optimiser or network. The
 * exit status is 0 if all pass, and 2 for wrong arguments. A case counts once for each device. Networks run on the emulated
 * device, on which they take minutes each, only if --device names it.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { device as openDevice } from '../../lib/core/device.js';
import { testDevices } from '../devices.js';
import { goldenOps } from './cases/index.js';
import { readGolden, readGoldenCases, readGoldenGradients, readGoldenModels, readGoldenOptimizers } from './read.js';
import { runCase, type Comparison } from './run_case.js';
import { runGradients, runModel } from './run_model.js';
import { runOptimizer, runSchedule } from './run_optimizer.js';

/** What the cases of one op came to on one device. */
interface Tally {
  name: string;
  device: string;
  passed: number;
  failed: number;
  /** The largest error, as a share of its tolerance. */
  worst: number;
  problems: string[];
}

class Tallies {
  private readonly found = new Map<string, Tally>();

  /** Counts a case, with its comparisons, or what was thrown; undefined if convolt has no such op or network. */
  count(name: string, device: string, id: string, result: readonly Comparison[] | string = 'convolt does not have it'): void {
    const key = `${name} ${device}`;
    const tally = this.found.get(key) ?? { name, device, passed: 0, failed: 0, worst: 0, problems: [] };
    this.found.set(key, tally);
    const problems = typeof result === 'string' ? [result] : result.map(({ problem }) => problem).filter((problem) => problem !== '');
    if (result.length === 0) problems.push('there is nothing to compare');
    tally.problems.push(...problems.map((problem) => `${id} on ${device}: ${problem}`));
    if (problems.length > 0) tally.failed++;
    else tally.passed++;
    if (typeof result === 'string') return;
    for (const { error, tolerance } of result) tally.worst = Math.max(tally.worst, error / tolerance);
  }

  /** Prints the table, the problems and the counts. Returns how many cases failed. */
  print(): number {
    const all = [...this.found.values()];
    const width = Math.max(2, ...all.map(({ name }) => name.length));
    console.log(`${'op'.padEnd(width)}  device  cases  passed  worst error / tolerance`);
    for (const { name, device, passed, failed, worst } of all) {
      const counts = `${String(passed + failed).padStart(5)}  ${String(passed).padStart(6)}`;
      console.log(`${name.padEnd(width)}  ${device.padEnd(6)}  ${counts}  ${worst.toFixed(3).padStart(8)}${failed > 0 ? '  FAILED' : ''}`);
    }
    for (const problem of new Set(all.flatMap(({ problems }) => problems))) console.log(problem);
    for (const device of new Set(all.map(({ device }) => device))) {
      const here = all.filter((tally) => tally.device === device);
      console.log(`${device}: ${total(here, 'passed')} passed, ${total(here, 'failed')} failed`);
    }
    console.log(`${total(all, 'passed')} passed, ${total(all, 'failed')} failed`);
    return total(all, 'failed');
  }
}

function total(tallies: readonly Tally[], key: 'passed' | 'failed'): number {
  return tallies.reduce((sum, tally) => sum + tally[key], 0);
}

/** What the folder is run for. */
interface Wanted {
  devices: readonly string[];
  /** Devices for whole networks. */
  networkDevices: readonly string[];
  /** The name of an op, an optimiser, a schedule or a network, for it alone. */
  only: string | undefined;
}

/** Files of a folder, any of which may be missing. */
const files = ['ops', 'optim', 'models', 'grads'];

/** Runs what the folder has of ops, optimisers and networks. */
async function runFolder(folder: string, { devices, networkDevices, only }: Wanted, tallies: Tallies): Promise<void> {
  const wanted = (name: string) => only === undefined || only === name;
  if (existsSync(`${folder}/ops.json`)) {
    const stored = readGolden('ops.safetensors', folder);
    for (const golden of readGoldenCases(folder).cases.filter(({ op }) => wanted(op))) {
      const op = goldenOps[golden.op];
      for (const device of devices) {
        tallies.count(golden.op, device, golden.id, op && (await runCase(op, golden, stored, device).catch(String)));
      }
    }
  }
  if (existsSync(`${folder}/optim.json`)) {
    const stored = readGolden('optim.safetensors', folder), all = readGoldenOptimizers(folder);
    for (const golden of all.cases.filter(({ optimizer }) => wanted(optimizer))) {
      for (const device of devices) {
        tallies.count(golden.optimizer, device, golden.id, await runOptimizer(golden, all, stored, device).catch(String));
      }
    }
    for (const golden of all.schedules.filter(({ scheduler }) => wanted(scheduler))) {
      tallies.count(golden.scheduler, 'host', golden.scheduler, runSchedule(golden));
    }
  }
  /** A network's memory is of no use to the next, whose tensors have other sizes. */
  const countNetwork = async (name: string, device: string, what: string, run: () => Promise<Comparison[] | undefined>) => {
    const began = performance.now();
    tallies.count(name, device, `${what} of ${name}`, await run().catch(String));
    openDevice(device).releaseCachedMemory();
    console.error(`${what} of ${name} on ${device}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  };
  if (existsSync(`${folder}/models.json`)) {
    const stored = readGolden('models.safetensors', folder);
    for (const golden of readGoldenModels(folder).filter(({ name }) => wanted(name))) {
      for (const device of networkDevices) await countNetwork(golden.name, device, 'output', () => runModel(golden, stored, device));
    }
  }
  if (existsSync(`${folder}/grads.json`)) {
    for (const golden of readGoldenGradients(folder).filter(({ name }) => wanted(name))) {
      for (const device of networkDevices) await countNetwork(golden.name, device, 'training step', () => runGradients(golden, device));
    }
  }
}

const { values: options, positionals } = parseArgs({
  options: { device: { type: 'string' }, only: { type: 'string' } },
  allowPositionals: true,
});
const [folder] = positionals;
if (folder === undefined || positionals.length > 1 || !files.some((name) => existsSync(`${folder}/${name}.json`))) {
  console.error(`golden: expected a folder with ${files.map((name) => `${name}.json`).join(' or ')}, but got ${positionals.join(' ') || 'nothing'}`);
  console.error('usage: npm run golden -- DIR [--device cpu,emu] [--only NAME]');
  process.exitCode = 2;
} else {
  const tallies = new Tallies(), devices = options.device?.split(',') ?? testDevices;
  const networkDevices = options.device === undefined ? devices.filter((name) => name !== 'emu') : devices;
  await runFolder(folder, { devices, networkDevices, only: options.only }, tallies);
  process.exitCode = tallies.print() === 0 ? 0 : 1;
}
