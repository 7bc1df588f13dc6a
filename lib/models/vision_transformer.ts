/**
 * Vision transformers: an image as a sentence of patches.
 *
 * A. Dosovitskiy et al., "An image is worth 16x16 words: transformers for image recognition at scale",
 * arXiv:2010.11929.
 */
import { shapeText } from '../core/shape.js';
import { ConvoltError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import {
  Conv2d, GELU, initializers, LayerNorm, Linear, Module, NamedSequential, parameter, type ModuleOptions, type Parameter,
} from '../nn/index.js';
import { add, concat, expand, linear, slice } from '../ops/index.js';
import { selfAttention } from './attention.js';
import type { ModelOptions } from './options.js';

export interface VisionTransformerOptions extends ModelOptions {
  /** Extent of the images, a multiple of the patches'. Default 224. */
  imageSize?: number;
}

/** What tells one vision transformer from another. */
export interface VisionTransformerPlan {
  /** Extent of a patch. */
  patch: number;
  layers: number;
  heads: number;
  /** Features of a token; those inside of a layer are four times as many. */
  width: number;
}

const layerNorm = (width: number, options: ModuleOptions) => new LayerNorm(width, { eps: 1e-6, ...options });

/** Attention of tokens to each other, x [N,L,width]. */
class SelfAttention extends Module {
  readonly in_proj_weight: Parameter; // [3 * width, width]
  readonly in_proj_bias: Parameter; // [3 * width]
  readonly out_proj: Linear;
  private readonly heads: number;

  constructor(width: number, heads: number, options: ModuleOptions) {
    super();
    this.heads = heads;
    this.in_proj_weight = parameter([3 * width, width], initializers.xavierUniform(), options);
    this.in_proj_bias = parameter([3 * width], initializers.zeros, options);
    this.out_proj = new Linear(width, width, {
      initializer: initializers.kaimingUniform({ gain: 1 / Math.sqrt(3) }),
      ...options,
    });
  }

  override forward(x: Tensor): Tensor {
    return this.out_proj.forward(selfAttention(linear(x, this.in_proj_weight, this.in_proj_bias), this.heads));
  }
}

/** Attention, then each token by itself, both with a residual connection. x [N,L,width]. */
class EncoderLayer extends Module {
  readonly ln_1: LayerNorm;
  readonly self_attention: SelfAttention;
  readonly ln_2: LayerNorm;
  readonly mlp: NamedSequential;

  constructor({ width, heads }: VisionTransformerPlan, options: ModuleOptions) {
    super();
    const xavier = { initializer: initializers.xavierUniform(), ...options };
    this.ln_1 = layerNorm(width, options);
    this.self_attention = new SelfAttention(width, heads, options);
    this.ln_2 = layerNorm(width, options);
    this.mlp = new NamedSequential({
      0: new Linear(width, 4 * width, xavier),
      1: new GELU(),
      3: new Linear(4 * width, width, xavier),
    });
  }

  override forward(x: Tensor): Tensor {
    const attended = add(x, this.self_attention.forward(this.ln_1.forward(x)));
    return add(attended, this.mlp.forward(this.ln_2.forward(attended)));
  }
}

/** Tokens with their places, through all layers. x [N,L,width]. */
export class VisionTransformerEncoder extends Module {
  readonly pos_embedding: Parameter; // [1,L,width]
  readonly layers: NamedSequential;
  readonly ln: LayerNorm;

  constructor(tokens: number, plan: VisionTransformerPlan, options: ModuleOptions) {
    super();
    this.pos_embedding = parameter([1, tokens, plan.width], initializers.normal({ std: 0.02 }), options);
    const layers = Array.from(
      { length: plan.layers },
      (_, i) => [`encoder_layer_${i}`, new EncoderLayer(plan, options)] as const,
    );
    this.layers = new NamedSequential(Object.fromEntries(layers));
    this.ln = layerNorm(plan.width, options);
  }

  override forward(x: Tensor): Tensor {
    return this.ln.forward(this.layers.forward(add(x, this.pos_embedding)));
  }
}

/** A vision transformer, x [N,imageSize,imageSize,channels] to logits [N,classes]. */
export class VisionTransformer extends Module {
  readonly class_token: Parameter; // [1,1,width]
  readonly conv_proj: Conv2d;
  readonly encoder: VisionTransformerEncoder;
  readonly heads: NamedSequential;
  private readonly imageSize: number;

  constructor(
    plan: VisionTransformerPlan,
    { classes = 1000, channels = 3, imageSize = 224, ...options }: VisionTransformerOptions = {},
  ) {
    super();
    const { patch, width } = plan;
    if (imageSize % patch !== 0) {
      throw new ConvoltError(
        'ERR_ARGUMENT',
        `VisionTransformer: expected imageSize to be a multiple of the patches' ${patch}, but got ${imageSize}`,
      );
    }
    const std = Math.sqrt(1 / (channels * patch ** 2));
    this.imageSize = imageSize;
    this.class_token = parameter([1, 1, width], initializers.zeros, options);
    this.conv_proj = new Conv2d(channels, width, patch, {
      stride: patch,
      initializer: initializers.truncatedNormal({ std }),
      ...options,
    });
    this.encoder = new VisionTransformerEncoder((imageSize / patch) ** 2 + 1, plan, options);
    this.heads = new NamedSequential({
      head: new Linear(width, classes, { initializer: initializers.zeros, ...options }),
    });
  }

  override forward(x: Tensor): Tensor {
    if (x.shape[1] !== this.imageSize || x.shape[2] !== this.imageSize) {
      const wanted = `${this.imageSize} × ${this.imageSize}`;
      throw new ConvoltError(
        'ERR_ARGUMENT',
        `VisionTransformer: expected images of ${wanted}, but got x ${shapeText(x.shape)}`,
      );
    }
    const patches = this.conv_proj.forward(x),
      [n, , , width] = patches.shape as [number, number, number, number]; // [N,P,Q,width]
    // [N,1 + P * Q,width]
    const tokens = concat([expand(this.class_token, [n, 1, width]), patches.reshape([n, -1, width])], 1);
    const encoded = this.encoder.forward(tokens);
    return this.heads.forward(slice(encoded, { axis: 1, end: 1 }).reshape([n, width]));
  }
}

const base = { layers: 12, heads: 12, width: 768 },
  large = { layers: 24, heads: 16, width: 1024 },
  huge = { layers: 32, heads: 16, width: 1280 };

export const vit_b_16 = (options?: VisionTransformerOptions): VisionTransformer =>
  new VisionTransformer({ ...base, patch: 16 }, options);
export const vit_b_32 = (options?: VisionTransformerOptions): VisionTransformer =>
  new VisionTransformer({ ...base, patch: 32 }, options);
export const vit_l_16 = (options?: VisionTransformerOptions): VisionTransformer =>
  new VisionTransformer({ ...large, patch: 16 }, options);
export const vit_l_32 = (options?: VisionTransformerOptions): VisionTransformer =>
  new VisionTransformer({ ...large, patch: 32 }, options);
export const vit_h_14 = (options?: VisionTransformerOptions): VisionTransformer =>
  new VisionTransformer({ ...huge, patch: 14 }, options);
