import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { describe, expect, test } from 'vitest';

import { tensor } from '../../lib/core/tensor.js';
import { mul } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

interface Message {
  step?: number;
  losses?: number[];
}

function start(device: string, steps: number): Worker {
  return new Worker(new URL('training_worker.mjs', import.meta.url), { workerData: { device, steps } });
}

/** The losses of a worker's training. */
function train(device: string, steps: number): Promise<number[]> {
  const worker = start(device, steps);
  return new Promise((resolve, reject) => {
    worker.on('message', ({ losses }: Message) => {
      if (losses) resolve(losses);
    });
    worker.on('error', reject);
  });
}

describe.each(testDevices)('worker threads on %s', (device) => {
  test('two train at once, and so does this thread', async () => {
    const x = tensor([1, 2, 3], { device });
    const training = Promise.all([train(device, 15), train(device, 15)]);
    for (let i = 0; i < 20; i++) expect(await mul(x, i).data()).toEqual(Float32Array.of(i, 2 * i, 3 * i));
    const [first, second] = await training;
    expect(first).toHaveLength(15);
    expect(first.at(-1)).toBeLessThan(first[0]! / 2);
    expect(second).toEqual(first);
  });

  test('those that are ended in the middle of their work take nothing with them, and leave nothing', async () => {
    const mappings = () => readFileSync('/proc/self/maps', 'utf8').split('\n').length;
    let afterFirst = 0;
    for (let i = 0; i < 10; i++) {
      const worker = start(device, 100_000);
      await once(worker, 'message');
      await setTimeout(i % 5); // ms: at other moments of a step
      await worker.terminate();
      if (i === 0) afterFirst = mappings();
    }
    expect(mappings()).toBeLessThan(afterFirst + 1000); // the stacks of an emulated block are 2,000
    expect(await mul(tensor([2], { device }), 3).item()).toBe(6);
  });
});
