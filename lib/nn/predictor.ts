/** Forward passes of a model in evaluation: recorded once for each shape and then replayed, or with weights rounded once. */
import { inPrecision, isAutocasting } from '../core/autocast.js';
import type { Device } from '../core/device.js';
import type { DType, Float } from '../core/dtype.js';
import { allowHalfCopies, holderOfCopies } from '../core/half_copies.js';
import { recorded, type RecordedFunction } from '../core/recorded.js';
import { isObserved } from '../core/run.js';
import { noGrad } from '../core/tape.js';
import { Tensor } from '../core/tensor.js';
import { tf32Allowed } from '../core/tf32.js';
import type { Module } from './module.js';
import { Parameter } from './parameter.js';

/** Most shapes of batches whose recordings are kept. */
const MOST_SHAPES = 4;

/** Parameters and buffers of modules, those that are shared more than once. */
function tensorsOf(modules: readonly Module[]): Tensor<DType>[] {
  const found: Tensor<DType>[] = [];
  for (const module of modules) {
    for (const value of Object.values(module) as unknown[]) if (value instanceof Tensor) found.push(value as Tensor<DType>);
  }
  return found;
}

/** What a recording relies on: as long as all of it stays the same, a replay does what forward() would. */
function partsOf(device: Device, modules: readonly Module[], tensors: readonly Tensor<DType>[], isHalf: boolean): unknown[] {
  const memory = tensors.map((tensor) => (tensor.isDisposed ? tensor : tensor.storage));
  const copies = isHalf ? tensors.map((tensor) => (isRounded(tensor) ? holderOfCopies(tensor) : null)) : [];
  return [device, ...modules, ...memory, ...copies];
}

function isRounded(tensor: Tensor<DType>): tensor is Parameter {
  return tensor instanceof Parameter && !tensor.isDisposed;
}

/** Whether JavaScript sees more of a forward pass than its output, which a replay would not show. */
function isWatched(modules: readonly Module[]): boolean {
  return isAutocasting() || isObserved() || modules.some((module) => Object.hasOwn(module, 'forward'));
}

/** Forward passes of a model in one precision. */
export class Predictor {
  private readonly model: Module;
  private readonly precision: Float;
  private parts: readonly unknown[] = [];
  private step: RecordedFunction<[Tensor], Tensor> | null = null;
  /** Each frees the rounded copies of a parameter. */
  private drops: (() => void)[] = [];

  constructor(model: Module, precision: Float = 'float32') {
    this.model = model;
    this.precision = precision;
  }

  /** How many recordings there are now. */
  get recordings(): number {
    return this.step?.recordings ?? 0;
  }

  /**
   * The output for a batch, without gradients; the model is in evaluation.
   *
   * @returns the caller's, in the scope, or a tensor that holds its values up to the next call.
   */
  run(images: Tensor, record: boolean): Tensor {
    const forward = (x: Tensor) => noGrad(() => inPrecision(this.precision, () => this.model.forward(x)));
    if (!record && this.precision === 'float32') return forward(images);
    const modules = this.model.everyModule();
    this.follow(images.device, modules);
    if (!record || isWatched(modules)) return forward(images);
    const settings = () => String(tf32Allowed());
    this.step ??= recorded(forward, { device: images.device, limit: MOST_SHAPES, settings, fallback: true });
    return this.step.run(images);
  }

  /** Begins anew if the model is made of other things than before. */
  private follow(device: Device, modules: readonly Module[]): void {
    const tensors = tensorsOf(modules), isHalf = this.precision !== 'float32';
    const parts = partsOf(device, modules, tensors, isHalf);
    if (parts.length === this.parts.length && parts.every((part, i) => part === this.parts[i])) return;
    this.dispose();
    if (isHalf) {
      for (const tensor of tensors) {
        if (isRounded(tensor) && !holderOfCopies(tensor)) this.drops.push(allowHalfCopies(tensor, { isFlat: false }));
      }
    }
    this.parts = partsOf(device, modules, tensors, isHalf);
  }

  dispose(): void {
    this.step?.dispose();
    for (const drop of this.drops) drop();
    this.step = null;
    this.drops = [];
    this.parts = [];
  }
}
