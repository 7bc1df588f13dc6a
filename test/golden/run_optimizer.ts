/** Runs the golden cases of optimisers and schedules. */
import { tensor } from '../../lib/core/tensor.js';
import type { HostTensor } from '../../lib/data/safetensors.js';
import { goldenOptimizer, goldenRates } from './cases/optimizers.js';
import type { GoldenOptimizers } from './read.js';
import { compare, toleranceOf, type Comparison } from './run_case.js';

/** Float32 values of a stored tensor. */
export function floatsOf(stored: ReadonlyMap<string, HostTensor>, name: string): Float32Array {
  const found = stored.get(name)?.data;
  if (!(found instanceof Float32Array)) throw new Error(`optim.safetensors: there is no float32 ${name}`);
  return found;
}

/** The trajectory of each parameter, or undefined if there is no such optimiser. */
export async function runOptimizer(
  golden: GoldenOptimizers['cases'][number],
  { torch, params, steps }: GoldenOptimizers,
  stored: ReadonlyMap<string, HostTensor>,
  device: string,
): Promise<Comparison[] | undefined> {
  const parameters = params.map((shape, i) => tensor(floatsOf(stored, `p${i}/init`), { shape, device, requiresGrad: true }));
  using optimizer = goldenOptimizer(golden.optimizer, parameters, golden.args, torch);
  if (!optimizer) return undefined;
  const trajectories = parameters.map(({ numel }) => new Float32Array(steps * numel));
  for (let step = 0; step < steps; step++) {
    for (const [i, parameter] of parameters.entries()) {
      parameter.grad!.write(floatsOf(stored, `p${i}/grad${step}`));
      parameter.gradIsStale = false;
    }
    optimizer.step();
    for (const [i, parameter] of parameters.entries()) trajectories[i]!.set(await parameter.data(), step * parameter.numel);
  }
  return trajectories.map((data, i) => {
    const name = golden.trajectory[i]!, shape = [steps, ...params[i]!];
    return compare(`parameter ${i}`, { shape, data }, { shape, data: floatsOf(stored, name) }, toleranceOf());
  });
}

/** The rates of a schedule, or undefined if there is no such schedule. They are float64 on both sides. */
export function runSchedule(golden: GoldenOptimizers['schedules'][number]): Comparison[] | undefined {
  const rates = goldenRates(golden.scheduler, golden);
  const host = (data: readonly number[]): HostTensor => ({ shape: [data.length], data: Float32Array.from(data) });
  return rates && [compare('rates', host(rates), host(golden.lr), toleranceOf())];
}
