import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { Random } from '../../lib/core/random.js';
import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { createModel, LeNet5, modelName, SmallNet } from '../../lib/models/index.js';
import { BatchNorm2d, Conv2d, Dropout, initializers, Linear, Module, ReLU, Sequential } from '../../lib/nn/index.js';
import { mul } from '../../lib/ops/index.js';

const cpu = device('cpu');

class Tied extends Module {
  readonly first = new Linear(2, 2, { device: cpu });
  readonly blocks = [new Linear(2, 3, { device: cpu, bias: false }), new ReLU()];
  readonly again = this.first;

  override forward(x: Tensor): Tensor {
    return x;
  }
}

describe('Module', () => {
  test('names parameters and buffers by their paths', () => {
    using model = new SmallNet({ device: cpu });
    expect([...model.namedParameters().keys()]).toEqual([
      'features.0.weight',
      'features.1.weight',
      'features.1.bias',
      'features.4.weight',
      'features.5.weight',
      'features.5.bias',
      'features.8.weight',
      'features.9.weight',
      'features.9.bias',
      'classifier.weight',
      'classifier.bias',
    ]);
    expect([...model.namedBuffers().keys()]).toEqual(
      [1, 5, 9].flatMap((i) => [`features.${i}.runningMean`, `features.${i}.runningVar`]),
    );
  });

  test('finds modules in arrays, and a shared one once', () => {
    using model = new Tied();
    expect([...model.namedParameters().keys()]).toEqual(['first.weight', 'first.bias', 'blocks.0.weight']);
  });

  test('train() and eval() reach every module', () => {
    using model = new SmallNet({ device: cpu });
    const modes = () => new Set([...model.modules()].map(([, module]) => module.training));
    expect(modes()).toEqual(new Set([true]));
    expect(model.eval()).toBe(model);
    expect(modes()).toEqual(new Set([false]));
    model.train();
    expect(modes()).toEqual(new Set([true]));
  });

  test('a state dict brings back parameters and buffers', async () => {
    using model = new SmallNet({ device: cpu, random: new Random(1) });
    using other = new SmallNet({ device: cpu, random: new Random(2) });
    model.namedBuffers().get('features.1.runningMean')!.write(new Float32Array(16).fill(0.5));
    const saved = await model.stateDict();
    expect(await other.stateDict()).not.toEqual(saved);
    other.loadStateDict(saved);
    expect(await other.stateDict()).toEqual(saved);
  });

  test('a wrong state dict is told by name and changes nothing', async () => {
    using model = new Sequential(new Linear(2, 3, { device: cpu }), new BatchNorm2d(3, { device: cpu }));
    const before = await model.stateDict();
    const state = new Map(before);
    state.delete('0.bias');
    state.set('0.weight', { shape: [2, 3], data: new Float32Array(6) });
    state.set('2.weight', { shape: [1], data: new Float32Array(1) });
    const misshapen = '0.weight as float32 [2,3] instead of float32 [3,2]';
    expect(() => {
      model.loadStateDict(state);
    }).toThrow(
      'loadStateDict: expected the tensors of Sequential, ' +
        `but got missing 0.bias; unexpected 2.weight; ${misshapen}`,
    );
    expect(() => {
      model.loadStateDict(state, { strict: false });
    }).toThrow(`loadStateDict: expected the tensors of Sequential, but got ${misshapen}`);
    expect(await model.stateDict()).toEqual(before);
    model.loadStateDict(new Map([['1.bias', { shape: [3], data: Float32Array.of(1, 2, 3) }]]), {
      strict: false,
    });
    expect((await model.stateDict()).get('1.bias')!.data).toEqual(Float32Array.of(1, 2, 3));
  });

  test('is not freed by a scope, but by dispose()', () => {
    const before = cpu.memory().tensors;
    const model = scope(() => {
      return new Sequential(new Conv2d(1, 2, 3, { device: cpu }), new Dropout(0.5, { device: cpu }));
    });
    expect(cpu.memory().tensors).toBe(before + 3);
    model.dispose();
    expect(cpu.memory().tensors).toBe(before);
  });

  test('forward hooks see input and output, may replace it, and can be removed', async () => {
    using inner = new Linear(2, 1, { device: cpu, initializer: initializers.ones });
    using model = new Sequential(inner, new ReLU());
    const x = tensor([1, 2], { shape: [1, 2], device: cpu }), seen: [Module, Tensor, Tensor][] = [];
    const removeFirst = inner.registerForwardHook((module, input, output) => {
      seen.push([module, input, output]);
    });
    const removeSecond = inner.registerForwardHook((_module, _input, output) => mul(output, 10));
    expect(await model.forward(x).data()).toEqual(Float32Array.of(30));
    expect(seen).toHaveLength(1);
    expect(seen[0]!.slice(0, 2)).toEqual([inner, x]);
    expect(await seen[0]![2].data()).toEqual(Float32Array.of(3));
    removeFirst();
    removeFirst();
    expect(await model.forward(x).data()).toEqual(Float32Array.of(30));
    removeSecond();
    expect(await model.forward(x).data()).toEqual(Float32Array.of(3));
    expect(seen).toHaveLength(1);
    expect([...model.namedParameters().keys()]).toEqual(['0.weight', '0.bias']);
  });

  test('the same seed gives the same parameters on every device', async () => {
    const [a, b] = ['cpu', 'emu'].map((name) => new LeNet5({ device: name, random: new Random(3) }));
    expect(await a!.stateDict()).toEqual(await b!.stateDict());
    a!.dispose();
    b!.dispose();
  });
});

describe('layers', () => {
  test('say what is wrong with their arguments', () => {
    expect(() => new Conv2d(3, 8, 3, { groups: 2, device: cpu })).toThrow(
      'Conv2d: expected inChannels and outChannels to be multiples of groups 2, but got 3 and 8',
    );
    expect(() => new Linear(0, 1, { device: cpu })).toThrow(
      'Linear: expected inFeatures to be a whole number of at least 1, but got 0',
    );
  });

  test('dropout does nothing in evaluation', async () => {
    using layer = new Dropout(0.5, { device: cpu });
    const x = tensor(new Float32Array(100).fill(1), { device: cpu });
    expect(await layer.eval().forward(x).data()).toEqual(await x.data());
    const kept = (await layer.train().forward(x).data()).filter((value) => value === 2).length;
    expect(kept).toBeGreaterThan(25);
    expect(kept).toBeLessThan(75);
  });
});

describe('models', () => {
  test.each([
    ['lenet5', 61_706],
    ['smallnet', 24_058],
  ])('%s has %i parameters and gives logits', (name, count) => {
    using model = createModel(modelName(name), { device: cpu, random: new Random(0) });
    expect(model.parameterCount).toBe(count);
    const logits = model.forward(
      tensor(new Float32Array(2 * 28 * 28), { shape: [2, 28, 28, 1], device: cpu }),
    );
    expect(logits.shape).toEqual([2, 10]);
  });
});
