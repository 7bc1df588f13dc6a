/** Distributions, invariance, equivariance, pictures: against values by hand. */
import { describe, expect, test } from 'vitest';

import { tensor } from '../../lib/core/tensor.js';
import { activationDistributions, activationPictures, equivarianceError, filterPictures, gradientPicture, heatPicture, invarianceCurves } from '../../lib/explain/index.js';
import { AvgPool2d, Conv2d, FeatureExtractor, Flatten, Linear, ReLU, Sequential, tap } from '../../lib/nn/index.js';
import { toFloat, zeros } from '../../lib/ops/index.js';
import { TestRandom } from '../ops/array.js';
import { cross, plantedImage, plantedNetwork } from './planted.js';

test('distributions of activations', async () => {
  using model = new Sequential(new ReLU(), new AvgPool2d(1));
  using x = tensor([-1, 0, 2, -3, 4, -5], { shape: [1, 1, 3, 2], device: 'cpu' }); // channels -1 2 4, and 0 -3 -5
  const [relu, pool, ...rest] = await activationDistributions(model, x, { bins: 4 });
  expect(rest).toEqual([]);
  expect(relu).toEqual({
    name: '0', type: 'ReLU', mean: 1, std: Math.sqrt((4 * 1 + 1 + 9) / 6), min: 0, max: 4, zeros: 4 / 6, deadChannels: 1 / 2,
    histogram: [4, 0, 1, 1],
  });
  expect(pool).toMatchObject({ name: '1', mean: 1 });
  await expect(activationDistributions(model, x, { layers: ['2'] })).rejects.toThrow(/^activationDistributions: expected a layer of Sequential, like 0, 1, but got "2"$/);
});

describe('invariance', () => {
  const random = new TestRandom(1), extent = 6;
  const pixels = Uint8Array.from({ length: extent * extent }, () => random.integer(0, 256));
  const images = () => tensor(pixels, { shape: [1, extent, extent, 1], device: 'cpu' });
  const identity = () => new Sequential(new AvgPool2d(1));
  const clipped = (at: number) => Math.min(Math.max(at, 0), extent - 1);
  const distance = (place: (y: number, x: number) => number) => {
    const moved = Array.from(pixels, (_, i) => pixels[place(Math.floor(i / extent), i % extent)]!);
    return Math.hypot(...moved.map((value, i) => value - pixels[i]!)) / Math.hypot(...pixels);
  };

  test.each([
    ['translation', 2, (y: number, x: number) => clipped(y - 2) * extent + x],
    ['rotation', 180, (y: number, x: number) => (extent - 1 - y) * extent + extent - 1 - x],
    ['rotation', 90, (y: number, x: number) => (extent - 1 - x) * extent + y],
  ] as const)('%s by %i of pixels themselves', async (kind, value, place) => {
    using model = identity();
    using bytes = images();
    const curves = await invarianceCurves(model, bytes, { kind, values: [0, value], layers: [''] });
    expect(curves.distance['']![0]).toBe(0);
    expect(curves.distance['']![1]).toBeCloseTo(distance(place), 5);
  });

  test('an image of one colour is the same in every size', async () => {
    using model = identity();
    using bytes = tensor(new Uint8Array(36).fill(9), { shape: [1, 6, 6, 1], device: 'cpu' });
    expect(await invarianceCurves(model, bytes, { kind: 'scale', values: [0.5, 1, 2], layers: ['0'] })).toEqual({ values: [0.5, 1, 2], distance: { 0: [0, 0, 0] }, probability: [] });
    await expect(invarianceCurves(model, bytes, { kind: 'scale', values: [0], layers: ['0'] })).rejects.toThrow(/expected values of scale to be finite and above 0, but got 0$/);
  });

  test('a network with global pooling does not mind where a pattern is; its first layer does', async () => {
    using model = plantedNetwork('cpu');
    using x = plantedImage(cross, [6, 6], 'cpu');
    using bytes = tensor(Uint8Array.from(await x.data(), (value) => 128 + 100 * value), { shape: x.shape, device: 'cpu' });
    const prepare = (images: typeof bytes) => toFloat(images, { scale: 1 / 100, shift: -1.28 });
    const { distance: found, probability } = await invarianceCurves(model, bytes, { kind: 'translation', values: [0, 4, 8], layers: ['0', '3'], target: 0, prepare });
    expect(found['0']!.map((value) => value > 0.1)).toEqual([false, true, true]);
    for (const value of found['3']!) expect(value).toBeLessThan(0.05);
    for (const value of probability) expect(value).toBeGreaterThan(0.6);
  });
});

describe('equivariance', () => {
  const x = () => {
    const random = new TestRandom(2);
    return tensor(Float32Array.from({ length: 2 * 256 }, () => random.normal()), { shape: [2, 16, 16, 1], device: 'cpu' });
  };

  test('convolution and pooling move with the image', async () => {
    using model = new Sequential(new Conv2d(1, 3, 3, { padding: 1, device: 'cpu' }), new ReLU(), new AvgPool2d(2));
    using images = x();
    expect(await equivarianceError((input) => model.forward(input), images, { shift: [2, 4], stride: 2, margin: 3 })).toBeLessThan(1e-6);
    await expect(equivarianceError((input) => model.forward(input), images, { shift: [1, 4], stride: 2 })).rejects.toThrow(/expected shift to be \[down, right\], multiples of the stride 2, but got \[1,4\]$/);
  });

  test('a linear layer does not', async () => {
    using model = new Sequential(new Flatten(), new Linear(256, 256, { device: 'cpu' }));
    using images = x();
    expect(await equivarianceError((input) => model.forward(input).reshape([2, 16, 16, 1]), images, { shift: [1, 1], margin: 2 })).toBeGreaterThan(0.5);
  });
});

describe('layers by name', () => {
  test('what they say of an image, and what is behind them does not run', async () => {
    using model = new Sequential(new ReLU(), new AvgPool2d(1), new Linear(7, 7, { device: 'cpu' })); // which would fail
    using x = tensor([-1, 2], { shape: [1, 1, 1, 2], device: 'cpu' });
    const { 0: first, 1: second } = tap(model, x, ['0', '1']);
    expect([[...(await first.data())], [...(await second.data())]]).toEqual([[0, 2], [0, 2]]);
    first.dispose();
    second.dispose();
    const extractor = new FeatureExtractor(model, '0');
    using y = extractor.forward(x);
    expect([...(await y.data())]).toEqual([0, 2]);
    expect([...extractor.namedParameters().keys()]).toEqual(['model.2.weight', 'model.2.bias']);
    expect(() => new FeatureExtractor(model, '3')).toThrow(/^FeatureExtractor: expected a layer of Sequential, like 0, 1, 2, but got "3"$/);
    expect(() => tap(model, x, ['', '0'])).toThrow();
  });
});

describe('pictures', () => {
  test('filters in colour, and those of other numbers of channels in grey', async () => {
    using colour = tensor([0, 1, 2, 3, 4, 5], { shape: [2, 1, 1, 3], device: 'cpu' });
    expect(await filterPictures(colour, { columns: 2 })).toMatchObject({ height: 1, width: 6, channels: 3 });
    using grey = tensor([0, 9, 1, 9], { shape: [1, 1, 2, 2], device: 'cpu' });
    expect(await filterPictures(grey)).toEqual({ pixels: Uint8Array.of(0, 255), height: 1, width: 2, channels: 1 });
  });

  test('activations, each channel for itself', async () => {
    using maps = tensor([0, 5, 1, 6], { shape: [1, 1, 2, 2], device: 'cpu' });
    const { pixels, width } = await activationPictures(maps, { columns: 2 });
    expect([width, ...pixels]).toEqual([8, 0, 255, 255, 255, 255, 255, 0, 255]);
  });

  test('the channels that answer most stand in front if asked for', async () => {
    using maps = tensor([0, 5, 1, 0, 0, 3], { shape: [1, 1, 2, 3], device: 'cpu' }); // largest 0, 5, 3
    const { pixels } = await activationPictures(maps, { columns: 2, most: 2, strongest: true });
    expect([...pixels]).toEqual([255, 0, 255, 255, 255, 255, 0, 255]);
  });

  test('a few far values do not hide all others: gradients around grey, and heat, end at a share of them', async () => {
    const values = Float32Array.from({ length: 200 }, (_, i) => (i === 0 ? 1000 : i === 1 ? -500 : i % 2 ? 1 : -1));
    using gradient = tensor(values, { shape: [1, 10, 20, 1], device: 'cpu' });
    const { pixels } = await gradientPicture(gradient);
    expect([...pixels.slice(0, 4)]).toEqual([255, 0, 0, 255]);
    expect((await gradientPicture(zeros([1, 2, 2, 3], { device: 'cpu' }))).pixels).toEqual(new Uint8Array(12).fill(128));
    using map = tensor(values.map(Math.abs), { shape: [10, 20], device: 'cpu' });
    expect([...(await heatPicture(map)).pixels.slice(6, 9)]).toEqual([0, 0, 0]);
    expect([...(await heatPicture(map, undefined, { clip: 0.99 })).pixels.slice(6, 9)]).toEqual([255, 255, 255]);
    await expect(heatPicture(map, undefined, { clip: 2 })).rejects.toThrow(/^heatPicture: expected clip to be a number from 0 to 1, but got 2$/);
  });

  test('heat from black to white, with a picture behind', async () => {
    using map = tensor([-1, 1, 2, 3], { shape: [2, 2], device: 'cpu' });
    expect([...(await heatPicture(map)).pixels]).toEqual([0, 0, 0, 255, 0, 0, 255, 255, 0, 255, 255, 255]);
    const behind = { pixels: new Uint8Array(4).fill(100), height: 2, width: 2, channels: 1 } as const;
    expect((await heatPicture(map, behind)).pixels.slice(0, 6)).toEqual(Uint8Array.of(40, 40, 40, 193, 40, 40));
  });
});
