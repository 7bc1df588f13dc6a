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

/** How often tensors are read from memory and written, for each op; those that are left out are much smaller. */
const passes: Record<string, { launches: number; read: Record<string, number>; written: readonly string[] }> = {
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
  sgd: { launches: 2, read: { param: 1, grad: 1, velocity: 1 }, written: ['param', 'velocity', 'half'] }, // the other counts the step
  adam: { launches: 2, read: { param: 1, grad: 1, m: 1, v: 1 }, written: ['param', 'm', 'v', 'half'] },
};

test.each(Object.entries(passes))('%s', (op, { launches, read, written }) => {
  const found = JSON.parse(execFileSync(program, [op, String(cache)], { encoding: 'utf8' })) as { launches: number; buffers: Record<string, Moved> };
  const largest = Math.max(...Object.values(found.buffers).map(({ bytes }) => bytes));
  expect(found.launches).toBe(launches);
  for (const [name, { bytes, ...moved }] of Object.entries(found.buffers)) {
    if (bytes < largest / 8) { // what there is for each channel or row, and partial sums
      expect(moved.fetched + moved.written, name).toBeLessThan(largest / 16);
      continue;
    }
    expect(moved.fetched / bytes, `${name} read`).toBeLessThanOrEqual((read[name] ?? 0) * 1.01);
    expect(moved.fetched / bytes, `${name} read`).toBeGreaterThanOrEqual((read[name] ?? 0) * 0.98);
    expect(moved.written, `${name} written`).toBe(written.includes(name) ? bytes : 0);
  }
});
