import { resolveDevice, tensor, type Tensor } from '../core/tensor.js';
import { batchNorm } from '../ops/index.js';
import { checkCount } from './arguments.js';
import { ones, zeros } from './initializers.js';
import { Module, type ModuleOptions } from './module.js';
import { buffer, parameter, type Parameter } from './parameter.js';

export interface BatchNormOptions extends ModuleOptions {
  /** Weight of a batch's statistics in the running ones. Default 0.1. */
  momentum?: number;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

/**
 * Batch normalisation of x [N,H,W,channels] over N, H and W: by the batch's statistics in training, by
 * running ones in evaluation. Ioffe and Szegedy, Batch normalization, 2015. See {@link batchNorm}.
 */
export class BatchNorm2d extends Module {
  readonly weight: Parameter; // [channels]
  readonly bias: Parameter; // [channels]
  readonly runningMean: Tensor; // [channels]
  readonly runningVar: Tensor; // [channels]
  private readonly settings: { momentum: number; eps: number };

  constructor(channels: number, options: BatchNormOptions = {}) {
    super();
    const { momentum = 0.1, eps = 1e-5 } = options;
    const device = resolveDevice(options.device);
    checkCount('BatchNorm2d', 'channels', channels);
    this.settings = { momentum, eps };
    this.weight = parameter([channels], ones, options);
    this.bias = parameter([channels], zeros, options);
    this.runningMean = buffer(tensor(new Float32Array(channels), { device }));
    this.runningVar = buffer(tensor(new Float32Array(channels).fill(1), { device }));
  }

  override forward(x: Tensor): Tensor {
    const { weight, bias, runningMean, runningVar, training } = this;
    return batchNorm(x, { weight, bias, runningMean, runningVar, training, ...this.settings });
  }
}
