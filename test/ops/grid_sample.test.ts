import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { affineGrid, gridSample, ones, sum, zeros, type GridOptions, type GridSampleOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, forEachIndex, ndarray, normal, offset, type Generator, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';

/**
 * Positions [...,axes] over an image, up to `beyond` times its extent outside of it; no pixel's weight has a kink there:
 * in pixels, fractions from 0.15 to 0.45 and from 0.55 to 0.85.
 */
function positions(shape: readonly number[], spatial: readonly number[], alignCorners: boolean, beyond = 0.6): Generator {
  const extents = [...spatial].reverse(); // a position is x, y, z
  return (random) =>
    ndarray(shape, (i) => {
      const extent = extents[i % extents.length]!;
      const whole = Math.round((random.uniform() * (1 + 2 * beyond) - beyond) * extent);
      const pixel = whole + 0.15 + 0.3 * random.uniform() + (random.uniform() < 0.5 ? 0.4 : 0);
      if (!alignCorners) return (2 * pixel + 1) / extent - 1;
      return extent === 1 ? random.normal() : (2 * pixel) / (extent - 1) - 1;
    });
}

/** The index of the pixel that stands at place i of an image continued to all sides, or -1 for a zero. */
function continued(i: number, extent: number, { paddingMode = 'zeros', alignCorners = false }: GridSampleOptions): number {
  if (i >= 0 && i < extent) return i;
  if (paddingMode === 'zeros') return -1;
  if (paddingMode === 'border') return i < 0 ? 0 : extent - 1;
  const mirrored = Array.from({ length: extent }, (_, at) => at);
  const back = mirrored.slice().reverse();
  const period = alignCorners ? [...mirrored, ...back.slice(1, -1)] : [...mirrored, ...back];
  return period[((i % period.length) + period.length) % period.length]!;
}

function weight(mode: GridSampleOptions['mode'], distance: number): number {
  const s = Math.abs(distance), a = -0.75;
  if (mode === 'nearest') return s < 0.5 ? 1 : 0;
  if (mode !== 'bicubic') return Math.max(0, 1 - s);
  if (s <= 1) return (a + 2) * s ** 3 - (a + 3) * s ** 2 + 1;
  return s < 2 ? a * s ** 3 - 5 * a * s ** 2 + 8 * a * s - 4 * a : 0;
}

/** The sum over all pixels near the position of an image continued to all sides. */
function sampled(x: NdArray, grid: NdArray, options: GridSampleOptions): NdArray {
  const spatial = x.shape.slice(1, -1), axes = spatial.length;
  return compute([...grid.shape.slice(0, -1), x.shape.at(-1)!], (index) => {
    const n = index[0]!, c = index.at(-1)!;
    const at = spatial.map((extent, axis) => {
      const value = grid.data[offset(grid.shape, [...index.slice(0, -1), axes - 1 - axis])]!;
      return options.alignCorners ? ((value + 1) / 2) * (extent - 1) : ((value + 1) * extent - 1) / 2;
    });
    let total = 0;
    forEachIndex(at.map(() => 4), (step) => {
      const place = step.map((i, axis) => Math.floor(at[axis]!) - 1 + i);
      const pixel = place.map((i, axis) => continued(i, spatial[axis]!, options));
      if (pixel.includes(-1)) return;
      const share = place.reduce((product, i, axis) => product * weight(options.mode, at[axis]! - i), 1);
      if (share !== 0) total += share * x.data[offset(x.shape, [n, ...pixel, c])]!;
    });
    return total;
  });
}

interface SampleSettings {
  options: GridSampleOptions;
}

function sampleCase(
  name: string,
  x: readonly number[],
  points: readonly number[],
  options: GridSampleOptions = {},
  beyond?: number,
): OpCase<'x' | 'grid', SampleSettings> {
  const spatial = x.slice(1, -1), grid = [x[0]!, ...points, spatial.length];
  // A position is rounded to float32, which moves a pixel's weight by some 1e-7 times the extent of the image.
  const tolerances = { tolerance: 2e-5 * Math.max(1, beyond ?? 0), gradientTolerance: 2e-5 * Math.max(1, beyond ?? 0) };
  return { name, inputs: { x: normal(x), grid: positions(grid, spatial, options.alignCorners ?? false, beyond) }, options: { options }, ...tolerances };
}

const modes = ['bilinear', 'nearest', 'bicubic'] as const, paddingModes = ['zeros', 'border', 'reflection'] as const;
const everyRule = modes.flatMap((mode) => paddingModes.flatMap((paddingMode) => [false, true].map((alignCorners) => ({ mode, paddingMode, alignCorners }))));

describeOp<'x' | 'grid', SampleSettings>({
  name: 'grid sampling',
  cases: [
    ...everyRule.map((rule) => sampleCase(`2-D ${JSON.stringify(rule)}`, [2, 4, 5, 3], [3, 4], rule)),
    ...everyRule.filter(({ mode }) => mode !== 'bicubic').map((rule) => sampleCase(`3-D ${JSON.stringify(rule)}`, [1, 3, 4, 2, 2], [2, 2, 3], rule)),
    ...everyRule.filter(({ paddingMode }) => paddingMode === 'reflection').map((rule) => sampleCase(`one row of pixels ${JSON.stringify(rule)}`, [1, 1, 4, 1], [5, 1], rule)),
    sampleCase('far outside, zeros', [1, 4, 5, 2], [5, 5], {}, 20),
    sampleCase('far outside, border', [1, 4, 5, 2], [5, 5], { paddingMode: 'border' }, 3),
    sampleCase('far outside, reflection', [1, 4, 5, 2], [5, 5], { paddingMode: 'reflection' }, 20),
    sampleCase('far outside, reflection at centres', [1, 4, 5, 2], [5, 5], { paddingMode: 'reflection', alignCorners: true, mode: 'bicubic' }, 20),
    sampleCase('several blocks of positions', [1, 3, 4, 1], [18, 16]),
    sampleCase('no positions', [2, 4, 5, 3], [0, 4]),
    sampleCase('no images', [0, 4, 5, 3], [2, 4]),
    sampleCase('no channels', [2, 4, 5, 0], [2, 4]),
  ],
  run: ({ x, grid }, { options }) => gridSample(x as Tensor, grid as Tensor, options),
  reference: ({ x, grid }, { options }) => sampled(x as NdArray, grid as NdArray, options),
  errors: [
    {
      name: 'rank',
      act: (on) => gridSample(zeros([4, 5, 3], { device: on }), zeros([4, 5, 2], { device: on })),
      message: 'gridSample: expected x to have the axes [N,H,W,C] or [N,D,H,W,C], but got shape [4,5,3]',
    },
    {
      name: 'a grid of other images',
      act: (on) => gridSample(zeros([2, 4, 5, 3], { device: on }), zeros([1, 4, 5, 2], { device: on })),
      message: 'gridSample: expected grid to have shape [2,P,Q,2], for x [2,4,5,3], but got [1,4,5,2]',
    },
    {
      name: 'bicubic in 3-D',
      act: (on) => gridSample(zeros([2, 4, 5, 6, 3], { device: on }), zeros([2, 4, 5, 6, 3], { device: on }), { mode: 'bicubic' }),
      message: "gridSample: expected mode to be 'bilinear' or 'nearest', but got 'bicubic'",
    },
    {
      name: 'padding mode',
      act: (on) => gridSample(zeros([2, 4, 5, 3], { device: on }), zeros([2, 4, 5, 2], { device: on }), { paddingMode: 'edge' as 'border' }),
      message: "gridSample: expected paddingMode to be 'zeros' or 'border' or 'reflection', but got 'edge'",
    },
  ],
});

interface AffineSettings extends GridOptions {
  size: readonly number[];
}

describeOp<'theta', AffineSettings>({
  name: 'affine grids',
  cases: [
    { name: '2-D', inputs: { theta: normal([2, 2, 3]) }, options: { size: [4, 5] } },
    { name: '2-D, alignCorners', inputs: { theta: normal([2, 2, 3]) }, options: { size: [4, 5], alignCorners: true } },
    { name: '3-D', inputs: { theta: normal([2, 3, 4]) }, options: { size: [2, 3, 4] } },
    { name: '3-D, alignCorners', inputs: { theta: normal([1, 3, 4]) }, options: { size: [2, 1, 4], alignCorners: true } },
    { name: 'one pixel', inputs: { theta: normal([3, 2, 3]) }, options: { size: [1, 1] } },
    { name: 'no pixels', inputs: { theta: normal([3, 2, 3]) }, options: { size: [0, 4] } },
    { name: 'no maps', inputs: { theta: normal([0, 2, 3]) }, options: { size: [2, 2] } },
  ],
  run: ({ theta }, { size, ...options }) => affineGrid(theta as Tensor, size, options),
  reference: ({ theta }, { size, alignCorners }) => {
    const { shape, data } = theta as NdArray, axes = size.length;
    return compute([shape[0]!, ...size, axes], (index) => {
      const row = index.at(-1)!;
      const term = (column: number) => data[offset(shape, [index[0]!, row, column])]!;
      let value = term(axes);
      for (const [axis, extent] of size.entries()) {
        const i = index[axis + 1]!;
        const pixel = alignCorners ? (extent === 1 ? 0 : -1 + (2 / (extent - 1)) * i) : -1 + (2 / extent) * (i + 0.5);
        value += term(axes - 1 - axis) * pixel;
      }
      return value;
    });
  },
  errors: [
    {
      name: 'shape of theta',
      act: (on) => affineGrid(zeros([2, 3, 3], { device: on }), [4, 4]),
      message: 'affineGrid: expected theta to have shape [N,2,3] or [N,3,4], but got [2,3,3]',
    },
    {
      name: 'size',
      act: (on) => affineGrid(zeros([2, 2, 3], { device: on }), [2, 3, 4]),
      message: 'affineGrid: expected size to be a list of 2 whole numbers of at least 0, for theta [2,2,3], but got [2,3,4]',
    },
  ],
});

describe.each(testDevices)('grid sampling on %s', (device) => {
  test('the grid of the identity gives the image back', async () => {
    const data = Float32Array.from({ length: 2 * 3 * 4 }, (_, i) => i);
    const x = tensor(data, { shape: [1, 3, 4, 2], device });
    const theta = tensor([1, 0, 0, /**/ 0, 1, 0], { shape: [1, 2, 3], device });
    for (const alignCorners of [false, true]) {
      const y = gridSample(x, affineGrid(theta, [3, 4], { alignCorners }), { alignCorners, paddingMode: 'border' });
      for (const [i, value] of (await y.data()).entries()) expect(value).toBeCloseTo(data[i]!, 5);
    }
  });

  test.each(everyRule)('NaN is outside, and no position reads beyond the image: %o', async (options) => {
    const x = ones([1, 2, 3, 1], { device, requiresGrad: true });
    const grid = tensor([NaN, 0, /**/ 0, NaN, /**/ Infinity, 0, /**/ 0, -Infinity, /**/ 3e38, -3e38, /**/ 1e10, 1e10], {
      shape: [1, 1, 6, 2],
      device,
      requiresGrad: true,
    });
    const y = gridSample(x, grid, options);
    const values = await y.data();
    expect(Array.from(values.slice(0, 2))).toEqual([0, 0]);
    for (const value of values) expect(Math.abs(value)).toBeLessThan(1.5);
    sum(y).backward();
    for (const value of await x.grad!.data()) expect(Number.isFinite(value)).toBe(true);
    for (const value of (await grid.grad!.data()).slice(0, 4)) expect(value).toBeCloseTo(0);
  });

  test('halfway between two pixels, the nearest is the even one', async () => {
    const x = tensor([10, 11, 12, 13], { shape: [1, 1, 4, 1], device });
    const at = [0.5, 1.5, 2.5].flatMap((pixel) => [(2 * pixel) / 3 - 1, 0]);
    const y = gridSample(x, tensor(at, { shape: [1, 1, 3, 2], device }), { mode: 'nearest', alignCorners: true });
    expect(Array.from(await y.data())).toEqual([10, 12, 12]);
  });

  test('a gradient of the gradient for the grid is refused by name', () => {
    const grid = zeros([1, 1, 1, 2], { device, requiresGrad: true });
    const y = sum(gridSample(ones([1, 2, 2, 1], { device }), grid));
    expect(() => y.backward({ createGraph: true })).toThrow('but got sampling at positions');
  });
});
