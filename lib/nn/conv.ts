import { ConvoltError } from '../core/errors.js';
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { conv1d, conv2d, conv3d, type ConvOptions, type Padding, type PaddingMode, type PerAxis } from '../ops/index.js';
import { checkCount, extents } from './arguments.js';
import { kaimingNormal, zeros, type Initializer } from './initializers.js';
import { Linear } from './linear.js';
import { Module, type ModuleOptions } from './module.js';
import { parameter, type Parameter } from './parameter.js';

export interface ConvLayerOptions extends ModuleOptions {
  /** Default 1. */
  stride?: PerAxis;
  /** Zeros around the image: their number on each side, 'same', …. Default 0. */
  padding?: Padding;
  /** What lies in the padding. Default 'zeros'. */
  paddingMode?: PaddingMode;
  /** Default 1. */
  dilation?: PerAxis;
  /** Groups of channels that do not mix. Default 1. */
  groups?: number;
  /** Whether a bias is added. Default true. */
  bias?: boolean;
  /** Of the weight. Default {@link kaimingNormal}, for a ReLU behind the layer; a bias starts at 0. */
  initializer?: Initializer;
}

/** What may come behind a convolution in the same pass. */
export type BehindConv = Pick<ConvOptions, 'residual' | 'activation'>;

/** What convolution layers of all ranks are made of. */
export abstract class Conv extends Module {
  readonly weight: Parameter; // [outChannels, ...kernel, inChannels / groups]
  bias: Parameter | null; // [outChannels]
  /** What the functional call gets beside weight and bias. */
  protected readonly settings: Omit<ConvOptions, 'residual' | 'activation'>;
  private isDeferred = false;

  constructor(axes: number, inChannels: number, outChannels: number, kernel: PerAxis, options: ConvLayerOptions) {
    super();
    const { stride = 1, padding = 0, paddingMode = 'zeros', dilation = 1, groups = 1, bias = true, initializer = kaimingNormal() } = options;
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
    this.settings = { stride, padding, paddingMode, dilation, groups };
    this.weight = parameter([outChannels, ...extents(name, 'kernel', kernel, axes), inChannels / groups], initializer, options);
    this.bias = bias ? parameter([outChannels], zeros, options) : null;
  }

  get groups(): number {
    return this.settings.groups ?? 1;
  }

  protected abstract convolve(x: Tensor, options: ConvOptions): Tensor;

  override forward(x: Tensor): Tensor {
    return this.isDeferred ? x : this.forwardWith(x, {});
  }

  private forwardWith(x: Tensor, behind: BehindConv): Tensor {
    return this.convolve(x, { ...this.options, ...behind });
  }

  /** What forward() gives to the functional call beside the weight. @internal */
  get options(): Omit<ConvOptions, 'residual' | 'activation'> {
    return { bias: this.bias ?? undefined, ...this.settings };
  }

  /**
   * Leaves the work to what comes next, which knows what is to be done behind it: forward() gives x from here on.
   *
   * @returns what does the work.
   * @internal
   */
  defer(): (x: Tensor, behind: BehindConv) => Tensor {
    this.isDeferred = true;
    return (x, behind) => this.forwardWith(x, behind);
  }
}

/** Convolution over one axis, x [N,W,inChannels] to [N,Q,outChannels]. See {@link conv1d}. */
export class Conv1d extends Conv {
  /** @param kernel length of the filters. */
  constructor(inChannels: number, outChannels: number, kernel: PerAxis, options: ConvLayerOptions = {}) {
    super(1, inChannels, outChannels, kernel, options);
  }

  protected override convolve(x: Tensor, options: ConvOptions): Tensor {
    return conv1d(x, this.weight, options);
  }
}

/** 2-D convolution, x [N,H,W,inChannels] to [N,P,Q,outChannels]. See {@link conv2d}. */
export class Conv2d extends Conv {
  /** @param kernel extent of the filters: one number, or height and width. */
  constructor(inChannels: number, outChannels: number, kernel: PerAxis, options: ConvLayerOptions = {}) {
    super(2, inChannels, outChannels, kernel, options);
  }

  protected override convolve(x: Tensor, options: ConvOptions): Tensor {
    return conv2d(x, this.weight, options);
  }
}

/** 3-D convolution, x [N,D,H,W,inChannels] to [N,Z,P,Q,outChannels]. See {@link conv3d}. */
export class Conv3d extends Conv {
  /** @param kernel extent of the filters: one number, or depth, height and width. */
  constructor(inChannels: number, outChannels: number, kernel: PerAxis, options: ConvLayerOptions = {}) {
    super(3, inChannels, outChannels, kernel, options);
  }

  protected override convolve(x: Tensor, options: ConvOptions): Tensor {
    return conv3d(x, this.weight, options);
  }
}

/**
 * A convolution that computes what a linear layer does on a flattened image, and does so at every position of a
 * larger one: the way from a classifier to a fully convolutional network. The values are copied.
 *
 * J. Long, E. Shelhamer, T. Darrell, "Fully convolutional networks for semantic segmentation", arXiv:1411.4038.
 *
 * @param layer over inFeatures = R * S * C.
 * @param input the image [R,S,C] that the layer's features are.
 * @throws ERR_ARGUMENT if the image has another number of elements than the layer has features.
 */
export async function linearToConv(layer: Linear, input: readonly [height: number, width: number, channels: number]): Promise<Conv2d> {
  const [outFeatures, inFeatures] = layer.weight.shape as readonly [number, number];
  const [height, width, channels] = input;
  if (height * width * channels !== inFeatures) {
    throw new ConvoltError('ERR_ARGUMENT', `linearToConv: expected input to have the ${inFeatures} elements of the layer's features, but got ${shapeText(input)}`);
  }
  const conv = new Conv2d(channels, outFeatures, [height, width], { bias: layer.bias !== null, device: layer.weight.device });
  await copyParameters(layer, conv);
  return conv;
}

/**
 * A linear layer that computes what a convolution does on an image of its kernel's extent without padding. The values
 * are copied; the layer takes the flattened image.
 *
 * @throws ERR_ARGUMENT if the convolution has groups.
 */
export async function convToLinear(layer: Conv2d): Promise<Linear> {
  const [filters, height, width, channels] = layer.weight.shape as readonly [number, number, number, number];
  if (layer.groups !== 1) {
    throw new ConvoltError('ERR_ARGUMENT', `convToLinear: expected a convolution without groups, but got one with ${layer.groups}`);
  }
  const linear = new Linear(height * width * channels, filters, { bias: layer.bias !== null, device: layer.weight.device });
  await copyParameters(layer, linear);
  return linear;
}

interface Weighted {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
}

/** Copies parameters that have the same elements in another shape. */
async function copyParameters(from: Weighted, to: Weighted): Promise<void> {
  to.weight.write(await from.weight.data());
  if (from.bias && to.bias) to.bias.write(await from.bias.data());
}
