/**
 * The GPU benchmark. scripts/bench_gpu.mjs builds what it needs and starts it.
 *
 *   node build/bench/gpu/main.js [--device NAME] [--seconds N] [FILTER]
 *
 * FILTER leaves what it is part of: a row's `PART NAME`, like `convolutions resnet50 3x3`, `steps`, `correctness ops`. Any
 * device but cuda is a trial: sizes shrink to almost nothing, and the report goes to build/bench/trial.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

import { dispatch } from '../dispatch.js';
import { hardware } from '../hardware.js';
import { ceilingSizes, measureCeilings } from './ceilings.js';
import { correctness, findSanitizer, sanitize, suites, tools } from './checks.js';
import { convolutions, measurementsOf } from './convolutions.js';
import { Inputs } from './inputs.js';
import { cudaInfo, device } from './library.js';
import type { Patience } from './measure.js';
import { memoryNames, memoryOps, memorySizes } from './memory.js';
import { cudnnSide, programs, torchSide } from './peers.js';
import { writeReport } from './report.js';
import { parts, type Gpu, type GpuResult, type Measured, type Part, type Row } from './result.js';
import { convCases } from './shapes.js';
import { measuredBy, type Answer, type Side } from './side.js';
import { stepCases, stepFlops, type StepCase } from './steps.js';
import { trialConv, trialMemory, trialStep } from './trial.js';

/** Parts of the time that each part gets; those that a filter leaves out are shared among the others. */
const shares: Readonly<Record<Part, number>> = { correctness: 110, sanitizer: 70, ceilings: 15, convolutions: 160, memory: 25, steps: 120, dispatch: 5 };

const { values, positionals } = parseArgs({
  options: { device: { type: 'string', default: 'cuda' }, seconds: { type: 'string', default: '520' } },
  allowPositionals: true,
});
const filter = positionals.length > 0 ? positionals.join(' ') : null;
const began = Date.now(), seed = began % 2 ** 32;
const isTrial = !values.device.startsWith('cuda');
if (!isTrial && cudaInfo().devices.length === 0) {
  console.error(`bench:gpu: there is no GPU to measure on: ${cudaInfo().reason}`);
  process.exit(3);
}

const on = device(values.device);
const inputs = new Inputs(on, seed);
/** Longer where a run tells more: a step has noise of its own. */
const patience: Patience = isTrial ? { seconds: 0, least: 2 } : { seconds: 0.12, least: 7 };
const stepPatience: Patience = isTrial ? patience : { seconds: 3, least: 7 };

// ---- what is asked for ----

const isWanted = (part: Part, name: string) => filter === null || `${part} ${name}`.includes(filter) || part === filter;

const byWarpgroups = !isTrial && cudaInfo().devices[on.ordinal]?.computeCapability === '9.0';
const wantedConvs = measurementsOf(isTrial ? convCases().map(trialConv) : convCases()).filter(({ name }) => isWanted('convolutions', name));
const wantedMemory = memoryNames.filter((name) => isWanted('memory', name));
const wantedSteps = stepCases.filter(({ name }) => isWanted('steps', name)).map((each) => (isTrial ? trialStep(each) : each));
const wantedTools = tools.filter((tool) => isWanted('sanitizer', tool));
const needsCeilings = isWanted('ceilings', '') || wantedConvs.length + wantedMemory.length + wantedSteps.length > 0;
const wanted: Readonly<Record<Part, boolean>> = {
  correctness: suites(on.backend).some(({ name }) => isWanted('correctness', name)),
  sanitizer: wantedTools.length > 0,
  ceilings: needsCeilings,
  convolutions: wantedConvs.length > 0,
  memory: wantedMemory.length > 0,
  steps: wantedSteps.length > 0,
  dispatch: isWanted('dispatch', ''),
};
const asked = parts.filter((part) => wanted[part]);
if (asked.length === 0) {
  console.error(`bench:gpu: nothing is called ${filter}; the parts are ${parts.join(', ')}`);
  process.exit(2);
}

// ---- what it is measured on ----

function gpu(): Gpu | null {
  const info = cudaInfo(), found = info.devices[on.ordinal];
  if (isTrial || !found) return null;
  const query = spawnSync('nvidia-smi', ['--query-gpu=driver_version', '--format=csv,noheader', `--id=${on.ordinal}`], { encoding: 'utf8' });
  const driver = query.status === 0 ? query.stdout.trim() : `for CUDA ${Math.floor((info.driver ?? 0) / 1000)}`;
  return { name: found.name, computeCapability: found.computeCapability, multiprocessors: found.multiprocessors, memoryGiB: Math.round(found.memory / 2 ** 30), driver, toolkit: info.toolkit ?? '' };
}

const result: GpuResult = {
  benchmark: 'gpu', device: on.name, dryRun: isTrial, filter, hardware: hardware(), gpu: gpu(), versions: {}, seed, seconds: 0,
  ceilings: { bytesPerSecond: null, flopsPerSecond: null, found: [] }, checks: [], rows: [], notMeasured: [],
};
const leaveOut = (what: string, why: string) => void result.notMeasured.push({ what, why });

// ---- who it is compared with ----

async function withVersions(side: Side | { why: string }, name: string): Promise<Side[]> {
  if ('why' in side) {
    leaveOut(name, side.why);
    return [];
  }
  const answer = await side.ask('about', Date.now() + 60_000);
  if (!answer?.versions) {
    leaveOut(name, answer?.error ?? 'it does not start');
    return [];
  }
  Object.assign(result.versions, answer.versions);
  return [side];
}

const compared = wanted.convolutions || wanted.memory || wanted.steps || wanted.ceilings;
const torch = compared ? await withVersions(torchSide(isTrial, seed), 'PyTorch') : [];
const cudnn = wanted.convolutions ? await withVersions(cudnnSide(isTrial), 'cuDNN') : [];

// ---- the parts ----

/** A row of a network's step: ours in a process of its own, and each way of PyTorch. */
function stepRow(stepCase: StepCase): Row {
  const { name, model, classes, images } = stepCase;
  const args = [programs.step, on.name, JSON.stringify(stepCase), seed, stepPatience.seconds, stepPatience.least].map(String);
  let answer: Answer;
  try {
    answer = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 120_000, maxBuffer: 1 << 26 }).trim().split('\n').at(-1)!) as Answer;
  } catch (error) {
    answer = { error: error instanceof Error ? error.message.split('\n')[0]! : String(error) };
  }
  const row: Row = { part: 'steps', name: `${name} batch ${images[0]}`, kind: 'step', flops: stepFlops(stepCase), bytes: 0, ours: measuredBy('convolt', answer), peers: {}, images: images[0], peak: {} };
  if (answer.peak !== undefined) row.peak!['convolt'] = answer.peak;
  if (answer.notRecorded !== undefined) row.notRecorded = answer.notRecorded;
  for (const side of torch) {
    for (const mode of torchModes) row.peers[`${side.name} ${mode}`] = { why: 'the time was up' };
  }
  requests.set(row, [model, classes, ...images]);
  return row;
}
const torchModes = ['eager', 'compile', 'cudagraphs'] as const;
const requests = new Map<Row, (string | number)[]>();

/** Ours and PyTorch's eager steps first: compilation takes minutes, and what is then left of the time is its. */
async function steps(deadline: number): Promise<void> {
  const rows: Row[] = [];
  for (const stepCase of wantedSteps) {
    if (Date.now() > deadline) leaveOut(`steps ${stepCase.name}`, 'the time was up');
    else rows.push(stepRow(stepCase));
  }
  result.rows.push(...rows);
  let alive = torch.length > 0;
  for (const mode of torchModes) {
    for (const row of rows) {
      const what = `${torch[0]?.name ?? ''} ${mode}`;
      if (!alive || Date.now() > deadline) {
        if (torch.length > 0) leaveOut(`steps ${row.name} by ${what}`, 'the time was up');
        continue;
      }
      const [model, ...sizes] = requests.get(row)!;
      const answer = await torch[0]!.ask(['step', model, mode, ...sizes, stepPatience.seconds].join(' '), mode === 'eager' ? Date.now() + 60_000 : deadline);
      alive = answer !== null;
      row.peers[what] = measuredBy(what, answer);
      if (answer?.peak !== undefined) row.peak![what] = answer.peak;
    }
  }
}

async function dispatchRows(): Promise<Row[]> {
  const cost = await dispatch(on.name);
  const row = (name: string, ms: number): Row => ({ part: 'dispatch', name, kind: 'dispatch', flops: 0, bytes: 0, ours: { milliseconds: ms, spread: 0, runs: 1 }, peers: {} });
  return [row('an eager op with its tape entry', cost.eagerOpMicroseconds / 1e3), row('an eager op', cost.withoutTapeMicroseconds / 1e3), row('the boundary alone', cost.boundaryNanoseconds / 1e6)];
}

const run: Readonly<Record<Part, (deadline: number) => Promise<void> | void>> = {
  correctness: (deadline) => {
    result.checks.push(...correctness(isTrial ? 'emu' : on.name, (name) => isWanted('correctness', name), Math.min(availableParallelism(), 8), deadline));
  },
  sanitizer: (deadline) => {
    const sanitizer = isTrial ? null : findSanitizer();
    if (sanitizer) result.checks.push(...sanitize(sanitizer, on.name, (tool) => isWanted('sanitizer', tool), deadline));
    else leaveOut('sanitizer', isTrial ? 'it watches a GPU only' : 'compute-sanitizer is not installed');
  },
  ceilings: async () => {
    const sizes = isTrial ? { copy: 2 ** 12, matrix: 64 } : ceilingSizes;
    result.ceilings = await measureCeilings(on, inputs, torch, sizes, patience, programs.copy);
  },
  convolutions: async (deadline) => {
    const { rows, left } = await convolutions({ on, inputs, peers: [...cudnn, ...torch], patience, byWarpgroups }, wantedConvs, deadline);
    result.rows.push(...rows);
    if (left.length > 0) leaveOut(`${left.length} of ${wantedConvs.length} convolutions, from ${left[0]} on`, 'the time was up');
  },
  memory: async (deadline) => {
    const sizes = isTrial ? trialMemory : memorySizes;
    const { rows, left } = await memoryOps({ on, inputs, sizes, dtype: isTrial ? 'float32' : 'bfloat16', patience }, wantedMemory, torch, deadline);
    result.rows.push(...rows);
    for (const name of left) leaveOut(`memory ${name}`, 'the time was up');
  },
  steps,
  dispatch: async () => void result.rows.push(...(await dispatchRows())),
};

const seconds = Number(values.seconds);
let sharesLeft = asked.reduce((sum, part) => sum + shares[part], 0);
for (const part of asked) {
  // What a part leaves of its time is the others'.
  const left = began + 1000 * seconds - Date.now();
  const deadline = Date.now() + (left * shares[part]) / sharesLeft;
  sharesLeft -= shares[part];
  console.error(`bench:gpu: ${part}, up to ${Math.max((deadline - Date.now()) / 1000, 0).toFixed(0)} s`);
  try {
    await run[part](deadline);
  } catch (error) {
    leaveOut(part, error instanceof Error ? error.message : String(error));
  }
}
for (const side of [...torch, ...cudnn]) await side.end();

/** Rows of which we have no time ourselves. */
const without = (measured: Measured): measured is { why: string } => 'why' in measured;
for (const { part, name, ours } of result.rows) if (without(ours)) leaveOut(`${part} ${name}`, ours.why);
result.seconds = (Date.now() - began) / 1000;
for (const path of writeReport(isTrial ? 'build/bench/trial' : 'bench/results', result)) console.log(path);
process.exitCode = result.checks.some(({ failed }) => failed > 0) ? 1 : 0;
