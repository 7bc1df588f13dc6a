import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { Random } from '../../lib/core/random.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import * as nn from '../../lib/nn/index.js';
import * as ops from '../../lib/ops/index.js';

const cpu = device('cpu');
const input = () => tensor([-4, -2.5, -1, -0.25, 0, 0.25, 1, 2.5, 4, 7], { shape: [5, 2], device: cpu });

const layers: [nn.Module, (x: Tensor) => Tensor][] = [
  [new nn.ReLU(), ops.relu],
  [new nn.ReLU6(), ops.relu6],
  [new nn.SELU(), ops.selu],
  [new nn.SiLU(), ops.silu],
  [new nn.Mish(), ops.mish],
  [new nn.Hardswish(), ops.hardswish],
  [new nn.Hardsigmoid(), ops.hardsigmoid],
  [new nn.Softsign(), ops.softsign],
  [new nn.Sigmoid(), ops.sigmoid],
  [new nn.LogSigmoid(), ops.logSigmoid],
  [new nn.Tanh(), ops.tanh],
  [new nn.Tanhshrink(), ops.tanhshrink],
  [new nn.LeakyReLU({ negativeSlope: 0.2 }), (x) => ops.leakyRelu(x, { negativeSlope: 0.2 })],
  [new nn.LeakyReLU(), (x) => ops.leakyRelu(x)],
  [new nn.ELU({ alpha: 2 }), (x) => ops.elu(x, { alpha: 2 })],
  [new nn.ELU(), (x) => ops.elu(x)],
  [new nn.CELU({ alpha: 2 }), (x) => ops.celu(x, { alpha: 2 })],
  [new nn.CELU(), (x) => ops.celu(x)],
  [new nn.GELU({ approximate: 'tanh' }), (x) => ops.gelu(x, { approximate: 'tanh' })],
  [new nn.GELU(), (x) => ops.gelu(x)],
  [new nn.Hardtanh({ min: -2, max: 3 }), (x) => ops.hardtanh(x, { min: -2, max: 3 })],
  [new nn.Hardtanh(), (x) => ops.hardtanh(x)],
  [new nn.Softplus({ beta: 2, threshold: 1 }), (x) => ops.softplus(x, { beta: 2, threshold: 1 })],
  [new nn.Softplus(), (x) => ops.softplus(x)],
  [new nn.Softshrink({ lambda: 2 }), (x) => ops.softshrink(x, { lambda: 2 })],
  [new nn.Softshrink(), (x) => ops.softshrink(x)],
  [new nn.Hardshrink({ lambda: 2 }), (x) => ops.hardshrink(x, { lambda: 2 })],
  [new nn.Hardshrink(), (x) => ops.hardshrink(x)],
  [new nn.Threshold({ threshold: 1, value: 9 }), (x) => ops.threshold(x, { threshold: 1, value: 9 })],
  [new nn.Softmax({ axis: 0 }), (x) => ops.softmax(x, { axis: 0 })],
  [new nn.Softmax(), (x) => ops.softmax(x)],
  [new nn.LogSoftmax({ axis: 0 }), (x) => ops.logSoftmax(x, { axis: 0 })],
  [new nn.LogSoftmax(), (x) => ops.logSoftmax(x)],
  [new nn.Softmin({ axis: 0 }), (x) => ops.softmin(x, { axis: 0 })],
  [new nn.Softmin(), (x) => ops.softmin(x)],
  [new nn.GLU({ axis: 1 }), (x) => ops.glu(x, { axis: 1 })],
  [new nn.Maxout(2), (x) => ops.maxout(x, 2)],
];

describe('activation layers', () => {
  test.each(layers.map(([layer, run]) => [layer.constructor.name, layer, run] as const))('%s is its function', async (_, layer, run) => {
    expect(await layer.forward(input()).data()).toEqual(await run(input()).data());
    expect(layer.parameters()).toEqual([]);
  });

  test('PReLU learns its slopes', async () => {
    using one = new nn.PReLU({ device: cpu });
    using two = new nn.PReLU({ slopes: 2, initial: 0.5, device: cpu });
    expect(await one.weight.data()).toEqual(Float32Array.of(0.25));
    expect([...one.namedParameters().keys()]).toEqual(['weight']);
    ops.sum(two.forward(input())).backward();
    expect(await two.weight.grad!.data()).toEqual(Float32Array.of(-5, -2.75));
    expect(() => new nn.PReLU({ slopes: 0 })).toThrow('PReLU: expected slopes to be');
  });

  test.each([nn.Dropout, nn.Dropout2d, nn.DropPath])('%o drops in training only', async (Layer) => {
    using layer = new Layer(0.5, { device: cpu, random: new Random(1) });
    const x = ops.ones([40, 1, 1, 3], { device: cpu });
    const y = await layer.forward(x).data();
    expect(new Set(y)).toEqual(new Set([0, 2]));
    expect(await layer.forward(x).data()).not.toEqual(y);
    layer.eval();
    expect(await layer.forward(x).data()).toEqual(await x.data());
    expect([...layer.namedBuffers().keys()]).toEqual(['randomState']);
  });
});
