import { resolveDevice, tensor, type Tensor } from '../core/tensor.js';
import { batchNorm, type BatchNormOptions as FunctionalOptions, type ConvActivation } from '../ops/index.js';
import { checkCount } from './arguments.js';
import type { BehindConv } from './conv.js';
import { ones, zeros } from './initializers.js';
import { Module, type ModuleOptions } from './module.js';
import { buffer, parameter, type Parameter } from './parameter.js';

export interface BatchNormOptions extends ModuleOptions {
  /** Weight of a batch's statistics in the running ones. Default 0.1. */
  momentum?: number;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Whether there are a weight and a bias. Default true. */
  affine?: boolean;
  /** Whether running statistics are kept; without them evaluation uses the batch's own. Default true. */
  trackRunningStats?: boolean;
  /** What comes behind the normalisation, in the same pass. Default nothing. */
  activation?: 'relu';
}

/** Batch normalisation over all axes but the last, whatever their number. */
export abstract class BatchNorm extends Module {
  weight: Parameter | null; // [channels]
  bias: Parameter | null; // [channels]
  runningMean: Tensor | null; // [channels]
  runningVar: Tensor | null; // [channels]
  /** Whether it uses its running statistics in training too, and leaves them as they are. */
  frozen = false;
  private folded: ((x: Tensor, residual: Tensor | undefined) => Tensor) | null = null;
  private readonly settings: { momentum: number; eps: number; activation: 'relu' | undefined };

  constructor(channels: number, options: BatchNormOptions = {}) {
    super();
    const { momentum = 0.1, eps = 1e-5, affine = true, trackRunningStats = true, activation } = options;
    const device = resolveDevice(options.device);
    checkCount(this.constructor.name, 'channels', channels);
    this.settings = { momentum, eps, activation };
    this.weight = affine ? parameter([channels], ones, options) : null;
    this.bias = affine ? parameter([channels], zeros, options) : null;
    this.runningMean = trackRunningStats ? buffer(tensor(new Float32Array(channels), { device })) : null;
    this.runningVar = trackRunningStats ? buffer(tensor(new Float32Array(channels).fill(1), { device })) : null;
  }

  /** Added to the variance. */
  get eps(): number {
    return this.settings.eps;
  }

  /** What comes behind the normalisation, in the same pass. */
  get activation(): 'relu' | undefined {
    return this.settings.activation;
  }

  /**
   * Does, in place of a normalisation, the work of the convolution before, which has the normalisation in its weights.
   *
   * @param convolve the convolution, which adds the residual and applies the activation.
   * @param activation of a layer behind, where the normalisation has none of its own.
   * @internal
   */
  becomeFolded(convolve: (x: Tensor, behind: BehindConv) => Tensor, activation: ConvActivation | undefined = this.activation): void {
    for (const tensor of [this.weight, this.bias, this.runningMean, this.runningVar]) tensor?.dispose();
    this.weight = this.bias = this.runningMean = this.runningVar = null;
    this.folded = (x, residual) => convolve(x, { residual, activation });
  }

  /** @param residual added behind the normalisation, in front of the activation; the shape of x. Default none. */
  override forward(x: Tensor, residual?: Tensor): Tensor {
    return this.folded ? this.folded(x, residual) : batchNorm(x, this.optionsWith(residual));
  }

  /** Whether forward() takes the statistics of its input. @internal */
  get usesBatch(): boolean {
    return !this.folded && ((this.training && !this.frozen) || this.runningMean === null);
  }

  /** What forward() gives to {@link batchNorm}. @internal */
  optionsWith(residual: Tensor | undefined): FunctionalOptions {
    return {
      weight: this.weight ?? undefined,
      bias: this.bias ?? undefined,
      runningMean: this.runningMean ?? undefined,
      runningVar: this.runningVar ?? undefined,
      training: this.usesBatch,
      residual,
      ...this.settings,
    };
  }
}

/**
 * Batch normalisation of x [N,channels] or [N,W,channels]: by the batch's statistics in training, by running ones in
 * evaluation. Ioffe and Szegedy, Batch normalization, 2015. See {@link batchNorm}.
 */
export class BatchNorm1d extends BatchNorm {}

/** Batch normalisation of x [N,H,W,channels], as {@link BatchNorm1d}. */
export class BatchNorm2d extends BatchNorm {}

/** Batch normalisation of x [N,D,H,W,channels], as {@link BatchNorm1d}. */
export class BatchNorm3d extends BatchNorm {}
