/** Colours, blur, boxes, mixtures and normalisation: what is drawn, against plain loops. */
import { describe, expect, test } from 'vitest';

import * as augment from '../../lib/augment/index.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { crossEntropy, randomState, softmax, toFloat } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { thrownBy } from '../ops/harness.js';
import { inverseAffine, type Matrix } from './affine_reference.js';
import { drawRectangle, ReferenceDraws, rint } from './draws_reference.js';
import { batchOf, difference, expectRounded, HEIGHT, pixels, WIDTH, type ImageKind } from './images.js';

const SEED = 5;
const kinds: ImageKind[] = ['rgb', 'dark', 'few', 'flat', 'rgb', 'dark', 'few', 'rgb', 'rgb', 'dark', 'rgb', 'few'];
const IMAGE = HEIGHT * WIDTH * 3;

type Functions = augment.Recoloring['function'];

const images = (device: string) => batchOf(kinds, device);
const draws = kinds.map((_, i) => i).map((i) => () => new ReferenceDraws(SEED, i));

describe.each(testDevices)('colours on %s', (device) => {
  const state = () => randomState(SEED, device);

  test('colorJitter draws factors, and their order', async () => {
    const options = { brightness: 0.4, contrast: [0.5, 1.5], saturation: 0.9, hue: 0.2 } as const;
    const made = await augment.colorJitter(options)(images(device), state()).data();
    const orders = new Set<string>();
    const steps = draws.map((start): augment.Recoloring[] => {
      const drawn = start();
      const list: augment.Recoloring[] = [
        { function: 'brightness', amount: drawn.between(0.6, 1.4) },
        { function: 'contrast', amount: drawn.between(0.5, 1.5) },
        { function: 'saturation', amount: drawn.between(1 - 0.9, 1.9) },
        { function: 'hue', amount: drawn.between(-0.2, 0.2) },
      ];
      for (let i = 3; i > 0; i--) {
        const j = drawn.below(i + 1);
        [list[i], list[j]] = [list[j]!, list[i]!];
      }
      orders.add(list.map((one) => one.function).join());
      return list;
    });
    expect(orders.size).toBeGreaterThan(5);
    let wanted = images(device);
    for (let step = 0; step < 4; step++) wanted = augment.recolor(wanted, steps.map((list) => list[step]!));
    // A factor that is rounded otherwise can move what is cut off by one, and what follows by a few.
    const { most, share } = difference(made, await wanted.data());
    expect(most).toBeLessThanOrEqual(3);
    expect(share).toBeLessThan(0.01);
  });

  test.each([
    { transform: augment.grayscale({ probability: 0.4 }), function: 'grayscale', probability: 0.4, amount: [0, 0] },
    { transform: augment.invert(), function: 'invert', probability: 0.5, amount: [0, 0] },
    { transform: augment.posterize({ bits: 3 }), function: 'posterize', probability: 0.5, amount: [3, 3] },
    { transform: augment.solarize({ threshold: 100, probability: 1 }), function: 'solarize', probability: 1, amount: [100, 100] },
    { transform: augment.autocontrast({ probability: 0.7 }), function: 'autocontrast', probability: 0.7, amount: [0, 0] },
    { transform: augment.equalize({ probability: 0 }), function: 'equalize', probability: 0, amount: [0, 0] },
    { transform: augment.sharpness({ range: [0, 4], probability: 0.9 }), function: 'sharpness', probability: 0.9, amount: [0, 4] },
  ] as const)('$function happens with its probability', async ({ transform, function: name, probability, amount }) => {
    const made = await transform(images(device), state()).data();
    const recolorings = draws.map((start) => {
      const drawn = start(), happens = drawn.uniform() < probability;
      return { function: happens ? name : ('identity' as const), amount: drawn.between(amount[0], amount[1]) };
    });
    const { most, share } = difference(made, await augment.recolor(images(device), recolorings).data());
    expect(most).toBeLessThanOrEqual(1);
    expect(share).toBeLessThan(0.005);
  });

  test('factors of 1 change nothing', async () => {
    const x = images(device), jitter = augment.colorJitter({ brightness: [1, 1], contrast: [1, 1], saturation: [1, 1] });
    expect(await jitter(x, state()).data()).toEqual(await x.data());
  });

  test('grey images have no saturation, hue or luma', async () => {
    const x = batchOf(['gray', 'gray', 'gray'], device);
    const made = augment.recolor(x, (['saturation', 'hue', 'grayscale'] as const).map((name) => ({ function: name, amount: 0.3 })));
    expect(await made.data()).toEqual(await x.data());
  });

  test('gaussianBlur draws a width for each image', async () => {
    const made = await augment.gaussianBlur({ kernel: 5, sigma: [0.3, 3], probability: 0.7 })(images(device), state()).data();
    for (const [i, kind] of kinds.entries()) {
      const drawn = draws[i]!(), happens = drawn.uniform() < 0.7, sigma = drawn.between(0.3, 3);
      const weights = [-2, -1, 0, 1, 2].map((x) => Math.exp(-0.5 * (x / sigma) ** 2)), total = weights.reduce((a, b) => a + b);
      const x = pixels(kind), mirror = (at: number, extent: number) => (at < 0 ? -at : at >= extent ? 2 * (extent - 1) - at : at);
      const wanted = Float64Array.from({ length: IMAGE }, (_, at) => {
        const row = Math.floor(at / 3 / WIDTH), column = Math.floor(at / 3) % WIDTH;
        if (!happens) return x[at]!;
        let sum = 0;
        for (const [dy, a] of weights.entries())
          for (const [dx, b] of weights.entries())
            sum += a * b * x[(mirror(row + dy - 2, HEIGHT) * WIDTH + mirror(column + dx - 2, WIDTH)) * 3 + (at % 3)]!;
        return sum / total ** 2;
      });
      expectRounded(made.subarray(i * IMAGE, (i + 1) * IMAGE), wanted, `image ${i}`);
    }
  });

  /** Bytes of an image with a box of another value. */
  function boxed(kind: ImageKind, [top, left, bottom, right]: readonly number[], inside: (at: number) => number): number[] {
    return [...pixels(kind)].map((value, at) => {
      const row = Math.floor(at / 3 / WIDTH), column = Math.floor(at / 3) % WIDTH;
      return row >= top! && row < bottom! && column >= left! && column < right! ? inside(at) : value;
    });
  }

  test('erase and cutout', async () => {
    const erased = await augment.erase({ probability: 0.8, area: [0.1, 0.4], ratio: [0.4, 2], fill: 111 })(images(device), state()).data();
    const cut = await augment.cutout({ size: 5, fill: 7 })(images(device), state()).data();
    for (const [i, kind] of kinds.entries()) {
      const drawn = draws[i]!(), happens = drawn.uniform() < 0.8;
      const r = happens ? drawRectangle(drawn, [HEIGHT, WIDTH], [0.1, 0.4], [1 / 2, 1 / 0.4]) : undefined;
      const box = r ? [r.top, r.left, r.top + r.height, r.left + r.width] : [0, 0, 0, 0];
      expect([...erased.subarray(i * IMAGE, (i + 1) * IMAGE)]).toEqual(boxed(kind, box, () => 111));

      const second = draws[i]!();
      second.uniform();
      const y = second.below(HEIGHT), x = second.below(WIDTH);
      expect([...cut.subarray(i * IMAGE, (i + 1) * IMAGE)]).toEqual(boxed(kind, [y - 2, x - 2, y + 3, x + 3], () => 7));
    }
  });

  test('boxes that stick out are cut off', async () => {
    const boxes = tensor(Int32Array.from([-5, -5, 2, 3, 7, 8, 100, 100, 5, 5, 5, 9, 6, 6, 2, 2]), { shape: [4, 4], device });
    const x = batchOf(['rgb', 'dark', 'few', 'rgb'], device);
    const made = await augment.eraseBoxes(x, boxes, { fill: 1 }).data(), pasted = await augment.pasteBoxes(x, boxes).data();
    const clipped = [[0, 0, 2, 3], [7, 8, 9, 11], [0, 0, 0, 0], [0, 0, 0, 0]], four = ['rgb', 'dark', 'few', 'rgb'] as const;
    for (const [i, kind] of four.entries()) {
      expect([...made.subarray(i * IMAGE, (i + 1) * IMAGE)]).toEqual(boxed(kind, clipped[i]!, () => 1));
      expect([...pasted.subarray(i * IMAGE, (i + 1) * IMAGE)]).toEqual(boxed(kind, clipped[i]!, (at) => pixels(four[(i + 3) % 4]!)[at]!));
    }
  });

  test('normalize', async () => {
    const mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225], x = images(device);
    const made = await augment.normalize({ mean, std })(x).data(), data = await x.data();
    for (const [i, value] of made.entries()) expect(Math.abs(value - (data[i]! / 255 - mean[i % 3]!) / std[i % 3]!)).toBeLessThan(2e-6);
    expect(await augment.normalize()(x).data()).toEqual(Float32Array.from(data, (byte) => byte * Math.fround(1 / 255)));
    const wide = tensor(Uint8Array.from({ length: 2 * 3 * 100 }, (_, i) => i % 256), { shape: [1, 2, 3, 100], device });
    const means = Array.from({ length: 100 }, (_, i) => i / 100);
    const got = await augment.normalize({ mean: means, std: 2 })(wide).data();
    for (const [i, value] of got.entries()) expect(Math.abs(value - ((i % 256) / 255 - means[i % 100]!) / 2)).toBeLessThan(1e-6);
  });

  test('randAugment: each of its operations as torchvision has it', async () => {
    const n = 120, magnitude = 21, m = magnitude / 30, many = Array.from({ length: n }, (_, i) => kinds[i % kinds.length]!);
    const made = await augment.randAugment({ operations: 2, magnitude, fill: 9 })(batchOf(many, device), state()).data();
    let wanted = batchOf(many, device);
    const seen = new Set<number>();
    for (let operation = 0; operation < 2; operation++) {
      const chosen = many.map((_, i) => {
        const drawn = new ReferenceDraws(SEED, i, operation * n), which = drawn.below(14), sign = drawn.uniform() < 0.5 ? -1 : 1;
        seen.add(which);
        let matrix: Matrix = [1, 0, 0, 0, 1, 0];
        if (which === 1) matrix = [1, sign * 0.3 * m, 0, 0, 1, 0];
        if (which === 2) matrix = [1, 0, 0, sign * 0.3 * m, 1, 0];
        if (which === 3) matrix = [1, 0, -Math.trunc(sign * m * (150 / 331) * WIDTH), 0, 1, 0];
        if (which === 4) matrix = [1, 0, 0, 0, 1, -Math.trunc(sign * m * (150 / 331) * HEIGHT)];
        if (which === 5) matrix = inverseAffine(-sign * 30 * m, [0, 0], 1, [0, 0], [HEIGHT, WIDTH]); // `rotate` turns the other way than `affine`
        const names: Functions[] = ['brightness', 'saturation', 'contrast', 'sharpness', 'posterize', 'solarize', 'autocontrast', 'equalize'];
        const factor = 1 + sign * 0.9 * m, amounts = [factor, factor, factor, factor, 8 - rint(4 * m), 255 - 255 * m, 0, 0];
        return { matrix, color: which < 6 ? { function: 'identity' as const } : { function: names[which - 6]!, amount: amounts[which - 6]! } };
      });
      const matrix = tensor(chosen.flatMap((one) => one.matrix), { shape: [n, 6], device });
      wanted = augment.recolor(augment.warp(wanted, matrix, { interpolation: 'nearest', fill: 9 }), chosen.map((one) => one.color));
    }
    expect(seen.size).toBe(14);
    const { share } = difference(made, await wanted.data());
    expect(share).toBeLessThan(0.005); // factors that are rounded otherwise
  });
});

describe.each(testDevices)('mixtures on %s', (device) => {
  const n = 600, state = () => randomState(SEED, device);
  /** The images' own shares, read off a batch in which image i is 1 and the one before it 0, or the other way round. */
  async function shares(alpha: number): Promise<Float32Array> {
    const x = tensor(Float32Array.from({ length: n }, (_, i) => i % 2), { shape: [n, 1, 1, 1], device });
    const labels = tensor(Int32Array.from({ length: n }, (_, i) => i % 2), { device });
    const mixed = augment.mixup({ classes: 2, alpha })(x, labels, state());
    const sums = await mixed.images.data(), target = await mixed.target.data();
    expect(Float32Array.from(sums, (_, i) => target[2 * i + 1]!)).toEqual(sums);
    return sums.map((value, i) => (i % 2 ? value : 1 - value));
  }

  test.each([0.2, 1, 4])('mixup shares are Beta(%d, %d)', async (alpha) => {
    const all = await shares(alpha), variance = 1 / (4 * (2 * alpha + 1));
    const mean = all.reduce((sum, share) => sum + share, 0) / n, spread = all.reduce((sum, share) => sum + (share - 0.5) ** 2, 0) / n;
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(variance / n));
    expect(Math.abs(spread / variance - 1)).toBeLessThan(0.2);
    if (alpha === 1) {
      const sorted = all.slice().sort(), farthest = sorted.reduce((most, share, i) => Math.max(most, Math.abs(share - (i + 0.5) / n)), 0);
      expect(farthest).toBeLessThan(1.63 / Math.sqrt(n)); // Kolmogorov and Smirnov, 1 %
    }
  });

  test('mixup is the sum of neighbours in the batch', async () => {
    const values = Float32Array.from({ length: 3 * 4 }, (_, i) => Math.sin(i)), share = [0.25, 1, 0.9];
    const made = await augment.mixRows(tensor(values, { shape: [3, 2, 2, 1], device }), tensor(share, { device })).data();
    for (const [i, value] of made.entries()) {
      const row = Math.floor(i / 4), other = ((row + 2) % 3) * 4 + (i % 4);
      expect(Math.abs(value - (share[row]! * values[i]! + (1 - share[row]!) * values[other]!))).toBeLessThan(1e-6);
    }
  });

  test.each(['uint8', 'float32'] as const)('cutmix of %s: boxes of neighbours, labels by area', async (dtype) => {
    const [h, w, count] = [10, 12, 200], size = h * w;
    const bytes = Uint8Array.from({ length: count * size }, (_, i) => Math.floor(i / size) % 256);
    const x: Tensor<'uint8' | 'float32'> = dtype === 'uint8' ? tensor(bytes, { shape: [count, h, w, 1], device }) : tensor(Float32Array.from(bytes), { shape: [count, h, w, 1], device });
    const labels = tensor(Int32Array.from({ length: count }, (_, i) => i % 7), { device });
    const mixed = augment.cutmix({ classes: 7 })(x, labels, state());
    expect(mixed.images.dtype).toBe(dtype);
    const data = await mixed.images.data(), target = await mixed.target.data();
    let area = 0;
    for (let i = 0; i < count; i++) {
      const own = i % 256, other = (i + count - 1) % count % 256, at = Array.from(data.subarray(i * size, (i + 1) * size));
      const inside = at.flatMap((value, place) => (value === other ? [place] : []));
      expect(at.filter((value) => value === own)).toHaveLength(size - inside.length);
      const rows = new Set(inside.map((place) => Math.floor(place / w))), columns = new Set(inside.map((place) => place % w));
      expect(rows.size * columns.size).toBe(inside.length); // a box
      const row = target.subarray(7 * i, 7 * i + 7);
      expect(row[i % 7]).toBeCloseTo(1 - inside.length / size, 5);
      expect(row[((i + count - 1) % count) % 7]).toBeCloseTo(inside.length / size, 5);
      area += inside.length / size / count;
    }
    expect(area).toBeGreaterThan(0.25); // half, less what sticks out
    expect(area).toBeLessThan(0.5);
  });

  test('crossEntropy takes what was mixed', async () => {
    const x = toFloat(batchOf(['rgb', 'dark'], device)), logits = tensor([1, 2, 3, 0, 1, 5], { shape: [2, 3], device });
    const { target } = augment.mixup({ classes: 3 })(x, tensor(Int32Array.of(0, 2), { device }), state());
    expect(await crossEntropy(logits, target).item()).toBeGreaterThan(0);
  });
});

describe.each(testDevices)('augmentation on %s', (device) => {
  const chain = augment.compose([
    augment.randomCrop({ size: 8, padding: 2 }),
    augment.flip(),
    augment.colorJitter({ brightness: 0.3, hue: 0.1 }),
    augment.randAugment(),
    augment.erase(),
    augment.normalize({ mean: 0.5, std: 0.25 }),
  ]);

  test('the same state gives the same bits, and a copy of it goes on', async () => {
    const x = images(device), random = randomState(3, device);
    const first = await chain(x, random).data();
    const copy = tensor(await random.data(), { device });
    const second = await chain(x, random).data();
    expect(second).not.toEqual(first);
    expect(await chain(x, copy).data()).toEqual(second);
    expect(await copy.data()).toEqual(await random.data());
    expect(await chain(x, randomState(3, device)).data()).toEqual(first);
    expect(await chain(x, randomState(4, device)).data()).not.toEqual(first);
  });

  test('has the same bits as on cpu', async () => {
    const draw = (on: string) => chain(images(on), randomState(9, on)).data();
    const [here, there] = await Promise.all([draw(device), draw('cpu')]);
    const same = here.filter((value, i) => value === there[i]).length;
    // A GPU fuses products with sums: what lies between two bytes may fall to the other side.
    if (device.startsWith('cuda')) expect(same / here.length).toBeGreaterThan(0.99);
    else expect(here).toEqual(there);
  });

  test('nothing stays behind but the result, of no images there is nothing', async () => {
    const x = images(device), random = randomState(1, device), before = x.device.memory().tensors;
    chain(x, random).dispose();
    expect(x.device.memory().tensors).toBe(before);
    const { images: mixed, target } = augment.cutmix({ classes: 3 })(x, tensor(new Int32Array(kinds.length), { device }), random);
    mixed.dispose();
    target.dispose();
    const none = tensor(new Uint8Array(0), { shape: [0, HEIGHT, WIDTH, 3], device });
    expect(await chain(none, random).data()).toEqual(new Float32Array(0));
  });

  test('meanOverViews', async () => {
    const x = images(device), views = augment.flips(x);
    const mean = await augment.meanOverViews(views, (view) => softmax(toFloat(view).reshape([kinds.length, -1]))).data();
    const parts = await Promise.all(views.map((view) => softmax(toFloat(view).reshape([kinds.length, -1])).data()));
    for (const [i, value] of mean.entries()) expect(value).toBeCloseTo((parts[0]![i]! + parts[1]![i]!) / 2, 6);
    expect(thrownBy(() => augment.meanOverViews([], (view) => toFloat(view))).message).toBe('meanOverViews: expected at least one view, but got none');
  });

  test('errors', () => {
    const x = images(device), random = randomState(1, device), labels = tensor(new Int32Array(3), { device });
    expect(thrownBy(() => augment.recolor(x, [])).message).toBe('recolor: expected 12 recolorings, one for each image, but got 0');
    expect(thrownBy(() => augment.colorJitter({ hue: 0.6 })).message).toBe('colorJitter: expected the lower end of hue to be a number from -0.5 to 0.5, but got -0.6');
    expect(thrownBy(() => augment.posterize({ bits: 9 })).message).toBe('posterize: expected bits to be a whole number from 1 to 8, but got 9');
    expect(thrownBy(() => augment.gaussianBlur({ kernel: 4 })(x, random)).message).toBe(
      'blur: expected kernel to be odd and half of it to be less than the sides of [12,9,11,3], but got 4',
    );
    expect(thrownBy(() => augment.gaussianBlur({ kernel: 19 })(x, random)).message).toMatch(/^blur: expected kernel to be odd/);
    expect(thrownBy(() => augment.erase({ fill: 256 })).message).toBe('erase: expected fill to be a whole number from 0 to 255, but got 256');
    expect(thrownBy(() => augment.normalize({ std: 0 })).message).toMatch(/^normalize: expected std to be /);
    expect(thrownBy(() => augment.normalize({ mean: [1, 2] })(x)).message).toBe('normalize: expected mean to be a number, or one for each of 3 channels, but got [1,2]');
    expect(thrownBy(() => augment.randAugment({ magnitude: 31 })).message).toBe('randAugment: expected magnitude to be a number from 0 to 30, but got 31');
    expect(thrownBy(() => augment.cutmix({ classes: 2 })(x, labels, random)).message).toBe('cutmix: expected labels to have shape [12], one for each image, but got [3]');
    expect(thrownBy(() => augment.mixup({ classes: 0 })).message).toBe('mixup: expected classes to be a whole number of at least 1, but got 0');
    expect(thrownBy(() => augment.pasteBoxes(x, labels)).message).toBe('pasteBoxes: expected boxes to have shape [12,4], one for each image, but got [3]');
  });
});
