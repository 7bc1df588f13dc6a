import { ConvoltError } from '../core/errors.js';
import { resolveDevice, tensor, type Tensor } from '../core/tensor.js';
import { groupNorm, instanceNorm } from '../ops/index.js';
import { checkCount } from './arguments.js';
import { ones, zeros } from './initializers.js';
import { Module, type ModuleOptions } from './module.js';
import { buffer, parameter, type Parameter } from './parameter.js';

export interface GroupNormOptions extends ModuleOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Whether there are a weight and a bias. Default true. */
  affine?: boolean;
}

/**
 * Normalisation of each image over its places and over groups of channels, x [N,...,channels].
 * Wu and He, Group normalization, 2018. See {@link groupNorm}.
 */
export class GroupNorm extends Module {
  readonly weight: Parameter | null; // [channels]
  readonly bias: Parameter | null; // [channels]
  private readonly groups: number;
  private readonly eps: number;

  constructor(groups: number, channels: number, options: GroupNormOptions = {}) {
    super();
    const { eps = 1e-5, affine = true } = options;
    checkCount('GroupNorm', 'groups', groups);
    checkCount('GroupNorm', 'channels', channels);
    if (channels % groups !== 0) {
      throw new ConvoltError('ERR_ARGUMENT', `GroupNorm: expected channels to be a multiple of groups ${groups}, but got ${channels}`);
    }
    this.groups = groups;
    this.eps = eps;
    this.weight = affine ? parameter([channels], ones, options) : null;
    this.bias = affine ? parameter([channels], zeros, options) : null;
  }

  override forward(x: Tensor): Tensor {
    return groupNorm(x, this.groups, { weight: this.weight ?? undefined, bias: this.bias ?? undefined, eps: this.eps });
  }
}

export interface InstanceNormOptions extends GroupNormOptions {
  /** Weight of a batch's statistics in the running ones. Default 0.1. */
  momentum?: number;
  /** Whether there are a weight and a bias. Default false, as in torch. */
  affine?: boolean;
  /** Whether running statistics are kept, and used in evaluation. Default false. */
  trackRunningStats?: boolean;
}

/** Normalisation of each channel of each image over its places, whatever the number of axes. */
abstract class InstanceNorm extends Module {
  readonly weight: Parameter | null; // [channels]
  readonly bias: Parameter | null; // [channels]
  readonly runningMean: Tensor | null; // [channels]
  readonly runningVar: Tensor | null; // [channels]
  private readonly settings: { momentum: number; eps: number };

  constructor(channels: number, options: InstanceNormOptions = {}) {
    super();
    const { momentum = 0.1, eps = 1e-5, affine = false, trackRunningStats = false } = options;
    const device = resolveDevice(options.device);
    checkCount(this.constructor.name, 'channels', channels);
    this.settings = { momentum, eps };
    this.weight = affine ? parameter([channels], ones, options) : null;
    this.bias = affine ? parameter([channels], zeros, options) : null;
    this.runningMean = trackRunningStats ? buffer(tensor(new Float32Array(channels), { device })) : null;
    this.runningVar = trackRunningStats ? buffer(tensor(new Float32Array(channels).fill(1), { device })) : null;
  }

  override forward(x: Tensor): Tensor {
    return instanceNorm(x, {
      weight: this.weight ?? undefined,
      bias: this.bias ?? undefined,
      runningMean: this.runningMean ?? undefined,
      runningVar: this.runningVar ?? undefined,
      useInputStats: this.training || this.runningMean === null,
      ...this.settings,
    });
  }
}

/**
 * Normalisation of each channel of x [N,W,channels] over W, example by example.
 * Ulyanov, Vedaldi and Lempitsky, Instance normalization, 2016. See {@link instanceNorm}.
 */
export class InstanceNorm1d extends InstanceNorm {}

/** Normalisation of each channel of x [N,H,W,channels] over H and W, as {@link InstanceNorm1d}. */
export class InstanceNorm2d extends InstanceNorm {}

/** Normalisation of each channel of x [N,D,H,W,channels] over D, H and W, as {@link InstanceNorm1d}. */
export class InstanceNorm3d extends InstanceNorm {}
