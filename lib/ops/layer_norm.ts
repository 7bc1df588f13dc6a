/** Normalisation over the last axes, or any others, of each example: layer norm and root-mean-square norm. */
import { scope } from '../core/scope.js';
import { numel, sameShape, shapeText, type Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, axisList, checkNumber, checkSameFloats, checkTensor, resolveAxis, valueText } from './arguments.js';
import { cast } from './cast.js';
import { add, mul } from './elementwise.js';
import { normalizeGroups } from './group_norm.js';
import type { NormView } from './norm_gradient.js';

export interface LayerNormOptions {
  /** Neighbouring axes to normalise over; negative ones count from the end. Default the last. */
  axes?: number | readonly number[] | undefined;
  /** Their extents, to be checked; alone, it means as many of the last axes. */
  normalizedShape?: Shape | undefined;
  /** The extents of these axes. Default: ones. */
  weight?: Tensor | undefined;
  /** Likewise. Default: zeros. */
  bias?: Tensor | undefined;
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
}

/** The axes that options name, from the first to the last. */
function axesOf(name: string, x: Tensor, { axes = -1, normalizedShape }: LayerNormOptions, given: boolean): number[] {
  const rank = x.shape.length;
  const listed = !given && normalizedShape ? normalizedShape.map((_, i) => i - normalizedShape.length) : axisList(name, 'axes', axes);
  if (listed.length > rank) {
    throw argumentError(name, `expected normalizedShape to have at most the ${rank} axes of x ${shapeText(x.shape)}, but got ${shapeText(normalizedShape ?? [])}`);
  }
  const resolved = listed.map((axis) => resolveAxis(name, 'axes', axis, x)).sort((a, b) => a - b);
  if (resolved.length === 0 || resolved.some((axis, i) => axis !== resolved[0]! + i)) {
    throw argumentError(name, `expected axes to be one or more neighbours of x ${shapeText(x.shape)}, each once, but got ${valueText(listed)}`);
  }
  return resolved;
}

/** Checks arguments, and normalises over the axes that options name. */
function normalizeAxes(name: string, x: Tensor, options: LayerNormOptions, centred: boolean): Tensor {
  checkSameFloats(name, { x });
  const { weight, bias, normalizedShape, eps = 1e-5 } = options;
  const axes = axesOf(name, x, options, options.axes !== undefined);
  const first = axes[0]!, behind = first + axes.length;
  const extents = x.shape.slice(first, behind);
  if (normalizedShape && !sameShape(normalizedShape, extents)) {
    throw argumentError(name, `expected normalizedShape to be the extents ${shapeText(extents)} of x ${shapeText(x.shape)}, but got ${shapeText(normalizedShape)}`);
  }
  for (const [parameter, value] of Object.entries({ weight, bias })) {
    if (!value) continue;
    checkTensor(name, parameter, value, 'float32', { name: 'x', device: x.device });
    if (!sameShape(value.shape, extents)) {
      throw argumentError(name, `expected ${parameter} to have shape ${shapeText(extents)}, that of the normalised axes of x ${shapeText(x.shape)}, but got ${shapeText(value.shape)}`);
    }
  }
  checkNumber(name, 'eps', eps, 0, Infinity);

  const outer = numel(x.shape.slice(0, first)), inner = numel(x.shape.slice(behind)), size = numel(extents);
  if (behind === x.shape.length) {
    return normalizeGroups(x, { n: outer, s: 1, g: 1, c: size }, { weight, bias, eps, centred });
  }
  const view: NormView = { n: outer, s: size, g: inner, c: 1 };
  const alongAxes = [...extents, ...x.shape.slice(behind).map(() => 1)];
  return scope(() => {
    const xhat = normalizeGroups(x, view, { eps, centred });
    const y = weight ? mul(xhat, cast(weight, x.dtype).reshape(alongAxes)) : xhat;
    return bias ? add(y, cast(bias, x.dtype).reshape(alongAxes)) : y;
  });
}

/**
 * Layer normalisation: each example is normalised over its last axis, or over the axes that options name:
 *
 *     y = (x - mean) / sqrt(variance + eps) * weight + bias
 *
 * The variance is the biased one; weight and bias have an element for each normalised one.
 *
 * J. Ba, J. Kiros, G. Hinton, "Layer normalization", arXiv:1607.06450.
 *
 * @param x any shape but []; float32, bfloat16 or float16. Weight and bias are float32.
 * @returns the shape and type of x.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together, or the axes are not neighbours.
 */
export function layerNorm(x: Tensor, options: LayerNormOptions = {}): Tensor {
  return normalizeAxes('layerNorm', x, options, true);
}

export type RmsNormOptions = Omit<LayerNormOptions, 'bias'>;

/**
 * Root-mean-square normalisation: layer normalisation that leaves the mean where it is,
 *
 *     y = x / sqrt(mean(x^2) + eps) * weight
 *
 * over the last axis, or over the axes that options name.
 *
 * B. Zhang, R. Sennrich, "Root mean square layer normalization", arXiv:1910.07467.
 *
 * @param x any shape but []; float32, bfloat16 or float16. Weight is float32.
 * @returns the shape and type of x.
 * @throws ERR_ARGUMENT if shapes, types or devices do not fit together, or the axes are not neighbours.
 */
export function rmsNorm(x: Tensor, options: RmsNormOptions = {}): Tensor {
  return normalizeAxes('rmsNorm', x, options, false);
}
