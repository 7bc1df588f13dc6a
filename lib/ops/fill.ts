/** Tensors of one value. */
import type { Device } from '../core/device.js';
import { filled } from '../core/gradient_memory.js';
import type { Shape } from '../core/shape.js';
import { resolveDevice, type Tensor } from '../core/tensor.js';
import { argumentError, isList, valueText } from './arguments.js';

export interface FillOptions {
  /** Default: the default device. */
  device?: Device | string | undefined;
  /** Default false. */
  requiresGrad?: boolean | undefined;
}

function fill(name: string, shape: Shape, value: number, { device, requiresGrad = false }: FillOptions): Tensor {
  if (!isList(shape) || !shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
    throw argumentError(name, `expected shape to be a list of whole numbers of at least 0, but got ${valueText(shape)}`);
  }
  if (typeof value !== 'number') throw argumentError(name, `expected value to be a number, but got ${valueText(value)}`);
  const result = filled([...shape], value, resolveDevice(device));
  if (requiresGrad) result.requiresGrad = true;
  return result;
}

/**
 * A float32 tensor whose every element is `value`.
 *
 * @throws ERR_ARGUMENT if the shape is not a list of whole numbers of at least 0.
 */
export function full(shape: Shape, value: number, options: FillOptions = {}): Tensor {
  return fill('full', shape, value, options);
}

/**
 * A float32 tensor of zeros.
 *
 * @throws ERR_ARGUMENT if the shape is not a list of whole numbers of at least 0.
 */
export function zeros(shape: Shape, options: FillOptions = {}): Tensor {
  return fill('zeros', shape, 0, options);
}

/**
 * A float32 tensor of ones.
 *
 * @throws ERR_ARGUMENT if the shape is not a list of whole numbers of at least 0.
 */
export function ones(shape: Shape, options: FillOptions = {}): Tensor {
  return fill('ones', shape, 1, options);
}
