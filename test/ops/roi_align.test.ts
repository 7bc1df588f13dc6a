import { describe, expect, test } from 'vitest';

import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { cast, mul, psRoiAlign, psRoiPool, roiAlign, sum, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, normal, offset, TestRandom, type NdArray } from './array.js';
import { describeOp, expectClose, type OpCase } from './harness.js';

type Region = readonly [image: number, x1: number, y1: number, x2: number, y2: number];

interface Settings {
  kind: 'align' | 'psAlign' | 'psPool';
  rois: readonly Region[];
  outputSize: readonly [number, number];
  spatialScale?: number;
  samplingRatio?: number;
  aligned?: boolean;
}

function run(x: Tensor, { kind, rois, ...options }: Settings): Tensor {
  const regions = tensor(rois.flat(), { shape: [rois.length, 5], device: x.device });
  const y = { align: roiAlign, psAlign: psRoiAlign, psPool: psRoiPool }[kind](x, regions, options);
  regions.dispose();
  return y;
}

/** x at a real-valued position, interpolated between four pixels: the way of the papers, sample by sample. */
function interpolated({ shape, data }: NdArray, image: number, y: number, x: number, channel: number): number {
  const h = shape[1]!, w = shape[2]!;
  if (!(y >= -1 && y <= h && x >= -1 && x <= w)) return 0;
  const at = Math.min(Math.max(y, 0), h - 1), across = Math.min(Math.max(x, 0), w - 1);
  const top = Math.floor(at), left = Math.floor(across);
  const bottom = Math.min(top + 1, h - 1), right = Math.min(left + 1, w - 1);
  const down = at - top, aside = across - left;
  const pixel = (row: number, column: number) => data[offset(shape, [image, row, column, channel])]!;
  return (
    (1 - down) * ((1 - aside) * pixel(top, left) + aside * pixel(top, right)) +
    down * ((1 - aside) * pixel(bottom, left) + aside * pixel(bottom, right))
  );
}

function reference(x: NdArray, settings: Settings): NdArray {
  const { kind, rois, outputSize: [p, q], spatialScale = 1, samplingRatio = -1 } = settings;
  const aligned = kind === 'psAlign' || (settings.aligned ?? false), bins = kind === 'align' ? 1 : p * q;
  const [n, h, w, c] = x.shape as [number, number, number, number];

  /** The mean of the samples of a bin. */
  function sampled(image: number, [x1, y1, x2, y2]: readonly number[], row: number, column: number, channel: number): number {
    const shift = aligned ? 0.5 : 0, least = aligned ? -Infinity : 1;
    const top = y1! * spatialScale - shift, left = x1! * spatialScale - shift;
    const height = Math.max((y2! - y1!) * spatialScale, least) / p, width = Math.max((x2! - x1!) * spatialScale, least) / q;
    const rows = samplingRatio > 0 ? samplingRatio : Math.ceil(height), columns = samplingRatio > 0 ? samplingRatio : Math.ceil(width);
    let total = 0;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        total += interpolated(x, image, top + (row + (i + 0.5) / rows) * height, left + (column + (j + 0.5) / columns) * width, channel);
      }
    }
    return total / Math.max(rows * columns, 1);
  }

  /** The mean of the whole pixels that a bin touches. */
  function pooled(image: number, corners: readonly number[], row: number, column: number, channel: number): number {
    const [x1, y1, x2, y2] = corners.map((value) => Math.sign(value) * Math.round(Math.abs(value * spatialScale))) as [number, number, number, number];
    const height = Math.max(y2 - y1, 1) / p, width = Math.max(x2 - x1, 1) / q;
    let total = 0, count = 0;
    for (let at = 0; at < h - 1; at++) {
      for (let across = 0; across < w - 1; across++) {
        const inRows = at - y1 >= Math.floor(row * height) && at - y1 < Math.ceil((row + 1) * height);
        const inColumns = across - x1 >= Math.floor(column * width) && across - x1 < Math.ceil((column + 1) * width);
        if (!inRows || !inColumns) continue;
        total += x.data[offset(x.shape, [image, at, across, channel])]!;
        count++;
      }
    }
    return count === 0 ? 0 : total / count;
  }

  return compute([rois.length, p, q, c / bins], ([r = 0, row = 0, column = 0, k = 0]) => {
    const [image, ...corners] = rois[r]!;
    if (!(image >= 0 && image < n)) return 0;
    const channel = bins === 1 ? k : (k * p + row) * q + column;
    return (kind === 'psPool' ? pooled : sampled)(Math.trunc(image), corners, row, column, channel);
  });
}

/** Inside, over each edge, thin, turned over, without extent, far outside, in images that do not exist. */
const regions: readonly Region[] = [
  [0, 1.3, 0.6, 5.9, 4.2], [1, -3.2, 2.1, 2.4, 9.5], [0, 3.1, -2.2, 11.3, 3.3], [1, 2.2, 1.4, 2.6, 4.9],
  [0, 4.1, 4.3, 2.2, 1.9], [1, 3, 3, 3, 3], [0, 40, 30, 60, 50], [0, -60, -50, -40, -30], [2, 0, 0, 3, 3], [-1, 0, 0, 3, 3],
];
const two: readonly Region[] = [[0, 0.7, 1.2, 6.1, 5.3], [1, 2.2, 0.3, 4.4, 3.7]];

function roiCase(name: string, x: readonly number[], options: Settings): OpCase<'x', Settings> {
  return { name, inputs: { x: normal(x) }, options };
}

describeOp<'x', Settings>({
  name: 'averages over regions of interest',
  cases: [
    roiCase('align, two samples', [2, 6, 7, 3], { kind: 'align', rois: regions, outputSize: [2, 3], samplingRatio: 2 }),
    roiCase('align, as many samples as pixels', [2, 6, 7, 3], { kind: 'align', rois: regions, outputSize: [2, 3] }),
    roiCase('align, aligned', [2, 6, 7, 1], { kind: 'align', rois: regions, outputSize: [3, 2], samplingRatio: 3, aligned: true }),
    roiCase('align, aligned, as many samples as pixels', [2, 6, 7, 2], { kind: 'align', rois: regions, outputSize: [1, 2], samplingRatio: 0, aligned: true }),
    roiCase('align, scaled', [2, 5, 4, 5], { kind: 'align', rois: two, outputSize: [2, 2], spatialScale: 0.625, samplingRatio: 1 }),
    roiCase('align, a region far larger than the image', [1, 3, 4, 2], { kind: 'align', rois: [[0, -90, -70, 100, 80]], outputSize: [3, 3] }),
    roiCase('align, images of one pixel', [2, 1, 1, 2], { kind: 'align', rois: two, outputSize: [2, 2], samplingRatio: 2 }),
    roiCase('align, no regions', [2, 4, 4, 2], { kind: 'align', rois: [], outputSize: [2, 2] }),
    roiCase('align, no channels', [2, 4, 4, 0], { kind: 'align', rois: two, outputSize: [2, 2] }),
    roiCase('align, no images', [0, 4, 4, 2], { kind: 'align', rois: two, outputSize: [2, 2] }),
    roiCase('align, images without pixels', [2, 0, 4, 2], { kind: 'align', rois: two, outputSize: [2, 2] }),
    roiCase('position-sensitive align', [2, 6, 7, 12], { kind: 'psAlign', rois: regions, outputSize: [2, 3], samplingRatio: 2 }),
    roiCase('position-sensitive align, adaptive', [2, 6, 7, 6], { kind: 'psAlign', rois: regions, outputSize: [3, 2], spatialScale: 0.75 }),
    roiCase('position-sensitive align, one bin', [2, 6, 7, 3], { kind: 'psAlign', rois: two, outputSize: [1, 1] }),
    roiCase('position-sensitive pool', [2, 6, 7, 12], { kind: 'psPool', rois: regions, outputSize: [2, 3] }),
    roiCase('position-sensitive pool, scaled', [2, 8, 7, 18], { kind: 'psPool', rois: regions, outputSize: [3, 3], spatialScale: 0.75 }),
    roiCase('position-sensitive pool, no regions', [1, 4, 4, 4], { kind: 'psPool', rois: [], outputSize: [2, 2] }),
  ],
  run: ({ x }, settings) => run(x as Tensor, settings),
  reference: ({ x }, settings) => reference(x as NdArray, settings),
  errors: [
    {
      name: 'rois of another shape',
      act: (on) => roiAlign(zeros([1, 4, 4, 2], { device: on }), zeros([3, 4], { device: on }), { outputSize: 2 }),
      message: 'roiAlign: expected rois to have shape [R,5], rows of image, x1, y1, x2, y2, but got [3,4]',
    },
    {
      name: 'rank',
      act: (on) => roiAlign(zeros([4, 4, 2], { device: on }), zeros([3, 5], { device: on }), { outputSize: 2 }),
      message: 'roiAlign: expected x to have the 4 axes [N,H,W,C], but got shape [4,4,2]',
    },
    {
      name: 'channels that the bins do not divide',
      act: (on) => psRoiAlign(zeros([1, 4, 4, 6], { device: on }), zeros([3, 5], { device: on }), { outputSize: 2 }),
      message: 'psRoiAlign: expected the channels of x to be a multiple of the 4 bins of outputSize 2, but got 6 (x [1,4,4,6])',
    },
    {
      name: 'output size',
      act: (on) => psRoiPool(zeros([1, 4, 4, 4], { device: on }), zeros([3, 5], { device: on }), { outputSize: [2, 0] }),
      message: 'psRoiPool: expected outputSize to be a whole number of at least 1, or one for each of the 2 spatial axes, but got [2,0]',
    },
    {
      name: 'sampling ratio',
      act: (on) => roiAlign(zeros([1, 4, 4, 4], { device: on }), zeros([3, 5], { device: on }), { outputSize: 2, samplingRatio: 0.5 }),
      message: 'roiAlign: expected samplingRatio to be a whole number of at most 32768, but got 0.5',
    },
    {
      name: 'spatial scale',
      act: (on) => roiAlign(zeros([1, 4, 4, 4], { device: on }), zeros([3, 5], { device: on }), { outputSize: 2, spatialScale: NaN }),
      message: 'roiAlign: expected spatialScale to be a finite number of at least 0, but got NaN',
    },
  ],
});

describe.each(testDevices)('regions of interest on %s', (device) => {
  test('NaN, infinities and huge regions give zeros, or the mean of the image', async () => {
    const rois = [NaN, 0, 0, 2, 2, /**/ 0, NaN, 0, 2, 2, /**/ 0, 0, 0, Infinity, 2, /**/ 0, -1e30, -1e30, 1e30, 1e30, /**/ 1e30, 0, 0, 2, 2];
    const x = tensor([1, 2, 3, 4], { shape: [1, 2, 2, 1], device });
    for (const average of [roiAlign, psRoiAlign, psRoiPool]) {
      const y = await average(x, tensor(rois, { shape: [5, 5], device }), { outputSize: 1 }).data();
      for (const [i, value] of y.entries()) expect(Number.isFinite(value), `${average.name} ${i}: ${value}`).toBe(true);
    }
  });

  test.each(['bfloat16', 'float16'] as const)('%s: the float32 result, rounded', async (dtype) => {
    const random = new TestRandom(5), settings: Settings = { kind: 'align', rois: two, outputSize: [2, 3], samplingRatio: 2 };
    const narrow = cast(tensor(Float32Array.from(normal([2, 6, 7, 3])(random).data), { shape: [2, 6, 7, 3], device }), dtype);
    const cotangent = cast(tensor(Float32Array.from(normal([2, 2, 3, 3])(random).data), { shape: [2, 2, 3, 3], device }), dtype);
    narrow.requiresGrad = true;
    const wide = cast(narrow, 'float32').detach();
    wide.requiresGrad = true;
    const y = run(narrow, settings), expected = run(wide, settings);
    sum(mul(cast(y, 'float32'), cast(cotangent, 'float32'))).backward();
    sum(mul(expected, cast(cotangent, 'float32'))).backward();
    const ulp = dtype === 'bfloat16' ? 2 ** -8 : 2 ** -11;
    const pairs = [['y', y, expected], ['dx', narrow.grad!, wide.grad!]] as const;
    for (const [what, found, exact] of pairs) {
      expect(found.dtype).toBe(dtype);
      expectClose(await found.data(), { shape: exact.shape, data: Float64Array.from(await exact.data()) }, ulp, what);
    }
  });

  test('is linear: the gradient of its gradient is itself', async () => {
    const rois = tensor(two.flat(), { shape: [2, 5], device });
    const random = new TestRandom(6), data = Float32Array.from(normal([2, 6, 7, 1])(random).data);
    const x = tensor(data, { shape: [2, 6, 7, 1], device, requiresGrad: true });
    const y = scope(() => roiAlign(mul(x, x), rois, { outputSize: 2, samplingRatio: 1 }));
    sum(y).backward({ createGraph: true }); // 2 x g, where g is the gradient for x^2
    const first = x.grad!;
    const g = Array.from(await first.data(), (value, i) => value / data[i]!);
    sum(first).backward();
    const total = await x.grad!.data(); // and now 2 g more
    const expected = Float64Array.from(data, (value, i) => g[i]! * value + g[i]!);
    expectClose(total, { shape: x.shape, data: expected }, 1e-5, 'second gradient');
  });
});
