import type { Tensor } from '../core/tensor.js';
import { channelAvgPool, channelLpPool, channelMaxPool } from '../ops/index.js';
import { WindowPooling, type AvgPoolOptions, type LpPoolOptions, type PoolOptions } from './pooling.js';

/** Largest of each group of neighbouring channels, x [...,C] to [...,groups]. See {@link channelMaxPool}. */
export class ChannelMaxPool extends WindowPooling<PoolOptions> {
  override forward(x: Tensor): Tensor {
    return channelMaxPool(x, this.settings);
  }
}

/** Mean of each group of neighbouring channels, x [...,C] to [...,groups]. See {@link channelAvgPool}. */
export class ChannelAvgPool extends WindowPooling<AvgPoolOptions> {
  override forward(x: Tensor): Tensor {
    return channelAvgPool(x, this.settings);
  }
}

/** (sum |x|^p)^(1/p) of each group of neighbouring channels, x [...,C] to [...,groups]. See {@link channelLpPool}. */
export class ChannelLpPool extends WindowPooling<LpPoolOptions> {
  override forward(x: Tensor): Tensor {
    return channelLpPool(x, this.settings);
  }
}
