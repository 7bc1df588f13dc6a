import type { PerAxis } from '../ops/index.js';
import { Conv2d, type ConvLayerOptions } from './conv.js';
import { Sequential } from './sequential.js';

/**
 * Depthwise-separable convolution: a filter of its own for each channel, then a 1×1 convolution that mixes them.
 * x [N,H,W,inChannels] to [N,P,Q,outChannels].
 *
 * L. Sifre, "Rigid-motion scattering for image classification", 2014; F. Chollet, arXiv:1610.02357.
 */
export class SeparableConv2d extends Sequential {
  /** @param options of the depthwise part, but for `bias`, which both have. */
  constructor(inChannels: number, outChannels: number, kernel: PerAxis, options: Omit<ConvLayerOptions, 'groups'> = {}) {
    const { bias, device, random, initialize, initializer } = options;
    const shared = Object.fromEntries(Object.entries({ bias, device, random, initialize, initializer }).filter(([, value]) => value !== undefined));
    super(new Conv2d(inChannels, inChannels, kernel, { ...options, groups: inChannels }), new Conv2d(inChannels, outChannels, 1, shared));
  }
}
