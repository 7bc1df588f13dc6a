/**
 * Residual networks for video clips, x [N,D,H,W,channels] to logits [N,classes]: with 3-D convolutions throughout
 * (R3D), in the first stage alone (MC3), or with each as one over places and one over time (R(2+1)D).
 *
 * D. Tran, H. Wang, L. Torresani, J. Ray, Y. LeCun, M. Paluri, "A closer look at spatiotemporal convolutions for action
 * recognition", arXiv:1711.11248.
 */
import type { Tensor } from '../core/tensor.js';
import {
  BatchNorm3d, Conv3d, GlobalAvgPool3d, initializers, Linear, Module, NamedSequential, Sequential, type ModuleOptions,
} from '../nn/index.js';
import type { ModelOptions } from './options.js';

/** How a stage convolves: over time and places at once, over places only, or over places and then over time. */
export type VideoConvKind = 'space-time' | 'space' | 'factored';

type Extents = readonly [time: number, height: number, width: number];

/** A convolution that leaves a clip's extents but for its stride. */
function filters(
  inChannels: number,
  outChannels: number,
  kernel: Extents,
  stride: number | Extents,
  options: ModuleOptions,
): Conv3d {
  const padding = kernel.map((size) => Math.floor(size / 2)),
    initializer = initializers.kaimingNormal({ mode: 'fanOut' });
  return new Conv3d(inChannels, outChannels, kernel, { stride, padding, bias: false, initializer, ...options });
}

const normRelu = (channels: number, options: ModuleOptions) =>
  new BatchNorm3d(channels, { activation: 'relu', ...options });

/** Channels between the two halves of a factored convolution, which give it as many parameters as a whole one has. */
const between = (inChannels: number, outChannels: number) =>
  Math.floor((inChannels * outChannels * 27) / (inChannels * 9 + 3 * outChannels));

function convolution(
  kind: VideoConvKind,
  inChannels: number,
  outChannels: number,
  middle: number,
  stride: number,
  options: ModuleOptions,
): Module {
  if (kind === 'space-time') return filters(inChannels, outChannels, [3, 3, 3], stride, options);
  const inSpace: Extents = [1, stride, stride];
  if (kind === 'space') return filters(inChannels, outChannels, [1, 3, 3], inSpace, options);
  return new NamedSequential({
    0: filters(inChannels, middle, [1, 3, 3], inSpace, options),
    1: normRelu(middle, options),
    3: filters(middle, outChannels, [3, 1, 1], [stride, 1, 1], options),
  });
}

/** A convolution, 0, and its normalisation, 1, which may add a residual. */
class Normalized extends NamedSequential<{ 0: Module; 1: BatchNorm3d }> {
  override forward(x: Tensor, residual?: Tensor): Tensor {
    return this.layers[1].forward(this.layers[0].forward(x), residual);
  }
}

/** Two convolutions around which the input is added. x [N,D,H,W,inChannels] to [N,T,P,Q,channels]. */
class Block extends Module {
  readonly conv1: Normalized;
  readonly conv2: Normalized;
  readonly downsample: Sequential | null;

  constructor(kind: VideoConvKind, inChannels: number, channels: number, stride: number, options: ModuleOptions) {
    super();
    const middle = between(inChannels, channels);
    this.conv1 = new Normalized({
      0: convolution(kind, inChannels, channels, middle, stride, options),
      1: normRelu(channels, options),
    });
    this.conv2 = new Normalized({
      0: convolution(kind, channels, channels, middle, 1, options),
      1: normRelu(channels, options),
    });
    const strides: Extents = [kind === 'space' ? 1 : stride, stride, stride];
    this.downsample =
      stride === 1 && inChannels === channels
        ? null
        : new Sequential(
            filters(inChannels, channels, [1, 1, 1], strides, options),
            new BatchNorm3d(channels, options),
          );
  }

  override forward(x: Tensor): Tensor {
    const identity = this.downsample?.forward(x) ?? x;
    return this.conv2.forward(this.conv1.forward(x), identity);
  }
}

/** A residual network of 18 layers for clips. Published for 16 frames of 112 × 112. */
export class VideoResNet extends Module {
  readonly stem: NamedSequential;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;
  private readonly avgpool = new GlobalAvgPool3d();
  readonly fc: Linear;

  /** @param kinds of the stem and the four stages. */
  constructor(
    kinds: readonly [stem: VideoConvKind, VideoConvKind, VideoConvKind, VideoConvKind, VideoConvKind],
    { classes = 400, channels = 3, ...options }: ModelOptions = {},
  ) {
    super();
    const stage = (kind: VideoConvKind, inChannels: number, outChannels: number) =>
      new Sequential(
        new Block(kind, inChannels, outChannels, inChannels === outChannels ? 1 : 2, options),
        new Block(kind, outChannels, outChannels, 1, options),
      );
    const inSpace: Extents = [1, 2, 2];
    this.stem =
      kinds[0] === 'factored'
        ? new NamedSequential({
            0: filters(channels, 45, [1, 7, 7], inSpace, options),
            1: normRelu(45, options),
            3: filters(45, 64, [3, 1, 1], 1, options),
            4: normRelu(64, options),
          })
        : // [N,D,H/2,W/2,64]
          new NamedSequential({ 0: filters(channels, 64, [3, 7, 7], inSpace, options), 1: normRelu(64, options) });
    this.layer1 = stage(kinds[1], 64, 64);
    this.layer2 = stage(kinds[2], 64, 128);
    this.layer3 = stage(kinds[3], 128, 256);
    this.layer4 = stage(kinds[4], 256, 512);
    this.fc = new Linear(512, classes, { initializer: initializers.normal({ std: 0.01 }), ...options });
  }

  override forward(x: Tensor): Tensor {
    const layers = [this.stem, this.layer1, this.layer2, this.layer3, this.layer4, this.avgpool, this.fc];
    return layers.reduce((input: Tensor, layer: Module) => layer.forward(input), x);
  }
}

const all = <K extends VideoConvKind>(kind: K): [K, K, K, K, K] => [kind, kind, kind, kind, kind];

export const r3d_18 = (options?: ModelOptions): VideoResNet => new VideoResNet(all('space-time'), options);
export const mc3_18 = (options?: ModelOptions): VideoResNet =>
  new VideoResNet(['space-time', 'space-time', 'space', 'space', 'space'], options);
export const r2plus1d_18 = (options?: ModelOptions): VideoResNet => new VideoResNet(all('factored'), options);
