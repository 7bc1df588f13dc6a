/**
 * S3D: Inception for video clips, each 3-D convolution as one over places and one over time.
 *
 * S. Xie, C. Sun, J. Huang, Z. Tu, K. Murphy, "Rethinking spatiotemporal feature learning: speed-accuracy trade-offs in
 * video classification", arXiv:1712.04851.
 */
import type { Tensor } from '../core/tensor.js';
import {
  AvgPool3d, BatchNorm3d, Conv3d, Dropout, MaxPool3d, Module, Sequential, type ModuleOptions,
} from '../nn/index.js';
import { concat, globalAvgPool3d } from '../ops/index.js';
import type { ModelOptions } from './options.js';

type Extents = readonly [time: number, height: number, width: number];

/** A convolution with normalisation and ReLU. x [N,D,H,W,inChannels] to [N,T,P,Q,outChannels]. */
class ConvNorm3d extends Sequential {
  constructor(inChannels: number, outChannels: number, kernel: Extents, stride: Extents, options: ModuleOptions) {
    const padding = kernel.map((size) => (size - 1) / 2);
    super(
      new Conv3d(inChannels, outChannels, kernel, { stride, padding, bias: false, ...options }),
      new BatchNorm3d(outChannels, { eps: 1e-3, momentum: 1e-3, activation: 'relu', ...options }),
    );
  }
}

const pointwise = (inChannels: number, outChannels: number, options: ModuleOptions) =>
  new ConvNorm3d(inChannels, outChannels, [1, 1, 1], [1, 1, 1], options);

/** A convolution over places and one over time. */
class Separable extends Sequential {
  constructor(inChannels: number, outChannels: number, size: number, stride: number, options: ModuleOptions) {
    super(
      new ConvNorm3d(inChannels, outChannels, [1, size, size], [1, stride, stride], options),
      new ConvNorm3d(outChannels, outChannels, [size, 1, 1], [stride, 1, 1], options),
    );
  }
}

/**
 * Channels of a block: behind the 1 × 1 × 1 filters; in front of and behind the first and the second others; behind the
 * pooling.
 */
type Widths = readonly [one: number, first: readonly [number, number], second: readonly [number, number], pool: number];

/** Four branches. x [N,D,H,W,inChannels] to [N,D,H,W,the sum of the last widths]. */
class Inception extends Module {
  readonly branch0: ConvNorm3d;
  readonly branch1: Sequential;
  readonly branch2: Sequential;
  readonly branch3: Sequential;

  constructor(inChannels: number, [one, first, second, pool]: Widths, options: ModuleOptions) {
    super();
    const narrowThenWide = ([narrow, wide]: readonly [number, number]) =>
      new Sequential(pointwise(inChannels, narrow, options), new Separable(narrow, wide, 3, 1, options));
    this.branch0 = pointwise(inChannels, one, options);
    this.branch1 = narrowThenWide(first);
    this.branch2 = narrowThenWide(second);
    this.branch3 = new Sequential(new MaxPool3d(3, { stride: 1, padding: 1 }), pointwise(inChannels, pool, options));
  }

  override forward(x: Tensor): Tensor {
    return concat(
      [this.branch0, this.branch1, this.branch2, this.branch3].map((branch) => branch.forward(x)),
      -1,
    );
  }
}

/** S3D, x [N,D,H,W,channels] to logits [N,classes]; from 14 frames of 224 × 224 on. Published for 64 frames. */
export class S3D extends Module {
  readonly features: Sequential;
  private readonly avgpool = new AvgPool3d([2, 7, 7], { stride: 1 });
  readonly classifier: Sequential;

  constructor({ classes = 400, channels = 3, ...options }: ModelOptions = {}) {
    super();
    const inception = (inChannels: number, ...widths: Widths) => new Inception(inChannels, widths, options);
    const poolPlaces = () => new MaxPool3d([1, 3, 3], { stride: [1, 2, 2], padding: [0, 1, 1] });
    this.features = new Sequential(
      new Separable(channels, 64, 7, 2, options), // [N,D/2,H/2,W/2,64]
      poolPlaces(),
      pointwise(64, 64, options),
      new Separable(64, 192, 3, 1, options),
      poolPlaces(), // [N,D/2,H/8,W/8,192]
      inception(192, 64, [96, 128], [16, 32], 32),
      inception(256, 128, [128, 192], [32, 96], 64),
      new MaxPool3d(3, { stride: 2, padding: 1 }), // [N,D/4,H/16,W/16,480]
      inception(480, 192, [96, 208], [16, 48], 64),
      inception(512, 160, [112, 224], [24, 64], 64),
      inception(512, 128, [128, 256], [24, 64], 64),
      inception(512, 112, [144, 288], [32, 64], 64),
      inception(528, 256, [160, 320], [32, 128], 128),
      new MaxPool3d(2, { stride: 2 }), // [N,D/8,H/32,W/32,832]
      inception(832, 256, [160, 320], [32, 128], 128),
      inception(832, 384, [192, 384], [48, 128], 128),
    );
    this.classifier = new Sequential(new Dropout(0.2, options), new Conv3d(1024, classes, 1, options));
  }

  override forward(x: Tensor): Tensor {
    return globalAvgPool3d(this.classifier.forward(this.avgpool.forward(this.features.forward(x))));
  }
}

export const s3d = (options?: ModelOptions): S3D => new S3D(options);
