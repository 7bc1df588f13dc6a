/**
 * Parameters and their gradients in one buffer each, so that whatever treats them all (an optimiser's step,
 * clipping, a sum over GPUs) is one command over one range.
 */
import { ConvoltError } from '../core/errors.js';
import { accumulateInto, filled } from '../core/gradient_memory.js';
import { keep, scope } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';

/** Elements between the starts of two parameters are a multiple of this: 256 bytes, as for an allocation of its own. */
const ALIGNMENT = 64;

/** Parameters that live in a buffer, so that no second one takes them. */
const taken = new WeakSet<Tensor>();

export class FlatParameters {
  readonly parameters: readonly Tensor[];
  /** All values; between the parameters there are zeros. */
  readonly values: Tensor; // [size]
  /** All gradients, in the same places. */
  readonly gradients: Tensor; // [size]

  /**
   * Moves the parameters into a new buffer, with their values, and gives each a gradient.
   *
   * @param who names the caller in messages.
   * @throws ERR_ARGUMENT if there are none, they are on several devices, one wants no gradient, or one is
   *   already in such a buffer that was not disposed.
   */
  constructor(who: string, parameters: readonly Tensor[]) {
    this.parameters = [...new Set(parameters)];
    const [first] = this.parameters;
    if (!first) throw new ConvoltError('ERR_ARGUMENT', `${who}: expected at least one parameter, but got none`);
    for (const parameter of this.parameters) {
      const problem = whyNot(parameter, first);
      if (problem) throw new ConvoltError('ERR_ARGUMENT', `${who}: expected ${problem}`);
    }

    let size = 0;
    const offsets = this.parameters.map((parameter) => {
      const offset = size;
      size += Math.ceil(parameter.numel / ALIGNMENT) * ALIGNMENT;
      return offset;
    });
    this.values = keep(filled([size], 0, first.device));
    this.gradients = keep(filled([size], 0, first.device));
    for (const [i, parameter] of this.parameters.entries()) {
      const offset = offsets[i] ?? 0;
      const values = this.values.view(offset, parameter.shape);
      accumulateInto(values, parameter, 0);
      parameter.adopt(values);
      parameter.grad?.dispose();
      parameter.grad = keep(this.gradients.view(offset, parameter.shape));
      parameter.gradIsStale = true;
      taken.add(parameter);
    }
  }

  /** Lets the next backward() overwrite the gradients. Costs no work on the device. */
  zeroGrad(): void {
    for (const parameter of this.parameters) parameter.gradIsStale = true;
  }

  /** Sets to zero the gradients of parameters that took no part since {@link zeroGrad}. */
  fillStaleGradients(): void {
    for (const parameter of this.parameters) {
      const { grad } = parameter;
      if (!grad || !parameter.gradIsStale) continue;
      scope(() => accumulateInto(grad, filled(grad.shape, 0, grad.device), 0));
      parameter.gradIsStale = false;
    }
  }

  /** Lets go of the buffers and frees the gradients. The parameters stay as they are. */
  dispose(): void {
    for (const parameter of this.parameters) {
      parameter.grad?.dispose();
      parameter.grad = null;
      taken.delete(parameter);
    }
    this.gradients.dispose();
    this.values.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** What is expected of a parameter and what it is instead, or null if all is well. */
function whyNot(parameter: Tensor, first: Tensor): string | null {
  if (!parameter.requiresGrad) return `parameters with requiresGrad, but got ${parameter} without`;
  if (parameter.device !== first.device) return `parameters on one device, but got ${first} and ${parameter}`;
  if (taken.has(parameter)) return `parameters that no other optimiser holds, but got ${parameter}; dispose() the other first`;
  return null;
}
