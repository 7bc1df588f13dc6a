/** Ops that can be computed in several ways, timed against each other. */
import { cpus } from 'node:os';

import { native } from '../native.js';
import { readChoices, writeChoice, type Choices } from './benchmark_cache.js';
import { cudaInfo, type Device } from './device.js';
import { ConvoltError } from './errors.js';
import { isRecordingStep } from './recording.js';

let benchmarking = false;
let choices: Choices | undefined; // of this process, and of the file when it was read

/**
 * Whether convolutions find out which of their algorithms is fastest, as with torch's `cudnn.benchmark`. Off at first: the
 * algorithm then follows from shape and type.
 *
 * When it is on, the first convolution of a problem (shapes, types, options, and whether it is the forward pass, the gradient of
 * x or that of the weight) on a device runs once or a few times by each algorithm that takes it, and blocks meanwhile; from then
 * on the fastest is used. A convolution that {@link convBatchNorm} fuses with the normalisations around it is a problem of its
 * own, timed with what it does for them. Nothing is timed where only one takes it, where `algorithm` names one, and within {@link capture},
 * which uses what was found before.
 *
 * What was found is kept in `~/.cache/convolt/benchmark.json` (under XDG_CACHE_HOME where that is set; CONVOLT_BENCHMARK_CACHE
 * names another file, or none if it is empty), for each device by its name and compute capability, and for this version of
 * convolt. Algorithms add up in different orders. Two runs with the same choices have the same bits; without the file, or where
 * it cannot be written, two runs may choose differently.
 *
 * @param on also makes the file be read anew.
 */
export function setBenchmark(on = true): void {
  benchmarking = on;
  choices = undefined;
}

/** What {@link setBenchmark} was last told. */
export function isBenchmarking(): boolean {
  return benchmarking;
}

/** By what choices are told apart: another device of the same kind chooses alike. */
function kindOf(device: Device): string {
  if (device.backend === 'emu') return 'emu';
  if (device.backend === 'cpu') return `${cpus()[0]?.model ?? 'cpu'}, oneDNN ${native.host().onednn}`;
  const gpu = cudaInfo().devices[device.ordinal];
  return `${gpu?.name}, compute capability ${gpu?.computeCapability}`;
}

const mostRounds = 5, enough = 50; // ms

/** The least time that a way took, in ms; Infinity if there was no memory for it. */
function timeOf(device: Device, way: () => void): number {
  let least = Infinity, spent = 0;
  try {
    for (let round = 0; round < mostRounds && spent < enough; round++) {
      const start = performance.now();
      way();
      native.wait(device.id);
      const took = performance.now() - start;
      least = Math.min(least, took);
      spent += took;
    }
    return least;
  } catch (error) {
    if (error instanceof ConvoltError && error.code === 'ERR_OUT_OF_MEMORY') return Infinity;
    throw error;
  }
}

/**
 * The name of the fastest way to solve a problem, as it was found before or is found now; undefined where nothing is known and
 * nothing may be timed, or no way has enough memory.
 *
 * @param ways by name; each gives its work to the device.
 * @internal
 */
export function fastest<W extends string>(device: Device, problem: string, ways: ReadonlyMap<W, () => void>): W | undefined {
  const kind = kindOf(device);
  const known = ((choices ??= readChoices())[kind] ??= {});
  const found = [...ways.keys()].find((name) => name === known[problem]);
  if (found !== undefined || isRecordingStep()) return found;
  native.wait(device.id); // for work from before
  const times = [...ways].map(([name, way]) => ({ name, time: timeOf(device, way) }));
  const best = times.reduce((least, each) => (each.time < least.time ? each : least));
  if (best.time === Infinity) return undefined;
  known[problem] = best.name;
  writeChoice(kind, problem, best.name);
  return best.name;
}
