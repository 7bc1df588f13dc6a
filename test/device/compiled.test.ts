/**
 * What nvcc makes of the tensor-core kernels, where it is installed: the instructions that they are written for, and no
 * registers in memory. Where cuobjdump is there too, its listing has to agree.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const toolkit = process.env['CUDA_PATH'] ?? process.env['CUDA_HOME'] ?? '/usr/local/cuda';
const tool = (name: string) => join(toolkit, 'bin', name);

const sources = ['cuda/conv/implicit_gemm.cu', 'cuda/mma/matrix_product.cu'];
const compilations = existsSync(tool('nvcc')) ? sources.flatMap((source) => ['sm_80', 'sm_90a'].map((architecture) => ({ source, architecture }))) : [];

const folder = mkdtempSync(join(tmpdir(), 'convolt-compiled-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Kernel {
  name: string;
  spilled: number;
  stack: number;
}

/** From the lines that `ptxas -v` writes for each kernel. */
function kernelsOf(report: string): Kernel[] {
  const pattern = /Compiling entry function '(\w+)'[^]*?(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads/g;
  return [...report.matchAll(pattern)].map(([, name, stack, stores, loads]) => ({ name: name!, stack: Number(stack), spilled: Number(stores) + Number(loads) }));
}

describe.each(compilations)('$source for $architecture', ({ source, architecture }) => {
  const ptx = join(folder, `${architecture}.ptx`), cubin = join(folder, `${architecture}.cubin`);
  const flags = ['-std=c++20', `-arch=${architecture}`, '-Icuda', '-Inative', '-DCONVOLT_BACKEND=cuda', '-Werror=all-warnings'];
  execFileSync(tool('nvcc'), [...flags, '-ptx', source, '-o', ptx], { cwd: root });
  const { stderr, status } = spawnSync(tool('ptxas'), ['-v', `-arch=${architecture}`, ptx, '-o', cubin], { encoding: 'utf8' });
  const text = readFileSync(ptx, 'utf8'), kernels = kernelsOf(stderr);

  it('is assembled', () => {
    expect(status, stderr).toBe(0);
    expect(kernels.length).toBeGreaterThan(20);
  });

  it('keeps registers out of memory', () => {
    expect(kernels.filter(({ spilled, stack }) => spilled > 0 || stack > 0)).toEqual([]);
  });

  it.each(['mma.sync.aligned.m16n8k16.row.col.f32.bf16', 'mma.sync.aligned.m16n8k16.row.col.f32.f16', 'ldmatrix.sync.aligned.m8n8.x4', 'cp.async.cg.shared.global', 'st.global.v4'])(
    'has %s',
    (instruction) => {
      expect(text).toContain(instruction);
    },
  );

  if (existsSync(tool('cuobjdump'))) {
    it('has HMMA and copies of 16 bytes', () => {
      const listing = execFileSync(tool('cuobjdump'), ['-sass', cubin], { encoding: 'utf8', maxBuffer: 1 << 28 });
      expect(listing).toMatch(/\bHMMA\.16816\.F32/);
      expect(listing).toMatch(/\bLDGSTS\.E\.BYPASS\.128/);
    });
  }
});

it('knows how to read what ptxas reports', () => {
  const report = `ptxas info    : Compiling entry function '_Z1kPf' for 'sm_80'
ptxas info    : Function properties for _Z1kPf
    16 bytes stack frame, 8 bytes spill stores, 4 bytes spill loads`;
  expect(kernelsOf(report)).toEqual([{ name: '_Z1kPf', stack: 16, spilled: 12 }]);
});
