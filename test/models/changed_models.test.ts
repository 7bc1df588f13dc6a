/** Functions on models: layers left out, linear layers as convolutions, folded normalisation. */
import { afterEach, describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { Random } from '../../lib/core/random.js';
import { observeRuns } from '../../lib/core/run.js';
import { scope } from '../../lib/core/scope.js';
import { noGrad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { alexnet, AlexNet, createModel, fullyConvolutional, type ModelName, type RemovableLayer } from '../../lib/models/index.js';
import { BatchNorm2d, Conv2d, Dropout, Flatten, foldBatchNorm, ImageLinear, Linear, MaxPool2d, Module, ReLU, ReLU6, Sequential } from '../../lib/nn/index.js';
import { add, conv2d, mul, slice, zeros, type ConvOptions } from '../../lib/ops/index.js';
import { formulaState } from '../golden/run_model.js';
import { loadTorchStateDict } from '../../lib/models/index.js';
import { noise } from './synthetic.js';

const cpu = device('cpu');
afterEach(() => cpu.releaseCachedMemory());

const forward = (model: Module, x: Tensor): Promise<Float32Array> => scope(() => ({ y: noGrad(() => model.eval().forward(x)).data() })).y;
const largest = (a: Float32Array, b: Float32Array) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe('AlexNet without layers', () => {
  // Zeiler and Fergus give the savings of their own, wider, network in table 3; these are of the single one, by hand.
  const linear = (from: number, to: number) => from * to + to, conv = (from: number, to: number) => 9 * from * to + to;
  const savings: [RemovableLayer[], number][] = [
    [[7], linear(4096, 4096)],
    [[6, 7], linear(9216, 4096) + linear(4096, 4096) + linear(4096, 1000) - linear(9216, 1000)],
    [[3, 4], conv(192, 384) + conv(384, 256) + conv(256, 256) - conv(192, 256)],
    [[3, 4, 6, 7], 49_414_144 + 1_696_384],
    [[6], linear(9216, 4096) + linear(4096, 4096) - linear(9216, 4096)],
  ];
  test.each(savings)('%j has so many parameters less, and runs', (without, saved) => {
    using model = alexnet({ device: cpu, initialize: false, without });
    expect(61_100_840 - model.parameterCount).toBe(saved);
    using y = scope(() => noGrad(() => model.eval().forward(zeros([1, 63, 63, 3], { device: cpu }))));
    expect(y.shape).toEqual([1, 1000]);
  });

  test('what stays keeps its names', () => {
    using model = new AlexNet({ device: cpu, initialize: false, without: [3, 4, 6, 7] });
    expect([...model.namedParameters().keys()].filter((name) => name.endsWith('weight'))).toEqual(['features.0.weight', 'features.3.weight', 'features.10.weight', 'classifier.6.weight']);
  });
});

describe('fully convolutional form', () => {
  /** No padding: windows see nothing of what is beside them. Sees 12 × 12 pixels, every 2. */
  const classifier = () => {
    const options = { device: 'cpu', random: new Random(1) };
    return {
      features: new Sequential(new Conv2d(3, 4, 3, options), new ReLU(), new MaxPool2d(2), new Conv2d(4, 5, 2, options)),
      classifier: new Sequential(new Dropout(0.5, { device: 'cpu' }), new ImageLinear([4, 4, 5], 6, options), new ReLU(), new Linear(6, 3, options)),
    };
  };

  test('one pass over a larger image says what cropped windows say', async () => {
    const parts = classifier(), cropped = new Sequential(parts.features, parts.classifier), sliding = await fullyConvolutional(parts);
    const { images } = noise([2, 18, 16, 3], 2, 'cpu');
    const map = await forward(sliding, images), [p, q] = [4, 3];
    expect(map.length).toBe(2 * p * q * 3);
    for (let i = 0; i < p; i++) {
      for (let j = 0; j < q; j++) {
        using window = scope(() => slice(slice(images, { axis: 1, start: 2 * i, end: 2 * i + 12 }), { axis: 2, start: 2 * j, end: 2 * j + 12 }));
        const expected = await forward(cropped, window);
        const found = Float32Array.from({ length: 6 }, (_, at) => map[(Math.floor(at / 3) * p * q + i * q + j) * 3 + (at % 3)]!);
        expect(largest(found, expected)).toBeLessThan(1e-5);
      }
    }
  });

  test.each<[ModelName, number, readonly [number, number, number] | undefined]>([['lenet5', 28, [5, 5, 16]], ['alexnet', 224, undefined]])(
    '%s on an image of its own size gives its own logits', async (name, side, image) => {
      using model = createModel(name, { device: 'cpu', classes: 5, random: new Random(1) });
      if (!('features' in model && model.features instanceof Module && 'classifier' in model && model.classifier instanceof Module)) throw new Error(name);
      const sliding = await fullyConvolutional({ features: model.features, classifier: model.classifier }, image ? { image } : {});
      const { images } = noise([1, side, side, name === 'lenet5' ? 1 : 3], 5, 'cpu');
      const expected = await forward(model, images);
      expect(largest(await forward(sliding, images), expected)).toBeLessThan(1e-4 * Math.max(...expected.map(Math.abs)));
      sliding.dispose();
    });

  test('tells what is wrong', async () => {
    const features = new ReLU();
    await expect(fullyConvolutional({ features, classifier: new Sequential(new Flatten(), new Linear(4, 2, { device: 'cpu' })) })).rejects.toThrow(/^fullyConvolutional: expected image, what the first linear layer sees/);
    await expect(fullyConvolutional({ features, classifier: new Sequential(new Flatten()) })).rejects.toThrow(/expected a classifier of linear layers, but got one without$/);
  });
});

describe('folded batch normalisation', () => {
  test.each<[ModelName, number]>([['resnet18', 20], ['mobilenet_v2', 52], ['vgg11_bn', 8], ['densenet121', 59]])('%s says the same with %i folded', async (name, count) => {
    using model = createModel(name, { device: cpu, initialize: false, classes: 5 });
    loadTorchStateDict(model, formulaState(model, 1));
    const { images } = noise([2, 64, 64, 3], 5, 'cpu');
    const expected = await forward(model, images);
    expect(await foldBatchNorm(model, [1, 64, 64, 3])).toBe(count);
    const found = await forward(model, images);
    expect(largest(found, expected)).toBeLessThan(1e-4 * expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
    expect(await foldBatchNorm(model, [1, 64, 64, 3])).toBe(0);
  });

  test.each<[ModelName, string[]]>([
    ['resnet18', ['conv_forward', 'max_pool_forward', 'sum', 'matmul']],
    ['mobilenet_v2', ['conv_forward', 'sum', 'matmul']],
  ])('%s does all else than %j within its convolutions', async (name, names) => {
    using model = createModel(name, { device: cpu, initialize: false, classes: 5 });
    await foldBatchNorm(model.eval(), [1, 64, 64, 3]);
    const found = new Set<string>();
    using images = zeros([1, 64, 64, 3], { device: cpu });
    scope(() => void noGrad(() => observeRuns(({ name }) => void found.add(name), () => model.forward(images))));
    expect([...found].sort()).toEqual([...names].sort());
  });

  test('weights that a convolution changes before it uses them stay as they are', async () => {
    class Doubled extends Conv2d {
      protected override convolve(x: Tensor, options: ConvOptions): Tensor {
        return conv2d(x, mul(this.weight, this.weight), options);
      }
    }
    using model = new Sequential(new Doubled(1, 2, 1, { device: 'cpu' }), new BatchNorm2d(2, { device: 'cpu' }));
    expect(await foldBatchNorm(model, [1, 2, 2, 1])).toBe(0);
  });

  test('an activation that others share stays as it is', async () => {
    const relu6 = new ReLU6(), options = { device: 'cpu', random: new Random(1) };
    const layers = () => [new Conv2d(2, 2, 1, options), new BatchNorm2d(2, options), relu6];
    using model = new Sequential(...layers(), ...layers());
    const x = tensor([3, -4, 5, 20], { shape: [1, 1, 2, 2], device: cpu });
    const expected = await forward(model, x);
    expect(await foldBatchNorm(model, [1, 1, 2, 2])).toBe(2);
    expect(largest(await forward(model, x), expected)).toBeLessThan(1e-5);
    x.dispose();
  });

  test('a convolution that others use too stays as it is', async () => {
    class Shared extends Module {
      readonly conv = new Conv2d(1, 2, 1, { device: 'cpu', bias: false });
      readonly norm = new BatchNorm2d(2, { device: 'cpu' });
      override forward(x: Tensor): Tensor {
        const y = this.conv.forward(x);
        return add(y, this.norm.forward(y));
      }
    }
    using model = new Shared();
    expect(await foldBatchNorm(model, [1, 2, 2, 1])).toBe(0);
    expect(model.conv.bias).toBeNull();
  });
});
