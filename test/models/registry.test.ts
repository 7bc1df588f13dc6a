/** Every model that can be made by name. */
import { afterEach, describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { scope } from '../../lib/core/scope.js';
import { createModel, modelInfo, modelName, modelNames } from '../../lib/models/index.js';
import { zeros } from '../../lib/ops/index.js';
import { publishedParameters } from './published.js';

const cpu = device('cpu');

afterEach(() => cpu.releaseCachedMemory());

describe('models by name', () => {
  test.each(modelNames)('%s has as many parameters as were published', (name) => {
    const before = cpu.memory().tensors;
    {
      using model = createModel(name, { device: cpu, initialize: false });
      expect(model.parameterCount).toBe(publishedParameters[name]);
    }
    expect(cpu.memory().tensors).toBe(before);
  });

  test('every entry names a paper and the shape of an image or a clip', () => {
    for (const { input, paper } of modelNames.map(modelInfo)) {
      expect(input.length === 3 || input.length === 4).toBe(true);
      expect(paper).toMatch(/arXiv:\d{4}\.\d{4,5}|\d{4}|of our own/);
    }
  });

  test('classes and channels are options', () => {
    using model = createModel('squeezenet1_1', { device: cpu, initialize: false, classes: 7, channels: 1 });
    using y = scope(() => model.eval().forward(zeros([2, 64, 48, 1], { device: cpu })));
    expect(y.shape).toEqual([2, 7]);
  });

  test('an unknown name is told', () => {
    expect(() => modelName('transformer')).toThrow(/^model: expected one of lenet5, .*resnet50.*, but got "transformer"$/);
    expect(() => modelName('toString')).toThrow(/but got "toString"$/);
    expect(() => createModel('constructor' as 'lenet5')).toThrow(/^model: expected one of lenet5, .*but got "constructor"$/);
  });

  test.each([['resnet5O', 'resnet50'], ['MobileNetV2', 'mobilenet_v2'], ['vgg-16', 'vgg16'], ['efficientnetb0', 'efficientnet_b0']])('%s is taken for a slip of %s', (given, meant) => {
    expect(() => modelName(given)).toThrow(`model: expected the name of a model, but got "${given}"; did you mean ${meant}?`);
  });
});
