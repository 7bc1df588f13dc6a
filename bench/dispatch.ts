/**
 * What a call costs on the JavaScript side: microseconds for an eager op with its tape entry, and nanoseconds for
 * the boundary alone. The op is a product of one-element tensors, so that the device has next to nothing to do.
 * Beside it, a training step of the small network, op by op against the replay of a recorded one.
 */
import { capture, crossEntropy, device, models, mul, optim, scope, tensor, type Tensor } from 'convolt';

import { median } from './hardware.js';

const CALLS = 300, ROUNDS = 400, STEPS = 200;

/** Median seconds of a round on a device, after a warm-up. The device catches up between rounds, so that its queue never fills. */
async function time(name: string, round: () => void): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const began = performance.now();
    round();
    times.push((performance.now() - began) / 1000);
    await device(name).synchronize();
  }
  return median(times.slice(ROUNDS / 4));
}

/** Medians over steps, each op by op and as the replay of a recorded one. */
export interface StepRow {
  batch: number;
  /** Until the device is done. */
  eagerMilliseconds: number;
  replayMilliseconds: number;
  /** Of the first to the second. */
  ratio: number;
  /** Until JavaScript has given the step to the device. */
  eagerGivenMicroseconds: number;
  replayGivenMicroseconds: number;
}

/** Training steps of the small network on 28 × 28 grey images, with AdamW. The two ways take turns. */
export async function smallnetSteps(batch: number, name = 'cpu'): Promise<StepRow> {
  using model = models.createModel('smallnet', { device: name });
  using optimizer = new optim.AdamW(model.parameters());
  const x = tensor(Float32Array.from({ length: batch * 784 }, (_, i) => Math.sin(i)), { shape: [batch, 28, 28, 1], device: name });
  const labels = tensor(Int32Array.from({ length: batch }, (_, i) => i % 10), { device: name });
  const step = () => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(x), labels);
    loss.backward();
    optimizer.step();
    return loss.detach();
  };
  const eager = () => void scope(step);
  eager();
  using recorded = capture(step, { device: name });
  const replay = () => void recorded.replay();
  const whole = { eager: [] as number[], replay: [] as number[] }, given = { eager: [] as number[], replay: [] as number[] };
  for (let i = 0; i < STEPS; i++) {
    for (const [way, act] of Object.entries({ eager, replay }) as ['eager' | 'replay', () => void][]) {
      const began = performance.now();
      act();
      given[way].push(performance.now() - began);
      await device(name).synchronize();
      whole[way].push(performance.now() - began);
    }
  }
  const typical = (times: number[]) => median(times.slice(STEPS / 4)); // behind a warm-up
  const eagerMilliseconds = typical(whole.eager), replayMilliseconds = typical(whole.replay);
  return {
    batch,
    eagerMilliseconds,
    replayMilliseconds,
    ratio: eagerMilliseconds / replayMilliseconds,
    eagerGivenMicroseconds: typical(given.eager) * 1000,
    replayGivenMicroseconds: typical(given.replay) * 1000,
  };
}

export interface DispatchCost {
  eagerOpMicroseconds: number;
  withoutTapeMicroseconds: number;
  boundaryNanoseconds: number;
}

export async function dispatch(name = 'cpu'): Promise<DispatchCost> {
  const wanted = tensor([1.5], { device: name, requiresGrad: true }), plain = tensor([1.5], { device: name });
  const chain = (first: typeof plain) => () => {
    scope(() => {
      let y: Tensor = first;
      for (let i = 0; i < CALLS; i++) y = mul(y, plain);
    });
  };
  const eager = await time(name, chain(wanted)), withoutTape = await time(name, chain(plain));

  // The library's own addon; the cheapest call that does something is a view, made and freed.
  const url = new URL('../../dist/native.js', import.meta.url).href;
  const { native } = (await import(url)) as typeof import('../dist/native.js');
  const handle = native.create(native.open(device(name).backend, device(name).ordinal), new Float32Array(1));
  const boundary = await time(name, () => {
    for (let i = 0; i < CALLS / 2; i++) native.free(native.view(handle, 0, 1));
  });
  native.free(handle);
  return {
    eagerOpMicroseconds: (eager / CALLS) * 1e6,
    withoutTapeMicroseconds: (withoutTape / CALLS) * 1e6,
    boundaryNanoseconds: (boundary / CALLS) * 1e9,
  };
}
