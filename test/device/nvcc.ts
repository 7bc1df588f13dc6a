/** What the CUDA toolkit makes of one kernel file, where it is installed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const toolkit = process.env['CUDA_PATH'] ?? process.env['CUDA_HOME'] ?? '/usr/local/cuda';
const tool = (name: string) => join(toolkit, 'bin', name);

export const hasNvcc = existsSync(tool('nvcc'));
export const hasCuobjdump = existsSync(tool('cuobjdump'));

/** The PTX of a file of this repository, and the file in `folder` that it is written to. */
export function ptxOf(source: string, architecture: string, folder: string): { text: string; path: string } {
  const path = join(folder, `${basename(source)}.ptx`);
  const flags = ['-std=c++20', `-arch=${architecture}`, '-Icuda', '-Inative', '-DCONVOLT_BACKEND=cuda', '-Werror=all-warnings'];
  execFileSync(tool('nvcc'), [...flags, '-ptx', source, '-o', path], { cwd: root });
  return { text: readFileSync(path, 'utf8'), path };
}

/** Assembles PTX. `report` is what ptxas says of each kernel. */
export function assemble(ptx: string, architecture: string): { cubin: string; report: string; status: number | null } {
  const cubin = `${ptx}.cubin`;
  const { stderr, status } = spawnSync(tool('ptxas'), ['-v', `-arch=${architecture}`, ptx, '-o', cubin], { encoding: 'utf8' });
  return { cubin, report: stderr, status };
}

/** The instructions of an assembled file, as cuobjdump lists them. */
export function listingOf(cubin: string): string {
  return execFileSync(tool('cuobjdump'), ['-sass', cubin], { encoding: 'utf8', maxBuffer: 1 << 28 });
}
