import { describe, expect, test } from 'vitest';

import { autocast } from '../../lib/core/autocast.js';
import { device } from '../../lib/core/device.js';
import { Random } from '../../lib/core/random.js';
import { observeRuns } from '../../lib/core/run.js';
import { scope } from '../../lib/core/scope.js';
import { grad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { ConvNorm } from '../../lib/models/conv_norm.js';
import { createModel } from '../../lib/models/index.js';
import { BatchNorm2d, Conv2d, foldBatchNorm, forwardConvBatchNorm, MaxPool2d, ReLU, Sequential, tap, type Module } from '../../lib/nn/index.js';
import { cast, mul, sum } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { count, TestRandom } from '../ops/array.js';

const fused = 'conv_batch_norm_forward';

describe.each(testDevices)('a convolution and its normalisation on %s', (name) => {
  const on = device(name);

  const values = (seed: number, shape: readonly number[]) => {
    const random = new TestRandom(seed);
    return tensor(Float32Array.from({ length: count(shape) }, () => random.normal()), { shape, device: on });
  };

  function opsOf(fn: () => void): string[] {
    const names: string[] = [];
    observeRuns(({ name }) => void names.push(name), () => scope(fn));
    return names;
  }

  const fusedOps = (fn: () => void) => opsOf(fn).filter((op) => op === fused).length;

  /** y, the gradients and the buffers of a training step under autocast. */
  async function step(model: Module, x: Tensor) {
    const found = scope(() => {
      const y = cast(autocast('bfloat16', () => model.forward(x)), 'float32');
      return [y.detach(), ...grad(sum(mul(y, values(3, y.shape))), model.parameters())];
    });
    return Promise.all([...found, ...([...model.namedBuffers().values()] as Tensor[])].map((each) => each.data()));
  }

  function expectClose(found: readonly Float32Array[], expected: readonly Float32Array[], tolerance: number): void {
    for (const [i, values] of expected.entries()) {
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const worst = values.reduce((most, value, at) => Math.max(most, Math.abs(value - found[i]![at]!)), 0);
      expect(worst, `result ${i}`).toBeLessThanOrEqual(tolerance * largest);
    }
  }

  const make = () => new ConvNorm(8, 16, 3, { device: on, random: new Random(1), activation: 'relu6' });

  test('train as one op in 16 bits, with the values that the modules have', async () => {
    using together = make();
    using apart = make();
    for (const [, module] of apart.children()) module.registerForwardHook(() => undefined);
    const x = values(1, [2, 7, 6, 8]);
    expect([...together.namedTensors().keys()]).toEqual(['0.weight', '1.weight', '1.bias', '1.runningMean', '1.runningVar']);
    expect(fusedOps(() => autocast('bfloat16', () => together.forward(x)))).toBe(name === 'cpu' ? 0 : 1);
    expect(fusedOps(() => autocast('bfloat16', () => apart.forward(x)))).toBe(0);
    expectClose(await step(together, x), await step(apart, x), 2 ** -7);
  });

  test('run one by one for those who watch one of them, in evaluation, frozen and folded', async () => {
    using model = make();
    const x = values(2, [2, 7, 6, 8]), run = (fn: () => unknown) => fusedOps(() => void autocast('bfloat16', fn));
    let seen: readonly number[] = [];
    const remove = [...model.children()][0]![1].registerForwardHook((_module, _input, output) => void (seen = output.shape));
    expect(run(() => model.forward(x))).toBe(0);
    expect(seen).toEqual([2, 7, 6, 16]);
    remove();
    expect(run(() => tap(model, x, ['0', '1']))).toBe(0);
    const [norm] = [...model.children()].flatMap(([, module]) => (module instanceof BatchNorm2d ? [module] : []));
    norm!.frozen = true;
    expect(run(() => model.forward(x))).toBe(0);
    norm!.frozen = false;
    expect(run(() => model.forward(x))).toBe(name === 'cpu' ? 0 : 1);
    model.eval();
    expect(run(() => model.forward(x))).toBe(0);
    expect(await foldBatchNorm(model, [1, 7, 6, 8])).toBe(1);
    model.train();
    expect(run(() => model.forward(x))).toBe(0);
  });

  test('a kind of convolution that is derived keeps its own way', () => {
    class Doubled extends Conv2d {
      override forward(x: Tensor): Tensor {
        return mul(super.forward(x), values(4, [1]));
      }
    }
    using conv = new Doubled(8, 8, 1, { device: on, bias: false });
    using norm = new BatchNorm2d(8, { device: on });
    const names = opsOf(() => void autocast('bfloat16', () => forwardConvBatchNorm(values(5, [2, 4, 4, 8]), [[conv, norm]])));
    expect(names).not.toContain(fused);
    expect(names).toContain('mul');
  });

  test('in a Sequential, among other modules, up to one that somebody watches', async () => {
    const make = () => {
      const options = { device: on, random: new Random(3), bias: false }, relu = { device: on, activation: 'relu' } as const;
      const watched = new BatchNorm2d(8, relu);
      const layers = [
        new MaxPool2d(2), new Conv2d(8, 16, 3, options), new BatchNorm2d(16, relu), new Conv2d(16, 8, 1, options), watched,
        new Conv2d(8, 4, 1, options), new ReLU(), new BatchNorm2d(4, { device: on }), new Conv2d(4, 4, 1, options),
      ];
      return { model: new Sequential(...layers), watched };
    };
    const { model: together, watched } = make(), { model: apart } = make(), x = values(8, [2, 12, 10, 8]), state = await together.stateDict();
    for (const [, module] of apart.children()) module.registerForwardHook(() => undefined);
    const run = () => fusedOps(() => void autocast('bfloat16', () => together.forward(x)));
    expect(run()).toBe(name === 'cpu' ? 0 : 2);
    const remove = watched.registerForwardHook(() => undefined);
    expect(run()).toBe(name === 'cpu' ? 0 : 1);
    remove();
    expect(fusedOps(() => void together.forward(x)), 'in float32').toBe(0);
    using withBias = new Sequential(new Conv2d(8, 4, 3, { device: on }), new BatchNorm2d(4, { device: on }));
    expect(fusedOps(() => void autocast('bfloat16', () => withBias.forward(x)))).toBe(name === 'cpu' ? 0 : 1);
    together.loadStateDict(state);
    expectClose(await step(together, x), await step(apart, x), 2 ** -6);
  });

  test.each([
    ['resnet18', 'layer1.0', [3, 4, 4, 64], 2],
    ['resnet50', 'layer1.0', [3, 4, 4, 64], 4],
    ['smallnet', 'features', [3, 8, 8, 1], 3],
    ['googlenet', 'inception3a', [3, 4, 4, 192], 6],
    ['mnasnet0_5', 'layers.8.0', [3, 8, 8, 8], 2],
    ['mobilenet_v2', 'features.2', [3, 8, 8, 16], 2],
    ['shufflenet_v2_x0_5', 'stage2.1', [3, 8, 8, 48], 2],
    ['densenet121', 'features.denseblock1.denselayer1', [3, 4, 4, 64], 1],
    ['s3d', 'features.5', [1, 2, 3, 4, 192], 8],
  ] as const)('%s, %s, of x %o has %i of them', async (network, path, shape, convolutions) => {
    using model = createModel(network, { device: on, initialize: false, classes: 2 });
    const block = [...model.modules()].find(([each]) => each === path)![1], x = values(6, shape), random = new TestRandom(7);
    for (const parameter of block.parameters()) {
      const [shift, scale] = parameter.shape.length === 1 ? [1, 0.3] : [0, 1 / Math.sqrt(parameter.numel / parameter.shape[0]!)];
      parameter.write(Float32Array.from({ length: parameter.numel }, () => shift + scale * random.normal()));
    }
    expect(fusedOps(() => void autocast('bfloat16', () => block.forward(x)))).toBe(name === 'cpu' ? 0 : convolutions);
    const state = await block.stateDict(), together = await step(block, x);
    block.loadStateDict(state);
    expect(await step(block, x), 'the same bits again').toEqual(together);
    block.loadStateDict(state);
    for (const [, module] of block.modules()) if (module !== block) module.registerForwardHook(() => undefined);
    expectClose(together, await step(block, x), 2 ** -5);
  });
});
