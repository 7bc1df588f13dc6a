/** Programs that measure themselves, run in turns so that a machine that changes its speed changes it for all. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const python = '/usr/bin/python3';

/** Whether PyTorch can be measured here. */
export const hasTorch = existsSync(python) && existsSync('/usr/lib/python3/dist-packages/torch');

/** Whether torchvision can be measured here. */
export const hasTorchvision = existsSync(python) && existsSync('/usr/lib/python3/dist-packages/torchvision');

/** Runs a program and returns the JSON object in its last line. */
function measure<T>(command: string, args: readonly string[], env: NodeJS.ProcessEnv): T {
  const output = execFileSync(command, args, { cwd: root, encoding: 'utf8', env: { ...process.env, ...env }, maxBuffer: 1 << 26 });
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as T;
}

/** convolt's side of a benchmark. */
export function measureConvolt<T>(name: string, ...args: string[]): T {
  return measure(process.execPath, [`build/bench/${name}.js`, ...args], {});
}

/** The other side, in Python, which starts with one thread and whose OpenBLAS mistakes the CPU without being told. */
export function measurePython<T>(name: string, ...args: string[]): T {
  return measure(python, [`bench/peers/${name}.py`, ...args], { OPENBLAS_CORETYPE: 'SkylakeX', OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '2' });
}
