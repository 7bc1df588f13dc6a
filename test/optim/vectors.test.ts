/**
 * The ops of optimisers on ranges that begin and end anywhere, which flat buffers do not have: to the bit what they compute
 * of ranges that are made of whole vectors, the copy in 16 bits included.
 */
import { describe, expect, test } from 'vitest';

import { run } from '../../lib/core/run.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { cast } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { TestRandom } from '../ops/array.js';

const lengths = [1, 3, 4, 61, 64, 131, 1030];
const betas = { beta1: 0.9, beta2: 0.99, eps: 1e-8 }, shared = { weightDecay: 0.01, direction: 1 };

/** What all ops take; `of` makes the state of a name, the same numbers each time it is asked for. */
interface Range {
  all: { param: Tensor; grad: Tensor; lr: Tensor; step: Tensor<'int32'>; half: Tensor };
  of: (state: string) => Tensor;
  n: number;
  /** Two layers, or one where there are not enough elements. */
  layer: Tensor<'int32'>; // [count,2]
}

const steps: Record<string, (range: Range) => void> = {
  sgd: ({ all, of }) => run('sgd', { ...all, velocity: of('velocity') }, { ...shared, momentum: 0.9, dampening: 0.1, nesterov: 1 }, {}),
  'sgd without momentum': ({ all }) => run('sgd', all, { ...shared, momentum: 0, dampening: 0, nesterov: 0 }, {}),
  adam: ({ all, of }) => run('adam', { ...all, m: of('m'), v: of('v') }, { ...shared, ...betas, decoupled: 0 }, {}),
  amsgrad: ({ all, of }) => run('adam', { ...all, m: of('m'), v: of('v'), vmax: of('vmax') }, { ...shared, ...betas, decoupled: 1 }, {}),
  adamax: ({ all, of }) => run('adamax', { ...all, m: of('m'), largest: of('largest') }, { ...shared, ...betas }, {}),
  nadam: ({ all, of }) =>
    run('nadam', { ...all, m: of('m'), v: of('v'), muProduct: of('muProduct').view(0, [1]) }, { ...shared, ...betas, momentumDecay: 0.004, repeatMu: 0 }, {}),
  radam: ({ all, of }) => run('radam', { ...all, m: of('m'), v: of('v') }, { ...shared, ...betas, beta2: 0.5 }, {}),
  rmsprop: ({ all, of }) =>
    run('rmsprop', { ...all, square: of('square'), mean: of('mean'), velocity: of('velocity') }, { ...shared, alpha: 0.9, eps: 0.01, momentum: 0.9 }, {}),
  adagrad: ({ all, of }) => run('adagrad', { ...all, sum: of('sum') }, { ...shared, lrDecay: 0.1, eps: 1e-8 }, {}),
  adadelta: ({ all, of }) => run('adadelta', { ...all, square: of('square'), change: of('change') }, { ...shared, rho: 0.9, eps: 1e-6 }, {}),
  asgd: ({ all, of }) => run('asgd', { ...all, average: of('average') }, { ...shared, lambda: 1e-4, alpha: 0.75, averageFrom: 1 }, {}),
  rprop: ({ all, of }) =>
    run('rprop', { ...all, previous: of('previous'), size: of('size') }, { direction: 1, etaMinus: 0.5, etaPlus: 1.2, least: 1e-6, most: 50 }, {}),
  lion: ({ all, of }) => run('lion', { ...all, m: of('m') }, { ...shared, beta1: 0.9, beta2: 0.99 }, {}),
  lars: ({ all, of, n, layer }) =>
    run('lars', { ...all, velocity: of('velocity'), layer }, { ...shared, n, count: layer.shape[0]!, momentum: 0.9, trust: 0.02, eps: 1e-9 }, {}),
  lamb: ({ all, of, n, layer }) =>
    run('lamb', { ...all, m: of('m'), v: of('v'), layer }, { ...shared, ...betas, n, count: layer.shape[0]! }, {}),
};

describe.each(testDevices)('on %s', (device) => {
  /** Two steps on n elements that lie `begin` behind where their allocations begin; all that they change. */
  async function stepped(step: (range: Range) => void, n: number, begin: number, dtype: 'bfloat16' | 'float16'): Promise<number[][]> {
    const random = new TestRandom(n);
    const make = () => {
      const values = Float32Array.from({ length: begin + n }, (_, i) => (i < begin ? NaN : 0.1 + random.uniform()));
      return tensor(values, { device }).view(begin, [n]);
    };
    const scalar = (value: number) => tensor(Float32Array.of(value), { device });
    const all = { param: make(), grad: make(), lr: scalar(0.01), step: tensor(Int32Array.of(0), { device }), half: cast(make(), dtype) };
    const states = new Map<string, Tensor>();
    const of = (name: string) => {
      const state = states.get(name) ?? make();
      states.set(name, state);
      return state;
    };
    const layer = tensor(n > 64 ? Int32Array.of(0, 1, 64, 1) : Int32Array.of(0, 1), { shape: [n > 64 ? 2 : 1, 2], device });
    for (let i = 0; i < 2; i++) step({ all, of, n, layer });
    const changed = [all.param, cast(all.half, 'float32'), ...states.values()];
    return Promise.all(changed.map(async (each) => Array.from(await each.data())));
  }

  test.each(Object.entries(steps))('%s', async (_, step) => {
    for (const n of lengths) {
      for (const dtype of ['bfloat16', 'float16'] as const) {
        const alone = await stepped(step, n, 1, dtype); // one by one
        expect(alone.flat().every(Number.isFinite)).toBe(true);
        for (const begin of [0, 4]) expect(await stepped(step, n, begin, dtype), `${n} from ${begin} on`).toEqual(alone);
      }
    }
  });
});
