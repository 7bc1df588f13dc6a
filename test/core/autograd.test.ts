import { beforeEach, describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { scope } from '../../lib/core/scope.js';
import { grad, noGrad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { add, batchNorm, conv2d, linear, mean, mul, relu, sub, sum, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

describe.each(testDevices)('gradients on %s', (name) => {
  const on = device(name);
  const leaf = (...values: number[]) => tensor(values, { device: on, requiresGrad: true });
  const constant = (...values: number[]) => tensor(values, { device: on });
  const gradientOf = async (x: Tensor) => [...((await x.grad?.data()) ?? [])];

  test('flow through a diamond', async () => {
    const x = leaf(3);
    const a = mul(x, 2), b = mul(x, x);
    sum(mul(a, b)).backward(); // 2 x^3
    expect(await gradientOf(x)).toEqual([54]);
  });

  test('of a value used many times add up', async () => {
    const x = leaf(1, 2);
    let y: Tensor = x.reshape([2]);
    for (let i = 0; i < 5; i++) y = add(y, x); // 6 x
    sum(y).backward();
    expect(await gradientOf(x)).toEqual([6, 6]);
  });

  test('of the two inputs of an addition do not share memory', async () => {
    const a = leaf(1), b = leaf(2);
    const u = mul(a, 1), v = mul(b, 1);
    sum(add(add(u, v), u)).backward(); // u reaches the sum twice, v once
    expect(await gradientOf(a)).toEqual([2]);
    expect(await gradientOf(b)).toEqual([1]);
  });

  test('of two leaves of an addition do not share memory over two passes', async () => {
    const a = leaf(1), b = leaf(2);
    sum(add(a, b)).backward();
    sum(mul(a, 10)).backward();
    expect(await gradientOf(a)).toEqual([11]);
    expect(await gradientOf(b)).toEqual([1]);
  });

  test('of reshapes do not share memory', async () => {
    const a = leaf(1, 2), b = leaf(3, 4);
    sum(add(a.reshape([2, 1]), b.reshape([2, 1]))).backward();
    sum(mul(b, 3)).backward();
    expect(await gradientOf(a)).toEqual([1, 1]);
    expect(await gradientOf(b)).toEqual([4, 4]);
  });

  test('of leaves add up over passes', async () => {
    const x = leaf(2);
    for (let pass = 1; pass <= 3; pass++) {
      sum(mul(x, x)).backward();
      expect(await gradientOf(x)).toEqual([4 * pass]);
    }
  });

  test('a stale gradient is overwritten', async () => {
    const x = leaf(2);
    sum(mul(x, 5)).backward();
    x.gradIsStale = true;
    sum(mul(x, 7)).backward();
    expect(await gradientOf(x)).toEqual([7]);
    sum(mul(x, 7)).backward();
    expect(await gradientOf(x)).toEqual([14]);
  });

  test('a stale gradient that is overwritten leaves others as they are', async () => {
    const a = leaf(1), b = leaf(2);
    sum(add(a, b)).backward();
    a.gradIsStale = true;
    sum(mul(a, 10)).backward();
    expect(await gradientOf(a)).toEqual([10]);
    expect(await gradientOf(b)).toEqual([1]);
  });

  test('reach a leaf that is itself the result', async () => {
    const x = tensor(2, { device: on, requiresGrad: true });
    x.backward();
    expect(await gradientOf(x)).toEqual([1]);
  });

  test('pass intermediate results that were disposed', async () => {
    const x = leaf(1, 2, 3);
    const y = mul(x, x);
    const z = mul(y, x);
    y.dispose();
    const total = sum(z);
    z.dispose();
    total.backward();
    expect(await gradientOf(x)).toEqual([3, 12, 27]);
  });

  test('do not depend on the order in which branches were made', async () => {
    const x = leaf(2), w = leaf(5);
    const late = mul(w, 3);
    const early = mul(x, w);
    sum(sub(mul(early, x), late)).backward(); // x^2 w - 3 w
    expect(await gradientOf(x)).toEqual([20]);
    expect(await gradientOf(w)).toEqual([1]);
  });

  test('stop at detach()', async () => {
    const x = leaf(3);
    sum(mul(x, mul(x, x).detach())).backward();
    expect(await gradientOf(x)).toEqual([9]);
    expect(x.detach().requiresGrad).toBe(false);
  });

  test('noGrad() records nothing, also nested and after an error', () => {
    const x = leaf(3);
    noGrad(() => {
      expect(mul(x, x).requiresGrad).toBe(false);
      noGrad(() => {
        expect(x.reshape([1, 1]).requiresGrad).toBe(false);
      });
      expect(mul(x, x).requiresGrad).toBe(false);
    });
    expect(() => noGrad(() => { throw new Error('mine'); })).toThrow('mine');
    expect(mul(x, x).requiresGrad).toBe(true);
  });

  test('are not wanted where no leaf wants one', () => {
    expect(add(constant(1), constant(2)).requiresGrad).toBe(false);
    expect(() => {
      sum(constant(1)).backward();
    }).toThrow('backward: expected a tensor that depends on one with requiresGrad, but got one that does not');
  });

  test('start from one element only', () => {
    expect(() => {
      mul(leaf(1, 2), 2).backward();
    }).toThrow('backward: expected a tensor with one element, but got shape [2]');
  });

  test('a second backward() is refused, and allowed with retainGraph', async () => {
    const x = leaf(3);
    const y = sum(mul(x, x));
    y.backward({ retainGraph: true });
    y.backward();
    expect(await gradientOf(x)).toEqual([12]);
    expect(() => {
      y.backward();
    }).toThrow('backward: expected a graph that was not used before, but sum has freed what it saved; use retainGraph');
    expect(await gradientOf(x)).toEqual([12]);
  });

  test('two results share a part of the graph, with retainGraph', async () => {
    const x = leaf(3);
    const shared = mul(x, x);
    sum(mul(shared, 2)).backward({ retainGraph: true });
    sum(mul(shared, 5)).backward();
    expect(await gradientOf(x)).toEqual([42]);
  });

  test('a second pass through batch norm uses its own gradient', async () => {
    const x = tensor([1, 2, 4, 8], { shape: [4, 1], device: on });
    const weight = leaf(1), bias = leaf(0);
    const y = batchNorm(x, { weight, bias, training: true });
    const a = sum(y), b = sum(mul(y, 3));
    a.backward({ retainGraph: true });
    b.backward();
    expect(await gradientOf(bias)).toEqual([16]);
  });

  test('batch norm gives all three, or any one', async () => {
    const values = [1, 2, 4, 8];
    const wanted = (name: string, on: boolean[]) => on[['x', 'weight', 'bias'].indexOf(name)] ?? false;
    const run = (flags: boolean[]) => {
      const x = tensor(values, { shape: [4, 1], device: on, requiresGrad: wanted('x', flags) });
      const weight = tensor([2], { device: on, requiresGrad: wanted('weight', flags) });
      const bias = tensor([1], { device: on, requiresGrad: wanted('bias', flags) });
      sum(mul(batchNorm(x, { weight, bias, training: true }), tensor([1, 0, 0, 2], { shape: [4, 1], device: on }))).backward();
      return [x, weight, bias].map(gradientOf);
    };
    const all = await Promise.all(run([true, true, true]));
    for (const i of [0, 1, 2]) {
      const alone = await Promise.all(run([0, 1, 2].map((j) => i === j)));
      expect(alone).toEqual(all.map((gradient, j) => (i === j ? gradient : [])));
    }
  });

  test('grad() gives gradients without touching `grad`', async () => {
    const x = leaf(3), w = leaf(4), other = leaf(1, 2);
    const [dx, dw, dother] = grad(sum(mul(mul(x, x), w)), [x, w, other]) as [Tensor, Tensor, Tensor];
    expect(await dx.data()).toEqual(Float32Array.of(24));
    expect(await dw.data()).toEqual(Float32Array.of(9));
    expect(await dother.data()).toEqual(Float32Array.of(0, 0));
    expect([x.grad, w.grad, other.grad]).toEqual([null, null, null]);
    expect(() => grad(mul(other, 2), [other])).toThrow('grad: expected a tensor with one element, but got shape [2]');
    expect(() => grad(constant(1), [other])).toThrow('grad: expected a tensor that depends on one with requiresGrad');
  });

  test('requiresGrad is for leaves of a float type', () => {
    const x = leaf(1);
    const y = mul(x, 2);
    expect(() => {
      y.requiresGrad = false;
    }).toThrow('requiresGrad: expected a leaf, but got the result of affine; use detach() for a leaf with its values');
    const labels = tensor(Int32Array.of(1), { device: on });
    expect(() => {
      labels.requiresGrad = true;
    }).toThrow('requiresGrad: expected a tensor of a float type, but got int32');
    x.requiresGrad = false;
    expect(mul(x, 2).requiresGrad).toBe(false);
  });

  test('a long chain needs no deep stack', async () => {
    const x = leaf(1);
    const y = scope(() => {
      let result: Tensor = mul(x, 1);
      for (let i = 0; i < 3000; i++) result = add(result, 0);
      return sum(result);
    });
    y.backward();
    expect(await gradientOf(x)).toEqual([1]);
    const unused = scope(() => {
      let result: Tensor = mul(x, 1);
      for (let i = 0; i < 20_000; i++) result = result.reshape([1]);
      return result;
    });
    unused.dispose();
  });

  describe('memory', () => {
    let before = 0;
    beforeEach(() => {
      before = on.memory().tensors;
    });
    const alive = () => on.memory().tensors - before;

    /** A step of a small network on leaves that are given; the loss is returned. */
    function step(weight: Tensor, dense: Tensor): Tensor {
      const x = zeros([2, 4, 4, 1], { device: on });
      const h = relu(batchNorm(conv2d(x, weight), { training: true }));
      return mean(linear(h.reshape([2, -1]), dense));
    }

    const makeWeights = () =>
      [tensor(new Float32Array(18).fill(0.1), { shape: [2, 3, 3, 1], device: on, requiresGrad: true }),
        tensor(new Float32Array(24).fill(0.2), { shape: [3, 8], device: on, requiresGrad: true })] as const;

    test('after steps in scopes, only parameters and gradients are alive', () => {
      const [weight, dense] = makeWeights();
      for (let i = 0; i < 5; i++) {
        scope(() => {
          step(weight, dense).backward();
        });
        expect(alive()).toBe(4);
      }
      for (const x of [weight, dense]) {
        x.grad?.dispose();
        x.dispose();
      }
      expect(alive()).toBe(0);
    });

    test('a graph that is never used is freed with its result', () => {
      const [weight, dense] = makeWeights();
      const loss = scope(() => step(weight, dense));
      expect(alive()).toBeGreaterThan(3);
      loss.dispose();
      expect(alive()).toBe(2);
      weight.dispose();
      dense.dispose();
    });

    test('backward() frees what was saved', () => {
      const [weight, dense] = makeWeights();
      const loss = scope(() => step(weight, dense));
      loss.backward();
      expect(alive()).toBe(2 + 2 + 1);
      for (const x of [weight.grad, dense.grad, loss, weight, dense]) x?.dispose();
      expect(alive()).toBe(0);
    });

    test('grad() leaves only what it returns', () => {
      const [weight, dense] = makeWeights();
      const gradients = scope(() => grad(step(weight, dense), [weight, dense]));
      expect(alive()).toBe(4);
      for (const x of [...gradients, weight, dense]) x.dispose();
      expect(alive()).toBe(0);
    });
  });
});
