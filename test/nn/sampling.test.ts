import { describe, expect, test } from 'vitest';

import { Random } from '../../lib/core/random.js';
import { tensor } from '../../lib/core/tensor.js';
import { DeformConv2d, PSRoIAlign, PSRoIPool, RoIAlign, Sequential } from '../../lib/nn/index.js';
import { deformConv2d, ones, psRoiAlign, psRoiPool, roiAlign, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

describe.each(testDevices)('layers that sample on %s', (device) => {
  const ramp = (shape: readonly number[]) => tensor(Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * 13) % 7), { shape, device });

  test('DeformConv2d is deformConv2d with its parameters', async () => {
    using layer = new DeformConv2d(4, 6, [2, 3], { stride: [2, 1], padding: 1, groups: 2, device, random: new Random(3) });
    expect(layer.weight.shape).toEqual([6, 2, 3, 2]);
    expect(layer.bias?.shape).toEqual([6]);
    const x = ramp([1, 4, 5, 4]), offset = ramp([1, 3, 5, 12]), mask = ramp([1, 3, 5, 6]);
    const expected = deformConv2d(x, offset, layer.weight, { bias: layer.bias!, mask, stride: [2, 1], padding: 1, groups: 2 });
    expect(await layer.forward(x, offset, mask).data()).toEqual(await expected.data());
    using plain = new DeformConv2d(4, 6, 1, { bias: false, device });
    expect(plain.bias).toBeNull();
  });

  test('DeformConv2d: errors', () => {
    using layer = new DeformConv2d(2, 2, 3, { device });
    expect(() => new Sequential(layer).forward(zeros([1, 4, 4, 2], { device }))).toThrow(
      'DeformConv2d: expected forward to be called with x and offset, but got x alone',
    );
    expect(() => new DeformConv2d(3, 4, 3, { groups: 2, device })).toThrow(
      'DeformConv2d: expected inChannels and outChannels to be multiples of groups 2, but got 3 and 4',
    );
  });

  test('RoIAlign, PSRoIAlign and PSRoIPool are their functions', async () => {
    const x = ramp([1, 5, 6, 8]), rois = tensor([0, 0.5, 1, 4.5, 3.5], { shape: [1, 5], device });
    const options = { outputSize: 2, spatialScale: 0.9 };
    const pairs = [
      [new RoIAlign({ ...options, samplingRatio: 2, aligned: true }).forward(x, rois), roiAlign(x, rois, { ...options, samplingRatio: 2, aligned: true })],
      [new PSRoIAlign({ ...options, samplingRatio: 3 }).forward(x, rois), psRoiAlign(x, rois, { ...options, samplingRatio: 3 })],
      [new PSRoIPool(options).forward(x, rois), psRoiPool(x, rois, options)],
    ] as const;
    for (const [layer, op] of pairs) expect(await layer.data()).toEqual(await op.data());
    expect(() => new RoIAlign(options).forward(ones([1, 2, 2, 1], { device }))).toThrow('RoIAlign: expected forward to be called with x and rois, but got x alone');
  });
});
