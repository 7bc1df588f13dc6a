import type { Tensor } from '../core/tensor.js';
import { bilinear } from '../ops/index.js';
import { checkCount } from './arguments.js';
import { uniform, zeros, type Initializer } from './initializers.js';
import { Module, type ModuleOptions } from './module.js';
import { parameter, type Parameter } from './parameter.js';

export interface BilinearOptions extends ModuleOptions {
  /** Whether a bias is added. Default true. */
  bias?: boolean;
  /** Of the weight. Default uniform in ±1 / sqrt(in1Features); a bias starts at 0. */
  initializer?: Initializer;
}

/** x [...,in1Features] and z [...,in2Features] to [...,outFeatures]. See {@link bilinear}. */
export class Bilinear extends Module {
  readonly weight: Parameter; // [outFeatures, in1Features, in2Features]
  readonly bias: Parameter | null; // [outFeatures]

  constructor(in1Features: number, in2Features: number, outFeatures: number, options: BilinearOptions = {}) {
    super();
    checkCount('Bilinear', 'in1Features', in1Features);
    checkCount('Bilinear', 'in2Features', in2Features);
    checkCount('Bilinear', 'outFeatures', outFeatures);
    const bound = 1 / Math.sqrt(in1Features);
    const { bias = true, initializer = uniform({ low: -bound, high: bound }) } = options;
    this.weight = parameter([outFeatures, in1Features, in2Features], initializer, options);
    this.bias = bias ? parameter([outFeatures], zeros, options) : null;
  }

  /** @param z default x, which makes a quadratic form. */
  override forward(x: Tensor, z: Tensor = x): Tensor {
    return bilinear(x, z, this.weight, this.bias ?? undefined);
  }
}
