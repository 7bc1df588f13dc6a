/** Networks learn 32 images by heart, and leave no tensor behind. */
import { afterEach, describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { modelNames, type ModelName } from '../../lib/models/index.js';
import { isByHeart, learn, record, recorded, settingOf } from './learning.js';

const cpu = device('cpu');

afterEach(() => cpu.releaseCachedMemory());

/** Networks of many kinds that learn in a second or two. The others learn where CONVOLT_TEST_LARGE is set. */
const quick: ModelName[] = [
  'lenet5', 'mlp', 'smallnet', 'visual_words', 'resnet18', 'mobilenet_v1', 'mobilenet_v2', 'mobilenet_v3_small', 'shufflenet_v2_x0_5',
  'lraspp_mobilenet_v3_large',
];

const isLarge = process.env['CONVOLT_TEST_LARGE'] !== undefined;

/** Where it is set, what comes out is written into the record. */
const isRecorded = process.env['CONVOLT_TEST_RECORD'] !== undefined;

describe('learning by heart', () => {
  test.each(isLarge ? modelNames : quick)('%s', async (name) => {
    cpu.releaseCachedMemory();
    const before = cpu.memory().tensors;
    const learned = await learn(name);
    if (isRecorded) record(name, learned);
    expect(isByHeart(learned), JSON.stringify(learned)).toBe(true);
    cpu.releaseCachedMemory();
    expect(cpu.memory().tensors).toBe(before);
  }, isLarge ? 3_600_000 : undefined);

  test('the record has each network with its setting', () => {
    const found = recorded();
    for (const name of modelNames) {
      const learned = found[name], { image, optimizer, lr } = settingOf(name);
      expect({ name, ...learned }).toMatchObject({ name, image, optimizer, lr });
      expect(learned && isByHeart(learned), name).toBe(true);
    }
  });
});
