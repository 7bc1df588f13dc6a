/** What autocast multiplies with: copies of the weights that optimisers write, against weights rounded by an op of their own. */
import { describe, expect, test } from 'vitest';

import { autocast, type HalfType } from '../../lib/core/autocast.js';
import { capture } from '../../lib/core/capture.js';
import { device } from '../../lib/core/device.js';
import { observeRuns } from '../../lib/core/run.js';
import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { cast, conv2d, linear, mul, relu, sum } from '../../lib/ops/index.js';
import {
  Adadelta, Adagrad, Adam, Adamax, AdamW, ASGD, EMA, LAMB, LARS, Lion, Lookahead, LossScaler, Muon, NAdam, RAdam, RMSprop, Rprop, SAM, SGD, type Optimizer,
} from '../../lib/optim/index.js';
import { testDevices } from '../devices.js';
import { count, TestRandom } from '../ops/array.js';

type Parameters = readonly [filters: Tensor, bias: Tensor, dense: Tensor];

const optimizers: Record<string, (parameters: Parameters) => Optimizer> = {
  SGD: (parameters) => new SGD(parameters, { lr: 0.1 }),
  'SGD with momentum': (parameters) => new SGD(parameters, { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
  Adam: (parameters) => new Adam(parameters, { lr: 0.01 }),
  'Adam with the largest squares': (parameters) => new Adam(parameters, { lr: 0.01, amsgrad: true }),
  'AdamW in groups': ([filters, bias, dense]) =>
    new AdamW([{ parameters: [filters, dense], weightDecay: 0.1 }, { parameters: [bias], lrScale: 2, weightDecay: 0 }], { lr: 0.01 }),
  Adamax: (parameters) => new Adamax(parameters, { lr: 0.01 }),
  NAdam: (parameters) => new NAdam(parameters, { lr: 0.01 }),
  'NAdam in groups': ([filters, ...others]) => new NAdam([{ parameters: [filters] }, { parameters: others, lrScale: 2 }], { lr: 0.01 }),
  RAdam: (parameters) => new RAdam(parameters, { lr: 0.01, betas: [0.9, 0.9] }),
  RMSprop: (parameters) => new RMSprop(parameters, { lr: 0.01 }),
  'RMSprop, centred, with momentum': (parameters) => new RMSprop(parameters, { lr: 0.01, centered: true, momentum: 0.9 }),
  Adagrad: (parameters) => new Adagrad(parameters, { lr: 0.05 }),
  Adadelta: (parameters) => new Adadelta(parameters, { weightDecay: 0.01 }),
  ASGD: (parameters) => new ASGD(parameters, { lr: 0.05, averageFrom: 1 }),
  Rprop: (parameters) => new Rprop(parameters, { lr: 0.01 }),
  Lion: (parameters) => new Lion(parameters, { lr: 0.01 }),
  LARS: (parameters) => new LARS(parameters, { lr: 5, weightDecay: 0.01 }),
  'LARS in groups': ([filters, bias, dense]) => new LARS([{ parameters: [bias, dense] }, { parameters: [filters], lrScale: 0.5 }], { lr: 5 }),
  LAMB: (parameters) => new LAMB(parameters, { lr: 0.05 }),
  Muon: (parameters) => new Muon(parameters, { lr: 0.05 }),
};

describe.each(testDevices)('weights in 16 bits on %s', (name) => {
  const on = device(name);

  function fresh(): { x: Tensor; parameters: Parameters } {
    const random = new TestRandom(5);
    const normal = (requiresGrad: boolean, ...shape: number[]) =>
      tensor(Float32Array.from({ length: count(shape) }, () => random.normal() / 2), { shape, device: on, requiresGrad });
    return { x: normal(false, 2, 5, 4, 3), parameters: [normal(true, 5, 3, 3, 3), normal(true, 5), normal(true, 3, 30)] };
  }

  /** Output and loss of a small network, with weights that autocast rounds. */
  const automatic = (x: Tensor, [filters, bias, dense]: Parameters, dtype: HalfType) =>
    autocast(dtype, () => linear(relu(conv2d(x, filters, { bias })).reshape([2, 30]), dense));

  /** The same, each weight rounded by an op. */
  function explicit(x: Tensor, parameters: Parameters, dtype: HalfType): Tensor {
    const [filters, bias, dense] = parameters.map((each) => cast(each, dtype)) as [Tensor, Tensor, Tensor];
    return linear(relu(conv2d(cast(x, dtype), filters, { bias })).reshape([2, 30]), dense);
  }

  type Forward = typeof automatic;

  function step(forward: Forward, x: Tensor, parameters: Parameters, optimizer: Optimizer, dtype: HalfType): void {
    scope(() => {
      optimizer.zeroGrad();
      const y = cast(forward(x, parameters, dtype), 'float32');
      sum(mul(y, y)).backward();
      optimizer.step();
    });
  }

  const values = async (parameters: Parameters) => Promise.all(parameters.map((parameter) => parameter.data()));

  /** What the network makes of x, by copies and by rounding. */
  async function expectAgree(x: Tensor, parameters: Parameters, dtype: HalfType): Promise<void> {
    const [found, expected] = scope(() => [automatic, explicit].map((forward) => cast(forward(x, parameters, dtype), 'float32').detach()));
    expect(await found!.data()).toEqual(await expected!.data());
    for (const y of [found!, expected!]) y.dispose();
  }

  const combinations = Object.keys(optimizers).flatMap((optimizer) => (['bfloat16', 'float16'] as const).map((dtype) => ({ optimizer, dtype })));
  test.each(combinations)('training by $optimizer in $dtype has the bits of weights that are rounded in each step', async ({ optimizer: kind, dtype }) => {
    const [found, expected] = await Promise.all([automatic, explicit].map(async (forward) => {
      const { x, parameters } = fresh();
      using optimizer = optimizers[kind]!(parameters);
      for (let i = 0; i < 4; i++) step(forward, x, parameters, optimizer, dtype);
      await expectAgree(x, parameters, dtype);
      return values(parameters);
    }));
    expect(found).toEqual(expected);
  });

  test.each(Object.keys(optimizers))('%s writes them, so that a step rounds x alone', (kind) => {
    const { x, parameters } = fresh();
    using optimizer = optimizers[kind]!(parameters);
    step(automatic, x, parameters, optimizer, 'bfloat16');
    const casts: number[] = [];
    observeRuns(({ name: op, inputs }) => op === 'cast_bf16' && casts.push(inputs['x']!.numel), () => step(automatic, x, parameters, optimizer, 'bfloat16'));
    expect(casts.filter((numel) => numel === x.numel || numel > 200)).toEqual([x.numel]);
    for (const { numel } of parameters) expect(casts).not.toContain(numel);
  });

  test('whoever else changes weights is heeded', async () => {
    const { x, parameters } = fresh(), [filters, bias, dense] = parameters;
    using optimizer = new SGD(parameters, { lr: 0.1 });
    using ema = new EMA(optimizer, { decay: 0.5 });
    const changes: Record<string, () => void | Promise<void>> = {
      nothing: () => undefined,
      'the host': () => bias.write(Float32Array.of(1, 2, 3, 4, 5)),
      'another tensor': () => scope(() => filters.copyFrom(mul(filters, 0.5))),
      'a step': () => step(automatic, x, parameters, optimizer, 'bfloat16'),
      'a step in another type': () => step(automatic, x, parameters, optimizer, 'float16'),
      'an average in their place, and back': () => {
        ema.update();
        return ema.whileUsed(() => expectAgree(x, parameters, 'bfloat16'));
      },
      'an average in their place for good': () => ema.use(),
      'a view': () => scope(() => dense.view(30, [30]).copyFrom(tensor(new Float32Array(30), { device: on }))),
    };
    for (const change of Object.values(changes)) {
      await change();
      for (const dtype of ['bfloat16', 'float16'] as const) await expectAgree(x, parameters, dtype);
    }
  });

  test('optimisers around an optimiser are heeded', async () => {
    for (const around of [
      (optimizer: Optimizer, again: () => void) => {
        const sam = new SAM(optimizer, { radius: 0.5 });
        sam.climb();
        again();
        sam.step();
        sam.dispose();
      },
      (optimizer: Optimizer) => {
        using lookahead = new Lookahead(optimizer, { every: 1 });
        lookahead.step();
      },
    ]) {
      const results = await Promise.all([automatic, explicit].map(async (forward) => {
        const { x, parameters } = fresh();
        using optimizer = new SGD(parameters, { lr: 0.1, momentum: 0.9 });
        const backward = () => scope(() => {
          optimizer.zeroGrad();
          const y = cast(forward(x, parameters, 'bfloat16'), 'float32');
          sum(mul(y, y)).backward();
        });
        for (let i = 0; i < 3; i++) {
          backward();
          around(optimizer, backward);
        }
        return values(parameters);
      }));
      expect(results[0]).toEqual(results[1]);
    }
  });

  describe('in recorded steps', () => {
    type Change = (i: number, given: { x: Tensor; parameters: Parameters; optimizer: Optimizer }) => void;
    const nothing: Change = () => undefined;

    /** The weights after two plain steps and four that are replays or not, with something else in front of each of the four. */
    async function train(forward: Forward, isRecorded: boolean, change: Change, before: Change = nothing, during = step) {
      const { x, parameters } = fresh();
      using optimizer = new Adam(parameters, { lr: 0.01 });
      for (let i = 0; i < 2; i++) during(forward, x, parameters, optimizer, 'bfloat16');
      before(0, { x, parameters, optimizer });
      const once = () => during(forward, x, parameters, optimizer, 'bfloat16');
      const recording = isRecorded ? capture(once, { device: on }) : null;
      for (let i = 0; i < 4; i++) {
        change(i, { x, parameters, optimizer });
        if (recording) recording.replay();
        else once();
      }
      await expectAgree(x, parameters, 'bfloat16');
      recording?.dispose();
      return values(parameters);
    }

    const evaluate: Change = (_, { x, parameters }) => scope(() => void automatic(x, parameters, 'bfloat16'));
    const write: Change = (i, { parameters }) => i % 2 === 1 && parameters[1].write(Float32Array.of(i, 0.5, -i, 1, 2));
    const changes: Record<string, [change: Change, before?: Change, during?: typeof step]> = {
      'nothing between them': [nothing],
      'an evaluation between them': [evaluate],
      'weights written between them': [write],
      'weights written and looked at between them': [(...given) => (write(...given), evaluate(...given))],
      'a plain step between them': [(_, { x, parameters, optimizer }) => step(automatic, x, parameters, optimizer, 'bfloat16')],
      'a copy that was out of date when they were recorded': [evaluate, (_, { parameters }) => parameters[1].write(new Float32Array(5))],
      'weights changed once more behind the step': [nothing, evaluate, (forward, x, parameters, ...rest) => {
        step(forward, x, parameters, ...rest);
        scope(() => parameters[0].copyFrom(mul(parameters[0], 0.9)));
      }],
      'weights changed in front of the step': [evaluate, nothing, (forward, x, parameters, ...rest) => {
        scope(() => parameters[0].copyFrom(mul(parameters[0], 0.9)));
        step(forward, x, parameters, ...rest);
      }],
    };
    test.each(Object.keys(changes))('with %s', async (key) => {
      const [change, before, during] = changes[key]!;
      const expected = await train(explicit, false, change, before, during);
      expect(await train(automatic, false, change, before, during)).toEqual(expected);
      expect(await train(automatic, true, change, before, during)).toEqual(expected);
    });

    test('that go without a recording of the weights but for a forward pass', async () => {
      const { x, parameters } = fresh();
      using optimizer = new SGD(parameters, { lr: 0.1 });
      step(automatic, x, parameters, optimizer, 'bfloat16');
      const recording = capture(() => cast(automatic(x, parameters, 'bfloat16'), 'float32'), { device: on });
      for (let i = 0; i < 3; i++) {
        if (i === 1) parameters[2].write(new Float32Array(90).fill(0.25));
        else step(automatic, x, parameters, optimizer, 'bfloat16');
        const expected = scope(() => cast(explicit(x, parameters, 'bfloat16'), 'float32').detach());
        expect(await recording.replay().data()).toEqual(await expected.data());
      }
      recording.dispose();
    });

    test('whose optimiser is gone: refused only once the weights were changed', () => {
      const { x, parameters } = fresh(), optimizer = new SGD(parameters, { lr: 0.1 });
      step(automatic, x, parameters, optimizer, 'bfloat16');
      using recording = capture(() => void automatic(x, parameters, 'bfloat16'), { device: on });
      optimizer.dispose();
      recording.replay();
      parameters[1].write(new Float32Array(5));
      expect(() => recording.replay()).toThrow("replay: expected the optimiser of the recorded step's weights to be live, but it was disposed and they were changed");
    });
  });

  test.each(['SGD', 'Adam', 'Lion', 'LAMB', 'Muon'])('a step of %s that does not count leaves them as they were', async (kind) => {
    const trained = await Promise.all([automatic, explicit].map(async (forward) => {
      const { x, parameters } = fresh();
      using optimizer = optimizers[kind]!(parameters);
      using scaler = new LossScaler({ device: on, scale: 2 ** 15, every: 2 });
      for (let i = 0; i < 6; i++) {
        scope(() => {
          optimizer.zeroGrad();
          const y = cast(forward(x, parameters, 'float16'), 'float32');
          scaler.scale(sum(mul(y, i === 2 ? 1e30 : 1))).backward(); // too much for float16
          scaler.step(optimizer);
          scaler.update();
        });
        await expectAgree(x, parameters, 'float16');
      }
      return values(parameters);
    }));
    expect(trained[0]).toEqual(trained[1]);
  });

  test('are freed with the optimiser', () => {
    const { x, parameters } = fresh(), before = on.memory().tensors;
    const optimizer = new Adam(parameters);
    for (const dtype of ['bfloat16', 'float16'] as const) step(automatic, x, parameters, optimizer, dtype);
    optimizer.dispose();
    expect(on.memory().tensors).toBe(before);
  });
});
