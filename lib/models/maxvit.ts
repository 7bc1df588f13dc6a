/**
 * MaxViT: a convolution, attention within windows and attention across them, in every layer.
 *
 * Z. Tu et al., "MaxViT: multi-axis vision transformer", arXiv:2204.01697.
 */
import type { Tensor } from '../core/tensor.js';
import {
  AvgPool2d, BatchNorm2d, Conv2d, DropPath, GELU, GlobalAvgPool2d, initializers, LayerNorm, Linear, Module,
  NamedSequential, parameter, Sequential, Tanh, type ModuleOptions, type Parameter,
} from '../nn/index.js';
import { add, permute } from '../ops/index.js';
import { fromWindows, offsetBias, offsetRows, selfAttention, toWindows } from './attention.js';
import { ConvNorm } from './conv_norm.js';
import type { ModelOptions } from './options.js';
import { SqueezeExcitation } from './squeeze_excitation.js';

const initializer = initializers.normal({ std: 0.02 });
const norm = { eps: 1e-3, momentum: 0.01 };

/** Extent of a window, and number of windows along an axis that attention reaches across. */
const size = 7;

/** Features of a head. */
const headWidth = 32;

/** An inverted residual with squeeze and excitation. x [N,H,W,inChannels] to [N,P,Q,outChannels]. */
class MBConv extends Module {
  readonly proj: NamedSequential | null;
  readonly layers: NamedSequential;
  private readonly stochastic_depth: DropPath;

  constructor(inChannels: number, outChannels: number, stride: number, dropped: number, options: ModuleOptions) {
    super();
    const hidden = 4 * outChannels,
      gelu = { activation: 'gelu', initializer, ...norm, ...options } as const;
    const pointwise = (from: number) => new Conv2d(from, outChannels, 1, { initializer, ...options });
    this.proj =
      stride === 1 && inChannels === outChannels
        ? null
        : new NamedSequential({
            ...(stride > 1 && { 0: new AvgPool2d(3, { stride, padding: 1 }) }),
            1: pointwise(inChannels),
          });
    this.layers = new NamedSequential({
      pre_norm: new BatchNorm2d(inChannels, { ...norm, ...options }),
      conv_a: new ConvNorm(inChannels, hidden, 1, gelu),
      conv_b: new ConvNorm(hidden, hidden, 3, { stride, groups: hidden, ...gelu }),
      squeeze_excitation: new SqueezeExcitation(hidden, Math.floor(outChannels / 4), {
        activation: 'silu',
        ...options,
      }),
      conv_c: pointwise(hidden),
    });
    this.stochastic_depth = new DropPath(dropped, options);
  }

  override forward(x: Tensor): Tensor {
    return add(this.proj?.forward(x) ?? x, this.stochastic_depth.forward(this.layers.forward(x)));
  }
}

/**
 * Attention within windows [M,size²,width], with a bias learned for each offset. Scores are scaled by 1 / sqrt(width).
 */
class RelativeAttention extends Module {
  readonly relative_position_bias_table: Parameter; // [(2 * size - 1)²,heads]
  readonly relative_position_index: Tensor<'int32'>; // [size²,size²]
  readonly to_qkv: Linear;
  readonly merge: Linear;
  private readonly width: number;

  constructor(width: number, options: ModuleOptions) {
    super();
    this.width = width;
    this.relative_position_bias_table = parameter(
      [(2 * size - 1) ** 2, width / headWidth],
      initializers.truncatedNormal({ std: 0.02 }),
      options,
    );
    this.relative_position_index = offsetRows(size, options, [size ** 2, size ** 2]);
    this.to_qkv = new Linear(width, 3 * width, { initializer, ...options });
    this.merge = new Linear(width, width, { initializer, ...options });
  }

  override forward(x: Tensor): Tensor {
    const bias = offsetBias(this.relative_position_bias_table, this.relative_position_index);
    const attended = selfAttention(this.to_qkv.forward(x), this.width / headWidth, {
      bias,
      scale: 1 / Math.sqrt(this.width),
    });
    return this.merge.forward(attended);
  }
}

/** Tokens at the same place of all windows, of which there are size × size: [N * tokens,size²,C]. */
function toGrid(x: Tensor, extent: number): Tensor {
  const c = x.shape[3]!;
  return permute(toWindows(x, extent).reshape([-1, size * size, extent * extent, c]), [0, 2, 1, 3]).reshape([
    -1,
    size * size,
    c,
  ]);
}

function fromGrid(tokens: Tensor, extent: number, extents: readonly [number, number]): Tensor {
  const c = tokens.shape[2]!;
  const windows = permute(tokens.reshape([-1, extent * extent, size * size, c]), [0, 2, 1, 3]).reshape([
    -1,
    extent * extent,
    c,
  ]);
  return fromWindows(windows, extent, extents);
}

/**
 * Attention within windows or across them, then each token by itself. x [N,H,W,width], square, with a multiple of 7 as
 * extents.
 */
class PartitionAttention extends Module {
  readonly attn_layer: Sequential;
  readonly mlp_layer: Sequential;
  private readonly stochastic_dropout: DropPath;
  private readonly kind: 'window' | 'grid';

  constructor(kind: 'window' | 'grid', width: number, dropped: number, options: ModuleOptions) {
    super();
    const linear = { initializer, ...options };
    this.kind = kind;
    this.attn_layer = new Sequential(new LayerNorm(width, options), new RelativeAttention(width, options));
    this.mlp_layer = new Sequential(
      new LayerNorm(width, options),
      new Linear(width, 4 * width, linear),
      new GELU(),
      new Linear(4 * width, width, linear),
    );
    this.stochastic_dropout = new DropPath(dropped, options);
  }

  override forward(x: Tensor): Tensor {
    const [, height, width] = x.shape as [number, number, number],
      extents = [height, width] as const;
    const tokens = this.kind === 'window' ? toWindows(x, size) : toGrid(x, height / size);
    const attended = add(tokens, this.stochastic_dropout.forward(this.attn_layer.forward(tokens)));
    const changed = add(attended, this.stochastic_dropout.forward(this.mlp_layer.forward(attended)));
    return this.kind === 'window' ? fromWindows(changed, size, extents) : fromGrid(changed, height / size, extents);
  }
}

/** Convolution, attention within windows, attention across them. */
export class MaxViTLayer extends Module {
  readonly layers: NamedSequential;

  constructor(inChannels: number, outChannels: number, stride: number, dropped: number, options: ModuleOptions) {
    super();
    this.layers = new NamedSequential({
      MBconv: new MBConv(inChannels, outChannels, stride, dropped, options),
      window_attention: new PartitionAttention('window', outChannels, dropped, options),
      grid_attention: new PartitionAttention('grid', outChannels, dropped, options),
    });
  }

  override forward(x: Tensor): Tensor {
    return this.layers.forward(x);
  }
}

/** The layers of one stage, named layers.0, layers.1, …. */
export class MaxViTStage extends Module {
  readonly layers: readonly MaxViTLayer[];

  constructor(layers: readonly MaxViTLayer[]) {
    super();
    this.layers = layers;
  }

  override forward(x: Tensor): Tensor {
    return this.layers.reduce((input, layer) => layer.forward(input), x);
  }
}

/** What tells one MaxViT from another. */
export interface MaxViTPlan {
  /** Channels of the first convolutions. */
  stem: number;
  /** Channels of the stages. */
  widths: readonly number[];
  /** Layers of the stages. */
  layers: readonly number[];
  /** Probability of the last layer's branches to be dropped in training; it rises to this from 0. */
  dropped: number;
}

/** A MaxViT, x [N,H,W,channels] to logits [N,classes]; H = W is a multiple of 224. */
export class MaxViT extends Module {
  readonly stem: Sequential;
  readonly blocks: readonly MaxViTStage[];
  readonly classifier: NamedSequential;

  constructor(
    { stem, widths, layers, dropped }: MaxViTPlan,
    { classes = 1000, channels = 3, ...options }: ModelOptions = {},
  ) {
    super();
    const total = layers.reduce((count, stage) => count + stage),
      convolution = { initializer, ...options };
    this.stem = new Sequential(
      new ConvNorm(channels, stem, 3, { stride: 2, activation: 'gelu', ...norm, ...convolution }), // [N,H/2,W/2,stem]
      new Sequential(new Conv2d(stem, stem, 3, { padding: 1, ...convolution })),
    );
    let inChannels = stem,
      done = 0;
    this.blocks = widths.map((width, s) => {
      const stage = Array.from({ length: layers[s]! }, (_, i) => {
        const layer = new MaxViTLayer(inChannels, width, i === 0 ? 2 : 1, (dropped * done++) / (total - 1), options);
        inChannels = width;
        return layer;
      });
      return new MaxViTStage(stage);
    });
    this.classifier = new NamedSequential({
      0: new GlobalAvgPool2d(),
      2: new LayerNorm(inChannels, options),
      3: new Linear(inChannels, inChannels, convolution),
      4: new Tanh(),
      5: new Linear(inChannels, classes, { bias: false, ...convolution }),
    });
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.blocks.reduce((input, stage) => stage.forward(input), this.stem.forward(x)));
  }
}

export const maxvit_t = (options?: ModelOptions): MaxViT =>
  new MaxViT({ stem: 64, widths: [64, 128, 256, 512], layers: [2, 2, 5, 2], dropped: 0.2 }, options);
