/** What ptxas reports of kernels, and how many registers those of convolutions may take. */

export interface Kernel {
  /** Mangled. */
  name: string;
  registers: number;
  /** Bytes. */
  spilled: number;
  stack: number;
}

/** From the lines that `ptxas -v` writes for each kernel. */
export function kernelsOf(report: string): Kernel[] {
  const pattern = /Compiling entry function '(\w+)'[^]*?(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads[^]*?Used (\d+) registers/g;
  return [...report.matchAll(pattern)].map(([, name, stack, stores, loads, registers]) => ({
    name: name!, registers: Number(registers), stack: Number(stack), spilled: Number(stores) + Number(loads),
  }));
}

/** A multiprocessor has 65,536 registers: so many are left for a thread of `blocks` blocks of `threads`, in steps of 8. */
const registersFor = (threads: number, blocks: number) => Math.min(255, Math.floor(65_536 / (threads * blocks * 8)) * 8);

/** The first pattern that a name has decides: how many blocks of how many threads a multiprocessor is to hold. */
const ceilings: readonly [pattern: RegExp, most: number][] = [
  [/mma_gemm_kernel.*TileShapeILi128ELi128E.*EELb1E/, registersFor(256, 2)],
  [/mma_gemm_kernel.*TileShapeILi128ELi64E.*EELb1E/, registersFor(256, 2)],
  [/mma_gemm_kernel.*TileShapeILi128ELi32E.*EELb1E/, registersFor(128, 4)],
  [/mma_gemm_kernel.*TileShapeILi32ELi128E.*EELb1E/, registersFor(128, 4)],
  [/mma_gemm_kernel.*TileShapeILi64ELi64E.*EELb1E/, registersFor(128, 4)],
  [/mma_gemm_kernel/, registersFor(128, 2)],
  [/wgmma_product_kernel/, registersFor(384, 1)],
  [/stem_forward_kernel/, registersFor(128, 3)],
  [/stem_weight_grad_kernel.*Li6E/, registersFor(256, 1)],
  [/stem_weight_grad_kernel/, registersFor(256, 2)],
  [/depthwise_kernel/, registersFor(128, 3)],
  [/depthwise_weight_sums_kernel/, registersFor(128, 6)],
  [/direct_\w+_kernel/, registersFor(256, 4)],
];

/** In TF32, products take twice the registers: half as many blocks. */
const isFloat = (name: string) => !/4bf16|3f16/.test(name);

/** How many registers a thread may take; null for kernels that are no convolution's. */
export function mostRegisters(name: string): number | null {
  const found = ceilings.find(([pattern]) => pattern.test(name));
  if (!found) return null;
  return found[1] <= 128 && isFloat(name) && name.includes('mma_gemm_kernel') ? Math.min(255, 2 * found[1]) : found[1];
}

/** Kernels that keep something in memory of their own, how many bytes of it, and why. No other does. */
const stacks: readonly [pattern: RegExp, bytes: number, why: string][] = [
  [/unary_kernel/, 32, 'sinf and cosf bring arguments beyond 105615 into range by a product of seven words, which they index'],
  [/draw_kernel/, 72, 'the same of angles; and an image takes the words of a Philox block one after the other, some not at all'],
];

/** How many bytes of stack a kernel may have. */
export const mostStack = (name: string) => stacks.find(([pattern]) => pattern.test(name))?.[1] ?? 0;
