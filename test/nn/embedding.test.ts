import { describe, expect, test } from 'vitest';

import { Random } from '../../lib/core/random.js';
import { tensor } from '../../lib/core/tensor.js';
import { Bilinear, Embedding } from '../../lib/nn/index.js';
import { bilinear, sum } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

describe.each(testDevices)('layers of words and of pairs on %s', (device) => {
  test('an embedding gives rows of its weight; its padding is zeros and stays so', async () => {
    using layer = new Embedding(4, 2, { paddingIndex: 1, device, random: new Random(5) });
    const weight = await layer.weight.data();
    expect(weight.slice(2, 4)).toEqual(Float32Array.of(0, 0));
    const y = layer.forward(tensor(Int32Array.of(3, 1, 1, 0), { shape: [2, 2], device }));
    expect(y.shape).toEqual([2, 2, 2]);
    expect(await y.data()).toEqual(Float32Array.of(weight[6]!, weight[7]!, 0, 0, 0, 0, weight[0]!, weight[1]!));
    sum(y).backward();
    expect(await layer.weight.grad!.data()).toEqual(Float32Array.of(1, 1, 0, 0, 0, 0, 1, 1));
    const whole = tensor([3], { device });
    expect(await layer.forward(whole).data()).toEqual(weight.slice(6, 8));
  });

  test('an embedding refuses a padding that is no word', () => {
    expect(() => new Embedding(4, 2, { paddingIndex: 4, device })).toThrow('Embedding: expected paddingIndex to be one of 4 words, but got 4');
    expect(() => new Embedding(0, 2, { device })).toThrow('Embedding: expected words to be a whole number of at least 1, but got 0');
  });

  test('a bilinear layer is the op with its parameters', async () => {
    using layer = new Bilinear(2, 3, 4, { device, random: new Random(1) });
    const x = tensor([1, 2], { shape: [1, 2], device }), z = tensor([3, 4, 5], { shape: [1, 3], device });
    const expected = await bilinear(x, z, layer.weight, layer.bias!).data();
    expect(await layer.forward(x, z).data()).toEqual(expected);
    using form = new Bilinear(2, 2, 1, { bias: false, device });
    expect(form.bias).toBeNull();
    expect(await form.forward(x).data()).toEqual(await form.forward(x, x).data());
  });
});
