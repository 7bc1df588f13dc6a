/**
 * MnasNet B1, found by a search that measured latency on a phone.
 *
 * M. Tan et al., "MnasNet: platform-aware neural architecture search for mobile", arXiv:1807.11626.
 */
import type { Tensor } from '../core/tensor.js';
import {
  BatchNorm2d, Conv2d, Dropout, GlobalAvgPool2d, initializers, Linear, Module, NamedSequential, Sequential,
  type ModuleOptions,
} from '../nn/index.js';
import { add } from '../ops/index.js';
import type { ModelOptions } from './options.js';
import { roundChannels } from './round_channels.js';

/** Channels in front of the stages and behind each, before they are scaled. */
const depths = [32, 16, 24, 40, 80, 96, 192, 320] as const;

/** Kernel, stride of the first block, factor of the channels inside, number of blocks. */
const stages = [
  [3, 2, 3, 3],
  [5, 2, 3, 3],
  [5, 2, 6, 3],
  [3, 1, 6, 2],
  [5, 2, 6, 4],
  [3, 1, 6, 1],
] as const;

const filters = { bias: false, initializer: initializers.kaimingNormal({ mode: 'fanOut' }) };

/** The authors' momentum of running statistics, 0.9997 of the old ones. */
const momentum = 1 - 0.9997;
const norm = (channels: number, options: ModuleOptions) => new BatchNorm2d(channels, { momentum, ...options });
const normRelu = (channels: number, options: ModuleOptions) =>
  new BatchNorm2d(channels, { momentum, activation: 'relu', ...options });

/** A filter of its own for each channel. */
const depthwise = (channels: number, kernel: number, stride: number, options: ModuleOptions) =>
  new Conv2d(channels, channels, kernel, {
    stride,
    padding: (kernel - 1) / 2,
    groups: channels,
    ...filters,
    ...options,
  });

/**
 * 1 × 1 to more channels, depthwise, 1 × 1 to fewer without activation. x [N,H,W,inChannels] to [N,P,Q,outChannels].
 */
class InvertedResidual extends Module {
  readonly layers: NamedSequential;
  private readonly isResidual: boolean;

  constructor(
    inChannels: number,
    outChannels: number,
    [kernel, stride, expansion]: readonly [number, number, number],
    options: ModuleOptions,
  ) {
    super();
    const hidden = inChannels * expansion;
    this.isResidual = stride === 1 && inChannels === outChannels;
    this.layers = new NamedSequential({
      0: new Conv2d(inChannels, hidden, 1, { ...filters, ...options }),
      1: normRelu(hidden, options),
      3: depthwise(hidden, kernel, stride, options),
      4: normRelu(hidden, options),
      6: new Conv2d(hidden, outChannels, 1, { ...filters, ...options }),
      7: norm(outChannels, options),
    });
  }

  override forward(x: Tensor): Tensor {
    const y = this.layers.forward(x);
    return this.isResidual ? add(x, y) : y;
  }
}

/** MnasNet, x [N,H,W,channels] to logits [N,classes]. Published for 224 × 224 images. */
export class MNASNet extends Module {
  readonly layers: NamedSequential;
  private readonly avgpool = new GlobalAvgPool2d();
  readonly classifier: Sequential;

  /** @param width factor of the numbers of channels, but of the last. */
  constructor(width: number, { classes = 1000, channels = 3, ...options }: ModelOptions = {}) {
    super();
    const widths = depths.map((depth) => roundChannels(depth * width));
    const [stem, first] = widths as [number, number, ...number[]],
      last = widths.at(-1)!;
    const layers: Record<string, Module> = {
      0: new Conv2d(channels, stem, 3, { stride: 2, padding: 1, ...filters, ...options }),
      1: normRelu(stem, options), // [N,H/2,W/2,32]
      3: depthwise(stem, 3, 1, options),
      4: normRelu(stem, options),
      6: new Conv2d(stem, first, 1, { ...filters, ...options }),
      7: norm(first, options),
    };
    for (const [i, [kernel, stride, expansion, blocks]] of stages.entries()) {
      const inChannels = widths[i + 1]!,
        outChannels = widths[i + 2]!;
      layers[8 + i] = new Sequential(
        ...Array.from(
          { length: blocks },
          (_, block) =>
            new InvertedResidual(
              block === 0 ? inChannels : outChannels,
              outChannels,
              [kernel, block === 0 ? stride : 1, expansion],
              options,
            ),
        ),
      );
    }
    layers[14] = new Conv2d(last, 1280, 1, { ...filters, ...options }); // [N,H/32,W/32,1280]
    layers[15] = normRelu(1280, options);
    this.layers = new NamedSequential(layers);
    const initializer = initializers.kaimingUniform({ mode: 'fanOut', gain: 1 });
    this.classifier = new Sequential(new Dropout(0.2, options), new Linear(1280, classes, { initializer, ...options }));
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.avgpool.forward(this.layers.forward(x)));
  }
}

export const mnasnet0_5 = (options?: ModelOptions): MNASNet => new MNASNet(0.5, options);
export const mnasnet0_75 = (options?: ModelOptions): MNASNet => new MNASNet(0.75, options);
export const mnasnet1_0 = (options?: ModelOptions): MNASNet => new MNASNet(1, options);
export const mnasnet1_3 = (options?: ModelOptions): MNASNet => new MNASNet(1.3, options);
