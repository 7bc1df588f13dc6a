#!/usr/bin/env node
// The GPU benchmark: npm run bench:gpu [-- FILTER]. Without a GPU it says so and exits 3. It sets up and builds the library
// and the programs that it is compared with, and then measures for at most nine minutes; bench/gpu/main.ts says how.
//
//   --device emu|cpu   tries the benchmark itself, where there is no GPU; nothing of it is a result
//   --seconds N        how long to measure, 520 by default
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { hasGpu } from './native_build.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const args = process.argv.slice(2);
const named = args.indexOf('--device');
if (named < 0 && !hasGpu()) {
  console.error('bench:gpu: there is no NVIDIA GPU here, so nothing was measured');
  process.exit(3);
}

const node = (...words) => spawnSync(process.execPath, words, { stdio: 'inherit' }).status ?? 1;
const stop = (status) => status !== 0 && process.exit(status);
stop(node('scripts/setup.mjs'));
stop(node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.bench.json'));
if (named < 0) buildPeers();
process.exitCode = node('build/bench/gpu/main.js', ...args);

/** Compiles what runs on the GPU beside us. What cannot be built is left out, and the report says so. */
function buildPeers() {
  const toolkit = process.env.CUDA_PATH ?? process.env.CUDA_HOME ?? '/usr/local/cuda';
  const nvcc = existsSync(join(toolkit, 'bin/nvcc')) ? join(toolkit, 'bin/nvcc') : 'nvcc';
  const out = 'build/bench/gpu';
  mkdirSync(out, { recursive: true });
  const build = (what, ...words) => {
    if (spawnSync(nvcc, ['-std=c++20', '-O2', '-arch=native', ...words], { stdio: 'inherit' }).status !== 0) console.error(`bench:gpu: ${what} was not built`);
  };
  build('the program that measures copies', 'bench/gpu/ceilings.cu', '-o', join(out, 'ceilings'));
  const cudnn = cudnnLibrary();
  if (cudnn) build('the program that measures cuDNN', `-I${cudnn.headers}`, 'bench/gpu/cudnn.cc', `-L${cudnn.folder}`, `-l:${cudnn.name}`, '-o', join(out, 'cudnn'));
}

/** cuDNN under CUDNN_ROOT, whose library may lack the name without a version. */
function cudnnLibrary() {
  const root = process.env.CUDNN_ROOT;
  if (!root || !existsSync(join(root, 'include/cudnn.h'))) return null;
  for (const folder of [join(root, 'lib'), join(root, 'lib64')]) {
    const name = existsSync(folder) ? readdirSync(folder).find((file) => /^libcudnn\.so(\.\d+)*$/.test(file)) : undefined;
    if (name) return { headers: join(root, 'include'), folder, name };
  }
  return null;
}
