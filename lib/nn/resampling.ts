import type { Tensor } from '../core/tensor.js';
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  channelShuffle,
  interpolate,
  pixelShuffle,
  pixelUnshuffle,
  type AdaptiveSize,
  type InterpolateOptions,
} from '../ops/index.js';
import { Module } from './module.js';

/** x [N,…,C] in another size. See {@link interpolate}. */
export class Upsample extends Module {
  private readonly settings: InterpolateOptions;

  constructor(options: InterpolateOptions) {
    super();
    this.settings = options;
  }

  override forward(x: Tensor): Tensor {
    return interpolate(x, this.settings);
  }
}

/** Means that cover x [N,W,C] evenly, to [N,Q,C]. See {@link adaptiveAvgPool1d}. */
export class AdaptiveAvgPool1d extends Module {
  private readonly size: AdaptiveSize;

  constructor(size: AdaptiveSize) {
    super();
    this.size = size;
  }

  override forward(x: Tensor): Tensor {
    return adaptiveAvgPool1d(x, this.size);
  }
}

/** Means that cover x [N,H,W,C] evenly, to [N,P,Q,C]. See {@link adaptiveAvgPool2d}. */
export class AdaptiveAvgPool2d extends Module {
  private readonly size: AdaptiveSize;

  constructor(size: AdaptiveSize) {
    super();
    this.size = size;
  }

  override forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.size);
  }
}

/** Means that cover x [N,D,H,W,C] evenly, to [N,Z,P,Q,C]. See {@link adaptiveAvgPool3d}. */
export class AdaptiveAvgPool3d extends Module {
  private readonly size: AdaptiveSize;

  constructor(size: AdaptiveSize) {
    super();
    this.size = size;
  }

  override forward(x: Tensor): Tensor {
    return adaptiveAvgPool3d(x, this.size);
  }
}

/** Channels to pixels, x [N,H,W,C*r*r] to [N,H*r,W*r,C]. See {@link pixelShuffle}. */
export class PixelShuffle extends Module {
  private readonly r: number;

  constructor(r: number) {
    super();
    this.r = r;
  }

  override forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.r);
  }
}

/** Pixels to channels, x [N,H*r,W*r,C] to [N,H,W,C*r*r]. See {@link pixelUnshuffle}. */
export class PixelUnshuffle extends Module {
  private readonly r: number;

  constructor(r: number) {
    super();
    this.r = r;
  }

  override forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.r);
  }
}

/** The channels of x […,C] dealt out over groups. See {@link channelShuffle}. */
export class ChannelShuffle extends Module {
  private readonly groups: number;

  constructor(groups: number) {
    super();
    this.groups = groups;
  }

  override forward(x: Tensor): Tensor {
    return channelShuffle(x, this.groups);
  }
}
