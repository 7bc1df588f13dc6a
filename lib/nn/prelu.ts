import type { Tensor } from '../core/tensor.js';
import { prelu } from '../ops/index.js';
import { checkCount } from './arguments.js';
import { constant } from './initializers.js';
import { Module, type ModuleOptions } from './module.js';
import { parameter, type Parameter } from './parameter.js';

export interface PReLUOptions extends ModuleOptions {
  /** As many as x has channels, for a slope of each. Default 1, one slope for all. */
  slopes?: number;
  /** What the slopes start at. Default 0.25. */
  initial?: number;
}

/** x where x > 0, and x times a slope that is learned elsewhere. He et al., 2015. See {@link prelu}. */
export class PReLU extends Module {
  readonly weight: Parameter; // [slopes]

  constructor(options: PReLUOptions = {}) {
    super();
    const { slopes = 1, initial = 0.25 } = options;
    checkCount('PReLU', 'slopes', slopes);
    this.weight = parameter([slopes], constant(initial), options);
  }

  override forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }
}
