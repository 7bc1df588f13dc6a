/**
 * Swin transformers: attention within windows, which every other layer shifts.
 *
 * Z. Liu et al., "Swin transformer: hierarchical vision transformer using shifted windows", arXiv:2103.14030, and "Swin
 * transformer V2: scaling up capacity and resolution", arXiv:2111.09883.
 */
import { tensor, type Tensor } from '../core/tensor.js';
import {
  Conv2d, DropPath, GELU, GlobalAvgPool2d, initializers, LayerNorm, Linear, Module, NamedSequential, Sequential,
  type ModuleOptions,
} from '../nn/index.js';
import { add, pad, permute, roll, slice } from '../ops/index.js';
import { fromWindows, toWindows } from './attention.js';
import type { ModelOptions } from './options.js';
import { CosineAttention, DotAttention, initializer, type WindowAttention } from './window_attention.js';

/** What tells one Swin transformer from another. */
export interface SwinTransformerPlan {
  version: 1 | 2;
  /** Features of a token in the first stage; each next has twice as many. */
  width: number;
  /** Blocks of the stages. */
  blocks: readonly number[];
  /** Heads of the first stage; each next has twice as many. */
  heads: number;
  /** Probability of the last block to be passed over in training; it rises to this from 0. */
  dropped: number;
}

/**
 * What hides from each token those that a shift brought into its window from the other side of the image:
 * [windows,1,L,L], 0 or -100.
 */
function shiftMask(
  height: number,
  width: number,
  size: number,
  shifts: readonly [number, number],
  like: Tensor,
): Tensor {
  const region = (place: number, extent: number, shift: number) =>
    place < extent - size ? 0 : place < extent - shift || shift === 0 ? 1 : 2;
  const rows = height / size,
    columns = width / size,
    length = size * size;
  const values = new Float32Array(rows * columns * length * length);
  for (let window = 0; window < rows * columns; window++) {
    const regions = Array.from({ length }, (_, token) => {
      const down = Math.floor(window / columns) * size + Math.floor(token / size),
        right = (window % columns) * size + (token % size);
      return 3 * region(down, height, shifts[0]) + region(right, width, shifts[1]);
    });
    for (let i = 0; i < length; i++) {
      for (let j = 0; j < length; j++)
        values[(window * length + i) * length + j] = regions[i] === regions[j] ? 0 : -100;
    }
  }
  return tensor(values, { shape: [rows * columns, 1, length, length], device: like.device });
}

/** Attention in windows, shifted if `shift` is not 0, of images whose extents need not be multiples. x [N,H,W,C]. */
function windowed(x: Tensor, attention: WindowAttention, size: number, shift: number): Tensor {
  const [, height, width] = x.shape as [number, number, number];
  const whole = [Math.ceil(height / size) * size, Math.ceil(width / size) * size] as const;
  const padded = pad(x, [0, [0, whole[0] - height], [0, whole[1] - width], 0]);
  // one window has nothing to shift
  const shifts = whole.map((extent) => (extent <= size ? 0 : shift)) as [number, number];
  const isShifted = shifts.some((amount) => amount > 0);
  const from = isShifted
    ? roll(
        padded,
        shifts.map((amount) => -amount),
        [1, 2],
      )
    : padded;
  const mask = isShifted ? shiftMask(...whole, size, shifts, x) : null;
  const attended = fromWindows(attention.attend(toWindows(from, size), mask), size, whole);
  const back = isShifted ? roll(attended, shifts, [1, 2]) : attended;
  return slice(back, { axis: [1, 2], end: [height, width] });
}

/** Attention, then each token by itself, both with a residual connection. x [N,H,W,width]. */
class Block extends Module {
  readonly norm1: LayerNorm;
  readonly attn: WindowAttention;
  readonly stochastic_depth: DropPath;
  readonly norm2: LayerNorm;
  readonly mlp: NamedSequential;
  private readonly settings: { version: 1 | 2; size: number; shift: number };

  constructor(width: number, heads: number, settings: Block['settings'], dropped: number, options: ModuleOptions) {
    super();
    const Attention = settings.version === 1 ? DotAttention : CosineAttention,
      linears = { initializer: initializers.xavierUniform(), ...options };
    this.settings = settings;
    this.norm1 = new LayerNorm(width, options);
    this.attn = new Attention(width, heads, settings.size, options);
    this.stochastic_depth = new DropPath(dropped, options);
    this.norm2 = new LayerNorm(width, options);
    this.mlp = new NamedSequential({
      0: new Linear(width, 4 * width, linears),
      1: new GELU(),
      3: new Linear(4 * width, width, linears),
    });
  }

  override forward(x: Tensor): Tensor {
    const { version, size, shift } = this.settings;
    const attend = (image: Tensor) => windowed(image, this.attn, size, shift);
    /** Version 1 normalises what enters a branch, version 2 what leaves it. */
    const branch = (image: Tensor, norm: LayerNorm, run: (image: Tensor) => Tensor) =>
      add(image, this.stochastic_depth.forward(version === 1 ? run(norm.forward(image)) : norm.forward(run(image))));
    return branch(branch(x, this.norm1, attend), this.norm2, (image) => this.mlp.forward(image));
  }
}

/** Four neighbours as one token of twice the features. x [N,H,W,width] to [N,H/2,W/2,2 * width]. */
class PatchMerging extends Module {
  readonly reduction: Linear;
  readonly norm: LayerNorm;
  private readonly version: 1 | 2;

  constructor(width: number, version: 1 | 2, options: ModuleOptions) {
    super();
    this.version = version;
    this.reduction = new Linear(4 * width, 2 * width, { bias: false, initializer, ...options });
    this.norm = new LayerNorm(version === 1 ? 4 * width : 2 * width, options);
  }

  override forward(x: Tensor): Tensor {
    const [n, height, width, c] = x.shape as [number, number, number, number];
    const even = pad(x, [0, [0, height % 2], [0, width % 2], 0]),
      [, h, w] = even.shape as [number, number, number];
    const columnsFirst = permute(even.reshape([n, h / 2, 2, w / 2, 2, c]), [0, 1, 3, 4, 2, 5]).reshape([
      n,
      h / 2,
      w / 2,
      4 * c,
    ]);
    return this.version === 1
      ? this.reduction.forward(this.norm.forward(columnsFirst))
      : this.norm.forward(this.reduction.forward(columnsFirst));
  }
}

/** A Swin transformer, x [N,H,W,channels] to logits [N,classes]. */
export class SwinTransformer extends Module {
  readonly features: Sequential;
  readonly norm: LayerNorm;
  private readonly avgpool = new GlobalAvgPool2d();
  readonly head: Linear;

  constructor(
    { version, width, blocks, heads, dropped }: SwinTransformerPlan,
    { classes = 1000, channels = 3, ...options }: ModelOptions = {},
  ) {
    super();
    const size = version === 1 ? 7 : 8,
      total = blocks.reduce((count, stage) => count + stage);
    const patches = new Conv2d(channels, width, 4, { stride: 4, ...options });
    // [N,H/4,W/4,width]
    const layers: Module[] = [new NamedSequential({ 0: patches, 2: new LayerNorm(width, options) })];
    let done = 0;
    for (const [s, count] of blocks.entries()) {
      const stage = Array.from({ length: count }, (_, i) => {
        const settings = { version, size, shift: i % 2 === 0 ? 0 : Math.floor(size / 2) };
        return new Block(width * 2 ** s, heads * 2 ** s, settings, (dropped * done++) / (total - 1), options);
      });
      layers.push(new Sequential(...stage));
      if (s + 1 < blocks.length) layers.push(new PatchMerging(width * 2 ** s, version, options));
    }
    const last = width * 2 ** (blocks.length - 1);
    this.features = new Sequential(...layers); // [N,H/32,W/32,8 * width]
    this.norm = new LayerNorm(last, options);
    this.head = new Linear(last, classes, { initializer, ...options });
  }

  override forward(x: Tensor): Tensor {
    return this.head.forward(this.avgpool.forward(this.norm.forward(this.features.forward(x))));
  }
}

const tiny = { width: 96, blocks: [2, 2, 6, 2], heads: 3, dropped: 0.2 };
const small = { width: 96, blocks: [2, 2, 18, 2], heads: 3, dropped: 0.3 };
const base = { width: 128, blocks: [2, 2, 18, 2], heads: 4, dropped: 0.5 };

export const swin_t = (options?: ModelOptions): SwinTransformer =>
  new SwinTransformer({ version: 1, ...tiny }, options);
export const swin_s = (options?: ModelOptions): SwinTransformer =>
  new SwinTransformer({ version: 1, ...small }, options);
export const swin_b = (options?: ModelOptions): SwinTransformer =>
  new SwinTransformer({ version: 1, ...base }, options);
export const swin_v2_t = (options?: ModelOptions): SwinTransformer =>
  new SwinTransformer({ version: 2, ...tiny }, options);
export const swin_v2_s = (options?: ModelOptions): SwinTransformer =>
  new SwinTransformer({ version: 2, ...small }, options);
export const swin_v2_b = (options?: ModelOptions): SwinTransformer =>
  new SwinTransformer({ version: 2, ...base }, options);
