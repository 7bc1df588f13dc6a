import type { Tensor } from '../core/tensor.js';
import { BatchNorm2d, Conv2d, forwardConvBatchNorm, Module, type ConvLayerOptions } from '../nn/index.js';
import type { PerAxis } from '../ops/index.js';

/** The Inception family's convolution, with normalisation and ReLU. x [N,H,W,inChannels] to [N,P,Q,outChannels]. */
export class BasicConv2d extends Module {
  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;

  constructor(inChannels: number, outChannels: number, kernel: PerAxis, options: Omit<ConvLayerOptions, 'bias'>) {
    super();
    const { device, initialize } = options;
    this.conv = new Conv2d(inChannels, outChannels, kernel, { ...options, bias: false });
    this.bn = new BatchNorm2d(outChannels, { device, initialize, eps: 1e-3, activation: 'relu' });
  }

  override forward(x: Tensor): Tensor {
    return forwardConvBatchNorm(x, [[this.conv, this.bn]]);
  }
}
