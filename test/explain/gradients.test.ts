/** A planted pattern lights up, and what it is compared with was not computed by gradients. */
import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { Random } from '../../lib/core/random.js';
import { scope } from '../../lib/core/scope.js';
import { noGrad } from '../../lib/core/tape.js';
import { tensor } from '../../lib/core/tensor.js';
import { gradCam, guidedBackprop, maximiseActivation, occlusion, saliency } from '../../lib/explain/index.js';
import { createModel } from '../../lib/models/index.js';
import { BatchNorm2d, Conv2d, Flatten, Linear, ReLU, Sequential, tap, type Module } from '../../lib/nn/index.js';
import { testDevices } from '../devices.js';
import { cross, patternSide, plantedImage, plantedNetwork, shareWithin, side, diagonal } from './planted.js';

const corner = [6, 13] as const;

describe.each(testDevices)('on %s', (name) => {
  test('saliency is the change of the logit that small changes of a pixel make', async () => {
    using model = plantedNetwork(name);
    using x = plantedImage(cross, corner, name);
    using map = saliency(model, x, 0);
    const found = await map.data(), pixels = await x.data();
    expect(map.shape).toEqual([1, side, side]);
    expect(shareWithin(found, side, corner, patternSide)).toBe(1);
    const logit = async (at: number, step: number) => {
      using moved = tensor(pixels.map((value, i) => (i === at ? value + step : value)), { shape: x.shape, device: name });
      using y = scope(() => noGrad(() => model.forward(moved)));
      return (await y.data())[0]!;
    };
    for (const at of [corner[0] * side + corner[1], (corner[0] + 2) * side + corner[1] + 2, 0]) {
      expect(found[at]).toBeCloseTo(Math.abs((await logit(at, 0.01)) - (await logit(at, -0.01))) / 0.02, 3);
    }
  });

  test('guided backpropagation finds the pattern itself', async () => {
    using model = plantedNetwork(name);
    using x = plantedImage(diagonal, corner, name);
    using gradient = guidedBackprop(model, x, 1);
    const found = await gradient.data();
    expect(gradient.shape).toEqual(x.shape);
    for (const [i, value] of diagonal.entries()) {
      const at = (corner[0] + Math.floor(i / patternSide)) * side + corner[1] + (i % patternSide);
      expect(found[at]).toBeCloseTo((100 / side ** 2) * value, 4); // one place answers
    }
  });

  const relus: [string, (on: string) => Module][] = [
    ['of their own', () => new ReLU()],
    ['within batch normalisation', (on) => new BatchNorm2d(2, { activation: 'relu', eps: 0, device: on })],
  ];
  test.each(relus)('guided backpropagation stops what is below 0 at ReLUs %s', async (_where, relu) => {
    // logit = 3 relu(x) - 5 relu(2 x) has the slope -7 at 1, and 3 if the second path is stopped.
    using model = new Sequential(new Conv2d(1, 2, 1, { device: name }), relu(name), new Flatten(), new Linear(2, 1, { device: name }));
    const [filter, , ...rest] = model.parameters();
    filter!.write(Float32Array.of(1, 2));
    rest.at(-2)!.write(Float32Array.of(3, -5));
    using x = tensor([1], { shape: [1, 1, 1, 1], device: name });
    using plain = saliency(model, x, 0);
    using guided = guidedBackprop(model, x, 0);
    expect([await plain.item(), await guided.item()]).toEqual([7, 3]);
    using again = saliency(model, x, 0);
    expect(await again.item()).toBe(7);
  });

  test('Grad-CAM is the weighted sum of the layer’s maps', async () => {
    using model = plantedNetwork(name);
    using x = plantedImage(cross, corner, name);
    using cam = gradCam(model, x, 0, { layer: '1' });
    using maps = noGrad(() => tap(model, x, ['1'])['1']);
    const expected = (await maps.data()).filter((_, i) => i % 2 === 0).map((value) => (100 / side ** 2) * value);
    const found = await cam.data();
    expect(Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-5);
    expect(found.indexOf(Math.max(...found))).toBe((corner[0] + 2) * side + corner[1] + 2);
    using other = gradCam(model, x, 1, { layer: '1' });
    expect(Math.max(...(await other.data()))).toBe(0);
  });

  test('occlusion falls where the pattern is covered', async () => {
    using model = plantedNetwork(name);
    using x = plantedImage(cross, corner, name);
    using map = occlusion(model, x, 0, { size: 4, stride: 2, batch: 7 });
    expect(map.shape).toEqual([11, 11]);
    const found = await map.data();
    expect(shareWithin(found, 11, [2, 5], 4)).toBeGreaterThan(0.99); // patches that touch rows 6 to 10, columns 13 to 17
    expect(found.indexOf(Math.max(...found))).toBe(3 * 11 + 7);
    expect(found[0]).toBe(0);
  });

  test('activation maximisation draws the pattern', async () => {
    using model = plantedNetwork(name);
    using image = maximiseActivation(model, {
      layer: '0', channel: 0, shape: [patternSide, patternSide, 1], steps: 30, jitter: 0, blurEvery: 0, random: new Random(1),
    });
    const drawn = await image.data(), size = Math.hypot(...drawn);
    using y = noGrad(() => tap(model, image, ['0'])['0']);
    using plain = tensor(Float32Array.from(cross, (value) => (value * size) / Math.hypot(...cross)), { shape: image.shape, device: name });
    using best = noGrad(() => tap(model, plain, ['0'])['0']);
    const meanOf = (values: Float32Array) => values.filter((_, i) => i % 2 === 0).reduce((sum, value) => sum + value, 0);
    expect(meanOf(await y.data())).toBeGreaterThan(meanOf(await best.data())); // the mean over places, not the centre alone
  });
});

test('nothing stays behind: neither tensors, nor hooks, nor gradients, nor the mode', () => {
  using model = createModel('resnet18', { device: 'cpu', classes: 4, random: new Random(0) }).train();
  using x = tensor(new Float32Array(3 * 32 * 32).fill(0.5), { shape: [1, 32, 32, 3], device: 'cpu' });
  gradCam(model, x, 1, { layer: 'layer4' }).dispose(); // interpolation keeps its tables
  const before = device('cpu').memory().tensors;
  saliency(model, x, 1).dispose();
  guidedBackprop(model, x, 1).dispose();
  gradCam(model, x, 1, { layer: 'layer4' }).dispose();
  occlusion(model, x, 1, { size: 16 }).dispose();
  maximiseActivation(model, { channel: 2, shape: [32, 32, 3], steps: 2 }).dispose();
  expect(device('cpu').memory().tensors).toBe(before);
  expect(model.parameters().every(({ grad }) => grad === null)).toBe(true);
  expect([...model.modules()].every(([, module]) => module.training && !Object.hasOwn(module, 'forward'))).toBe(true);
});

describe('wrong arguments', () => {
  test.each<[string, (model: Module) => unknown, RegExp]>([
    ['a class that is none', (model) => saliency(model, plantedImage(cross, corner, 'cpu'), 2), /^saliency: expected target to be a class from 0 to 1, or one for each of 1 images, but got 2$/],
    ['a layer that is none', (model) => gradCam(model, plantedImage(cross, corner, 'cpu'), 0, { layer: 'conv' }), /^gradCam: expected a layer of Sequential, like 0, 1, 2, 3, but got "conv"$/],
    ['a layer with a slip in its name', () => gradCam(createModel('lenet5', { device: 'cpu', initialize: false }), plantedImage(cross, corner, 'cpu'), 0, { layer: 'feature' }), /^gradCam: expected a layer of LeNet5, like features, classifier, but got "feature"; did you mean features\?$/],
    ['a layer without places', (model) => gradCam(model, plantedImage(cross, corner, 'cpu'), 0, { layer: '3' }), /^gradCam: expected a layer that gives \[N,P,Q,K\], but "3" gives \[1,2\]$/],
    ['a channel that is none', (model) => maximiseActivation(model, { layer: '0', channel: 2, shape: [8, 8, 1] }), /^maximiseActivation: expected channel to be from 0 to 1, those of layer "0", but got 2$/],
    ['several images', (model) => occlusion(model, tensor(new Float32Array(128), { shape: [2, 8, 8, 1], device: 'cpu' }), 0), /^occlusion: expected one image \[1,H,W,C\], but got/],
  ])('%s', (_what, call, message) => {
    using model = plantedNetwork('cpu');
    expect(() => scope(() => void call(model))).toThrow(message);
  });
});
