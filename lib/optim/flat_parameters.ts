/**
 * Parameters and their gradients in one buffer each, so that whatever treats them all (an optimiser's step,
 * clipping, a sum over GPUs) is one command over one range.
 */
import { ConvoltError } from '../core/errors.js';
import { accumulateInto, filled } from '../core/gradient_memory.js';
import { allowHalfCopies } from '../core/half_copies.js';
import { keep, scope } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';

/** A parameter begins at a multiple of so many elements: 256 bytes, as an allocation of its own would. */
const ALIGNMENT = 64;

/** Parameters that live in a buffer, so that no second one takes them. */
const taken = new WeakSet<Tensor>();

export class FlatParameters {
  readonly parameters: readonly Tensor[];
  /** All values; between the parameters there are zeros. */
  readonly values: Tensor; // [size]
  /** All gradients, in the same places. */
  readonly gradients: Tensor; // [size]
  /** Where each parameter begins. */
  readonly offsets: readonly number[];
  private readonly gradientViews: Tensor[] = [];
  private readonly dropHalfCopies: () => void;

  /**
   * Moves the parameters into a new buffer, with their values and, if they have any, gradients.
   *
   * @param who names the caller in messages.
   * @throws ERR_ARGUMENT if there are none, they are on several devices, one wants no gradient, or one is
   *   already in such a buffer that was not disposed.
   */
  constructor(who: string, parameters: readonly Tensor[]) {
    this.parameters = [...new Set(parameters)];
    const [first] = this.parameters;
    if (!first)
      throw new ConvoltError('ERR_ARGUMENT', `${who}: expected at least one parameter, but got none`);
    for (const parameter of this.parameters) {
      const problem = whyNot(parameter, first);
      if (problem) throw new ConvoltError('ERR_ARGUMENT', `${who}: expected ${problem}`);
    }

    const offsets: number[] = [];
    let size = 0;
    for (const parameter of this.parameters) {
      offsets.push(size);
      size += Math.ceil(parameter.numel / ALIGNMENT) * ALIGNMENT;
    }
    this.offsets = offsets;
    this.values = keep(filled([size], 0, first.device));
    this.gradients = keep(filled([size], 0, first.device));
    for (const [i, parameter] of this.parameters.entries()) {
      const values = this.values.view(this.offsets[i] ?? 0, parameter.shape);
      accumulateInto(values, parameter, 0);
      parameter.adopt(values);
      taken.add(parameter);
    }
    this.dropHalfCopies = allowHalfCopies(this.values, { isFlat: true });
    this.gatherGradients();
  }

  /** Lets the next backward() overwrite the gradients. Costs no work on the device. */
  zeroGrad(): void {
    for (const parameter of this.parameters) parameter.gradIsStale = true;
  }

  /**
   * Brings every parameter's gradient into the buffer: zeros for one that took no part since
   * {@link zeroGrad}, a copy of one that was made elsewhere. Costs nothing where backward() wrote into the
   * buffer, as it does.
   */
  gatherGradients(): void {
    for (const [i, parameter] of this.parameters.entries()) {
      const { grad, gradIsStale } = parameter;
      const inPlace = grad !== null && grad === this.gradientViews[i];
      if (inPlace && !gradIsStale) continue;
      const view = inPlace ? grad : keep(this.gradients.view(this.offsets[i] ?? 0, parameter.shape));
      scope(() => {
        accumulateInto(view, grad && !gradIsStale ? grad : filled(view.shape, 0, view.device), 0);
      });
      this.gradientViews[i] = view;
      parameter.grad = view;
      parameter.gradIsStale = false;
    }
  }

  /** Lets go of the buffers and frees the gradients. The parameters stay as they are. */
  dispose(): void {
    for (const [i, parameter] of this.parameters.entries()) {
      if (parameter.grad === this.gradientViews[i]) parameter.grad = null;
      this.gradientViews[i]?.dispose();
      taken.delete(parameter);
    }
    this.dropHalfCopies();
    this.gradients.dispose();
    this.values.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** What is expected of a parameter and what it is instead, or null if all is well. */
function whyNot(parameter: Tensor, first: Tensor): string | null {
  const text = parameter.toString();
  if (!parameter.requiresGrad) return `parameters with requiresGrad, but got ${text} without`;
  if (parameter.device !== first.device)
    return `parameters on one device, but got ${first.toString()} and ${text}`;
  if (taken.has(parameter))
    return `parameters that no other optimiser holds, but got ${text}; dispose() the other first`;
  return null;
}
