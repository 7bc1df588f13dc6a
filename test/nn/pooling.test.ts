import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { Random } from '../../lib/core/random.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import * as nn from '../../lib/nn/index.js';
import * as ops from '../../lib/ops/index.js';
import { TestRandom } from '../ops/array.js';

const cpu = device('cpu');
const random = new TestRandom(1);

function image(...shape: number[]): Tensor {
  return tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()), { shape, device: cpu });
}

const signal = image(2, 9, 4), picture = image(2, 7, 8, 4), volume = image(1, 5, 6, 7, 2);
const window = { stride: 2, padding: 1, ceilMode: true };

const layers: [name: string, layer: nn.Module, x: Tensor, expected: (x: Tensor) => Tensor][] = [
  ['MaxPool1d', new nn.MaxPool1d(3, window), signal, (x) => ops.maxPool1d(x, { kernel: 3, ...window })],
  ['MaxPool2d', new nn.MaxPool2d([2, 3]), picture, (x) => ops.maxPool2d(x, { kernel: [2, 3] })],
  ['MaxPool3d', new nn.MaxPool3d(2, { dilation: 2 }), volume, (x) => ops.maxPool3d(x, { kernel: 2, dilation: 2 })],
  ['AvgPool1d', new nn.AvgPool1d(3, { ...window, countPadding: false }), signal, (x) => ops.avgPool1d(x, { kernel: 3, ...window, countPadding: false })],
  ['AvgPool2d', new nn.AvgPool2d(3, window), picture, (x) => ops.avgPool2d(x, { kernel: 3, ...window })],
  ['AvgPool3d', new nn.AvgPool3d(2, { divisorOverride: 3 }), volume, (x) => ops.avgPool3d(x, { kernel: 2, divisorOverride: 3 })],
  ['SumPool1d', new nn.SumPool1d(3), signal, (x) => ops.sumPool1d(x, { kernel: 3 })],
  ['SumPool2d', new nn.SumPool2d(3, window), picture, (x) => ops.sumPool2d(x, { kernel: 3, ...window })],
  ['SumPool3d', new nn.SumPool3d(2), volume, (x) => ops.sumPool3d(x, { kernel: 2 })],
  ['LpPool1d', new nn.LpPool1d(3), signal, (x) => ops.lpPool1d(x, { kernel: 3 })],
  ['LpPool2d', new nn.LpPool2d(3, { ...window, norm: 3 }), picture, (x) => ops.lpPool2d(x, { kernel: 3, ...window, norm: 3 })],
  ['LpPool3d', new nn.LpPool3d(2), volume, (x) => ops.lpPool3d(x, { kernel: 2 })],
  ['AdaptiveMaxPool1d', new nn.AdaptiveMaxPool1d(4), signal, (x) => ops.adaptiveMaxPool1d(x, 4)],
  ['AdaptiveMaxPool2d', new nn.AdaptiveMaxPool2d([null, 3]), picture, (x) => ops.adaptiveMaxPool2d(x, [null, 3])],
  ['AdaptiveMaxPool3d', new nn.AdaptiveMaxPool3d([2, 3, 4]), volume, (x) => ops.adaptiveMaxPool3d(x, [2, 3, 4])],
  ['GlobalAvgPool1d', new nn.GlobalAvgPool1d(), signal, (x) => ops.globalAvgPool1d(x)],
  ['GlobalAvgPool2d', new nn.GlobalAvgPool2d(), picture, (x) => ops.globalAvgPool2d(x)],
  ['GlobalAvgPool3d', new nn.GlobalAvgPool3d(), volume, (x) => ops.globalAvgPool3d(x)],
  ['GlobalMaxPool1d', new nn.GlobalMaxPool1d(), signal, (x) => ops.globalMaxPool1d(x)],
  ['GlobalMaxPool2d', new nn.GlobalMaxPool2d(), picture, (x) => ops.globalMaxPool2d(x)],
  ['GlobalMaxPool3d', new nn.GlobalMaxPool3d(), volume, (x) => ops.globalMaxPool3d(x)],
  ['ChannelMaxPool', new nn.ChannelMaxPool(2), picture, (x) => ops.channelMaxPool(x, { kernel: 2 })],
  ['ChannelAvgPool', new nn.ChannelAvgPool(3, { stride: 1 }), picture, (x) => ops.channelAvgPool(x, { kernel: 3, stride: 1 })],
  ['ChannelLpPool', new nn.ChannelLpPool(2), picture, (x) => ops.channelLpPool(x, { kernel: 2 })],
];

describe('pooling layers', () => {
  test.each(layers)('%s', async (_, layer, x, expected) => {
    const found = layer.forward(x), wanted = expected(x);
    expect(found.shape).toEqual(wanted.shape);
    expect(await found.data()).toEqual(await wanted.data());
    expect([...layer.namedParameters().keys()]).toEqual([]);
  });

  test.each([
    ['FractionalMaxPool2d', nn.FractionalMaxPool2d, picture, [2, 4, 5, 4]],
    ['FractionalMaxPool3d', nn.FractionalMaxPool3d, volume, [1, 3, 4, 4, 2]],
  ] as const)('%s draws the same places from the same seed, and new ones each time', async (_, Layer, x, shape) => {
    const make = () => new Layer(2, { outputSize: shape.slice(1, -1), random: new Random(5) });
    const first = make(), second = make();
    const once = await first.forward(x).data();
    expect(first.forward(x).shape).toEqual(shape);
    expect(await second.forward(x).data()).toEqual(once);
    expect(await second.forward(x).data()).not.toEqual(once);
  });
});
