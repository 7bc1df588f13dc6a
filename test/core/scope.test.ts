import { beforeEach, describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { keep, scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { add, mul, sum } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

describe.each(testDevices)('scope on %s', (name) => {
  const on = device(name);
  const make = (value = 1) => tensor([value, value], { device: on });
  let before = 0;

  beforeEach(() => {
    before = on.memory().tensors;
  });

  /** Tensors that are alive since the test began. */
  const alive = () => on.memory().tensors - before;

  test('frees everything but its result', async () => {
    const y = scope(() => add(mul(make(2), make(3)), make()));
    expect(alive()).toBe(1);
    expect(await y.data()).toEqual(Float32Array.of(7, 7));
    y.dispose();
    expect(alive()).toBe(0);
  });

  test('keeps tensors inside arrays, maps and plain objects', () => {
    const inList: Tensor[] = [];
    const result = scope(() => {
      make();
      inList.push(make());
      return { a: make(), list: inList, map: new Map([['b', { c: make() }]]), n: 3, nothing: null };
    });
    expect(alive()).toBe(3);
    for (const kept of [result.a, ...result.list, ...[...result.map.values()].map(({ c }) => c)]) {
      expect(kept.isDisposed).toBe(false);
      kept.dispose();
    }
  });

  test('a result that refers to itself is no trouble', () => {
    const result: { self?: object; x?: Tensor } = {};
    result.self = result;
    scope(() => {
      result.x = make();
      return result;
    });
    expect(result.x?.isDisposed).toBe(false);
    result.x?.dispose();
  });

  test('nested: a result belongs to the outer scope', () => {
    scope(() => {
      const inner = scope(() => mul(make(), make()));
      expect(inner.isDisposed).toBe(false);
      expect(alive()).toBe(1);
      make();
      expect(alive()).toBe(2);
    });
    expect(alive()).toBe(0);
  });

  test('what is made before the scope stays', () => {
    const x = make();
    const y = scope(() => x);
    expect(y).toBe(x);
    scope(() => {
      x.reshape([2, 1]);
    });
    expect(x.isDisposed).toBe(false);
    x.dispose();
  });

  test('keep() takes a tensor out of all scopes', () => {
    const kept: Tensor[] = [];
    scope(() => {
      scope(() => {
        kept.push(keep(make()));
      });
    });
    expect(kept[0]?.isDisposed).toBe(false);
    kept[0]?.dispose();
    expect(alive()).toBe(0);
  });

  test('an error frees everything and passes on', () => {
    expect(() =>
      scope(() => {
        make();
        scope(() => make());
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(alive()).toBe(0);
    make().dispose(); // and the scope is closed
    expect(alive()).toBe(0);
  });

  test('an async function is refused, and what it made is freed', () => {
    expect(() =>
      scope(() => {
        make();
        return Promise.resolve(1);
      }),
    ).toThrow('scope: expected a function that returns no promise, but got an async one');
    expect(alive()).toBe(0);
  });

  test('a tensor disposed inside is freed once', () => {
    scope(() => {
      make().dispose();
    });
    expect(alive()).toBe(0);
  });

  test('gradients and the graph survive the scope that made the loss', async () => {
    const x = tensor([2, 3], { device: on, requiresGrad: true });
    const loss = scope(() => sum(mul(mul(x, x), make(2))));
    loss.backward();
    expect(await x.grad?.data()).toEqual(Float32Array.of(8, 12));
    loss.dispose();
    x.grad?.dispose();
    x.dispose();
    expect(alive()).toBe(0);
  });

  test('`using` frees at the end of the block', () => {
    {
      using x = make();
      using y = mul(x, 2);
      expect(y.isDisposed).toBe(false);
      expect(alive()).toBe(2);
    }
    expect(alive()).toBe(0);
  });
});
