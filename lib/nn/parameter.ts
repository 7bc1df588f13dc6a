import { resolveDevice, Tensor, tensor } from '../core/tensor.js';
import type { DType } from '../core/dtype.js';
import { Random } from '../core/random.js';
import { keep } from '../core/scope.js';
import type { Shape } from '../core/shape.js';
import { argumentError, valueText } from '../ops/arguments.js';
import { zeros } from '../ops/index.js';
import type { Initializer } from './initializers.js';
import type { ModuleOptions } from './module.js';

/** A tensor that is trained. As a property of a module it is found by parameters() and saved by its name. */
export class Parameter extends Tensor {
  /** Takes over a float32 tensor, which is disposed. No scope frees a parameter. */
  constructor(initial: Tensor) {
    super(initial.storage.retain(), initial.shape, 'float32');
    initial.dispose();
    this.requiresGrad = true;
  }
}

let shared: Random | undefined;

/** The generator that a module's options name. @throws ERR_ARGUMENT if it is none. */
export function randomOf(options: ModuleOptions): Random {
  const { random } = options;
  if (random !== undefined && !(random instanceof Random)) throw argumentError('random', `expected a Random, like new Random(1), but got ${valueText(random)}`);
  return random ?? (shared ??= new Random(0));
}

/** A parameter with values drawn on the host, so that they are the same on every device; or zeros, if none are asked for. */
export function parameter(shape: Shape, initializer: Initializer, options: ModuleOptions): Parameter {
  if (options.initialize === false) return new Parameter(zeros(shape, { device: options.device }));
  const values = initializer(shape, randomOf(options));
  return new Parameter(tensor(values, { shape, device: resolveDevice(options.device) }));
}

/** A tensor that belongs to a module without being trained. No scope frees it. */
export function buffer<D extends DType>(made: Tensor<D>): Tensor<D> {
  return keep(made);
}
