/** Each convolution's three products in bfloat16, against each peer, which measures the same product right after us. */
import { scope, type Device } from 'convolt';

import { convParams, elements, flops, kindOf, leastBytes, outputExtent, type ConvShape } from './conv_shape.js';
import type { Inputs } from './inputs.js';
import { isOutOfMemory, run } from './library.js';
import { measure, type Patience } from './measure.js';
import type { Measured, Row } from './result.js';
import type { ConvCase } from './shapes.js';
import { measuredBy, type Side } from './side.js';

export const passes = ['forward', 'input gradient', 'weight gradient'] as const;
export type Pass = (typeof passes)[number];

export interface Measurement extends ConvCase {
  pass: Pass;
}

/** Every pass of every case, under the name by which a filter finds it. */
export const measurementsOf = (cases: readonly ConvCase[]): Measurement[] =>
  cases.flatMap((each) => passes.map((pass) => ({ ...each, pass, name: `${each.name} ${pass}` })));

/**
 * What peers are asked: `conv PASS N D H W C K T R S strideD… beforeD… afterD… dilationD… GROUPS SECONDS`. A peer that cannot
 * take unequal padding pads x itself, outside of the time.
 */
export function requestFor({ shape, batch, pass }: Measurement, seconds: number): string {
  const numbers = [batch, ...shape.extent, shape.c, shape.k, ...shape.kernel, ...shape.stride, ...shape.before, ...shape.after, ...shape.dilation, shape.groups];
  return ['conv', pass.replace(' ', '-'), ...numbers, seconds].join(' ');
}

const xShape = (shape: ConvShape, batch: number) => [batch, ...shape.extent, shape.c];
const yShape = (shape: ConvShape, batch: number) => [batch, ...outputExtent(shape), shape.k];
const wShape = ({ k, kernel, c, groups }: ConvShape) => [k, ...kernel, c / groups];

export interface ConvContext {
  on: Device;
  inputs: Inputs;
  peers: readonly Side[];
  patience: Patience;
  /** Whether the kernels that nothing chooses by itself are measured as well: on compute capability 9.0. */
  byWarpgroups: boolean;
}

/** ConvAlgorithm of native/params.h. */
const AUTOMATIC = 0, WGMMA = 5;

/** Our time of a product. */
async function ours({ on, inputs, patience }: ConvContext, { shape, batch, pass }: Measurement, algorithm: number): Promise<Measured> {
  const params = { ...convParams(shape, batch), algorithm }, shapes = { x: xShape(shape, batch), w: wShape(shape), y: yShape(shape, batch) };
  const made: { dispose: () => void }[] = [];
  const rotation = (of: 'x' | 'w' | 'y') => {
    const tensors = inputs.rotation(shapes[of], 'bfloat16');
    made.push(tensors);
    return tensors.next;
  };
  const work = {
    'forward': () => {
      const x = rotation('x'), w = rotation('w')();
      return () => run('conv_forward', { x: x(), w }, params, { y: shapes.y });
    },
    'input gradient': () => {
      const dy = rotation('y'), w = rotation('w')();
      return () => run('conv_input_grad', { dy: dy(), w }, params, { dx: shapes.x });
    },
    'weight gradient': () => {
      const x = rotation('x'), dy = rotation('y');
      return () => run('conv_weight_grad', { x: x(), dy: dy() }, params, { dw: shapes.w });
    },
  };
  try {
    const product = work[pass]();
    return await measure(on, () => scope(() => void product()), patience);
  } catch (error) {
    if (isOutOfMemory(error)) return { why: 'out of memory' };
    throw error;
  } finally {
    for (const each of made) each.dispose();
    if (Math.max(...Object.values(elements(shape, batch))) > 2 ** 28) on.releaseCachedMemory();
  }
}

/** What mma/warpgroup_product.cuh and conv/warpgroup_convolution.cuh take: 1 x 1 of whole vectors, and windows of images. */
function takesWarpgroups({ pass, shape: { extent, kernel, c, k, groups, stride, dilation } }: Measurement): boolean {
  const isImage = extent[0] === 1 && kernel[0] === 1 && groups === 1 && Math.max(...stride) <= 8 && (kernel[2] - 1) * dilation[2] <= 127;
  const isPointwise = kernel.every((size) => size === 1) && stride.every((step) => step === 1);
  const takesChannels = isPointwise || pass === 'input gradient' ? c % 8 === 0 : c % 64 === 0;
  return isImage && takesChannels && (pass === 'forward' || k % 8 === 0);
}

/** Measures until the deadline. Returns the rows, and the names of what was left out. */
export async function convolutions(
  context: ConvContext, measurements: readonly Measurement[], deadline: number,
): Promise<{ rows: Row[]; left: string[] }> {
  const rows: Row[] = [];
  for (const [i, measurement] of measurements.entries()) {
    if (Date.now() > deadline) return { rows, left: measurements.slice(i).map(({ name }) => name) };
    const { name, shape, batch } = measurement;
    const row: Row = {
      part: 'convolutions', name, kind: kindOf(shape),
      flops: flops(shape, batch), bytes: leastBytes(shape, batch, 2),
      ours: await ours(context, measurement, AUTOMATIC), peers: {},
    };
    if (context.byWarpgroups && takesWarpgroups(measurement)) {
      row.peers['convolt by wgmma'] = await ours(context, measurement, WGMMA);
    }
    for (const peer of context.peers) {
      row.peers[peer.name] = measuredBy(peer.name, await peer.ask(requestFor(measurement, context.patience.seconds), Date.now() + 60_000));
    }
    rows.push(row);
  }
  return { rows, left: [] };
}
