// Builds one variant of the native code through cmake-js: `release` (build/Release), or `memory` and `race`
// (build/memory, build/race), the checked builds of the emulator.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Whether this machine can run CUDA kernels: an NVIDIA driver is loaded. */
export const hasGpu = () => existsSync('/proc/driver/nvidia/version');

/**
 * Runs cmake-js. Its output is shown when it fails, or always with `loud`.
 *
 * @param settings CMake variables, e.g. { CONVOLT_CUDA: 'OFF' }.
 */
export function buildNative(variant, settings = {}, { loud = false } = {}) {
  const cmakeJs = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
  const variables = variant === 'release' ? settings : { ...settings, CONVOLT_CHECK: variant };
  const defines = Object.entries(variables).map(([name, value]) => `--CD${name}=${value}`);
  const args = [cmakeJs, 'compile', '--out', `build/cmake-${variant}`, '--parallel', String(availableParallelism()), ...defines];
  const result = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', stdio: loud ? 'inherit' : 'pipe', maxBuffer: 1 << 28 });
  if (result.status !== 0) {
    if (!loud) process.stderr.write(`${result.stdout}${result.stderr}`);
    throw new Error(`the native build (${variant}) failed`);
  }
}
