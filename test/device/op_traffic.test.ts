/** What memory-bound ops move, as the emulator counts it: each tensor as often as the algorithm asks, and no more. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

interface Moved {
  /** Of the tensor. */
  bytes: number;
  fetched: number;
  written: number;
}

const program = fileURLToPath(new URL('../../build/race/op_traffic', import.meta.url));
/** Less than any of the tensors has, so that a second pass over one is fetched again. */
const cache = 65_536;

interface Expected {
  launches: number;
  /** How often each tensor is read from memory; those that are left out are not read, or much smaller. */
  read: Record<string, number>;
  /** Tensors that are written, once. */
  written: readonly string[];
  /** What the op writes and reads again for itself, in units of the largest tensor. Default 0. */
  kept?: number;
}

const passes: Record<string, Expected> = {
  unary_forward: { launches: 1, read: { x: 1 }, written: ['y'] },
  unary_grad: { launches: 1, read: { saved: 1, dy: 1 }, written: ['dx'] },
  batch_norm_train: { launches: 3, read: { x: 2, residual: 1 }, written: ['y'] }, // for the statistics, and to normalise
  batch_norm_grad: { launches: 3, read: { x: 2, dy: 2 }, written: ['dx'] },
  batch_norm_add_relu_grad: { launches: 3, read: { x: 2, y: 1, dy: 1, dresidual: 1 }, written: ['dx', 'dresidual'] },
  max_pool_forward: { launches: 1, read: { x: 1 }, written: ['y', 'index'] },
  max_pool_grad: { launches: 1, read: { dy: 1, index: 1 }, written: ['dx'] },
  avg_pool_forward: { launches: 1, read: { x: 1 }, written: ['y'] },
  avg_pool_grad: { launches: 1, read: { dy: 1 }, written: ['dx'] },
  softmax_forward: { launches: 1, read: { x: 1 }, written: ['y'] },
  cross_entropy_forward: { launches: 1, read: { logits: 1 }, written: [] },
  cross_entropy_grad: { launches: 1, read: { logits: 1 }, written: ['dlogits'] },
};

/** Optimisers by what they keep for each parameter. All take the gradient, and write the copy in 16 bits. */
const optimizers: Record<string, { launches: number; state: readonly string[] }> = {
  sgd: { launches: 2, state: ['velocity'] }, // the other counts the step, and works out what is the same for all elements
  adam: { launches: 2, state: ['m', 'v'] },
  'adam, amsgrad': { launches: 2, state: ['m', 'v', 'vmax'] },
  adamax: { launches: 2, state: ['m', 'largest'] },
  nadam: { launches: 2, state: ['m', 'v'] },
  radam: { launches: 2, state: ['m', 'v'] },
  rmsprop: { launches: 2, state: ['square', 'mean', 'velocity'] },
  adagrad: { launches: 2, state: ['sum'] },
  adadelta: { launches: 2, state: ['square', 'change'] },
  asgd: { launches: 2, state: ['average'] },
  rprop: { launches: 2, state: ['previous', 'size'] },
  lion: { launches: 2, state: ['m'] },
};

/**
 * Those that scale the step of each layer have two launches more for its norms, read twice what the norms are of, and keep two
 * sums for 64 elements.
 */
const layerOptimizers: Record<string, Expected> = {
  lars: { launches: 4, read: { param: 2, grad: 2, velocity: 1 }, written: ['param', 'velocity', 'half'], kept: 1 / 32 },
  lamb: { launches: 4, read: { param: 2, grad: 1, m: 1, v: 1 }, written: ['param', 'm', 'v', 'half'], kept: 1 + 1 / 32 }, // the update, too
};

const cases: Record<string, Expected> = {
  ...passes,
  ...Object.fromEntries(Object.entries(optimizers).map(([op, { launches, state }]) => [
    op, { launches, read: Object.fromEntries(['param', 'grad', ...state].map((name) => [name, 1])), written: ['param', ...state, 'half'] },
  ])),
  ...layerOptimizers,
};

test.each(Object.entries(cases))('%s', (op, { launches, read, written, kept = 0 }) => {
  const found = JSON.parse(execFileSync(program, [op, String(cache)], { encoding: 'utf8' })) as { launches: number; buffers: Record<string, Moved> };
  const largest = Math.max(...Object.values(found.buffers).map(({ bytes }) => bytes));
  expect(found.launches).toBe(launches);
  for (const [name, { bytes, ...moved }] of Object.entries(found.buffers)) {
    if (bytes < largest / 8) { // what there is for each channel or row, and partial sums
      const own = name === 'others' ? 2 * kept * largest : 0;
      expect(moved.fetched + moved.written - own, name).toBeLessThan(largest / 16);
      continue;
    }
    expect(moved.fetched / bytes, `${name} read`).toBeLessThanOrEqual((read[name] ?? 0) * 1.01);
    expect(moved.fetched / bytes, `${name} read`).toBeGreaterThanOrEqual((read[name] ?? 0) * 0.98);
    expect(moved.written, `${name} written`).toBe(written.includes(name) ? bytes : 0);
  }
});
