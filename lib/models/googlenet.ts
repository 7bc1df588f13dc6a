/**
 * GoogLeNet, the first Inception network: branches of 1 × 1, 3 × 3 and 5 × 5 filters and pooling side by side.
 *
 * C. Szegedy et al., "Going deeper with convolutions", arXiv:1409.4842. As torchvision has it: with batch
 * normalisation, which the paper precedes, and 3 × 3 filters in place of the 5 × 5 ones.
 */
import type { Tensor } from '../core/tensor.js';
import {
  AdaptiveAvgPool2d, Dropout, GlobalAvgPool2d, ImageLinear, initializers, Linear, MaxPool2d, Module, Sequential,
  type ModuleOptions,
} from '../nn/index.js';
import { concat, relu } from '../ops/index.js';
import { BasicConv2d } from './basic_conv.js';
import type { ModelOptions } from './options.js';
import type { Outputs } from './outputs.js';

const initializer = initializers.truncatedNormal({ std: 0.01, low: -0.02, high: 0.02 });

/**
 * Channels of a block: of the 1 × 1 filters; in front of and behind the first and the second 3 × 3 ones; behind the
 * pooling.
 */
export type InceptionWidths = readonly [one: number, three: readonly [number, number], five: readonly [number, number], pool: number];

/** Four branches. x [N,H,W,inChannels] to [N,H,W,the sum of the last widths]. */
export class Inception extends Module {
  readonly branch1: BasicConv2d;
  readonly branch2: Sequential;
  readonly branch3: Sequential;
  readonly branch4: Sequential;

  constructor(inChannels: number, [one, three, five, pool]: InceptionWidths, given: ModuleOptions) {
    super();
    const options = { initializer, ...given };
    const narrowThenWide = ([narrow, wide]: readonly [number, number]) =>
      new Sequential(
        new BasicConv2d(inChannels, narrow, 1, options),
        new BasicConv2d(narrow, wide, 3, { padding: 1, ...options }),
      );
    this.branch1 = new BasicConv2d(inChannels, one, 1, options);
    this.branch2 = narrowThenWide(three);
    this.branch3 = narrowThenWide(five);
    this.branch4 = new Sequential(
      new MaxPool2d(3, { stride: 1, padding: 1, ceilMode: true }),
      new BasicConv2d(inChannels, pool, 1, options),
    );
  }

  override forward(x: Tensor): Tensor {
    return concat(
      [this.branch1, this.branch2, this.branch3, this.branch4].map((branch) => branch.forward(x)),
      -1,
    );
  }
}

/** A classifier half way, which gives the early layers gradients. x [N,H,W,inChannels] to logits [N,classes]. */
export class GoogLeNetAuxiliary extends Module {
  private readonly pool: AdaptiveAvgPool2d;
  readonly conv: BasicConv2d;
  readonly fc1: ImageLinear;
  readonly fc2: Linear;
  readonly dropout: Dropout;

  constructor(inChannels: number, classes: number, given: ModuleOptions) {
    super();
    const options = { initializer, ...given };
    this.pool = new AdaptiveAvgPool2d(4);
    this.conv = new BasicConv2d(inChannels, 128, 1, options);
    this.fc1 = new ImageLinear([4, 4, 128], 1024, options);
    this.fc2 = new Linear(1024, classes, options);
    this.dropout = new Dropout(0.7, options);
  }

  override forward(x: Tensor): Tensor {
    return this.fc2.forward(this.dropout.forward(relu(this.fc1.forward(this.conv.forward(this.pool.forward(x))))));
  }
}

/** GoogLeNet, x [N,H,W,channels] to logits [N,classes]. Published for 224 × 224 images. */
export class GoogLeNet extends Module {
  readonly conv1: BasicConv2d;
  readonly conv2: BasicConv2d;
  readonly conv3: BasicConv2d;
  readonly inception3a: Inception;
  readonly inception3b: Inception;
  readonly inception4a: Inception;
  readonly inception4b: Inception;
  readonly inception4c: Inception;
  readonly inception4d: Inception;
  readonly inception4e: Inception;
  readonly inception5a: Inception;
  readonly inception5b: Inception;
  readonly aux1: GoogLeNetAuxiliary | null;
  readonly aux2: GoogLeNetAuxiliary | null;
  private readonly pool: MaxPool2d;
  private readonly lastPool: MaxPool2d;
  private readonly avgpool: GlobalAvgPool2d;
  readonly dropout: Dropout;
  readonly fc: Linear;

  constructor({ classes = 1000, channels = 3, auxiliary = true, ...given }: ModelOptions = {}) {
    super();
    const options = { initializer, ...given };
    const inception = (inChannels: number, ...widths: InceptionWidths) => new Inception(inChannels, widths, options);
    this.conv1 = new BasicConv2d(channels, 64, 7, { stride: 2, padding: 3, ...options });
    this.conv2 = new BasicConv2d(64, 64, 1, options);
    this.conv3 = new BasicConv2d(64, 192, 3, { padding: 1, ...options });
    this.inception3a = inception(192, 64, [96, 128], [16, 32], 32);
    this.inception3b = inception(256, 128, [128, 192], [32, 96], 64);
    this.inception4a = inception(480, 192, [96, 208], [16, 48], 64);
    this.inception4b = inception(512, 160, [112, 224], [24, 64], 64);
    this.inception4c = inception(512, 128, [128, 256], [24, 64], 64);
    this.inception4d = inception(512, 112, [144, 288], [32, 64], 64);
    this.inception4e = inception(528, 256, [160, 320], [32, 128], 128);
    this.inception5a = inception(832, 256, [160, 320], [32, 128], 128);
    this.inception5b = inception(832, 384, [192, 384], [48, 128], 128);
    this.aux1 = auxiliary ? new GoogLeNetAuxiliary(512, classes, options) : null;
    this.aux2 = auxiliary ? new GoogLeNetAuxiliary(528, classes, options) : null;
    this.pool = new MaxPool2d(3, { stride: 2, ceilMode: true });
    this.lastPool = new MaxPool2d(2, { stride: 2, ceilMode: true });
    this.avgpool = new GlobalAvgPool2d();
    this.dropout = new Dropout(0.2, options);
    this.fc = new Linear(1024, classes, options);
  }

  override forward(x: Tensor): Tensor {
    return this.run(x, false).logits;
  }

  /** The logits and those of the two auxiliary classifiers, whose losses the paper weights by 0.3. */
  forwardAll(x: Tensor): Outputs {
    return this.run(x, true);
  }

  private run(x: Tensor, withAuxiliary: boolean): Outputs {
    // [N,28,28,192]
    const early = this.pool.forward(this.conv3.forward(this.conv2.forward(this.pool.forward(this.conv1.forward(x)))));
    const third = this.pool.forward(this.inception3b.forward(this.inception3a.forward(early))); // [N,14,14,480]
    const at4a = this.inception4a.forward(third); // [N,14,14,512]
    const at4d = [this.inception4b, this.inception4c, this.inception4d].reduce(
      (input, block) => block.forward(input),
      at4a,
    ); // [N,14,14,528]
    const fourth = this.lastPool.forward(this.inception4e.forward(at4d)); // [N,7,7,832]
    const last = this.inception5b.forward(this.inception5a.forward(fourth)); // [N,7,7,1024]
    const heads = withAuxiliary ? [this.aux1?.forward(at4a), this.aux2?.forward(at4d)] : [];
    return {
      logits: this.fc.forward(this.dropout.forward(this.avgpool.forward(last))),
      auxiliary: heads.filter((head) => head !== undefined),
    };
  }
}

export const googlenet = (options?: ModelOptions): GoogLeNet => new GoogLeNet(options);
