/** That memory-bound kernels ask memory for 16 bytes at a time, as nvcc compiles them where it is installed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';

import { hasNvcc, ptxOf } from './nvcc.js';

/** Bytes of each access to global memory in a kernel's PTX. */
function accesses(body: string, instruction: 'ld' | 'st'): number[] {
  const pattern = new RegExp(`\\b${instruction}\\.global(?:\\.nc)?(?:\\.v(\\d))?\\.[a-z]+(\\d+)`, 'g');
  return [...body.matchAll(pattern)].map(([, count = '1', bits]) => (Number(count) * Number(bits)) / 8);
}

/** The kernels of a PTX file by their mangled names. */
function kernelsIn(ptx: string): { name: string; body: string }[] {
  return ptx.split('.entry ').slice(1).map((body) => ({ name: body.slice(0, body.indexOf('(')), body }));
}

test('accesses are read', () => {
  const ptx = '.visible .entry a(\n ld.global.nc.v4.u32 {%r1,…} ld.global.f32 %f1 st.global.v4.u16 [%rd]\n.weak .entry b(\n st.global.v2.b64';
  expect(kernelsIn(ptx).map(({ name, body }) => [name, accesses(body, 'ld'), accesses(body, 'st')])).toEqual([['a', [16, 4], [8]], ['b', [], [16]]]);
});

/** How many tensors a kernel reads and writes by vectors of 16 bytes at the least, and of 8 where they are shorter ones. */
interface Moved {
  kernel: RegExp;
  loads: number;
  stores: number;
  stores8?: number;
}

/** An optimiser's step: parameters, gradient and state, and the copy in 16 bits. */
const step = (states: number): Moved => ({ kernel: /step_kernel.*(4bf16|3f16)/, loads: 2 + states, stores: 1 + states, stores8: 1 });
const squares = (loads: number, stores: number): Moved => ({ kernel: /chunk_squares_kernel/, loads, stores });

const files: Record<string, readonly Moved[]> = {
  'cuda/sgd.cu': [step(1)],
  'cuda/adam.cu': [step(3)],
  'cuda/adamax.cu': [step(2)],
  'cuda/nadam.cu': [step(2)],
  'cuda/radam.cu': [step(2)],
  'cuda/rmsprop.cu': [step(3)],
  'cuda/adagrad.cu': [step(1)],
  'cuda/adadelta.cu': [step(2)],
  'cuda/asgd.cu': [step(1)],
  'cuda/rprop.cu': [step(2)],
  'cuda/lion.cu': [step(1)],
  'cuda/lars.cu': [squares(2, 0), step(1)],
  'cuda/lamb.cu': [squares(4, 3), step(0)],
  'cuda/unary.cu': [
    { kernel: /7ForwardE/, loads: 1, stores: 1 }, { kernel: /8GradientE/, loads: 2, stores: 1 }, { kernel: /14SecondGradientE/, loads: 3, stores: 1 },
  ],
  'cuda/elementwise.cu': [
    { kernel: /binary_kernel.*(3Add|8Multiply|7Maximum)/, loads: 2, stores: 1 },
    { kernel: /binary_kernel.*4LessEhff/, loads: 2, stores: 0 },
    { kernel: /ternary_kernel.*11MaximumGrad/, loads: 3, stores: 1 },
  ],
  'cuda/affine.cu': [{ kernel: /affine_kernelIffE/, loads: 1, stores: 1 }, { kernel: /accumulate_kernel/, loads: 2, stores: 1 }, { kernel: /fill_kernel/, loads: 0, stores: 1 }],
  'cuda/cast.cu': [
    { kernel: /cast_kernelIfNS_(4bf16|3f16)E/, loads: 1, stores: 0, stores8: 1 }, { kernel: /cast_kernelINS_(4bf16|3f16)EfE/, loads: 0, stores: 1 },
  ],
  'cuda/dropout.cu': [{ kernel: /dropout_(grad_)?kernel/, loads: 1, stores: 1 }],
  'cuda/count_nonfinite.cu': [{ kernel: /12count_kernel/, loads: 1, stores: 0 }],
  'cuda/loss_scale.cu': [{ kernel: /copy_if_kernel/, loads: 1, stores: 1 }],
  'cuda/normalize_bytes.cu': [{ kernel: /normalize_bytes_kernel/, loads: 0, stores: 1 }],
};

if (hasNvcc) {
  const folder = mkdtempSync(join(tmpdir(), 'convolt-vectors-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  describe.each(Object.entries(files))('%s', (source, moved) => {
    const kernels = kernelsIn(ptxOf(source, 'sm_80', folder).text);

    it.each(moved)('$kernel: $loads loads, $stores stores', ({ kernel, loads, stores, stores8 = 0 }) => {
      const found = kernels.filter(({ name }) => kernel.test(name));
      expect(found).not.toEqual([]);
      for (const { name, body } of found) {
        const read = accesses(body, 'ld'), written = accesses(body, 'st');
        expect(read.filter((bytes) => bytes === 16).length, name).toBeGreaterThanOrEqual(loads);
        expect(written.filter((bytes) => bytes === 16).length, name).toBeGreaterThanOrEqual(stores);
        expect(written.filter((bytes) => bytes === 8).length, name).toBeGreaterThanOrEqual(stores8);
      }
    });
  });
}
