/**
 * Networks that give each pixel a class, x [N,H,W,channels] to logits [N,H,W,classes].
 *
 * J. Long, E. Shelhamer, T. Darrell, "Fully convolutional networks for semantic segmentation", arXiv:1411.4038; L.-C.
 * Chen, G. Papandreou, F. Schroff, H. Adam, "Rethinking atrous convolution for semantic image segmentation"
 * (DeepLabv3), arXiv:1706.05587; the light head (LR-ASPP) by A. Howard et al., "Searching for MobileNetV3",
 * arXiv:1905.02244.
 */
import type { Tensor } from '../core/tensor.js';
import {
  BatchNorm2d, Conv2d, Dropout, GlobalAvgPool2d, Module, NamedSequential, Sequential, type ModuleOptions,
} from '../nn/index.js';
import { add, concat, interpolate, mul, sigmoid } from '../ops/index.js';
import { ConvNorm } from './conv_norm.js';
import { dilatedMobilenetV3Large } from './mobilenet_v3.js';
import type { ModelOptions } from './options.js';
import { dilatedResnet50 } from './resnet.js';

/** x in the extents of another image. */
function like(x: Tensor, image: Tensor): Tensor {
  return interpolate(x, { size: [image.shape[1]!, image.shape[2]!], mode: 'bilinear' });
}

/** A backbone, and a classifier of its places whose result is scaled up to the image. */
export class Segmentation extends Module {
  readonly backbone: Module;
  readonly classifier: Module;

  constructor(backbone: Module, classifier: Module) {
    super();
    this.backbone = backbone;
    this.classifier = classifier;
  }

  override forward(x: Tensor): Tensor {
    return like(this.classifier.forward(this.backbone.forward(x)), x);
  }
}

/** Two convolutions, x [N,H,W,inChannels] to [N,H,W,classes]. */
function fullyConvolutionalHead(inChannels: number, classes: number, options: ModuleOptions): NamedSequential {
  const hidden = inChannels / 4;
  return new NamedSequential({
    0: new Conv2d(inChannels, hidden, 3, { padding: 1, bias: false, ...options }),
    1: new BatchNorm2d(hidden, { activation: 'relu', ...options }),
    3: new Dropout(0.1, options),
    4: new Conv2d(hidden, classes, 1, options),
  });
}

/** The mean of all places, at every place. x [N,H,W,inChannels] to [N,H,W,outChannels]. */
class ImagePooling extends NamedSequential {
  constructor(inChannels: number, outChannels: number, options: ModuleOptions) {
    super({
      1: new Conv2d(inChannels, outChannels, 1, { bias: false, ...options }),
      2: new BatchNorm2d(outChannels, { activation: 'relu', ...options }),
    });
  }

  override forward(x: Tensor): Tensor {
    const [n, , , channels] = x.shape as [number, number, number, number];
    return like(super.forward(new GlobalAvgPool2d().forward(x).reshape([n, 1, 1, channels])), x);
  }
}

/** Dilated convolutions side by side: atrous spatial pyramid pooling. x [N,H,W,inChannels] to [N,H,W,256]. */
class Pyramid extends Module {
  readonly convs: readonly Module[];
  readonly project: NamedSequential;

  constructor(inChannels: number, dilations: readonly number[], options: ModuleOptions) {
    super();
    this.convs = [
      new ConvNorm(inChannels, 256, 1, options),
      ...dilations.map((dilation) => new ConvNorm(inChannels, 256, 3, { dilation, ...options })),
      new ImagePooling(inChannels, 256, options),
    ];
    this.project = new NamedSequential({
      0: new Conv2d(this.convs.length * 256, 256, 1, { bias: false, ...options }),
      1: new BatchNorm2d(256, { activation: 'relu', ...options }),
      3: new Dropout(0.5, options),
    });
  }

  override forward(x: Tensor): Tensor {
    return this.project.forward(
      concat(
        this.convs.map((branch) => branch.forward(x)),
        -1,
      ),
    );
  }
}

/** The pyramid and two convolutions, x [N,H,W,inChannels] to [N,H,W,classes]. */
function pyramidHead(inChannels: number, classes: number, options: ModuleOptions): NamedSequential {
  return new NamedSequential({
    0: new Pyramid(inChannels, [12, 24, 36], options),
    1: new Conv2d(256, 256, 3, { padding: 1, bias: false, ...options }),
    2: new BatchNorm2d(256, { activation: 'relu', ...options }),
    4: new Conv2d(256, classes, 1, options),
  });
}

/** The light head: the last features weighted by their means, and early ones that know places better. */
export class LightHead extends Module {
  readonly cbr: ConvNorm;
  readonly scale: NamedSequential;
  readonly low_classifier: Conv2d;
  readonly high_classifier: Conv2d;

  constructor([low, high]: readonly [number, number], classes: number, options: ModuleOptions) {
    super();
    this.cbr = new ConvNorm(high, 128, 1, options);
    this.scale = new NamedSequential({ 1: new Conv2d(high, 128, 1, { bias: false, ...options }) });
    this.low_classifier = new Conv2d(low, classes, 1, options);
    this.high_classifier = new Conv2d(128, classes, 1, options);
  }

  /** @param high [N,P/2,Q/2,high]. @param low [N,P,Q,low]. @returns [N,P,Q,classes]. */
  override forward(high: Tensor, low = high): Tensor {
    const [n, , , channels] = high.shape as [number, number, number, number];
    const factors = sigmoid(this.scale.forward(new GlobalAvgPool2d().forward(high).reshape([n, 1, 1, channels])));
    const features = like(mul(this.cbr.forward(high), factors), low);
    return add(this.low_classifier.forward(low), this.high_classifier.forward(features));
  }
}

/** MobileNetV3's features with the light head. */
export class LiteSegmentation extends Module {
  readonly backbone: NamedSequential;
  readonly classifier: LightHead;

  constructor({ classes = 21, ...options }: ModelOptions = {}) {
    super();
    this.backbone = new NamedSequential(Object.fromEntries(dilatedMobilenetV3Large(options).entries()));
    this.classifier = new LightHead([40, 960], classes, options);
  }

  override forward(x: Tensor): Tensor {
    const layers = Object.values(this.backbone.layers);
    const low = layers.slice(0, 5).reduce((input, layer) => layer.forward(input), x); // [N,H/8,W/8,40]
    const high = layers.slice(5).reduce((input, layer) => layer.forward(input), low); // [N,H/16,W/16,960]
    return like(this.classifier.forward(high, low), x);
  }
}

export const fcn_resnet50 = ({ classes = 21, ...options }: ModelOptions = {}): Segmentation =>
  new Segmentation(dilatedResnet50(options), fullyConvolutionalHead(2048, classes, options));
export const deeplabv3_resnet50 = ({ classes = 21, ...options }: ModelOptions = {}): Segmentation =>
  new Segmentation(dilatedResnet50(options), pyramidHead(2048, classes, options));
export const deeplabv3_mobilenet_v3_large = ({ classes = 21, ...options }: ModelOptions = {}): Segmentation =>
  new Segmentation(new Sequential(...dilatedMobilenetV3Large(options)), pyramidHead(960, classes, options));
export const lraspp_mobilenet_v3_large = (options?: ModelOptions): LiteSegmentation => new LiteSegmentation(options);
