/** The programs that convolt is compared with, where they are. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { Side } from './side.js';

/** What scripts/bench_gpu.mjs builds. */
export const programs = { step: 'build/bench/gpu/step_convolt.js', copy: 'build/bench/gpu/ceilings', cudnn: 'build/bench/gpu/cudnn' } as const;

/** A Python that has torch, or why there is none. */
function findTorch(): string | { why: string } {
  for (const python of ['python3', '/usr/bin/python3']) {
    if (spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0) return python;
  }
  return { why: 'python3 has no torch' };
}

export function torchSide(isTrial: boolean, seed: number): Side | { why: string } {
  const python = findTorch();
  if (typeof python !== 'string') return python;
  const env = { CONVOLT_BENCH_SEED: String(seed), ...(isTrial ? { CONVOLT_BENCH_CPU: '1' } : {}) };
  return new Side('PyTorch', python, ['bench/peers/gpu_torch.py'], env);
}

export function cudnnSide(isTrial: boolean): Side | { why: string } {
  if (isTrial) return { why: 'it needs a GPU' };
  const root = process.env['CUDNN_ROOT'];
  if (!existsSync(programs.cudnn) || root === undefined) return { why: 'CUDNN_ROOT names no folder with its headers' };
  // cuDNN loads libraries of its own, and some of CUDA's that packages for Python put beside it.
  const beside = ['cublas', 'cuda_nvrtc', 'cuda_runtime', 'cu13'].map((name) => join(dirname(root), name, 'lib'));
  const libraries = [join(root, 'lib'), join(root, 'lib64'), ...beside, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':');
  return new Side('cuDNN', programs.cudnn, [], { LD_LIBRARY_PATH: libraries });
}
