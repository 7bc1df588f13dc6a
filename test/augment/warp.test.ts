/** What is drawn, and what comes of it, against plain loops. */
import { describe, expect, test } from 'vitest';

import * as augment from '../../lib/augment/index.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { randomState } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { thrownBy } from '../ops/harness.js';
import { composed, inverseAffine, type Matrix } from './affine_reference.js';
import { drawRectangle, ReferenceDraws, rint } from './draws_reference.js';
import { batchOf, expectRounded, HEIGHT, pixels, WIDTH, type ImageKind } from './images.js';
import { warpReference, type ReferenceWarp } from './warp_reference.js';

const SEED = 12;
const kinds: ImageKind[] = ['rgb', 'dark', 'few', 'rgb', 'flat', 'dark', 'rgb', 'few'];

/** The images of a batch as the transform makes them. */
async function transformed(transform: augment.Transform, device: string, images = batchOf(kinds, device)): Promise<{ shape: readonly number[]; images: Uint8Array[] }> {
  const made = transform(images, randomState(SEED, device));
  const data = await made.data(), size = data.length / made.shape[0]!;
  return { shape: made.shape, images: Array.from({ length: made.shape[0]! }, (_, i) => data.slice(i * size, (i + 1) * size)) };
}

/** Images of the batch through a matrix each, in float64. */
function expected(matrixOf: (draws: ReferenceDraws) => Matrix, options: ReferenceWarp): Float64Array[] {
  return kinds.map((kind, i) => warpReference({ data: pixels(kind), h: HEIGHT, w: WIDTH, c: 3 }, matrixOf(new ReferenceDraws(SEED, i)), options));
}

const whole = { size: [HEIGHT, WIDTH], interpolation: 'nearest', border: 'fill', fill: 0 } as const;

describe.each(testDevices)('views on %s', (device) => {
  test.each([
    { size: [9, 11], padding: 2, fill: 9 },
    { size: [4, 13], padding: 1, fill: 0 },
    { size: [9, 11], padding: 0, fill: 0 },
    { size: [1, 1], padding: 0, fill: 0 },
  ] as const)('randomCrop %j', async ({ size, padding, fill }) => {
    const made = await transformed(augment.randomCrop({ size, padding, fill }), device);
    const wanted = expected((draws) => {
      const top = draws.below(HEIGHT + 2 * padding - size[0] + 1) - padding;
      return [1, 0, draws.below(WIDTH + 2 * padding - size[1] + 1) - padding, 0, 1, top];
    }, { ...whole, size, fill });
    expect(made.shape).toEqual([kinds.length, ...size, 3]);
    expect(made.images.map((image) => [...image])).toEqual(wanted.map((image) => [...image]));
  });

  test('randomCrop puts its corner at every place about as often', async () => {
    const n = 3000, images = tensor(Uint8Array.from({ length: n * 6 }, (_, i) => i % 6), { shape: [n, 2, 3, 1], device });
    const corners = await augment.randomCrop({ size: 1 })(images, randomState(4, device)).data();
    for (let place = 0; place < 6; place++) {
      const count = corners.filter((value) => value === place).length;
      expect(Math.abs(count - n / 6)).toBeLessThan(4.5 * Math.sqrt(n * (1 / 6) * (5 / 6)));
    }
  });

  test.each([
    { size: [9, 11], area: [0.2, 1], ratio: [0.5, 2] },
    { size: [5, 20], area: [0.08, 0.3], ratio: [3 / 4, 4 / 3] },
    { size: [6, 6], area: [0.9, 1], ratio: [3, 4] }, // hardly ever fits: the middle
    { size: [6, 6], area: [1, 1], ratio: [0.1, 0.2] },
  ] as const)('randomResizedCrop %j', async ({ size, area, ratio }) => {
    const made = await transformed(augment.randomResizedCrop({ size, area, ratio }), device);
    const wanted = expected((draws) => {
      let from = drawRectangle(draws, [HEIGHT, WIDTH], area, ratio);
      if (!from) {
        const width = Math.min(WIDTH, rint(HEIGHT * ratio[1])), height = Math.min(HEIGHT, rint(WIDTH / ratio[0]));
        from = { top: Math.floor((HEIGHT - height) / 2), left: Math.floor((WIDTH - width) / 2), height, width };
      }
      return [from.width / size[1], 0, from.left, 0, from.height / size[0], from.top];
    }, { size, interpolation: 'bilinear', border: 'edge', fill: 0 });
    for (const [i, image] of made.images.entries()) expectRounded(image, wanted[i]!, `image ${i}`);
  });

  test.each([0, 0.4, 1])('flips with probability %d', async (probability) => {
    const mirror: Matrix = [-1, 0, WIDTH, 0, 1, 0], turn: Matrix = [1, 0, 0, 0, -1, HEIGHT], none: Matrix = [1, 0, 0, 0, 1, 0];
    const drawn = (draws: ReferenceDraws, ignored: number) => {
      for (let i = 0; i < ignored; i++) draws.uniform();
      return draws.uniform() < probability;
    };
    const numbers = (images: ArrayLike<number>[]) => images.map((image) => Array.from(image));
    const made = await transformed(augment.flip({ probability }), device), upended = await transformed(augment.verticalFlip({ probability }), device);
    expect(numbers(made.images)).toEqual(numbers(expected((draws) => (drawn(draws, 0) ? mirror : none), whole)));
    expect(numbers(upended.images)).toEqual(numbers(expected((draws) => (drawn(draws, 1) ? turn : none), whole)));
  });

  test.each([
    { degrees: 30 },
    { degrees: 180, fill: 200 },
    { translate: [0.4, 0.3] as const },
    { zoom: [0.5, 2] as const, fill: 99 },
    { shear: 40 },
    { shear: [10, 30] as const },
    { degrees: 20, translate: [0.1, 0.1] as const, zoom: [0.8, 1.2] as const, shear: [5, 5] as const, fill: 127 },
  ])('affine %j', async (options: augment.AffineOptions) => {
    const { degrees = 0, translate = [0, 0], zoom = [1, 1], shear = 0, fill = 0 } = options;
    const [shearX, shearY] = typeof shear === 'number' ? [shear, 0] : shear;
    const matrixOf = (draws: ReferenceDraws): Matrix => {
      draws.uniform(); // whether to mirror,
      draws.uniform(); // and to turn
      const angle = draws.between(-degrees, degrees);
      const shift = [rint(draws.between(-translate[0], translate[0]) * WIDTH), rint(draws.between(-translate[1], translate[1]) * HEIGHT)] as const;
      const scale = draws.between(...zoom);
      return inverseAffine(angle, shift, scale, [draws.between(-shearX, shearX), draws.between(-shearY, shearY)], [HEIGHT, WIDTH]);
    };
    const made = await transformed(augment.affine(options), device);
    const wanted = expected(matrixOf, { ...whole, interpolation: 'bilinear', fill });
    for (const [i, image] of made.images.entries()) expectRounded(image, wanted[i]!, `image ${i}`);
  });

  test('rotation, zoom and shear are parts of affine', async () => {
    const pairs: [augment.Transform, augment.Transform][] = [
      [augment.rotation({ degrees: 25, fill: 3 }), augment.affine({ degrees: 25, fill: 3 })],
      [augment.zoom({ range: [0.7, 1.3], interpolation: 'nearest' }), augment.affine({ zoom: [0.7, 1.3], interpolation: 'nearest' })],
      [augment.shear({ degrees: [9, 4] }), augment.affine({ shear: [9, 4] })],
    ];
    for (const [one, other] of pairs) expect(await transformed(one, device)).toEqual(await transformed(other, device));
  });

  test('warp through any matrix, one that leads nowhere included', async () => {
    const matrices: Matrix[] = [
      [-0.713, 0.307, 9.01, 0.209, -1.103, 8.03], [1e30, 0, 0, 0, 1e30, 0], [NaN, 0, 0, 0, NaN, 0], [0, 0, 5.2, 0, 0, 4.7],
      [1, 0, 3, 0, 1, -2], [-1, 0, 8, 0, 1, 0], [1, 0, 0.51, 0, -1, 9], [1, 0, 400, 0, 1, 0],
    ];
    for (const border of ['fill', 'edge'] as const) {
      for (const interpolation of ['nearest', 'bilinear'] as const) {
        const options = { interpolation, border, fill: 50 };
        const matrix = tensor(matrices.flat(), { shape: [8, 6], device });
        const data = await augment.warp(batchOf(kinds, device), matrix, { ...options, size: [7, 12] }).data();
        for (const [i, kind] of kinds.entries()) {
          if (matrices[i]!.some((value) => !(Math.abs(value) < 1e9))) continue;
          const wanted = warpReference({ data: pixels(kind), h: HEIGHT, w: WIDTH, c: 3 }, matrices[i]!, { ...options, size: [7, 12] });
          expectRounded(data.subarray(i * 252, (i + 1) * 252), wanted, `${border} ${interpolation} ${i}`);
        }
        if (border === 'fill') expect(new Set(data.subarray(2 * 252, 3 * 252))).toEqual(new Set([50]));
      }
    }
  });

  test.each([1, 3, 4])('rows that are wider than what a loop takes at once, %d channels', async (c) => {
    const h = 5, w = 600, matrices: Matrix[] = [
      [-1, 0, w, 0, 1, 0], [-1, 0, w - 7, 0, 1, -1], [1, 0, 30, 0, -1, h], // copies
      [0.3, 0, 2.4, 0, 0.45, 1.2], [-2.2, 0, 599.6, 0, -0.7, 4.9], [1.03, 0, -9, 0, 2.5, -3], // along the axes
      [0.9, 0.2, 4, 0.01, 0.8, 0.3], [-0.9, 3, 590, -0.003, 0.8, 3], // slanted
    ];
    const n = matrices.length, data = Uint8Array.from({ length: n * h * w * c }, (_, i) => (i * 37 + Math.floor(i / 11) * 101) % 256);
    const images = tensor(data, { shape: [n, h, w, c], device }), matrix = tensor(matrices.flat(), { shape: [n, 6], device });
    for (const border of ['fill', 'edge'] as const) {
      for (const interpolation of ['nearest', 'bilinear'] as const) {
        const options = { size: [h, w], interpolation, border, fill: 50 } as const, size = h * w * c;
        const made = await augment.warp(images, matrix, options).data();
        for (const [i, one] of matrices.entries()) {
          const wanted = warpReference({ data: data.subarray(i * size, (i + 1) * size), h, w, c }, one, options);
          expectRounded(made.subarray(i * size, (i + 1) * size), wanted, `${border} ${interpolation} ${i}`);
        }
      }
    }
  });

  test('two and five channels', async () => {
    for (const c of [2, 5]) {
      const data = Uint8Array.from({ length: 2 * 4 * 5 * c }, (_, i) => (i * 37) % 256);
      const images = tensor(data, { shape: [2, 4, 5, c], device }), matrix: Matrix = [0.8, 0.1, 0.3, -0.2, 0.9, 0.4];
      const made = await augment.warp(images, tensor([...matrix, ...matrix], { shape: [2, 6], device })).data();
      const options = { size: [4, 5], interpolation: 'bilinear', border: 'fill', fill: 0 } as const;
      const wanted = [0, 1].flatMap((i) => [...warpReference({ data: data.subarray(i * 20 * c, (i + 1) * 20 * c), h: 4, w: 5, c }, matrix, options)]);
      expectRounded(made, wanted);
    }
  });

  test('centerCrop, fiveCrop and flips of a numbered image', async () => {
    const images = tensor(Uint8Array.from({ length: 12 }, (_, i) => i), { shape: [1, 3, 4, 1], device });
    const random = randomState(1, device), data = async (x: Tensor<'uint8' | 'int32'>) => [...(await x.data())];
    expect(await data(augment.centerCrop({ size: [1, 2] })(images, random))).toEqual([5, 6]);
    expect(await data(augment.centerCrop({ size: [3, 6] })(images, random))).toEqual([0, 0, 1, 2, 3, 0, 0, 4, 5, 6, 7, 0, 0, 8, 9, 10, 11, 0]);
    const crops = await Promise.all(augment.fiveCrop(images, { size: 2 }).map(data));
    expect(crops).toEqual([[0, 1, 4, 5], [2, 3, 6, 7], [4, 5, 8, 9], [6, 7, 10, 11], [1, 2, 5, 6]]);
    const [same, mirrored] = augment.flips(images);
    expect(await data(same!)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(await data(mirrored!)).toEqual([3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8]);
    const ten = await Promise.all(augment.tenCrop(images, { size: [1, 4] }).map(data));
    expect(ten).toHaveLength(10);
    expect([ten[0], ten[5]]).toEqual([[0, 1, 2, 3], [3, 2, 1, 0]]);
    expect(await data(random)).toEqual([1, 0, 0, 0]);
  });

  test('errors', () => {
    const images = batchOf(['rgb'], device), random = randomState(1, device);
    expect(thrownBy(() => augment.randomCrop({ size: 12, padding: 1 })(images, random)).message).toBe(
      'randomCrop: expected size to be at most [11,13], that of images with their padding, but got [12,12]',
    );
    expect(thrownBy(() => augment.randomCrop({ size: 0 })).message).toBe('randomCrop: expected size to be a whole number from 1 to 32768, but got 0');
    expect(thrownBy(() => augment.randomResizedCrop({ size: 4, area: [1, 0.5] })).message).toBe(
      'randomResizedCrop: expected the upper end of area to be a number from 1 to 1, but got 0.5',
    );
    expect(thrownBy(() => augment.affine({ degrees: -1 })).message).toBe('affine: expected degrees to be a number from 0 to 180, but got -1');
    expect(thrownBy(() => augment.flip({ probability: 2 })).message).toBe('flip: expected probability to be a number from 0 to 1, but got 2');
    expect(thrownBy(() => augment.fiveCrop(images, { size: 10 })).message).toBe('fiveCrop: expected size to be at most [9,11], that of images, but got [10,10]');
    const flat = tensor(new Uint8Array(3), { device });
    expect(thrownBy(() => augment.flip()(flat, random)).message).toBe('flip: expected images to have the 4 axes [N,H,W,C], but got shape [3]');
    expect(thrownBy(() => augment.flip()(images, tensor(Int32Array.of(1), { device }))).message).toBe(
      'flip: expected random to have shape [4], as randomState makes it, but got [1]',
    );
    expect(thrownBy(() => augment.warp(images, tensor([1], { device }))).message).toBe(
      'warp: expected matrix to have shape [1,6], one row for each image, but got [1]',
    );
  });

  test('matrices compose', () => {
    // Of the reference itself: first a shift, then a turn.
    expect(composed([0, -1, 0, 1, 0, 0], [1, 0, 5, 0, 1, 0])).toEqual([0, -1, 0, 1, 0, 5]);
  });
});
