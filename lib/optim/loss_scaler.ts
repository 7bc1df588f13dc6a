import type { Device } from '../core/device.js';
import type { HostArray } from '../core/dtype.js';
import { ConvoltError } from '../core/errors.js';
import { accumulateInto } from '../core/gradient_memory.js';
import { run } from '../core/run.js';
import { keep, scope } from '../core/scope.js';
import { resolveDevice, tensor, type Tensor } from '../core/tensor.js';
import { checkCount } from '../nn/arguments.js';
import { argumentError, checkNumber, valueText } from '../ops/arguments.js';
import { div, mul } from '../ops/index.js';
import type { Optimizer, OptimizerState } from './optimizer.js';

export interface LossScalerOptions {
  /** Where the model is. Default: the default device. */
  device?: Device | string | undefined;
  /** The scale at first. Default 65536. */
  scale?: number;
  /** What the scale is multiplied by after `every` steps in a row with finite gradients. Default 2. */
  growth?: number;
  /** What it is multiplied by after a step with others. Default 0.5. */
  backoff?: number;
  /** Default 2000. */
  every?: number;
}

/**
 * Scales losses, so that gradients in float16 do not vanish, and leaves out steps whose gradients are not finite; the rule
 * and its numbers are those of torch.amp.GradScaler. All of it happens on the device, so a step can be recorded.
 *
 *     const loss = autocast('float16', () => crossEntropy(model.forward(x), labels));
 *     scaler.scale(loss).backward();
 *     scaler.unscale(optimizer);        // only if gradients are used in front of the step
 *     optimizer.clipNorm(1);
 *     scaler.step(optimizer);
 *     scaler.update();
 *
 * Micikevicius et al., Mixed precision training, arXiv:1710.03740, 2018, section 3.2.
 */
export class LossScaler {
  private readonly factor: Tensor; // [1]
  /** Steps with finite gradients since the scale has changed. */
  private readonly good: Tensor<'int32'>; // [1]
  private readonly rule: { growth: number; backoff: number; every: number };
  /** Since the last update: elements of each optimiser's gradients that are not finite. */
  private readonly counts = new Map<Optimizer, Tensor<'int32'>>(); // [1]

  /** @throws ERR_ARGUMENT for an option out of range. */
  constructor({ device, scale = 65536, growth = 2, backoff = 0.5, every = 2000 }: LossScalerOptions = {}) {
    if (!(scale > 0 && scale < Infinity)) throw argumentError('LossScaler', `expected scale to be a finite number above 0, but got ${valueText(scale)}`);
    if (!(backoff > 0 && backoff < 1)) throw argumentError('LossScaler', `expected backoff to be a number between 0 and 1, but got ${valueText(backoff)}`);
    checkNumber('LossScaler', 'growth', growth, 1, Infinity, true);
    checkCount('LossScaler', 'every', every);
    this.rule = { growth, backoff, every };
    const on = resolveDevice(device);
    this.factor = keep(tensor([scale], { device: on }));
    this.good = keep(tensor(new Int32Array(1), { device: on }));
  }

  /** The scale on the device [1]; it changes in place. */
  get current(): Tensor {
    return this.factor;
  }

  /** loss · scale, with a gradient. @param loss [] or [1]. */
  scale(loss: Tensor): Tensor {
    return mul(loss, this.factor.reshape(loss.shape));
  }

  /**
   * Divides the gradients of an optimiser by the scale. To be called once behind each backward pass, if at all; where
   * there are several to a step, all of their gradients have to be finite.
   */
  unscale(optimizer: Optimizer): void {
    scope(() => {
      const { gradients } = optimizer.buffers;
      const { count } = run('count_nonfinite', { x: gradients }, {}, { count: [1] });
      const before = this.counts.get(optimizer);
      if (before) run('copy_if', { target: before, x: count, condition: count }, {}, {});
      else this.counts.set(optimizer, keep(count));
      accumulateInto(gradients, div(gradients, this.factor), 0);
    });
  }

  /** Does the optimiser's step, with gradients divided by the scale, unless some of them are not finite. */
  step(optimizer: Optimizer): void {
    if (!this.counts.has(optimizer)) this.unscale(optimizer);
    const count = this.counts.get(optimizer);
    if (count) optimizer.stepUnless(count);
  }

  /** Ends the step: lowers the scale if gradients were not finite, or raises it if they have been for long. @throws ERR_ARGUMENT without a step. */
  update(): void {
    const [first, ...others] = this.counts.values();
    if (!first) throw new ConvoltError('ERR_ARGUMENT', 'LossScaler: expected update() behind step(), but there was none');
    for (const other of others) run('copy_if', { target: first, x: other, condition: other }, {}, {});
    run('update_loss_scale', { scale: this.factor, good: this.good, nonfinite: first }, this.rule, {});
    this.discard();
  }

  /** Forgets a step that does not go on to {@link update}. */
  discard(): void {
    for (const count of this.counts.values()) count.dispose();
    this.counts.clear();
  }

  /** The scale and how long it has been, for a checkpoint. */
  async stateDict(): Promise<OptimizerState> {
    const [scale, good] = await Promise.all([this.factor.data(), this.good.data()]);
    return new Map<string, HostArray>([['scale', scale], ['good', good]]);
  }

  /** Goes on from a saved scale. @throws ERR_DATA if it is none. */
  loadStateDict(saved: ReadonlyMap<string, HostArray>): void {
    const scale = saved.get('scale'), good = saved.get('good');
    if (!(scale instanceof Float32Array && scale.length === 1 && good instanceof Int32Array && good.length === 1)) {
      throw new ConvoltError('ERR_DATA', `loadStateDict: expected the state of a LossScaler, but got ${[...saved.keys()].join(', ') || 'nothing'}`);
    }
    this.factor.write(scale);
    this.good.write(good);
  }

  dispose(): void {
    this.discard();
    this.factor.dispose();
    this.good.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
