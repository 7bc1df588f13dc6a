import { expect, test } from 'vitest';

import { tensor } from '../../lib/core/tensor.js';
import {
  Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, convToLinear, Flatten, Linear, linearToConv, SeparableConv2d,
} from '../../lib/nn/index.js';
import { conv2d, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

const cpu = { device: 'cpu' };
const ramp = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i));

test.each([
  { layer: new Conv1d(2, 4, 3, { ...cpu, stride: 2, padding: 1 }), x: [1, 8, 2], y: [1, 4, 4], weight: [4, 3, 2] },
  { layer: new Conv2d(4, 6, [3, 5], { ...cpu, groups: 2 }), x: [2, 6, 7, 4], y: [2, 4, 3, 6], weight: [6, 3, 5, 2] },
  { layer: new Conv3d(1, 2, 2, { ...cpu, bias: false }), x: [1, 3, 3, 3, 1], y: [1, 2, 2, 2, 2], weight: [2, 2, 2, 2, 1] },
  { layer: new ConvTranspose1d(2, 3, 4, { ...cpu, stride: 2, padding: 1 }), x: [1, 5, 2], y: [1, 10, 3], weight: [2, 4, 3] },
  { layer: new ConvTranspose2d(4, 2, 3, { ...cpu, stride: 2, padding: 1, outputPadding: 1, groups: 2 }), x: [1, 4, 5, 4], y: [1, 8, 10, 2], weight: [4, 3, 3, 1] },
  { layer: new ConvTranspose3d(1, 2, 2, cpu), x: [1, 2, 2, 2, 1], y: [1, 3, 3, 3, 2], weight: [1, 2, 2, 2, 2] },
])('$layer.constructor.name: $x to $y', ({ layer, x, y, weight }) => {
  expect(layer.weight.shape).toEqual(weight);
  expect(layer.forward(zeros(x, cpu)).shape).toEqual(y);
});

test('SeparableConv2d is a depthwise and a pointwise convolution', () => {
  const layer = new SeparableConv2d(4, 7, 3, { ...cpu, padding: 1, stride: 2, bias: false });
  expect(layer.forward(zeros([1, 6, 6, 4], cpu)).shape).toEqual([1, 3, 3, 7]);
  expect([...layer.parameters()].map(({ shape }) => shape)).toEqual([[4, 3, 3, 1], [7, 1, 1, 4]]);
});

test.each(testDevices)('a linear layer becomes a convolution that slides over larger images, and back, on %s', async (device) => {
  const linear = new Linear(3 * 2 * 4, 5, { device });
  linear.bias!.write(ramp(5));
  const conv = await linearToConv(linear, [3, 2, 4]);
  const x = tensor(ramp(5 * 4 * 4), { shape: [1, 5, 4, 4], device });
  const map = conv.forward(x);
  expect(map.shape).toEqual([1, 3, 3, 5]);

  const values = await x.data();
  const window = Float32Array.from({ length: 24 }, (_, i) => {
    const row = Math.floor(i / 8), column = Math.floor(i / 4) % 2, channel = i % 4;
    return values[((row + 2) * 4 + column + 1) * 4 + channel]!; // the window at (2, 1)
  });
  const alone = await linear.forward(tensor(window, { shape: [1, 24], device })).data();
  const found = (await map.data()).slice((2 * 3 + 1) * 5, (2 * 3 + 1) * 5 + 5);
  for (const [i, value] of alone.entries()) expect(found[i]).toBeCloseTo(value, 5);

  const back = await convToLinear(conv);
  const again = await back.forward(new Flatten().forward(tensor(window, { shape: [1, 3, 2, 4], device }))).data();
  for (const [i, value] of alone.entries()) expect(again[i]).toBeCloseTo(value, 5);
});

test('conversions refuse what does not fit', async () => {
  await expect(linearToConv(new Linear(24, 5, cpu), [3, 3, 3])).rejects.toThrow(
    "linearToConv: expected input to have the 24 elements of the layer's features, but got [3,3,3]",
  );
  await expect(convToLinear(new Conv2d(4, 4, 3, { ...cpu, groups: 2 }))).rejects.toThrow(
    'convToLinear: expected a convolution without groups, but got one with 2',
  );
});

test('a layer pads as its function does', async () => {
  using layer = new Conv2d(1, 2, 3, { ...cpu, padding: 1, paddingMode: 'reflect' });
  const x = tensor(ramp(12), { shape: [1, 3, 4, 1], ...cpu });
  const expected = conv2d(x, layer.weight, { padding: 1, paddingMode: 'reflect' });
  expect(await layer.forward(x).data()).toEqual(await expected.data());
});

test('layers name themselves in messages', () => {
  expect(() => new Conv3d(1, 2, [3, 3], cpu)).toThrow('Conv3d: expected kernel to be a number, or one for each of 3 axes, but got [3,3]');
  expect(() => new Conv1d(1, 2, 0, cpu)).toThrow('Conv1d: expected kernel to be a whole number of at least 1, but got 0');
  expect(() => new ConvTranspose2d(3, 2, 3, { ...cpu, groups: 2 })).toThrow(
    'ConvTranspose2d: expected inChannels and outChannels to be multiples of groups 2, but got 3 and 2',
  );
});
