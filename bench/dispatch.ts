/**
 * What a call costs on the JavaScript side: microseconds for an eager op with its tape entry, and nanoseconds for
 * the boundary alone. The op is a product of one-element tensors, so that the device has next to nothing to do.
 */
import { device, mul, scope, tensor, type Tensor } from 'convolt';

import { median } from './hardware.js';

const CALLS = 300, ROUNDS = 400;

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
