/**
 * Multiply-adds of networks for one image against those that torchvision publishes with its weights (`_ops`, in 10⁹).
 */
import { afterEach, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { createModel, type ModelName } from '../../lib/models/index.js';
import { multiplyAdds } from '../../lib/nn/index.js';

const cpu = device('cpu');

afterEach(() => cpu.releaseCachedMemory());

const published: [name: ModelName, extent: number, billions: number][] = [
  ['alexnet', 224, 0.714],
  ['convnext_tiny', 224, 4.456],
  ['densenet121', 224, 2.834],
  ['efficientnet_b0', 224, 0.386],
  ['googlenet', 224, 1.498],
  ['inception_v3', 299, 5.713],
  ['mnasnet1_0', 224, 0.314],
  ['mobilenet_v2', 224, 0.301],
  ['mobilenet_v3_large', 224, 0.217],
  ['regnet_y_400mf', 224, 0.402],
  ['resnet18', 224, 1.814],
  ['resnet50', 224, 4.089],
  ['resnext50_32x4d', 224, 4.23],
  ['shufflenet_v2_x1_0', 224, 0.145],
  ['squeezenet1_1', 224, 0.349],
  ['swin_t', 224, 4.491],
  ['vit_b_16', 224, 17.564],
];

test.each(published)('%s on an image of extent %i', (name, extent, billions) => {
  using model = createModel(name, { device: cpu, initialize: false });
  expect(multiplyAdds(model, [1, extent, extent, 3]) / 1e9).toBeCloseTo(billions, 3);
});
