import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { scope } from '../../lib/core/scope.js';
import { tensor } from '../../lib/core/tensor.js';
import { matmul, mul, ones, sum } from '../../lib/ops/index.js';

/** Puts a long step into the stream of the CPU: about a second's work. Gives its result's value. */
function longStep(): Promise<number> {
  return scope(() => {
    let y = ones([900, 900], { device: 'cpu' });
    const half = mul(ones([900, 900], { device: 'cpu' }), 1 / 900);
    for (let i = 0; i < 40; i++) y = matmul(y, half);
    return { value: sum(y).item() };
  }).value;
}

test('while a long step runs, everything else gets its turn', async () => {
  const ended: string[] = [];
  const step = longStep().then((value) => {
    ended.push('step');
    return value;
  });

  async function timers(): Promise<void> {
    for (let i = 0; i < 5; i++) await delay(1);
    ended.push('timers');
  }
  async function otherDevice(): Promise<void> {
    const x = tensor([1, 2, 3], { device: 'emu' });
    for (let i = 0; i < 3; i++) await mul(x, x).data();
    ended.push('emu');
  }
  let turns = 0;
  async function immediates(): Promise<void> {
    for (; turns < 1000; turns++) await nextTurn();
    ended.push('immediates');
  }

  await Promise.all([timers(), otherDevice(), immediates(), step]);
  expect(ended.at(-1)).toBe('step');
  expect(ended.slice(0, -1).sort()).toEqual(['emu', 'immediates', 'timers']);
  expect(await step).toBeCloseTo(900 * 900, -2);
});

test('reads settle in the order of the work', async () => {
  const ended: number[] = [];
  const x = tensor([1, 2], { device: 'cpu' });
  await Promise.all([0, 1, 2, 3, 4].map((i) => mul(x, i).data().then(() => ended.push(i))));
  expect(ended).toEqual([0, 1, 2, 3, 4]);
});

test('more calls than the queue holds run all the same', async () => {
  const result = scope(() => {
    let y = ones([16], { device: 'cpu' });
    for (let i = 0; i < 5000; i++) y = mul(y, -1);
    return y;
  });
  expect(await result.data()).toEqual(new Float32Array(16).fill(1));
});
