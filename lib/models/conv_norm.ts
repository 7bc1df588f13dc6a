/** Convolution, batch normalisation and activation: what most networks since 2015 are made of. */
import {
  BatchNorm2d, Conv2d, GELU, Hardswish, ReLU6, Sequential, SiLU, type BatchNormOptions, type ConvLayerOptions, type Module,
} from '../nn/index.js';
import type { PerAxis } from '../ops/index.js';

/** What stands behind a normalisation. */
export type Activation = 'relu' | 'relu6' | 'silu' | 'hardswish' | 'gelu' | 'none';

/** The layer of an activation; none for ReLU, which is part of the normalisation's own pass. */
function activationLayers(activation: Activation): Module[] {
  switch (activation) {
    case 'relu6':
      return [new ReLU6()];
    case 'silu':
      return [new SiLU()];
    case 'hardswish':
      return [new Hardswish()];
    case 'gelu':
      return [new GELU()];
    case 'relu':
    case 'none':
      return [];
  }
}

export interface ConvNormOptions
  extends Omit<ConvLayerOptions, 'bias' | 'paddingMode'>, Pick<BatchNormOptions, 'eps' | 'momentum'> {
  /** Default: what leaves an image's extents as they are with stride 1 and an odd kernel. */
  padding?: PerAxis | 'same';
  /** Default 'relu'. */
  activation?: Activation;
}

/**
 * A convolution without bias, named 0, its batch normalisation, 1, and an activation, x [N,H,W,inChannels] to
 * [N,P,Q,outChannels].
 */
export class ConvNorm extends Sequential {
  constructor(
    inChannels: number,
    outChannels: number,
    kernel: PerAxis,
    { activation = 'relu', eps, momentum, ...options }: ConvNormOptions = {},
  ) {
    const { device, initialize, dilation = 1 } = options;
    const conv = new Conv2d(inChannels, outChannels, kernel, { padding: samePadding(kernel, dilation), ...options, bias: false });
    const norm = new BatchNorm2d(outChannels, {
      device,
      initialize,
      ...(eps !== undefined && { eps }),
      ...(momentum !== undefined && { momentum }),
      ...(activation === 'relu' && { activation }),
    });
    super(conv, norm, ...activationLayers(activation));
  }
}

/** Half of what a kernel covers besides its centre, for each axis. */
function samePadding(kernel: PerAxis, dilation: PerAxis): PerAxis {
  const half = (size: number, step: number) => step * Math.floor((size - 1) / 2);
  if (typeof kernel === 'number' && typeof dilation === 'number') return half(kernel, dilation);
  const list = typeof kernel === 'number' ? [kernel, kernel] : kernel;
  return list.map((size, axis) => half(size, typeof dilation === 'number' ? dilation : dilation[axis]!));
}
