import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { recorded } from '../../lib/core/recorded.js';
import { Random } from '../../lib/core/random.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { BatchNorm1d, Linear, Sequential } from '../../lib/nn/index.js';
import { SGD } from '../../lib/optim/index.js';
import { add, argmax, crossEntropy, mul, ones, toFloat } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

describe.each(testDevices)('recorded functions on %s', (name) => {
  const on = device(name);

  test('train with the bits of plain calls, whatever shapes come, from the host or not', async () => {
    const counts = [3, 3, 3, 2, 3, 2, 2, 3, 4];
    const random = new Random(2);
    const data = counts.map((count) => ({
      pixels: Uint8Array.from({ length: 5 * count }, () => random.integer(256)),
      labels: Int32Array.from({ length: count }, () => random.integer(2)),
    }));
    const run = async (isRecorded: boolean) => {
      const options = { device: on, random: new Random(1) };
      using model = new Sequential(new Linear(5, 4, options), new BatchNorm1d(4, options), new Linear(4, 2, options));
      using optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.5 });
      const step = (pixels: Tensor<'uint8'>, labels: Tensor<'int32'>) => {
        optimizer.zeroGrad();
        const logits = model.forward(toFloat(pixels)), loss = crossEntropy(logits, labels);
        loss.backward();
        optimizer.step();
        return { loss, predicted: argmax(logits, 1) };
      };
      using fast = recorded(step, { device: on });
      const found = data.map(({ pixels, labels }, i) => {
        optimizer.lr = 0.1 / (i + 1);
        const shape = [labels.length, 5], target = tensor(labels, { device: on });
        const { loss, predicted } = isRecorded
          ? fast.run({ data: pixels, shape }, i % 2 ? target : { data: labels, shape: [labels.length] })
          : step(tensor(pixels, { shape, device: on }), target);
        return [loss.item(), predicted.data()] as const;
      });
      const outcomes = await Promise.all(found.flat());
      return { outcomes, weights: await model.stateDict(), recordings: fast.recordings };
    };
    const plain = await run(false), fast = await run(true);
    expect(fast.recordings).toBe(2); // of 3 and of 2 images; 4 came once
    expect({ ...fast, recordings: 0 }).toEqual(plain);
  });

  test('keep so many recordings, those that were used last', async () => {
    const x = (count: number) => ({ data: new Float32Array(count).fill(count), shape: [count] });
    const calls: number[] = [];
    using twice = recorded((a: Tensor) => {
      calls.push(a.numel);
      return add(a, a);
    }, { device: on, limit: 2 });
    const before = on.memory();
    for (const count of [1, 1, 1, 2, 2, 1, 3, 3, 1, 2]) expect((await twice.run(x(count)).data())[0]).toBe(2 * count);
    expect(calls).toEqual([1, 1, 2, 2, 3, 3, 2]); // two calls in front of each recording; 2 goes when 3 comes, then 3
    expect(twice.recordings).toBe(1);
    twice.dispose();
    await on.synchronize();
    expect(on.memory()).toMatchObject({ inUse: before.inUse, tensors: before.tensors });
    expect((await twice.run(x(5)).data())[0]).toBe(10);
  });

  test('have recordings of their own for other settings', async () => {
    let factor = 2;
    using scaled = recorded((a: Tensor) => mul(a, factor), { device: on, settings: () => String(factor) });
    const x = tensor([1], { device: on });
    for (const each of [2, 2, 2, 3, 3, 2]) {
      factor = each;
      expect((await scaled.run(x).data())[0]).toBe(each);
    }
    expect(scaled.recordings).toBe(2);
  });

  test('do unrecorded what cannot be recorded, if they are told to', async () => {
    const read: Promise<Float32Array>[] = [];
    using reads = recorded((a: Tensor) => {
      const y = mul(a, 2);
      read.push(y.data());
      return y;
    }, { device: on, fallback: true });
    const before = on.memory().tensors;
    for (const value of [1, 2, 3]) expect((await reads.run({ data: Float32Array.of(value), shape: [1] }).data())[0]).toBe(2 * value);
    expect(await Promise.all(read)).toEqual([2, 4, 6].map((value) => Float32Array.of(value)));
    expect(reads.notRecorded).toBe(`capture: expected only work that ${name} can repeat by itself, but got data() or item(): a replay brings no value to the host by itself`);
    expect(reads.recordings).toBe(0);
    expect(on.memory().tensors - before).toBe(2);
  });

  test('do unrecorded what there is no room to record, if they are told to', async () => {
    const x = { data: Float32Array.of(1), shape: [1] };
    const make = (fallback: boolean) => recorded((a: Tensor) => mul(ones([1_000_000], { device: on }), a), { device: on, fallback });
    for (const fallback of [true, false]) {
      using large = make(fallback);
      large.run(x); // two times 4 MB, of which the result stays
      on.releaseCachedMemory();
      await on.synchronize();
      on.setMemoryLimit(on.memory().reserved + 5_000_000); // a recording has its result beside that one
      try {
        if (fallback) expect((await large.run(x).data())[999_999]).toBe(1);
        else expect(() => large.run(x)).toThrow(/^out of memory: /);
      } finally {
        on.setMemoryLimit(0);
      }
      if (fallback) expect(large.notRecorded).toMatch(/^out of memory: mul asked for 4\.0 MB/);
    }
  });

  test('refuse tensors of another device, what cannot be recorded, and a limit of none', () => {
    const other = device(name === 'cpu' ? 'emu' : 'cpu');
    using reads = recorded((a: Tensor) => void a.data(), { device: on });
    expect(() => reads.run(tensor([1], { device: other }))).toThrow(`recorded: expected tensors on ${name}, but got Tensor(float32 [1] on ${other.name})`);
    reads.run(tensor([1], { device: on }));
    expect(() => {
      reads.run(tensor([1], { device: on }));
    }).toThrow('data() or item()');
    expect(() => recorded(() => 1, { limit: 0 })).toThrow('recorded: expected limit to be a whole number of at least 1, but got 0');
  });
});
