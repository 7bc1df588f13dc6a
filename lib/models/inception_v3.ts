/**
 * Inception v3: 5 × 5 filters as two of 3 × 3, and 7 × 7 ones as one of 1 × 7 and one of 7 × 1.
 *
 * C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna, "Rethinking the Inception architecture for computer vision",
 * arXiv:1512.00567. The names are those of the authors' own program, which torchvision kept.
 */
import type { Tensor } from '../core/tensor.js';
import {
  AvgPool2d, Dropout, GlobalAvgPool2d, initializers, Linear, MaxPool2d, Module, type ConvLayerOptions,
  type ModuleOptions,
} from '../nn/index.js';
import { concat } from '../ops/index.js';
import { BasicConv2d } from './basic_conv.js';
import type { ModelOptions } from './options.js';
import type { Outputs } from './outputs.js';

type Kernel = number | readonly [height: number, width: number];

const normal = (std: number) => initializers.truncatedNormal({ std, low: -2 * std, high: 2 * std });

/** A convolution that leaves the image's extents. */
function same(inChannels: number, outChannels: number, kernel: Kernel, options: ConvLayerOptions): BasicConv2d {
  const padding = typeof kernel === 'number' ? (kernel - 1) / 2 : kernel.map((size) => (size - 1) / 2);
  return new BasicConv2d(inChannels, outChannels, kernel, { padding, initializer: normal(0.1), ...options });
}

/** A 3 × 3 convolution at stride 2 without padding. */
const halving = (inChannels: number, outChannels: number, options: ConvLayerOptions) =>
  new BasicConv2d(inChannels, outChannels, 3, { stride: 2, initializer: normal(0.1), ...options });

const averagePool = () => new AvgPool2d(3, { stride: 1, padding: 1 });

/** Layers one behind the other. */
const through = (x: Tensor, ...layers: Module[]) => layers.reduce((input, layer) => layer.forward(input), x);

/** Figure 5: x [N,H,W,inChannels] to [N,H,W,224 + pooled]. */
export class InceptionA extends Module {
  readonly branch1x1: BasicConv2d;
  readonly branch5x5_1: BasicConv2d;
  readonly branch5x5_2: BasicConv2d;
  readonly branch3x3dbl_1: BasicConv2d;
  readonly branch3x3dbl_2: BasicConv2d;
  readonly branch3x3dbl_3: BasicConv2d;
  private readonly pool = averagePool();
  readonly branch_pool: BasicConv2d;

  constructor(inChannels: number, pooled: number, options: ModuleOptions) {
    super();
    this.branch1x1 = same(inChannels, 64, 1, options);
    this.branch5x5_1 = same(inChannels, 48, 1, options);
    this.branch5x5_2 = same(48, 64, 5, options);
    this.branch3x3dbl_1 = same(inChannels, 64, 1, options);
    this.branch3x3dbl_2 = same(64, 96, 3, options);
    this.branch3x3dbl_3 = same(96, 96, 3, options);
    this.branch_pool = same(inChannels, pooled, 1, options);
  }

  override forward(x: Tensor): Tensor {
    return concat(
      [
        this.branch1x1.forward(x),
        through(x, this.branch5x5_1, this.branch5x5_2),
        through(x, this.branch3x3dbl_1, this.branch3x3dbl_2, this.branch3x3dbl_3),
        through(x, this.pool, this.branch_pool),
      ],
      -1,
    );
  }
}

/** Figure 10: x [N,H,W,inChannels] to [N,H/2,W/2,480 + inChannels]. */
export class InceptionB extends Module {
  readonly branch3x3: BasicConv2d;
  readonly branch3x3dbl_1: BasicConv2d;
  readonly branch3x3dbl_2: BasicConv2d;
  readonly branch3x3dbl_3: BasicConv2d;
  private readonly pool = new MaxPool2d(3, { stride: 2 });

  constructor(inChannels: number, options: ModuleOptions) {
    super();
    this.branch3x3 = halving(inChannels, 384, options);
    this.branch3x3dbl_1 = same(inChannels, 64, 1, options);
    this.branch3x3dbl_2 = same(64, 96, 3, options);
    this.branch3x3dbl_3 = halving(96, 96, options);
  }

  override forward(x: Tensor): Tensor {
    const double = through(x, this.branch3x3dbl_1, this.branch3x3dbl_2, this.branch3x3dbl_3);
    return concat([this.branch3x3.forward(x), double, this.pool.forward(x)], -1);
  }
}

/** Figure 6, with `width` channels inside: x [N,H,W,768] to [N,H,W,768]. */
export class InceptionC extends Module {
  readonly branch1x1: BasicConv2d;
  readonly branch7x7_1: BasicConv2d;
  readonly branch7x7_2: BasicConv2d;
  readonly branch7x7_3: BasicConv2d;
  readonly branch7x7dbl_1: BasicConv2d;
  readonly branch7x7dbl_2: BasicConv2d;
  readonly branch7x7dbl_3: BasicConv2d;
  readonly branch7x7dbl_4: BasicConv2d;
  readonly branch7x7dbl_5: BasicConv2d;
  private readonly pool = averagePool();
  readonly branch_pool: BasicConv2d;

  constructor(width: number, options: ModuleOptions) {
    super();
    this.branch1x1 = same(768, 192, 1, options);
    this.branch7x7_1 = same(768, width, 1, options);
    this.branch7x7_2 = same(width, width, [1, 7], options);
    this.branch7x7_3 = same(width, 192, [7, 1], options);
    this.branch7x7dbl_1 = same(768, width, 1, options);
    this.branch7x7dbl_2 = same(width, width, [7, 1], options);
    this.branch7x7dbl_3 = same(width, width, [1, 7], options);
    this.branch7x7dbl_4 = same(width, width, [7, 1], options);
    this.branch7x7dbl_5 = same(width, 192, [1, 7], options);
    this.branch_pool = same(768, 192, 1, options);
  }

  override forward(x: Tensor): Tensor {
    return concat(
      [
        this.branch1x1.forward(x),
        through(x, this.branch7x7_1, this.branch7x7_2, this.branch7x7_3),
        through(
          x,
          this.branch7x7dbl_1,
          this.branch7x7dbl_2,
          this.branch7x7dbl_3,
          this.branch7x7dbl_4,
          this.branch7x7dbl_5,
        ),
        through(x, this.pool, this.branch_pool),
      ],
      -1,
    );
  }
}

/** x [N,H,W,768] to [N,H/2,W/2,1280]. */
export class InceptionD extends Module {
  readonly branch3x3_1: BasicConv2d;
  readonly branch3x3_2: BasicConv2d;
  readonly branch7x7x3_1: BasicConv2d;
  readonly branch7x7x3_2: BasicConv2d;
  readonly branch7x7x3_3: BasicConv2d;
  readonly branch7x7x3_4: BasicConv2d;
  private readonly pool = new MaxPool2d(3, { stride: 2 });

  constructor(options: ModuleOptions) {
    super();
    this.branch3x3_1 = same(768, 192, 1, options);
    this.branch3x3_2 = halving(192, 320, options);
    this.branch7x7x3_1 = same(768, 192, 1, options);
    this.branch7x7x3_2 = same(192, 192, [1, 7], options);
    this.branch7x7x3_3 = same(192, 192, [7, 1], options);
    this.branch7x7x3_4 = halving(192, 192, options);
  }

  override forward(x: Tensor): Tensor {
    return concat(
      [
        through(x, this.branch3x3_1, this.branch3x3_2),
        through(x, this.branch7x7x3_1, this.branch7x7x3_2, this.branch7x7x3_3, this.branch7x7x3_4),
        this.pool.forward(x),
      ],
      -1,
    );
  }
}

/** Figure 7: x [N,H,W,inChannels] to [N,H,W,2048]. */
export class InceptionE extends Module {
  readonly branch1x1: BasicConv2d;
  readonly branch3x3_1: BasicConv2d;
  readonly branch3x3_2a: BasicConv2d;
  readonly branch3x3_2b: BasicConv2d;
  readonly branch3x3dbl_1: BasicConv2d;
  readonly branch3x3dbl_2: BasicConv2d;
  readonly branch3x3dbl_3a: BasicConv2d;
  readonly branch3x3dbl_3b: BasicConv2d;
  private readonly pool = averagePool();
  readonly branch_pool: BasicConv2d;

  constructor(inChannels: number, options: ModuleOptions) {
    super();
    this.branch1x1 = same(inChannels, 320, 1, options);
    this.branch3x3_1 = same(inChannels, 384, 1, options);
    this.branch3x3_2a = same(384, 384, [1, 3], options);
    this.branch3x3_2b = same(384, 384, [3, 1], options);
    this.branch3x3dbl_1 = same(inChannels, 448, 1, options);
    this.branch3x3dbl_2 = same(448, 384, 3, options);
    this.branch3x3dbl_3a = same(384, 384, [1, 3], options);
    this.branch3x3dbl_3b = same(384, 384, [3, 1], options);
    this.branch_pool = same(inChannels, 192, 1, options);
  }

  override forward(x: Tensor): Tensor {
    const single = this.branch3x3_1.forward(x),
      double = through(x, this.branch3x3dbl_1, this.branch3x3dbl_2);
    return concat(
      [
        this.branch1x1.forward(x),
        this.branch3x3_2a.forward(single),
        this.branch3x3_2b.forward(single),
        this.branch3x3dbl_3a.forward(double),
        this.branch3x3dbl_3b.forward(double),
        through(x, this.pool, this.branch_pool),
      ],
      -1,
    );
  }
}

/** The classifier half way. x [N,17,17,768] to logits [N,classes]. */
export class InceptionV3Auxiliary extends Module {
  private readonly pool = new AvgPool2d(5, { stride: 3 });
  readonly conv0: BasicConv2d;
  readonly conv1: BasicConv2d;
  private readonly avgpool = new GlobalAvgPool2d();
  readonly fc: Linear;

  constructor(classes: number, options: ModuleOptions) {
    super();
    this.conv0 = same(768, 128, 1, options);
    this.conv1 = new BasicConv2d(128, 768, 5, { initializer: normal(0.01), ...options });
    this.fc = new Linear(768, classes, { initializer: normal(0.001), ...options });
  }

  override forward(x: Tensor): Tensor {
    return through(x, this.pool, this.conv0, this.conv1, this.avgpool, this.fc);
  }
}

/** Inception v3, x [N,H,W,channels] to logits [N,classes]. Published for 299 × 299 images; takes any from 75 on. */
export class InceptionV3 extends Module {
  readonly Conv2d_1a_3x3: BasicConv2d;
  readonly Conv2d_2a_3x3: BasicConv2d;
  readonly Conv2d_2b_3x3: BasicConv2d;
  private readonly maxpool1 = new MaxPool2d(3, { stride: 2 });
  readonly Conv2d_3b_1x1: BasicConv2d;
  readonly Conv2d_4a_3x3: BasicConv2d;
  private readonly maxpool2 = new MaxPool2d(3, { stride: 2 });
  readonly Mixed_5b: InceptionA;
  readonly Mixed_5c: InceptionA;
  readonly Mixed_5d: InceptionA;
  readonly Mixed_6a: InceptionB;
  readonly Mixed_6b: InceptionC;
  readonly Mixed_6c: InceptionC;
  readonly Mixed_6d: InceptionC;
  readonly Mixed_6e: InceptionC;
  readonly AuxLogits: InceptionV3Auxiliary | null;
  readonly Mixed_7a: InceptionD;
  readonly Mixed_7b: InceptionE;
  readonly Mixed_7c: InceptionE;
  private readonly avgpool = new GlobalAvgPool2d();
  readonly dropout: Dropout;
  readonly fc: Linear;

  constructor({ classes = 1000, channels = 3, auxiliary = true, ...options }: ModelOptions = {}) {
    super();
    const valid = { initializer: normal(0.1), ...options };
    this.Conv2d_1a_3x3 = halving(channels, 32, options); // [N,149,149,32]
    this.Conv2d_2a_3x3 = new BasicConv2d(32, 32, 3, valid); // [N,147,147,32]
    this.Conv2d_2b_3x3 = same(32, 64, 3, options);
    this.Conv2d_3b_1x1 = same(64, 80, 1, options); // [N,73,73,80]
    this.Conv2d_4a_3x3 = new BasicConv2d(80, 192, 3, valid); // [N,71,71,192]
    this.Mixed_5b = new InceptionA(192, 32, options); // [N,35,35,256]
    this.Mixed_5c = new InceptionA(256, 64, options);
    this.Mixed_5d = new InceptionA(288, 64, options);
    this.Mixed_6a = new InceptionB(288, options); // [N,17,17,768]
    this.Mixed_6b = new InceptionC(128, options);
    this.Mixed_6c = new InceptionC(160, options);
    this.Mixed_6d = new InceptionC(160, options);
    this.Mixed_6e = new InceptionC(192, options);
    this.AuxLogits = auxiliary ? new InceptionV3Auxiliary(classes, options) : null;
    this.Mixed_7a = new InceptionD(options); // [N,8,8,1280]
    this.Mixed_7b = new InceptionE(1280, options); // [N,8,8,2048]
    this.Mixed_7c = new InceptionE(2048, options);
    this.dropout = new Dropout(0.5, options);
    this.fc = new Linear(2048, classes, { initializer: normal(0.1), ...options });
  }

  override forward(x: Tensor): Tensor {
    return this.behind(this.until6e(x));
  }

  /**
   * The logits and those of the auxiliary classifier, whose loss torchvision weights by 0.4. For images from 299 × 299
   * on.
   */
  forwardAll(x: Tensor): Outputs {
    const middle = this.until6e(x);
    return { logits: this.behind(middle), auxiliary: this.AuxLogits ? [this.AuxLogits.forward(middle)] : [] };
  }

  /** x [N,299,299,channels] to [N,17,17,768]. */
  private until6e(x: Tensor): Tensor {
    const early = through(
      x,
      this.Conv2d_1a_3x3,
      this.Conv2d_2a_3x3,
      this.Conv2d_2b_3x3,
      this.maxpool1,
      this.Conv2d_3b_1x1,
      this.Conv2d_4a_3x3,
      this.maxpool2,
    );
    return through(
      early,
      this.Mixed_5b,
      this.Mixed_5c,
      this.Mixed_5d,
      this.Mixed_6a,
      this.Mixed_6b,
      this.Mixed_6c,
      this.Mixed_6d,
      this.Mixed_6e,
    );
  }

  /** x [N,17,17,768] to logits [N,classes]. */
  private behind(x: Tensor): Tensor {
    return through(x, this.Mixed_7a, this.Mixed_7b, this.Mixed_7c, this.avgpool, this.dropout, this.fc);
  }
}

export const inception_v3 = (options?: ModelOptions): InceptionV3 => new InceptionV3(options);
