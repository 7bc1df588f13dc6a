import { describe, expect, test } from 'vitest';

import { capture } from '../../lib/core/capture.js';
import { device } from '../../lib/core/device.js';
import { run } from '../../lib/core/run.js';
import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import {
  Adadelta, Adagrad, Adam, Adamax, AdamW, ASGD, LAMB, LARS, Lion, LossScaler, Muon, NAdam, RAdam, RMSprop, Rprop, SAM, SGD, type Optimizer,
} from '../../lib/optim/index.js';
import { mul, sum } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

/** What the loss is multiplied by in each step, element by element: some gradients are not finite. */
const factors = [1, 2, Infinity, 3, NaN, -1, -Infinity, 0.5, 0.25, 1, 1, 1, Infinity, 1];
const isGood = Number.isFinite;

/** The scale in front of each step and behind the last, and steps since it changed: torch.amp.GradScaler's documented rule. */
function documented({ scale, growth, backoff, every }: { scale: number; growth: number; backoff: number; every: number }): [number, number][] {
  let good = 0;
  return [[scale, 0], ...factors.map((factor): [number, number] => {
    if (!isGood(factor)) {
      scale *= backoff;
      good = 0;
    } else if (++good === every) {
      if (Number.isFinite(Math.fround(scale * growth))) scale *= growth;
      good = 0;
    }
    return [scale, good];
  })];
}

const optimizers: [string, (parameters: Tensor[]) => Optimizer][] = [
  ['SGD', (p) => new SGD(p, { lr: 0.1, momentum: 0.9, weightDecay: 0.1 })],
  ['Adam', (p) => new Adam(p, { amsgrad: true })],
  ['AdamW', (p) => new AdamW(p)],
  ['Adamax', (p) => new Adamax(p)],
  ['NAdam', (p) => new NAdam(p)],
  ['RAdam', (p) => new RAdam(p)],
  ['RMSprop', (p) => new RMSprop(p, { momentum: 0.5, centered: true })],
  ['Adagrad', (p) => new Adagrad(p)],
  ['Adadelta', (p) => new Adadelta(p)],
  ['ASGD', (p) => new ASGD(p)],
  ['Rprop', (p) => new Rprop(p)],
  ['Lion', (p) => new Lion(p)],
  ['LARS', (p) => new LARS(p, { lr: 0.1 })],
  ['LAMB', (p) => new LAMB(p)],
  ['Muon', (p) => new Muon(p)],
];

describe.each(testDevices)('LossScaler on %s', (name) => {
  const on = device(name);
  const parameters = () => [
    tensor(Float32Array.from({ length: 6 }, (_, i) => Math.sin(i + 1)), { shape: [2, 3], device: on, requiresGrad: true }),
    tensor([0.5, -0.25], { device: on, requiresGrad: true }),
  ];
  /** A step's loss: its gradients are the parameters, times the factor in one place. */
  const lossOf = ([matrix, vector]: Tensor[], factor: Tensor): Tensor => sum(mul(sum(mul(matrix!, matrix!)), mul(sum(mul(vector!, vector!)), factor)));

  test.each(optimizers)('leaves out the steps that are to be left out, and no others: %s', async (_, make) => {
    const expected = async () => {
      const given = parameters();
      using optimizer = make(given);
      for (const factor of factors.filter(isGood)) {
        scope(() => {
          optimizer.zeroGrad();
          lossOf(given, tensor([factor], { device: on })).backward();
          optimizer.step();
        });
      }
      return [await Promise.all(given.map((parameter) => parameter.data())), await optimizer.stateDict()];
    };
    const scaled = async (isRecorded: boolean) => {
      const given = parameters(), factor = tensor([0], { device: on });
      using optimizer = make(given);
      using scaler = new LossScaler({ device: on, scale: 1024, every: 2 });
      const step = () => scope(() => {
        optimizer.zeroGrad();
        scaler.scale(lossOf(given, factor)).backward();
        scaler.step(optimizer);
        scaler.update();
      });
      let replayed: ReturnType<typeof capture<void>> | undefined;
      for (const [i, value] of factors.entries()) {
        factor.write(Float32Array.of(value));
        if (isRecorded && i > 0) (replayed ??= capture(step, { device: on })).replay();
        else step();
      }
      const found = [await Promise.all(given.map((parameter) => parameter.data())), await optimizer.stateDict()];
      replayed?.dispose();
      return found;
    };
    // Powers of 2 come and go without rounding.
    const reference = await expected();
    expect(await scaled(false)).toEqual(reference);
    expect(await scaled(true)).toEqual(reference);
  });

  test.each([
    { scale: 65536, growth: 2, backoff: 0.5, every: 2 },
    { scale: 3, growth: 1.5, backoff: 0.25, every: 1 },
    { scale: 2 ** 126, growth: 2, backoff: 0.5, every: 1 }, // as large as can be soon
    { scale: 8, growth: 4, backoff: 0.125, every: 4 },
  ])('moves the scale by the documented rule: %o', async (rule) => {
    const p = tensor([2 ** -20], { device: on, requiresGrad: true });
    using optimizer = new SGD([p], { lr: 0 });
    using scaler = new LossScaler({ device: on, ...rule });
    const seen: [number, number][] = [];
    const look = async () => {
      const state = await scaler.stateDict();
      seen.push([state.get('scale')![0]!, state.get('good')![0]!]);
    };
    await look();
    for (const factor of factors) {
      optimizer.zeroGrad();
      scaler.scale(mul(p, isGood(factor) ? 2 ** -20 : factor).reshape([])).backward();
      scaler.step(optimizer);
      scaler.update();
      await look();
    }
    expect(seen).toEqual(documented(rule).map(([scale, good]) => [Math.fround(scale), good]));
  });

  test('unscales gradients for what comes in front of a step', async () => {
    const p = tensor([3, 4], { device: on, requiresGrad: true });
    using optimizer = new SGD([p], { lr: 1 });
    using scaler = new LossScaler({ device: on, scale: 256 });
    scaler.scale(sum(mul(p, p))).backward();
    scaler.unscale(optimizer);
    expect([...(await p.grad!.data())]).toEqual([6, 8]);
    optimizer.clipNorm(5);
    scaler.step(optimizer);
    scaler.update();
    const [first, second] = await p.data();
    expect(first).toBeCloseTo(0, 5);
    expect(second).toBeCloseTo(0, 5);
  });

  test('one bad optimiser of two is left out, and lowers the scale for both', async () => {
    const [good, bad] = [1, 1].map((value) => tensor([value], { device: on, requiresGrad: true }));
    using first = new SGD([good!], { lr: 0.5 });
    using second = new SGD([bad!], { lr: 0.5 });
    for (const [a, b] of [[first, second], [second, first]] as const) {
      using scaler = new LossScaler({ device: on, scale: 4 });
      scaler.scale(sum(mul(good!, 1))).backward();
      scaler.scale(sum(mul(bad!, Infinity))).backward();
      scaler.step(a);
      scaler.step(b);
      scaler.update();
      expect((await scaler.current.data())[0]).toBe(2);
      first.zeroGrad();
      second.zeroGrad();
    }
    expect([await good!.item(), await bad!.item()]).toEqual([0, 1]);
  });

  test('a bad first pass of SAM leaves the step out, too', async () => {
    const p = tensor([1, 2], { device: on, requiresGrad: true });
    using optimizer = new Adam([p]);
    using sam = new SAM(optimizer), scaler = new LossScaler({ device: on });
    for (const factor of [Infinity, 1]) {
      optimizer.zeroGrad();
      scaler.scale(sum(mul(p, factor))).backward();
      scaler.unscale(optimizer);
      if (factor === Infinity) sam.climb();
    }
    sam.comeBack();
    scaler.step(optimizer);
    scaler.update();
    expect([...(await p.data())]).toEqual([1, 2]);
  });

  test('goes on from its state, and refuses others', async () => {
    using scaler = new LossScaler({ device: on }), other = new LossScaler({ device: on, scale: 8 });
    other.loadStateDict(await scaler.stateDict());
    expect(await other.stateDict()).toEqual(await scaler.stateDict());
    expect(() => { other.loadStateDict(new Map([['scale', new Float32Array(2)]])); }).toThrow('loadStateDict: expected the state of a LossScaler, but got scale');
    expect(() => { other.update(); }).toThrow('LossScaler: expected update() behind step(), but there was none');
  });

  test.each(['float32', 'int32', 'uint8'] as const)('copy_if copies %s whole, or not at all', async (dtype) => {
    const count = 1000;
    for (const condition of [0, 1, -3]) {
      const target = tensor(Array.from({ length: count }, () => 7), { dtype, device: on });
      const x = tensor(Array.from({ length: count }, (_, i) => i % 200), { dtype, device: on });
      run('copy_if', { target, x, condition: tensor(Int32Array.of(condition), { device: on }) }, {}, {});
      expect(await target.data()).toEqual(condition === 0 ? (await target.data()).fill(7) : await x.data());
    }
    const none = tensor([], { dtype, device: on });
    run('copy_if', { target: none, x: none, condition: tensor(Int32Array.of(1), { device: on }) }, {}, {});
  });
});

test.each([
  [{ scale: 0 }, 'LossScaler: expected scale to be a finite number above 0, but got 0'],
  [{ scale: Infinity }, 'LossScaler: expected scale to be a finite number above 0, but got Infinity'],
  [{ backoff: 1 }, 'LossScaler: expected backoff to be a number between 0 and 1, but got 1'],
  [{ growth: 0.5 }, 'LossScaler: expected growth to be a finite number of at least 1, but got 0.5'],
  [{ every: 0 }, 'LossScaler: expected every to be a whole number of at least 1, but got 0'],
])('%o is refused', (options, message) => {
  expect(() => new LossScaler({ device: 'cpu', ...options })).toThrow(message);
});
