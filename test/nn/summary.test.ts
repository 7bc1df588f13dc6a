import { describe, expect, test } from 'vitest';

import type { Tensor } from '../../lib/core/tensor.js';
import { LeNet5, SmallNet } from '../../lib/models/index.js';
import {
  AvgPool2d,
  BatchNorm2d,
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose2d,
  Flatten,
  GlobalAvgPool2d,
  Linear,
  MaxPool2d,
  Module,
  multiplyAdds,
  outputSize,
  receptiveField,
  ReLU,
  Sequential,
  summary,
} from '../../lib/nn/index.js';
import { add, concat, conv2d, sigmoid } from '../../lib/ops/index.js';

const device = 'cpu';

/** x + conv(conv(x)), relu. */
class Residual extends Module {
  readonly first = new Conv2d(4, 4, 3, { padding: 1, device });
  readonly second = new Conv2d(4, 4, 3, { padding: 2, dilation: 2, device });

  override forward(x: Tensor): Tensor {
    return add(x, this.second.forward(sigmoid(this.first.forward(x))));
  }
}

/** Branches of 1 x 1 and 5 x 5 windows beside each other, as Inception has them. */
class Branches extends Module {
  readonly narrow = new Conv2d(4, 2, 1, { device });
  readonly wide = new Conv2d(4, 2, 5, { padding: 2, device });

  override forward(x: Tensor): Tensor {
    return concat([this.narrow.forward(x), this.wide.forward(x)], -1);
  }
}

/** A layer that is used twice. */
class Twice extends Module {
  readonly layer = new Conv2d(3, 3, 3, { padding: 1, bias: false, device });

  override forward(x: Tensor): Tensor {
    return this.layer.forward(this.layer.forward(x));
  }
}

const square = (size: number, jump: number, start: number) => [
  { size, jump, start },
  { size, jump, start },
];

describe('receptive field', () => {
  test.each([
    // Size, jump and start by the closed formula.
    { name: 'one convolution', model: new Conv2d(1, 2, 3, { device }), field: square(3, 1, 1) },
    { name: 'with padding', model: new Conv2d(1, 2, 5, { padding: 2, device }), field: square(5, 1, 0) },
    { name: 'stride', model: new Conv2d(1, 2, 3, { stride: 2, padding: 1, device }), field: square(3, 2, 0) },
    { name: 'dilation', model: new Conv2d(1, 2, 3, { dilation: 3, device }), field: square(7, 1, 3) },
    {
      name: 'stacked',
      model: new Sequential(new Conv2d(1, 2, 3, { stride: 2, device }), new ReLU(), new MaxPool2d(2), new Conv2d(2, 2, 3, { device })),
      field: square(3 + 2 + 2 * 4, 4, 1 + 1 + 4),
    },
    { name: 'VGG: two 3 x 3 see as much as one 5 x 5', model: new Twice(), channels: 3, field: square(5, 1, 0) },
    { name: 'a residual', model: new Residual(), channels: 4, field: square(7, 1, 0) },
    { name: 'branches', model: new Branches(), channels: 4, field: square(5, 1, 0) },
    { name: 'batch norm and average pooling', model: new Sequential(new BatchNorm2d(1, { device }), new AvgPool2d(3, { stride: 2 })), field: square(3, 2, 1) },
    { name: 'global pooling', model: new GlobalAvgPool2d(), field: square(24, 24, 11.5) },
    { name: 'flattened', model: new Sequential(new Conv2d(1, 2, 3, { device }), new Flatten(), new Linear(22 * 22 * 2, 3, { device })), field: square(24, 22, 11.5) },
    // Stride 2 and a kernel of 2: two neighbours from each element, side by side.
    { name: 'transposed', model: new ConvTranspose2d(1, 1, 2, { stride: 2, device }), field: square(1, 0.5, 0) },
    { name: 'transposed, with windows that overlap', model: new ConvTranspose2d(1, 1, 4, { stride: 2, padding: 1, device }), field: square(2, 0.5, -0.5) },
  ])('$name', ({ model, channels = 1, field }) => {
    expect(receptiveField(model, [1, 24, 24, channels])).toEqual(field);
  });

  test('axes that differ', () => {
    const model = new Conv2d(1, 1, [3, 5], { stride: [1, 2], padding: [0, 2], device });
    expect(receptiveField(model, [2, 9, 9, 1])).toEqual([{ size: 3, jump: 1, start: 1 }, { size: 5, jump: 2, start: 0 }]);
  });

  test('one and three axes', () => {
    expect(receptiveField(new Conv1d(1, 1, 3, { device }), [1, 9, 1])).toEqual([{ size: 3, jump: 1, start: 1 }]);
    expect(receptiveField(new Conv3d(1, 1, [1, 2, 3], { device }), [1, 5, 5, 5, 1])?.map(({ size }) => size)).toEqual([1, 2, 3]);
  });

  test('LeNet-5 before its linear layers', () => {
    // 5 + (2 - 1) * 1 + (5 - 1) * 2 + (2 - 1) * 2
    expect(receptiveField(new LeNet5({ device }).features, [1, 28, 28, 1])?.map(({ size, jump }) => [size, jump])).toEqual([[16, 4], [16, 4]]);
  });
});

describe('summary', () => {
  test('LeNet-5 has the 61,706 parameters and 416,520 multiply-adds that are published', () => {
    const found = summary(new LeNet5({ device }), [1, 28, 28, 1]);
    expect(found.parameters).toBe(61_706);
    // 28*28*6*25 + 10*10*16*6*25 + 400*120 + 120*84 + 84*10
    expect(found.multiplyAdds).toBe(117_600 + 240_000 + 48_000 + 10_080 + 840);
    expect(found.outputShape).toEqual([1, 10]);
    expect(found.layers.filter(({ parameters }) => parameters > 0).map(({ type, parameters }) => [type, parameters])).toEqual([
      ['Conv2d', 156],
      ['Conv2d', 2416],
      ['Linear', 48_120],
      ['Linear', 10_164],
      ['Linear', 850],
    ]);
  });

  test('multiply-adds of groups, transposed convolutions and a batch', () => {
    expect(multiplyAdds(new Conv2d(8, 8, 3, { padding: 1, groups: 8, device }), [2, 6, 6, 8])).toBe(2 * 36 * 8 * 9);
    expect(multiplyAdds(new ConvTranspose2d(3, 5, 4, { stride: 2, padding: 1, device }), [1, 6, 6, 3])).toBe(36 * 3 * 5 * 16);
  });

  test('a layer that is used twice has its parameters once and its arithmetic twice', () => {
    const { layers, parameters } = summary(new Twice(), [1, 5, 5, 3]);
    expect(parameters).toBe(81);
    expect(layers.map(({ name, depth, multiplyAdds }) => [name, depth, multiplyAdds])).toEqual([['', 0, 0], ['layer', 1, 2 * 25 * 81]]);
  });

  test('arithmetic in a forward function belongs to its module', () => {
    const weight = new Conv2d(2, 2, 1, { device }).weight;
    class Plain extends Module {
      override forward(x: Tensor): Tensor {
        return conv2d(x, weight);
      }
    }
    expect(summary(new Plain(), [1, 3, 3, 2], { device }).layers.map(({ multiplyAdds }) => multiplyAdds)).toEqual([36]);
  });

  test('leaves the model as it was', async () => {
    const model = new SmallNet({ device });
    model.features.eval();
    const before = await model.stateDict(), training = [...model.modules()].map(([, module]) => module.training);
    summary(model, [2, 28, 28, 1]);
    expect(await model.stateDict()).toEqual(before);
    expect([...model.modules()].map(([, module]) => module.training)).toEqual(training);
    expect([...model.modules()].some(([, module]) => Object.hasOwn(module, 'forward'))).toBe(false);
  });

  test('the table', () => {
    const model = new Sequential(new Conv2d(1, 2, 3, { device }), new ReLU(), new Flatten(), new Linear(8, 3, { device }));
    expect(summary(model, [1, 4, 4, 1]).toString().split('\n')).toEqual([
      'input [1,4,4,1]',
      'layer         output     parameters  multiply-adds',
      '--------------------------------------------------',
      'Sequential    [1,3]                               ',
      '  0: Conv2d   [1,2,2,2]          20             72',
      '  1: ReLU     [1,2,2,2]                           ',
      '  2: Flatten  [1,8]                               ',
      '  3: Linear   [1,3]              27             24',
      '--------------------------------------------------',
      'total                            47             96',
      'receptive field of an output: size 4, jump 2, start 1.5 along each axis',
    ]);
  });

  test('a malformed input shape', () => {
    expect(() => summary(new ReLU(), [0, 2])).toThrow('summary: expected inputShape to be a list of at least 2 whole numbers of at least 1, like [1,28,28,1], but got [0,2]');
  });
});

describe('output size', () => {
  test.each([
    { spatial: [28, 28], options: { kernel: 5, padding: 2 }, size: [28, 28] },
    { spatial: [224, 224], options: { kernel: 7, stride: 2, padding: 3 }, size: [112, 112] },
    { spatial: [7, 10], options: { kernel: [3, 2], stride: [2, 3], dilation: [1, 2] }, size: [3, 3] },
    { spatial: [5], options: { kernel: 2, stride: 2 }, size: [2] },
    { spatial: [5], options: { kernel: 2, stride: 2, ceilMode: true }, size: [3] },
    { spatial: [5, 6, 7], options: { kernel: 3, stride: 2, padding: 'same' }, size: [3, 3, 4] },
  ] as const)('$spatial, $options', ({ spatial, options, size }) => {
    expect(outputSize(spatial, options)).toEqual(size);
  });

  test('a window that does not fit', () => {
    expect(() => outputSize([2], { kernel: 3 })).toThrow(/^outputSize: expected x to be at least 3 long .* but got 2/);
  });
});
