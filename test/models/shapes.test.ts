/**
 * Networks that torch has no values for: the shapes of their outputs, on images near the size that they were published
 * for.
 */
import { afterEach, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { scope } from '../../lib/core/scope.js';
import { noGrad } from '../../lib/core/tape.js';
import { createModel, loadTorchStateDict, modelInfo, type ModelName } from '../../lib/models/index.js';
import { formulaState } from '../golden/run_model.js';
import { noise } from './synthetic.js';

const cpu = device('cpu');

afterEach(() => cpu.releaseCachedMemory());

/** Where the published image is larger than the test has time for. */
const smaller: { [N in ModelName]?: readonly number[] } = {
  amoebanet_a: [65, 65, 3],
  bit_r50x1: [64, 64, 3],
  inception_resnet_v2: [139, 139, 3],
  inception_v4: [139, 139, 3],
  mobilenet_v1: [64, 64, 3],
  nasnet_a_mobile: [65, 65, 3],
  pnasnet5_large: [67, 67, 3],
  polynet: [75, 75, 3],
  se_resnet18: [64, 64, 3],
  se_resnext50_32x4d: [64, 64, 3],
  xception: [75, 75, 3],
};

const names: ModelName[] = [
  'amoebanet_a',
  'alexnet_grouped',
  'bit_r50x1',
  'inception_resnet_v2',
  'inception_v4',
  'lenet5',
  'mlp',
  'mobilenet_v1',
  'nasnet_a_mobile',
  'nin',
  'pnasnet5_large',
  'polynet',
  'se_resnet18',
  'se_resnext50_32x4d',
  'smallnet',
  'visual_words',
  'xception',
  'zfnet',
];

test.each(names)('%s gives finite logits that depend on the image', async (name) => {
  using model = createModel(name, { device: cpu, initialize: false, classes: 5 }).eval();
  loadTorchStateDict(model, formulaState(model, 4));
  const { images } = noise([2, ...(smaller[name] ?? modelInfo(name).input)], 5, 'cpu');
  using y = scope(() => noGrad(() => model.forward(images)));
  expect(y.shape).toEqual([2, 5]);
  const logits = await y.data();
  expect(logits.every(Number.isFinite)).toBe(true);
  expect(logits.slice(0, 5)).not.toEqual(logits.slice(5));
  images.dispose();
});
