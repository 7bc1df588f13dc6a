/**
 * Attention within the windows of Swin transformers: version 1 by dot products, version 2 by cosines.
 *
 * Z. Liu et al., "Swin transformer: hierarchical vision transformer using shifted windows", arXiv:2103.14030, and "Swin
 * transformer V2: scaling up capacity and resolution", arXiv:2111.09883.
 */
import { resolveDevice, tensor, type Tensor } from '../core/tensor.js';
import {
  buffer, initializers, Linear, Module, NamedSequential, parameter, ReLU, type ModuleOptions, type Parameter,
} from '../nn/index.js';
import { add, clamp, concat, exp, linear, matmul, mul, normalize, sigmoid, slice, zeros } from '../ops/index.js';
import { offsetBias, offsetRows, queriesKeysValues, selfAttention, weighted } from './attention.js';

/** Of all linear layers but those of a block's own network. */
export const initializer = initializers.truncatedNormal({ std: 0.02 });

/** Attention within windows [M,L,width] of size × size = L tokens. */
export abstract class WindowAttention extends Module {
  /** @param mask added to the scores, [windows of an image,1,L,L]; null for none. */
  abstract attend(x: Tensor, mask: Tensor | null): Tensor;

  override forward(x: Tensor): Tensor {
    return this.attend(x, null);
  }
}

/** A bias for all images with what masks the windows of each, as the scores [M,heads,L,L] take it. */
function masked(bias: Tensor, mask: Tensor | null, windows: number): Tensor {
  if (!mask) return bias;
  const [perImage, , length] = mask.shape as [number, number, number], heads = bias.shape[1]!;
  const both = add(bias, mask).reshape([1, perImage, heads, length, length]);
  const ofAll = add(zeros([windows / perImage, 1, 1, 1, 1], { device: bias.device }), both);
  return ofAll.reshape([windows, heads, length, length]);
}

/** Version 1: scaled dot products, and a bias learned for each offset. */
export class DotAttention extends WindowAttention {
  readonly relative_position_bias_table: Parameter; // [(2 * size - 1)²,heads]
  readonly relative_position_index: Tensor<'int32'>; // [L²]
  readonly qkv: Linear;
  readonly proj: Linear;
  private readonly heads: number;

  constructor(width: number, heads: number, size: number, options: ModuleOptions) {
    super();
    this.heads = heads;
    this.relative_position_bias_table = parameter([(2 * size - 1) ** 2, heads], initializer, options);
    this.relative_position_index = offsetRows(size, options);
    this.qkv = new Linear(width, 3 * width, { initializer, ...options });
    this.proj = new Linear(width, width, { initializer, ...options });
  }

  override attend(x: Tensor, mask: Tensor | null): Tensor {
    const bias = masked(offsetBias(this.relative_position_bias_table, this.relative_position_index), mask, x.shape[0]!);
    return this.proj.forward(selfAttention(this.qkv.forward(x), this.heads, { bias }));
  }
}

/** The logarithm of each offset in windows, on a scale of -1 to 1 for offsets up to 8, [1,2 * size - 1,2 * size - 1,2]. */
function offsetLogarithms(size: number, options: ModuleOptions): Tensor {
  const span = 2 * size - 1, values = new Float32Array(span * span * 2);
  const scaled = (offset: number) =>
    (Math.sign(offset) * Math.log2(Math.abs((offset * 8) / (size - 1)) + 1)) / Math.log2(8);
  for (let i = 0; i < span * span; i++) {
    values[2 * i] = scaled(Math.floor(i / span) - (size - 1));
    values[2 * i + 1] = scaled((i % span) - (size - 1));
  }
  return buffer(tensor(values, { shape: [1, span, span, 2], device: resolveDevice(options.device) }));
}

/**
 * Version 2: cosines instead of dot products, and a small network that makes the bias from the logarithm of the offset.
 */
export class CosineAttention extends WindowAttention {
  readonly logit_scale: Parameter; // [heads,1,1]
  readonly relative_coords_table: Tensor; // [1,2 * size - 1,2 * size - 1,2]
  readonly relative_position_index: Tensor<'int32'>; // [L²]
  readonly qkv: Linear;
  readonly proj: Linear;
  readonly cpb_mlp: NamedSequential;
  private readonly heads: number;

  constructor(width: number, heads: number, size: number, options: ModuleOptions) {
    super();
    const settings = { initializer, ...options };
    this.heads = heads;
    this.logit_scale = parameter([heads, 1, 1], initializers.constant(Math.log(10)), options);
    this.relative_coords_table = offsetLogarithms(size, options);
    this.relative_position_index = offsetRows(size, options);
    this.qkv = new Linear(width, 3 * width, settings);
    this.proj = new Linear(width, width, settings);
    this.cpb_mlp = new NamedSequential({
      0: new Linear(2, 512, settings),
      1: new ReLU(),
      2: new Linear(512, heads, { bias: false, ...settings }),
    });
  }

  /** The bias of the scores, [1,heads,L,L], between 0 and 16. */
  private bias(): Tensor {
    const table = this.cpb_mlp.forward(this.relative_coords_table).reshape([-1, this.heads]);
    return mul(sigmoid(offsetBias(table, this.relative_position_index)), 16);
  }

  /** Queries, keys and values [M,L,3 * width]; keys have no bias, which the cosine would not like. */
  private product(x: Tensor): Tensor {
    const { weight, bias } = this.qkv, width = x.shape.at(-1)!;
    if (!bias) return linear(x, weight);
    const [queries, values] = [slice(bias, { end: width }), slice(bias, { start: 2 * width })];
    return linear(x, weight, concat([queries, zeros([width], { device: x.device }), values]));
  }

  override attend(x: Tensor, mask: Tensor | null): Tensor {
    const [queries, keys, values] = queriesKeysValues(this.product(x), this.heads);
    const cosines = matmul(normalize(queries), normalize(keys), { transposeB: true }); // [M,heads,L,L]
    const scores = mul(cosines, exp(clamp(this.logit_scale, { max: Math.log(100) })));
    return this.proj.forward(weighted(add(scores, masked(this.bias(), mask, x.shape[0]!)), values));
  }
}
