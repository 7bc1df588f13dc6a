/** What the machine can do at most: the fastest copy and the fastest matrix product that any program here makes. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import { matmul, noGrad, relu, scope, type Device } from 'convolt';

import type { Inputs } from './inputs.js';
import { measure, type Patience } from './measure.js';
import { isTiming, type Ceilings } from './result.js';
import { measuredBy, type Side } from './side.js';

export interface CeilingSizes {
  /** Bytes of each side of a copy. */
  copy: number;
  /** Rows and columns of the matrices. */
  matrix: number;
}

export const ceilingSizes: CeilingSizes = { copy: 2 ** 31, matrix: 8192 };

/** The driver's own copy, if its program was built. */
function driverCopy(program: string): number | null {
  if (!existsSync(program)) return null;
  try {
    return (JSON.parse(execFileSync(program, { encoding: 'utf8', timeout: 60_000 })) as { bytesPerSecond: number }).bytesPerSecond;
  } catch {
    return null; // what it says is on the screen, and other programs copy too
  }
}

async function ourCopy(on: Device, inputs: Inputs, { copy }: CeilingSizes, patience: Patience): Promise<number> {
  const x = inputs.normal([Math.floor(copy / 4)], 'bfloat16'); // half of the bytes: y is held as well
  const { milliseconds } = await measure(on, () => noGrad(() => scope(() => void relu(x))), patience);
  x.dispose();
  return (1000 * 2 * 2 * x.numel) / milliseconds;
}

async function ourProduct(on: Device, inputs: Inputs, { matrix }: CeilingSizes, patience: Patience): Promise<number> {
  const a = inputs.normal([matrix, matrix], 'bfloat16'), b = inputs.normal([matrix, matrix], 'bfloat16');
  const { milliseconds } = await measure(on, () => noGrad(() => scope(() => void matmul(a, b))), patience);
  a.dispose();
  b.dispose();
  return (1000 * 2 * matrix ** 3) / milliseconds;
}

export async function measureCeilings(
  on: Device, inputs: Inputs, peers: readonly Side[], sizes: CeilingSizes, patience: Patience, copyProgram: string,
): Promise<Ceilings> {
  const found: Ceilings['found'] = [
    { what: 'copy', by: 'convolt (relu)', perSecond: await ourCopy(on, inputs, sizes, patience) },
    { what: 'matrix product', by: 'convolt', perSecond: await ourProduct(on, inputs, sizes, patience) },
  ];
  const byDriver = on.backend === 'cuda' ? driverCopy(copyProgram) : null;
  if (byDriver !== null) found.push({ what: 'copy', by: 'the driver', perSecond: byDriver });
  for (const peer of peers) {
    const ask = async (words: string) => measuredBy(peer.name, await peer.ask(`ceiling ${words} ${patience.seconds}`, Date.now() + 60_000));
    const copy = await ask(`copy ${sizes.copy}`), product = await ask(`matmul ${sizes.matrix}`);
    if (isTiming(copy)) found.push({ what: 'copy', by: peer.name, perSecond: (1000 * 2 * sizes.copy) / copy.milliseconds });
    if (isTiming(product)) found.push({ what: 'matrix product', by: peer.name, perSecond: (1000 * 2 * sizes.matrix ** 3) / product.milliseconds });
  }
  on.releaseCachedMemory();
  const best = (what: Ceilings['found'][number]['what']) => Math.max(...found.flatMap((each) => (each.what === what ? each.perSecond : [])));
  return { bytesPerSecond: best('copy'), flopsPerSecond: best('matrix product'), found };
}
