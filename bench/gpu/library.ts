/** What the benchmark needs of the library's inside, beyond what it exports. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { device, keep, zeros, type Device, type Tensor } from 'convolt';

const root = dirname(createRequire(import.meta.url).resolve('convolt/package.json'));
const inside = (file: string) => pathToFileURL(join(root, 'dist', file)).href;
const { run } = (await import(inside('core/run.js'))) as typeof import('../../dist/core/run.js');
const { OpNode } = (await import(inside('core/tape.js'))) as typeof import('../../dist/core/tape.js');
const { cudaInfo } = (await import(inside('core/device.js'))) as typeof import('../../dist/core/device.js');

export { cudaInfo, run };

type Recorded = Tensor & { node: InstanceType<typeof OpNode> | null };

/** A one-element tensor whose gradient, sent back, is `cotangent` for y. */
export function rootOf(y: Tensor, cotangent: Tensor): Tensor {
  const root = zeros([], { device: y.device }) as Recorded;
  root.node = new OpNode('cotangent', [(y as Recorded).node], () => cotangent.detach(), []);
  return root;
}

/** Whether an error says that the device's memory is full. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_OUT_OF_MEMORY';
}

export { device, keep, type Device };
