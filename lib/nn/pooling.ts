/** Layers that pool: a constructor, and one call of the function of the same name. */
import type { Tensor } from '../core/tensor.js';
import * as ops from '../ops/index.js';
import type { Padding, PerAxis } from '../ops/index.js';
import { Module } from './module.js';

export interface PoolOptions {
  /** Default: the kernel, so that windows touch. */
  stride?: PerAxis | undefined;
  /** Default 0. */
  padding?: Padding | undefined;
  /** Distance between the elements that one window reads. Default 1. */
  dilation?: PerAxis | undefined;
  /** Also pools what is left over at the end of an axis. Default false. */
  ceilMode?: boolean | undefined;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Whether padding counts as elements. Default true. */
  countPadding?: boolean | undefined;
  /** Divides each window's sum in place of its count. Default none. */
  divisorOverride?: number | undefined;
}

/** A layer without parameters: what it was given, for its function. */
export abstract class Pooling<Settings> extends Module {
  protected readonly settings: Settings;

  constructor(settings: Settings) {
    super();
    this.settings = settings;
  }
}

/** The layers of windows that slide take their kernel first. */
export abstract class WindowPooling<Options> extends Pooling<Options & { kernel: PerAxis }> {
  constructor(kernel: PerAxis, options?: Options) {
    super({ ...(options as Options), kernel });
  }
}

/** Largest element of each window, x [N,W,C] to [N,Q,C]. See maxPool1d. */
export class MaxPool1d extends WindowPooling<PoolOptions> {
  override forward(x: Tensor): Tensor {
    return ops.maxPool1d(x, this.settings);
  }
}

/** Largest element of each window, x [N,H,W,C] to [N,P,Q,C]. See maxPool2d. */
export class MaxPool2d extends WindowPooling<PoolOptions> {
  override forward(x: Tensor): Tensor {
    return ops.maxPool2d(x, this.settings);
  }
}

/** Largest element of each window, x [N,D,H,W,C] to [N,Z,P,Q,C]. See maxPool3d. */
export class MaxPool3d extends WindowPooling<PoolOptions> {
  override forward(x: Tensor): Tensor {
    return ops.maxPool3d(x, this.settings);
  }
}

/** Mean of each window, x [N,W,C] to [N,Q,C]. See avgPool1d. */
export class AvgPool1d extends WindowPooling<AvgPoolOptions> {
  override forward(x: Tensor): Tensor {
    return ops.avgPool1d(x, this.settings);
  }
}

/** Mean of each window, x [N,H,W,C] to [N,P,Q,C]. See avgPool2d. */
export class AvgPool2d extends WindowPooling<AvgPoolOptions> {
  override forward(x: Tensor): Tensor {
    return ops.avgPool2d(x, this.settings);
  }
}

/** Mean of each window, x [N,D,H,W,C] to [N,Z,P,Q,C]. See avgPool3d. */
export class AvgPool3d extends WindowPooling<AvgPoolOptions> {
  override forward(x: Tensor): Tensor {
    return ops.avgPool3d(x, this.settings);
  }
}

/** Sum of each window, x [N,W,C] to [N,Q,C]. See sumPool1d. */
export class SumPool1d extends WindowPooling<PoolOptions> {
  override forward(x: Tensor): Tensor {
    return ops.sumPool1d(x, this.settings);
  }
}

/** Sum of each window, x [N,H,W,C] to [N,P,Q,C]. See sumPool2d. */
export class SumPool2d extends WindowPooling<PoolOptions> {
  override forward(x: Tensor): Tensor {
    return ops.sumPool2d(x, this.settings);
  }
}

/** Sum of each window, x [N,D,H,W,C] to [N,Z,P,Q,C]. See sumPool3d. */
export class SumPool3d extends WindowPooling<PoolOptions> {
  override forward(x: Tensor): Tensor {
    return ops.sumPool3d(x, this.settings);
  }
}

export interface LpPoolOptions extends PoolOptions {
  /** p. Default 2. */
  norm?: number | undefined;
}

/** (sum |x|^p)^(1/p) of each window, x [N,W,C] to [N,Q,C]. See lpPool1d. */
export class LpPool1d extends WindowPooling<LpPoolOptions> {
  override forward(x: Tensor): Tensor {
    return ops.lpPool1d(x, this.settings);
  }
}

/** (sum |x|^p)^(1/p) of each window, x [N,H,W,C] to [N,P,Q,C]. See lpPool2d. */
export class LpPool2d extends WindowPooling<LpPoolOptions> {
  override forward(x: Tensor): Tensor {
    return ops.lpPool2d(x, this.settings);
  }
}

/** (sum |x|^p)^(1/p) of each window, x [N,D,H,W,C] to [N,Z,P,Q,C]. See lpPool3d. */
export class LpPool3d extends WindowPooling<LpPoolOptions> {
  override forward(x: Tensor): Tensor {
    return ops.lpPool3d(x, this.settings);
  }
}

/** Largest elements of windows that give an output of the given size, x [N,W,C] to [N,Q,C]. See adaptiveMaxPool1d. */
export class AdaptiveMaxPool1d extends Pooling<ops.OutputSize> {
  override forward(x: Tensor): Tensor {
    return ops.adaptiveMaxPool1d(x, this.settings);
  }
}

/** Largest elements of windows that give an output of the given size, x [N,H,W,C] to [N,P,Q,C]. See adaptiveMaxPool2d. */
export class AdaptiveMaxPool2d extends Pooling<ops.OutputSize> {
  override forward(x: Tensor): Tensor {
    return ops.adaptiveMaxPool2d(x, this.settings);
  }
}

/** Largest elements of windows that give an output of the given size, x [N,D,H,W,C] to [N,Z,P,Q,C]. See adaptiveMaxPool3d. */
export class AdaptiveMaxPool3d extends Pooling<ops.OutputSize> {
  override forward(x: Tensor): Tensor {
    return ops.adaptiveMaxPool3d(x, this.settings);
  }
}

/** Mean of each channel over the whole signal, x [N,W,C] to [N,C]. See globalAvgPool1d. */
export class GlobalAvgPool1d extends Module {
  override forward(x: Tensor): Tensor {
    return ops.globalAvgPool1d(x);
  }
}

/** Mean of each channel over the whole image, x [N,H,W,C] to [N,C]. See globalAvgPool2d. */
export class GlobalAvgPool2d extends Module {
  override forward(x: Tensor): Tensor {
    return ops.globalAvgPool2d(x);
  }
}

/** Mean of each channel over the whole volume, x [N,D,H,W,C] to [N,C]. See globalAvgPool3d. */
export class GlobalAvgPool3d extends Module {
  override forward(x: Tensor): Tensor {
    return ops.globalAvgPool3d(x);
  }
}

/** Largest element of each channel over the whole signal, x [N,W,C] to [N,C]. See globalMaxPool1d. */
export class GlobalMaxPool1d extends Module {
  override forward(x: Tensor): Tensor {
    return ops.globalMaxPool1d(x);
  }
}

/** Largest element of each channel over the whole image, x [N,H,W,C] to [N,C]. See globalMaxPool2d. */
export class GlobalMaxPool2d extends Module {
  override forward(x: Tensor): Tensor {
    return ops.globalMaxPool2d(x);
  }
}

/** Largest element of each channel over the whole volume, x [N,D,H,W,C] to [N,C]. See globalMaxPool3d. */
export class GlobalMaxPool3d extends Module {
  override forward(x: Tensor): Tensor {
    return ops.globalMaxPool3d(x);
  }
}
