import { ConvoltError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import { convTranspose1d, convTranspose2d, convTranspose3d, type ConvTransposeOptions, type PerAxis } from '../ops/index.js';
import { checkCount, extents } from './arguments.js';
import { kaimingNormal, zeros, type Initializer } from './initializers.js';
import { Module, type ModuleOptions } from './module.js';
import { parameter, type Parameter } from './parameter.js';

export interface ConvTransposeLayerOptions extends ModuleOptions, Pick<ConvTransposeOptions, 'stride' | 'padding' | 'outputPadding' | 'dilation'> {
  /** Groups of channels that do not mix. Default 1. */
  groups?: number;
  /** Whether a bias is added. Default true. */
  bias?: boolean;
  /** Of the weight. Default {@link kaimingNormal}, for a ReLU behind the layer; a bias starts at 0. */
  initializer?: Initializer;
}

/** What transposed convolution layers of all ranks are made of. */
abstract class ConvTranspose extends Module {
  readonly weight: Parameter; // [inChannels, ...kernel, outChannels / groups]
  readonly bias: Parameter | null; // [outChannels]
  private readonly settings: ConvTransposeOptions;

  constructor(axes: number, inChannels: number, outChannels: number, kernel: PerAxis, options: ConvTransposeLayerOptions) {
    super();
    const { stride, padding, outputPadding, dilation, groups = 1, bias = true, initializer = kaimingNormal() } = options;
    const name = this.constructor.name;
    checkCount(name, 'inChannels', inChannels);
    checkCount(name, 'outChannels', outChannels);
    checkCount(name, 'groups', groups);
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ConvoltError(
        'ERR_ARGUMENT',
        `${name}: expected inChannels and outChannels to be multiples of groups ${groups}, but got ${inChannels} and ${outChannels}`,
      );
    }
    this.settings = { stride, padding, outputPadding, dilation, groups };
    this.weight = parameter([inChannels, ...extents(name, 'kernel', kernel, axes), outChannels / groups], initializer, options);
    this.bias = bias ? parameter([outChannels], zeros, options) : null;
  }

  protected get arguments(): ConvTransposeOptions {
    return { bias: this.bias ?? undefined, ...this.settings };
  }
}

/** Transposed convolution over one axis, x [N,W,inChannels] to [N,Q,outChannels]. See {@link convTranspose1d}. */
export class ConvTranspose1d extends ConvTranspose {
  constructor(inChannels: number, outChannels: number, kernel: PerAxis, options: ConvTransposeLayerOptions = {}) {
    super(1, inChannels, outChannels, kernel, options);
  }

  override forward(x: Tensor): Tensor {
    return convTranspose1d(x, this.weight, this.arguments);
  }
}

/** 2-D transposed convolution, x [N,H,W,inChannels] to [N,P,Q,outChannels]. See {@link convTranspose2d}. */
export class ConvTranspose2d extends ConvTranspose {
  constructor(inChannels: number, outChannels: number, kernel: PerAxis, options: ConvTransposeLayerOptions = {}) {
    super(2, inChannels, outChannels, kernel, options);
  }

  override forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this.arguments);
  }
}

/** 3-D transposed convolution, x [N,D,H,W,inChannels] to [N,Z,P,Q,outChannels]. See {@link convTranspose3d}. */
export class ConvTranspose3d extends ConvTranspose {
  constructor(inChannels: number, outChannels: number, kernel: PerAxis, options: ConvTransposeLayerOptions = {}) {
    super(3, inChannels, outChannels, kernel, options);
  }

  override forward(x: Tensor): Tensor {
    return convTranspose3d(x, this.weight, this.arguments);
  }
}
