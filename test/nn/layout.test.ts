import { describe, expect, test } from 'vitest';

import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  ChannelShuffle,
  CircularPad,
  ConstantPad,
  Fold,
  LocalResponseNorm,
  PixelShuffle,
  PixelUnshuffle,
  ReflectionPad,
  ReplicationPad,
  Unfold,
  Upsample,
  ZeroPad,
  type Module,
} from '../../lib/nn/index.js';
import * as ops from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

/** A layer and the function that it stands for, on an image of some shape. */
const layers: [layer: Module, shape: readonly number[], same: (x: Tensor) => Tensor][] = [
  [new ZeroPad(1), [1, 2, 3, 2], (x) => ops.pad(x, [0, 1, 1, 0])],
  [new ConstantPad([[1, 2]], 5), [1, 3, 2], (x) => ops.pad(x, [0, [1, 2], 0], { value: 5 })],
  [new ReflectionPad([1, [0, 2]]), [1, 2, 3, 2], (x) => ops.pad(x, [0, 1, [0, 2], 0], { mode: 'reflect' })],
  [new ReplicationPad(2), [1, 2, 3, 2], (x) => ops.pad(x, [0, 2, 2, 0], { mode: 'replicate' })],
  [new CircularPad(1), [1, 2, 2, 2, 1], (x) => ops.pad(x, [0, 1, 1, 1, 0], { mode: 'circular' })],
  [new Upsample({ scaleFactor: 2, mode: 'bilinear' }), [1, 2, 3, 2], (x) => ops.interpolate(x, { scaleFactor: 2, mode: 'bilinear' })],
  [new AdaptiveAvgPool1d(2), [1, 5, 2], (x) => ops.adaptiveAvgPool1d(x, 2)],
  [new AdaptiveAvgPool2d([2, null]), [1, 5, 3, 2], (x) => ops.adaptiveAvgPool2d(x, [2, null])],
  [new AdaptiveAvgPool3d(1), [1, 2, 3, 2, 2], (x) => ops.adaptiveAvgPool3d(x, 1)],
  [new PixelShuffle(2), [1, 2, 1, 8], (x) => ops.pixelShuffle(x, 2)],
  [new PixelUnshuffle(2), [1, 2, 4, 3], (x) => ops.pixelUnshuffle(x, 2)],
  [new ChannelShuffle(2), [1, 2, 6], (x) => ops.channelShuffle(x, 2)],
  [new Unfold({ kernel: 2 }), [1, 3, 4, 2], (x) => ops.unfold(x, { kernel: 2 })],
  [new Fold({ size: [3, 4] }), [1, 2, 3, 2, 2, 1], (x) => ops.fold(x, { size: [3, 4] })],
  [new LocalResponseNorm(3, { alpha: 0.5 }), [1, 2, 5], (x) => ops.localResponseNorm(x, { size: 3, alpha: 0.5 })],
];

describe.each(testDevices)('layers that move elements on %s', (device) => {
  test.each(layers.map(([layer, shape, same]) => ({ name: layer.constructor.name, layer, shape, same })))('$name', async ({ layer, shape, same }) => {
    const numel = shape.reduce((product, extent) => product * extent, 1);
    const x = tensor(Float32Array.from({ length: numel }, (_, i) => Math.sin(i)), { shape, device });
    const [y, expected] = scope(() => [layer.forward(x), same(x)] as const);
    expect(y.shape).toEqual(expected.shape);
    expect(await y.data()).toEqual(await expected.data());
  });
});
