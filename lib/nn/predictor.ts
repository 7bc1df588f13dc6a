/** Forward passes of a model in evaluation that are recorded once for each shape and then replayed. */
import { isAutocasting } from '../core/autocast.js';
import { recorded, type RecordedFunction } from '../core/recorded.js';
import { isObserved } from '../core/run.js';
import { noGrad } from '../core/tape.js';
import { Tensor } from '../core/tensor.js';
import { tf32Allowed } from '../core/tf32.js';
import type { Module } from './module.js';

/** Most shapes of batches whose recordings are kept. */
const MOST_SHAPES = 4;

/** The memory of the modules' tensors: as long as it and they stay, a recording does what forward() would. */
function memoryOf(modules: readonly Module[]): unknown[] {
  const found: unknown[] = [];
  for (const module of modules) {
    for (const value of Object.values(module) as unknown[]) {
      if (value instanceof Tensor) found.push(value.isDisposed ? value : value.storage);
    }
  }
  return found;
}

/** Whether JavaScript sees more of a forward pass than its output, which a replay would not show. */
function isWatched(modules: readonly Module[]): boolean {
  return isAutocasting() || isObserved() || modules.some((module) => Object.hasOwn(module, 'forward'));
}

export class Predictor {
  private readonly model: Module;
  private parts: readonly unknown[] = [];
  private step: RecordedFunction<[Tensor], Tensor> | null = null;

  constructor(model: Module) {
    this.model = model;
  }

  /** How many recordings there are now. */
  get recordings(): number {
    return this.step?.recordings ?? 0;
  }

  /**
   * The output for a batch, without gradients; the model is in evaluation.
   *
   * @returns a tensor that holds its values up to the next call, and of which the caller frees nothing; or null: the pass has
   *   to run as ever.
   */
  run(images: Tensor): Tensor | null {
    const modules = this.model.everyModule();
    if (isWatched(modules)) return null;
    const parts = [images.device, ...modules, ...memoryOf(modules)];
    if (!this.step || parts.length !== this.parts.length || parts.some((part, i) => part !== this.parts[i])) {
      this.dispose();
      this.parts = parts;
      const forward = (x: Tensor) => noGrad(() => this.model.forward(x));
      this.step = recorded(forward, { device: images.device, limit: MOST_SHAPES, settings: () => String(tf32Allowed()), fallback: true });
    }
    return this.step.run(images);
  }

  dispose(): void {
    this.step?.dispose();
    this.step = null;
    this.parts = [];
  }
}
