import { ConvoltError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import { deformConv2d, type Padding, type PerAxis } from '../ops/index.js';
import { checkCount, extents } from './arguments.js';
import type { ConvLayerOptions } from './conv.js';
import { kaimingNormal, zeros } from './initializers.js';
import { Module } from './module.js';
import { parameter, type Parameter } from './parameter.js';

/** Deformable convolution, x [N,H,W,inChannels] to [N,P,Q,outChannels]. See {@link deformConv2d}. */
export class DeformConv2d extends Module {
  readonly weight: Parameter; // [outChannels, R, S, inChannels / groups]
  readonly bias: Parameter | null; // [outChannels]
  private readonly settings: { stride: PerAxis; padding: Padding; dilation: PerAxis; groups: number };

  /** @param kernel extent of the filters: one number, or height and width. */
  constructor(inChannels: number, outChannels: number, kernel: PerAxis, options: ConvLayerOptions = {}) {
    super();
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true, initializer = kaimingNormal() } = options;
    checkCount('DeformConv2d', 'inChannels', inChannels);
    checkCount('DeformConv2d', 'outChannels', outChannels);
    checkCount('DeformConv2d', 'groups', groups);
        if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ConvoltError(
        'ERR_ARGUMENT',
        `DeformConv2d: expected inChannels and outChannels to be multiples of groups ${groups}, but got ${inChannels} and ${outChannels}`,
      );
    }
    this.settings = { stride, padding, dilation, groups };
    this.weight = parameter([outChannels, ...extents('DeformConv2d', 'kernel', kernel, 2), inChannels / groups], initializer, options);
    this.bias = bias ? parameter([outChannels], zeros, options) : null;
  }

  /**
   * @param offset [N,P,Q,G*R*S*2]: where each element of a window is read.
   * @param mask [N,P,Q,G*R*S]: a factor of each. Default 1.
   * @throws ERR_ARGUMENT without an offset, as in a chain of layers that pass one tensor on.
   */
  override forward(x: Tensor, offset?: Tensor, mask?: Tensor): Tensor {
    if (!offset) throw new ConvoltError('ERR_ARGUMENT', 'DeformConv2d: expected forward to be called with x and offset, but got x alone');
    return deformConv2d(x, offset, this.weight, { bias: this.bias ?? undefined, mask, ...this.settings });
  }
}
