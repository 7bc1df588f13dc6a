import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { tensor } from '../../lib/core/tensor.js';
import { FlatParameters } from '../../lib/optim/index.js';
import { mul, sum } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

describe.each(testDevices)('FlatParameters on %s', (name) => {
  const options = { device: device(name), requiresGrad: true };
  const vector = (...values: number[]) => tensor(values, options);

  test('keeps values and identity, and puts them into one buffer', async () => {
    const a = tensor([1, 2, 3, 4], { ...options, shape: [2, 2] });
    const b = vector(5, 6, 7);
    using flat = new FlatParameters('test', [a, b]);
    expect(a.shape).toEqual([2, 2]);
    expect([...(await a.data()), ...(await b.data())]).toEqual([1, 2, 3, 4, 5, 6, 7]);
    a.write(Float32Array.of(8, 2, 3, 4));
    const values = await flat.values.data();
    expect(values.filter((value) => value !== 0)).toEqual(Float32Array.of(8, 2, 3, 4, 5, 6, 7));
  });

  test('backward writes into the gradient buffer; zeroGrad() starts a new sum', async () => {
    const a = vector(2, 3);
    using flat = new FlatParameters('test', [a]);
    const backward = () => {
      sum(mul(a, a)).backward();
    };
    backward();
    backward();
    expect([...(await flat.gradients.data()).slice(0, 2)]).toEqual([8, 12]);
    flat.zeroGrad();
    backward();
    expect([...(await flat.gradients.data()).slice(0, 2)]).toEqual([4, 6]);
  });

  test('a parameter that took no part has gradient 0, whatever was there before', async () => {
    const [a, b] = [vector(2), vector(3)];
    using flat = new FlatParameters('test', [a, b]);
    sum(mul(a, b)).backward();
    b.grad!.write(Float32Array.of(NaN));
    flat.zeroGrad();
    sum(mul(a, a)).backward();
    flat.gatherGradients();
    expect(await a.grad!.item()).toBe(4);
    expect(await b.grad!.item()).toBe(0);
  });

  test('a gradient from elsewhere is brought into the buffer', async () => {
    const [a, b] = [vector(2), vector(3)];
    sum(mul(a, 5)).backward();
    using flat = new FlatParameters('test', [a, b]);
    expect(await flat.gradients.view(0, []).item()).toBe(5);
    b.grad = tensor([7], { device: name });
    b.gradIsStale = false;
    flat.gatherGradients();
    sum(mul(b, 4)).backward();
    expect([...(await flat.gradients.data())].filter((value) => value !== 0)).toEqual([5, 11]);
  });

  test('says what is wrong with parameters', () => {
    const a = vector(1);
    const fixed = tensor([1], { device: name });
    expect(() => new FlatParameters('SGD', [])).toThrow('SGD: expected at least one parameter, but got none');
    expect(() => new FlatParameters('SGD', [fixed])).toThrow(
      /SGD: expected parameters with requiresGrad, but got/,
    );
    const first = new FlatParameters('SGD', [a]);
    expect(() => new FlatParameters('Adam', [a])).toThrow(
      /Adam: expected parameters that no other optimiser holds/,
    );
    first.dispose();
    new FlatParameters('Adam', [a]).dispose();
  });
});
