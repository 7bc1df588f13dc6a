/** Parameters with options of their own within one optimiser. */
import type { DType } from '../core/dtype.js';
import { Tensor } from '../core/tensor.js';
import { argumentError, checkNumber, valueText } from '../ops/arguments.js';

/** Parameters that are updated alike. */
export interface ParameterGroup {
  parameters: readonly Tensor[];
  /** What the optimiser's learning rate is multiplied by for these; above 0. Default 1. */
  lrScale?: number;
  /** In place of the optimiser's. Default: that. */
  weightDecay?: number;
}

/** What optimisers take: parameters, or groups of them. */
export type OptimizedParameters = readonly Tensor[] | readonly ParameterGroup[];

function isGroups(given: OptimizedParameters): given is readonly ParameterGroup[] {
  return given.length > 0 && !(given[0] instanceof Tensor);
}

/** What is given, as groups without empty ones. */
export function groupsOf(given: OptimizedParameters): readonly ParameterGroup[] {
  return isGroups(given) ? given.filter(({ parameters }) => parameters.length > 0) : [{ parameters: given }];
}

/** A group with all of its options. */
export interface CheckedGroup {
  parameters: readonly Tensor[];
  lrScale: number;
  weightDecay: number;
}

/**
 * Checks groups and fills in their options.
 *
 * @param who names the optimiser in messages.
 * @param weightDecay the optimiser's, undefined if it has none.
 * @throws ERR_ARGUMENT if an option is out of range, or a parameter is in two groups.
 */
export function checkGroups(who: string, given: OptimizedParameters, weightDecay: number | undefined): CheckedGroup[] {
  const seen = new Set<Tensor>();
  return groupsOf(given).map((group, i) => {
    const { lrScale = 1, weightDecay: own } = group;
    if (!(lrScale > 0 && lrScale < Infinity)) throw argumentError(who, `expected lrScale of group ${i} to be a finite number above 0, but got ${valueText(lrScale)}`);
    if (own !== undefined && weightDecay === undefined) throw argumentError(who, `expected no weightDecay in group ${i}, as this optimiser has none, but got ${valueText(own)}`);
    if (own !== undefined) checkNumber(who, `weightDecay of group ${i}`, own, 0, Infinity, true);
    const parameters = [...new Set(group.parameters)];
    for (const parameter of parameters) {
      if (seen.has(parameter)) throw argumentError(who, `expected each parameter in one group, but got ${parameter.toString()} in group ${i} and one before`);
      seen.add(parameter);
    }
    return { parameters, lrScale, weightDecay: own ?? weightDecay ?? 0 };
  });
}

/**
 * Parameters in two groups: those with two axes or more, and without weight decay those with fewer, which are biases and
 * the weights and biases of normalisations.
 * He et al., Bag of tricks for image classification with convolutional neural networks, 2019, section 3.1.
 */
export function decayWeightsOnly(parameters: readonly Tensor[]): ParameterGroup[] {
  const hasDecay = ({ shape }: Tensor) => shape.length >= 2;
  return [
    { parameters: parameters.filter(hasDecay) },
    { parameters: parameters.filter((parameter) => !hasDecay(parameter)), weightDecay: 0 },
  ];
}

/** A group's part of the flat buffers: what one native op updates. */
export interface ParameterRange extends CheckedGroup {
  param: Tensor; // [size]
  grad: Tensor; // [size]
  /** Where each parameter begins in the range. */
  offsets: readonly number[];
  lr: Tensor; // [1]
  step: Tensor<'int32'>; // [1]
  /** This range of a state that has a number for each parameter element. */
  of: (state: Tensor) => Tensor;
  /** The group's own number in a state that has one for each group. */
  own: <D extends DType>(state: Tensor<D>) => Tensor<D>;
}
