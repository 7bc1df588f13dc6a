/**
 * Registers of kernels. CI compiles every kernel once, for sm_90a, and names ptxas's report of it in
 * CONVOLT_PTXAS_REPORT; where that is not set, compiled.test.ts looks at what it compiles itself.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';

import { kernelsOf, mostRegisters, mostStack } from './registers.js';

test('what ptxas reports is read', () => {
  const report = `ptxas info    : Compiling entry function '_Z1kPf' for 'sm_80'
ptxas info    : Function properties for _Z1kPf
    16 bytes stack frame, 8 bytes spill stores, 4 bytes spill loads
ptxas info    : Used 40 registers, used 1 barriers, 376 bytes cmem[0]`;
  expect(kernelsOf(report)).toEqual([{ name: '_Z1kPf', registers: 40, stack: 16, spilled: 12 }]);
});

test('ceilings follow from the blocks that a multiprocessor is to hold', () => {
  const mangled = (element: string, tile: string, vectors: number) => `_ZN7convolt4cuda15mma_gemm_kernelINS0_12SplitProductI${element}ENS0_9TileShapeI${tile}EELb${vectors}EEEv`;
  expect(mostRegisters(mangled('4bf16', 'Li128ELi128ELi2ELi4ELi2', 1))).toBe(128);
  expect(mostRegisters(mangled('4bf16', 'Li64ELi64ELi2ELi2ELi4', 0))).toBe(255);
  expect(mostRegisters(mangled('f', 'Li128ELi128ELi2ELi4ELi2', 1))).toBe(255);
  expect(mostRegisters('_ZN7convolt4cuda10add_kernelIfEEv')).toBeNull();
});

const path = process.env['CONVOLT_PTXAS_REPORT'];
if (path !== undefined) {
  describe('all kernels, as CI compiled them', () => {
    const kernels = kernelsOf(readFileSync(path, 'utf8'));

    it('are all there', () => {
      expect(kernels.length).toBeGreaterThan(300);
    });

    it('keep their registers on the chip, and have no stack but where there is a reason', () => {
      expect(kernels.filter(({ name, spilled, stack }) => spilled > 0 || stack > mostStack(name))).toEqual([]);
    });

    it('take as many as a multiprocessor has for them', () => {
      expect(kernels.filter(({ name, registers }) => registers > (mostRegisters(name) ?? 255))).toEqual([]);
    });
  });
}
