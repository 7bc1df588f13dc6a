import type { Tensor } from '../core/tensor.js';
import { flatten, linear } from '../ops/index.js';
import { checkCount } from './arguments.js';
import { kaimingNormal, zeros, type Initializer } from './initializers.js';
import { Module, type ModuleOptions } from './module.js';
import { parameter, type Parameter } from './parameter.js';

export interface LinearOptions extends ModuleOptions {
  /** Whether a bias is added. Default true. */
  bias?: boolean;
  /** Of the weight. Default {@link kaimingNormal}, for a ReLU behind the layer; a bias starts at 0. */
  initializer?: Initializer;
}

/** x [N,inFeatures] times weightᵀ, plus bias: [N,outFeatures]. See {@link linear}. */
export class Linear extends Module {
  readonly weight: Parameter; // [outFeatures, inFeatures]
  readonly bias: Parameter | null; // [outFeatures]

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super();
    const { bias = true, initializer = kaimingNormal() } = options;
    checkCount('Linear', 'inFeatures', inFeatures);
    checkCount('Linear', 'outFeatures', outFeatures);
    this.weight = parameter([outFeatures, inFeatures], initializer, options);
    this.bias = bias ? parameter([outFeatures], zeros, options) : null;
  }

  override forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias ?? undefined);
  }
}

/**
 * A linear layer over a whole image, x [N,height,width,channels] to [N,outFeatures]. Its features are ordered as the image
 * lies in memory, by H, W, C.
 */
export class ImageLinear extends Linear {
  /** Extents of the image. */
  readonly image: readonly [height: number, width: number, channels: number];

  constructor(image: readonly [height: number, width: number, channels: number], outFeatures: number, options: LinearOptions = {}) {
    const [height, width, channels] = image;
    super(height * width * channels, outFeatures, options);
    this.image = image;
  }

  override forward(x: Tensor): Tensor {
    return super.forward(flatten(x, 1));
  }
}
