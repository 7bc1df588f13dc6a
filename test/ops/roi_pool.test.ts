import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { psRoiPool, roiPool, sum, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, distinct, normal, offset, type NdArray } from './array.js';
import { describeOp } from './harness.js';

type Roi = readonly [image: number, x1: number, y1: number, x2: number, y2: number];

interface Settings {
  rois: readonly Roi[];
  bins: readonly [number, number];
  scale: number;
}

/** Half away from zero, as C rounds. */
function rounded(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value));
}

/** The pixels of one bin along one axis, before they are cut to the image. */
function binPixels(low: number, high: number, bin: number, bins: number, scale: number, inclusive: boolean): [number, number] {
  const start = rounded(low * scale), end = rounded(high * scale);
  const size = Math.max(end - start + (inclusive ? 1 : 0), 1) / bins;
  return [start + Math.floor(bin * size), start + Math.ceil((bin + 1) * size)];
}

/** The values of channel `channel(p, q, k)` of x under each bin, reduced to one. */
function roiPooling(
  x: NdArray,
  { rois, bins, scale }: Settings,
  channels: number,
  kind: { inclusive: boolean; border: number },
  channel: (p: number, q: number, k: number) => number,
  reduce: (values: number[]) => number,
): NdArray {
  const [, height, width] = x.shape as [number, number, number];
  return compute([rois.length, ...bins, channels], ([m, p, q, k]) => {
    const [image, x1, y1, x2, y2] = rois[m!]!;
    const [top, bottom] = binPixels(y1, y2, p!, bins[0], scale, kind.inclusive);
    const [left, right] = binPixels(x1, x2, q!, bins[1], scale, kind.inclusive);
    const values: number[] = [];
    for (let h = Math.max(top, 0); h < Math.min(bottom, height - kind.border); h++) {
      for (let w = Math.max(left, 0); w < Math.min(right, width - kind.border); w++) {
        values.push(x.data[offset(x.shape, [image, h, w, channel(p!, q!, k!)])]!);
      }
    }
    return values.length > 0 ? reduce(values) : 0;
  });
}

const some: readonly Roi[] = [[0, 1, 2, 7, 9], [1, 0, 0, 11, 10], [0, 3.4, 2.6, 5.2, 8.1], [1, 4, 4, 4, 4], [0, -3, -2, 4, 5], [1, 8, 7, 15, 19]];
const beyond: readonly Roi[] = [[0, 20, 20, 25, 25], [1, -9, -9, -4, -4], [1, 3, 6, 1, 2]];

function run(pool: typeof roiPool, x: Tensor, { rois, bins, scale }: Settings): Tensor {
  const boxes = tensor(rois.flat(), { shape: [rois.length, 5], device: x.device });
  const y = pool(x, boxes, { outputSize: bins, spatialScale: scale });
  boxes.dispose();
  return y;
}

describeOp<'x', Settings>({
  name: 'RoI pooling',
  cases: [
    { name: 'regions of two images', inputs: { x: distinct([2, 11, 12, 3]) }, options: { rois: some, bins: [3, 2], scale: 1 }, tolerance: 0 },
    { name: 'scaled', inputs: { x: distinct([2, 6, 7, 2]) }, options: { rois: some, bins: [2, 3], scale: 0.5 }, tolerance: 0 },
    { name: 'outside, and upside down', inputs: { x: distinct([2, 8, 8, 2]) }, options: { rois: beyond, bins: [2, 2], scale: 1 }, tolerance: 0 },
    { name: 'more bins than pixels', inputs: { x: distinct([1, 5, 5, 17]) }, options: { rois: [[0, 1, 1, 3, 3]], bins: [7, 5], scale: 1 }, tolerance: 0 },
    { name: 'no regions', inputs: { x: distinct([1, 5, 5, 2]) }, options: { rois: [], bins: [2, 2], scale: 1 } },
  ],
  run: ({ x }, settings) => run(roiPool, x as Tensor, settings),
  reference: ({ x }, settings) => {
    return roiPooling(x as NdArray, settings, x!.shape[3]!, { inclusive: true, border: 0 }, (_p, _q, k) => k, (values) => Math.max(...values));
  },
  errors: [
    {
      name: 'shape of rois',
      act: (on) => roiPool(zeros([1, 5, 5, 2], { device: on }), zeros([3, 4], { device: on }), { outputSize: 2 }),
      message: 'roiPool: expected rois to have shape [R,5], for (image, x1, y1, x2, y2), but got [3,4]',
    },
    {
      name: 'scale',
      act: (on) => roiPool(zeros([1, 5, 5, 2], { device: on }), zeros([3, 5], { device: on }), { outputSize: 2, spatialScale: NaN }),
      message: 'roiPool: expected spatialScale to be a finite number above 0, but got NaN',
    },
  ],
});

describeOp<'x', Settings>({
  name: 'position-sensitive RoI pooling',
  cases: [
    { name: 'regions of two images', inputs: { x: normal([2, 11, 12, 12]) }, options: { rois: some, bins: [3, 2], scale: 1 } },
    { name: 'scaled', inputs: { x: normal([2, 6, 7, 8]) }, options: { rois: some, bins: [2, 2], scale: 0.5 } },
    { name: 'outside, and upside down', inputs: { x: normal([2, 8, 8, 4]) }, options: { rois: beyond, bins: [2, 2], scale: 1 } },
    { name: 'one pixel', inputs: { x: normal([1, 1, 1, 4]) }, options: { rois: [[0, 0, 0, 1, 1]], bins: [2, 2], scale: 1 } },
    { name: 'no regions', inputs: { x: normal([1, 5, 5, 4]) }, options: { rois: [], bins: [2, 2], scale: 1 } },
  ],
  run: ({ x }, settings) => run(psRoiPool, x as Tensor, settings),
  reference: ({ x }, settings) => {
    const [rows, columns] = settings.bins;
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const channel = (p: number, q: number, k: number) => (k * rows + p) * columns + q;
    return roiPooling(x as NdArray, settings, x!.shape[3]! / (rows * columns), { inclusive: false, border: 1 }, channel, mean);
  },
});

describe.each(testDevices)('regions that are none on %s', (name) => {
  test.each([['roiPool', roiPool], ['psRoiPool', psRoiPool]] as const)('%s gives 0', async (_, pool) => {
    const on = device(name);
    const rois = tensor([7, 0, 0, 3, 3, /**/ -1, 0, 0, 3, 3, /**/ NaN, NaN, NaN, NaN, NaN, /**/ 0, 1e30, 1e30, Infinity, Infinity], { shape: [4, 5], device: on });
    const x = zeros([2, 4, 4, 4], { device: on }).detach();
    x.requiresGrad = true;
    const y = pool(x, rois, { outputSize: 2 });
    expect([...(await y.data())].every((value) => value === 0)).toBe(true);
    sum(y).backward();
    await x.grad?.data();
  });
});
