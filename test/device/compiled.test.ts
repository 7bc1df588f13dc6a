/**
 * What nvcc makes of the tensor-core kernels, where it is installed: the instructions that they are written for, no registers
 * in memory, and no more of them than leave room for the blocks that are to run together. Where cuobjdump is there too, its
 * listing has to agree.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { assemble, hasCuobjdump, hasNvcc, listingOf, ptxOf } from './nvcc.js';
import { kernelsOf, mostRegisters } from './registers.js';

const mma = ['mma.sync.aligned.m16n8k16.row.col.f32.bf16', 'mma.sync.aligned.m16n8k16.row.col.f32.f16', 'ldmatrix.sync.aligned.m8n8.x4', 'cp.async.cg.shared.global', 'st.global.v4'];

const warpgroups = [
  'wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16', 'wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16', 'mbarrier.try_wait.parity',
  'adds, 1, 1, 0, 0;', 'adds, 1, 1, 0, 1;', 'adds, 1, 1, 1, 1;', // operands along the depth, b across it, both across it
  'cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes', 'st.global.v4',
];
const windows = [...warpgroups, 'cp.async.bulk.tensor.4d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes'];

/** Files with the instructions that their kernels are written for. CI looks at the registers of all files for sm_90a. */
const compilations = [
  { source: 'cuda/conv/implicit_gemm.cu', architecture: 'sm_80', instructions: mma, listed: [/\bHMMA\.16816\.F32/, /\bLDGSTS\.E\.BYPASS\.128/] },
  { source: 'cuda/conv/normalized_conv.cu', architecture: 'sm_80', instructions: mma, listed: [/\bHMMA\.16816\.F32/, /\bLDGSTS\.E\.BYPASS\.128/] },
  { source: 'cuda/conv/stem.cu', architecture: 'sm_80', instructions: mma, listed: [/\bHMMA\.16816\.F32/, /\bLDGSTS\.E\.BYPASS\.128/] },
  { source: 'cuda/mma/matrix_product.cu', architecture: 'sm_80', instructions: mma, listed: [/\bHMMA\.16816\.F32/, /\bLDGSTS\.E\.BYPASS\.128/] },
  { source: 'cuda/mma/warpgroup_product.cu', architecture: 'sm_90a', instructions: warpgroups, listed: [/\bHGMMA\.64x128x16\.F32/, /\bUTMALDG/] },
  { source: 'cuda/conv/warpgroup_convolution.cu', architecture: 'sm_90a', instructions: windows, listed: [/\bHGMMA\.64x128x16\.F32/, /\bUTMALDG/] },
].filter(() => hasNvcc);

const folder = mkdtempSync(join(tmpdir(), 'convolt-compiled-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(compilations)('$source for $architecture', ({ source, architecture, instructions, listed }) => {
  const { text, path } = ptxOf(source, architecture, folder);
  const { cubin, report, status } = assemble(path, architecture);
  const kernels = kernelsOf(report);

  it('is assembled', () => {
    expect(status, report).toBe(0);
    expect(kernels.length).toBeGreaterThan(0);
  });

  it('keeps registers out of memory', () => {
    expect(kernels.filter(({ spilled, stack }) => spilled > 0 || stack > 0)).toEqual([]);
  });

  it('lets products of a warpgroup run beside each other', () => {
    expect(report).not.toMatch(/wgmma\.mma_async instructions are serialized/);
  });

  it('takes as many registers as a multiprocessor has for it', () => {
    expect(kernels.filter(({ name, registers }) => registers > (mostRegisters(name) ?? 255))).toEqual([]);
  });

  it.each(instructions)('has %s', (instruction) => {
    expect(text).toContain(instruction);
  });

  if (hasCuobjdump) {
    it.each(listed)('is assembled to %s', (instruction) => {
      expect(listingOf(cubin)).toMatch(instruction);
    });
  }
});
