import { describe, expect, test } from 'vitest';

import { autocast } from '../../lib/core/autocast.js';
import { capture } from '../../lib/core/capture.js';
import { checkpoint } from '../../lib/core/checkpoint.js';
import { device } from '../../lib/core/device.js';
import { ConvoltError } from '../../lib/core/errors.js';
import { Random } from '../../lib/core/random.js';
import { keep, scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { BatchNorm2d, Conv2d, Dropout, Flatten, FractionalMaxPool2d, Linear, MaxPool2d, ReLU, Sequential } from '../../lib/nn/index.js';
import { Adam, AdamW, EMA, LARS, Lookahead, Muon, SAM, SGD, type Optimizer } from '../../lib/optim/index.js';
import { add, crossEntropy, dropout, mul, ones, randomState, sum, tanh } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

/** The host's part of a step: what the device is to be given for it. */
interface Batch {
  images: Float32Array; // [4,8,8,1]
  labels: Int32Array; // [4]
  lr: number;
}

const batches = (count: number): Batch[] => {
  const random = new Random(5);
  return Array.from({ length: count }, (_, i) => ({
    images: Float32Array.from({ length: 256 }, () => random.normal()),
    labels: Int32Array.from({ length: 4 }, () => random.integer(3)),
    lr: 0.02 / (i + 1),
  }));
};

type Bits = Map<string, unknown>;

/** Trains a small network that draws and keeps statistics, the steps from `recordAt` on as replays. */
async function train(on: string, makeOptimizer: (model: Sequential) => Optimizer, recordAt: number, use: Use = {}): Promise<{ losses: number[]; bits: Bits }> {
  const options = { device: on, random: new Random(3) };
  using model = new Sequential(
    new Conv2d(1, 4, 3, { padding: 1, ...options }), new BatchNorm2d(4, options), new ReLU(), new MaxPool2d(2),
    new Flatten(), new Dropout(0.3, options), new Linear(64, 3, options),
  );
  using optimizer = makeOptimizer(model);
  using sam = use.sam ? new SAM(optimizer) : undefined;
  using x = tensor(new Float32Array(256), { shape: [4, 8, 8, 1], device: on }), labels = tensor(new Int32Array(4), { device: on });
  const forward = (): Tensor => crossEntropy(model.forward(x), labels);
  const backward = (): Tensor => {
    optimizer.zeroGrad();
    const loss = use.half ? autocast('bfloat16', forward) : forward();
    loss.backward();
    return loss;
  };
  const step = (): Tensor => {
    const loss = backward();
    if (sam) {
      sam.climb();
      backward();
    }
    optimizer.clipNorm(1);
    (sam ?? optimizer).step();
    return loss.detach();
  };
  const recorded = () => (replayed ??= capture(step, { device: on }));
  let replayed: ReturnType<typeof capture<Tensor>> | undefined;
  const losses: Promise<number>[] = [];
  for (const [i, batch] of batches(6).entries()) {
    x.write(batch.images);
    labels.write(batch.labels);
    optimizer.lr = batch.lr;
    losses.push(i < recordAt ? scope(() => ({ loss: step().item() })).loss : recorded().replay().item());
    // Others use memory meanwhile.
    scope(() => mul(ones([4, 8, 8, 4], { device: on }), NaN));
  }
  const found = { losses: await Promise.all(losses), bits: new Map<string, unknown>([...(await model.stateDict()), ...(await optimizer.stateDict())]) };
  replayed?.dispose();
  return found;
}

interface Use {
  sam?: boolean;
  half?: boolean;
}

describe.each(testDevices)('capture on %s', (name) => {
  const on = device(name);

  test.each<[string, (model: Sequential) => Optimizer, Use]>([
    ['SGD with momentum', (model) => new SGD(model.parameters(), { lr: 1, momentum: 0.9 }), {}],
    ['Adam', (model) => new Adam(model.parameters()), {}],
    ['AdamW in groups', (model) => new AdamW([{ parameters: model.parameters().slice(0, 2), lrScale: 0.5 }, { parameters: model.parameters().slice(2) }]), {}],
    ['LARS', (model) => new LARS(model.parameters(), { lr: 1 }), {}],
    ['Muon', (model) => new Muon(model.parameters()), {}],
    ['SGD within SAM', (model) => new SGD(model.parameters(), { lr: 1 }), { sam: true }],
    ['Adam in bfloat16', (model) => new Adam(model.parameters()), { half: true }],
  ])('replays of a training step have the bits of steps that were not recorded: %s', async (_, makeOptimizer, use) => {
    const eager = await train(name, makeOptimizer, Infinity, use);
    for (const recordAt of [1, 3]) expect(await train(name, makeOptimizer, recordAt, use)).toEqual(eager);
    expect(new Set(eager.losses).size).toBe(6);
  });

  test('nothing runs while it is recorded, and each replay runs all of it', async () => {
    const x = tensor([1, 2], { device: on }), total = keep(tensor([0, 0], { device: on }));
    const step = capture(() => {
      const y = mul(x, 3);
      total.copyFrom(add(total, y));
      return { y, twice: [mul(y, 2)] };
    }, { device: on });
    expect([...(await total.data())]).toEqual([0, 0]);
    for (let i = 1; i <= 3; i++) {
      const { y, twice } = step.replay();
      expect([...(await y.data())]).toEqual([3, 6]);
      expect([...(await twice[0]!.data())]).toEqual([6, 12]);
      expect([...(await total.data())]).toEqual([3 * i, 6 * i]);
    }
    x.write(Float32Array.of(10, 20));
    expect([...(await step.replay().y.data())]).toEqual([30, 60]);
    step.dispose();
    expect(() => step.replay()).toThrow('replay: expected a live recorded step, but got one that was disposed');
    expect(step.output.y.isDisposed).toBe(true);
  });

  test('draws of dropout go on, under checkpoint() too', async () => {
    const draws = randomState(9, on), twins = randomState(9, on);
    const leaf = () => tensor(new Float32Array(64).fill(1), { device: on, requiresGrad: true });
    const x1 = leaf(), x2 = leaf();
    const drop = (random: Tensor<'int32'>, x: Tensor) => {
      x.grad?.dispose();
      x.grad = null;
      const y = checkpoint((a) => tanh(dropout(a, { training: true, random })), [x]);
      sum(y).backward();
      return [y.detach(), x.grad!] as const;
    };
    using step = capture(() => drop(draws, x1), { device: on });
    const seen = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const [y, gradient] = step.replay();
      const found = [await y.data(), await gradient.data()];
      const expected = drop(twins, x2);
      expect(found).toEqual([await expected[0].data(), await expected[1].data()]);
      seen.add(found[0]!.join());
    }
    expect(seen.size).toBe(3);
    expect(await draws.data()).toEqual(await twins.data());
  });

  test('a step shares its memory with nobody, whoever frees what', async () => {
    const x = tensor(Float32Array.from({ length: 1000 }, (_, i) => i), { device: on });
    using step = capture(() => {
      const inside = tensor(new Float32Array(1000).fill(0.5), { device: on }); // a constant, brought along by each replay
      return add(mul(x, inside), 1);
    }, { device: on });
    x.dispose();
    for (let i = 0; i < 3; i++) {
      const others = Array.from({ length: 20 }, () => ones([1000], { device: on }));
      expect(await step.replay().data()).toEqual(Float32Array.from({ length: 1000 }, (_, at) => at / 2 + 1));
      for (const other of others) {
        expect(await other.data()).toEqual(new Float32Array(1000).fill(1));
        other.dispose();
      }
    }
  });

  test('memory within a step is used again, and all of it comes back', async () => {
    const x = ones([10_000], { device: on });
    await on.synchronize();
    const before = on.memory();
    const step = capture(() => scope(() => {
      let y = mul(x, 1);
      for (let i = 0; i < 50; i++) {
        const next = mul(y, 1.01);
        y.dispose();
        y = next;
      }
      return y;
    }), { device: on });
    if (process.env['CONVOLT_ADDON'] === undefined) expect(on.memory().inUse - before.inUse).toBeLessThan(4 * 40_000); // checked builds never use a block again
    expect(on.memory().inUse).toBeGreaterThan(before.inUse);
    step.replay();
    expect((await step.replay().data())[0]).toBeCloseTo(1.01 ** 50, 3);
    step.dispose();
    await on.synchronize();
    expect(on.memory().inUse).toBe(before.inUse);
    expect(on.memory().tensors).toBe(before.tensors);
  });

  test('a recorded step of nothing does nothing', async () => {
    using step = capture(() => 'nothing', { device: on });
    expect(step.replay()).toBe('nothing');
    await on.synchronize();
  });

  describe('refuses', () => {
    const x = tensor([1, 2, 3], { device: on });
    const other = device(name === 'cpu' ? 'emu' : 'cpu');
    const pool = new FractionalMaxPool2d(2, { outputSize: 1, device: on });
    const model = new Linear(3, 1, { device: on });
    const optimizer = new SGD(model.parameters(), { lr: 1 });
    const replayable = capture(() => mul(x, 2), { device: on });

    test.each<[string, () => unknown, string]>([
      ['data()', () => mul(x, 2).data(), 'data() or item(): a replay brings no value to the host by itself'],
      ['item()', () => sum(x).item(), 'data() or item(): a replay brings no value to the host by itself'],
      ['write()', () => { x.write(new Float32Array(3)); }, 'write(): replays would write the same again; write in front of a replay'],
      ['a learning rate', () => { optimizer.lr = Math.random(); }, 'write(): replays would write the same again; write in front of a replay'],
      ['synchronize()', () => on.synchronize(), 'synchronize(): it waits for the device'],
      ['releaseCachedMemory()', () => { on.releaseCachedMemory(); }, 'releaseCachedMemory(): it waits for the device'],
      ['an op on another device', () => ones([1], { device: other }), `fill on ${other.name}: one device records`],
      ['data for another device', () => tensor([1], { device: other }), `tensor() on ${other.name}: one device records`],
      ['a recording in a recording', () => capture(() => x, { device: on }), 'another capture(): recordings do not nest'],
      ['a replay', () => replayable.replay(), 'the replay of another step: recordings do not nest'],
      ['draws on the host', () => pool.forward(ones([1, 4, 4, 1], { device: on })), 'FractionalMaxPool2d: it draws its windows on the host'],
      ['a count on the host in EMA', () => { new EMA(optimizer).update(); }, 'the update of a weight average: its weight is counted on the host; call it behind a replay'],
      ['a count on the host in Lookahead', () => { new Lookahead(optimizer).step(); }, 'a step of Lookahead: it is counted on the host'],
    ])('%s', async (_, act, why) => {
      const before = on.memory().tensors;
      const attempt = () => capture(() => {
        const y = mul(x, 2);
        act();
        return y;
      }, { device: on });
      expect(attempt).toThrow(new ConvoltError('ERR_RECORDING', `capture: expected only work that ${name} can repeat by itself, but got ${why}`));
      expect(on.memory().tensors - before).toBeLessThanOrEqual(2); // those of EMA and Lookahead
      // All goes on as ever.
      expect([...(await mul(x, 2).data())]).toEqual([2, 4, 6]);
      using step = capture(() => mul(x, 3), { device: on });
      expect([...(await step.replay().data())]).toEqual([3, 6, 9]);
    });

    test('an async function, and passes on what a function throws', async () => {
      expect(() => capture(() => Promise.resolve(1), { device: on })).toThrow('capture: expected a function that returns no promise, but got an async one');
      expect(() => capture(() => { throw new RangeError('mine'); }, { device: on })).toThrow(new RangeError('mine'));
      expect([...(await mul(x, 2).data())]).toEqual([2, 4, 6]);
    });

    test('more memory than there is', async () => {
      on.releaseCachedMemory();
      await on.synchronize();
      on.setMemoryLimit(on.memory().reserved + 1_000_000);
      try {
        const held: Tensor[] = [];
        const attempt = () => capture(() => { for (;;) held.push(mul(ones([50_000], { device: on }), 2)); }, { device: on });
        expect(attempt).toThrow(/^out of memory: \w+ asked for 0\.2 MB/);
      } finally {
        on.setMemoryLimit(0);
      }
      expect([...(await mul(x, 2).data())]).toEqual([2, 4, 6]);
    });
  });
});
