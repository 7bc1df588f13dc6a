import { ConvoltError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import { conv2d, type Padding } from '../ops/index.js';
import { checkCount, pair, type Pair } from './arguments.js';
import { kaimingNormal, zeros, type Initializer } from './initializers.js';
import { Module, type ModuleOptions } from './module.js';
import { parameter, type Parameter } from './parameter.js';

export interface Conv2dOptions extends ModuleOptions {
  /** Default 1. */
  stride?: Pair;
  /** Zeros around the image: their number on each side, 'same', …. Default 0. */
  padding?: Padding;
  /** Default 1. */
  dilation?: Pair;
  /** Groups of channels that do not mix. Default 1. */
  groups?: number;
  /** Whether a bias is added. Default true. */
  bias?: boolean;
  /** Of the weight. Default {@link kaimingNormal}, for a ReLU behind the layer; a bias starts at 0. */
  initializer?: Initializer;
}

/** 2-D convolution, x [N,H,W,inChannels] to [N,P,Q,outChannels]. See {@link conv2d}. */
export class Conv2d extends Module {
  readonly weight: Parameter; // [outChannels, R, S, inChannels / groups]
  readonly bias: Parameter | null; // [outChannels]
  private readonly settings: { stride: Pair; padding: Padding; dilation: Pair; groups: number };

  /** @param kernel extent of the filters: one number, or height and width. */
  constructor(inChannels: number, outChannels: number, kernel: Pair, options: Conv2dOptions = {}) {
    super();
    const {
      stride = 1,
      padding = 0,
      dilation = 1,
      groups = 1,
      bias = true,
      initializer = kaimingNormal(),
    } = options;
    checkCount('Conv2d', 'inChannels', inChannels);
    checkCount('Conv2d', 'outChannels', outChannels);
    checkCount('Conv2d', 'groups', groups);
    for (const extent of pair(kernel)) checkCount('Conv2d', 'kernel', extent);
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ConvoltError(
        'ERR_ARGUMENT',
        `Conv2d: expected inChannels and outChannels to be multiples of groups ${groups}, ` +
          `but got ${inChannels} and ${outChannels}`,
      );
    }
    this.settings = { stride, padding, dilation, groups };
    this.weight = parameter([outChannels, ...pair(kernel), inChannels / groups], initializer, options);
    this.bias = bias ? parameter([outChannels], zeros, options) : null;
  }

  override forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, { bias: this.bias ?? undefined, ...this.settings });
  }
}
