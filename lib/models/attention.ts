/**
 * Attention over tokens, and the windows that transformers cut images into for it.
 *
 * A. Vaswani et al., "Attention is all you need", arXiv:1706.03762; windows and their bias by Z. Liu et al., "Swin
 * transformer", arXiv:2103.14030.
 */
import type { Shape } from '../core/shape.js';
import { resolveDevice, tensor, type Tensor } from '../core/tensor.js';
import { buffer, type ModuleOptions } from '../nn/index.js';
import { add, chunk, indexSelect, matmul, mul, permute, softmax } from '../ops/index.js';

/** Queries, keys and values [N,heads,L,features / heads] from one product [N,L,3 * features]. */
export function queriesKeysValues(x: Tensor, heads: number): [queries: Tensor, keys: Tensor, values: Tensor] {
  const [n, length, width] = x.shape as [number, number, number];
  const apart = permute(x.reshape([n, length, 3, heads, width / (3 * heads)]), [2, 0, 3, 1, 4]);
  const parts = chunk(apart, 3).map((part) => part.reshape(part.shape.slice(1)));
  return parts as [Tensor, Tensor, Tensor];
}

/**
 * softmax(scores) values, for scores [N,heads,L,L] and values [N,heads,L,C]: the heads side by side, [N,L,heads * C].
 */
export function weighted(scores: Tensor, values: Tensor): Tensor {
  const [n, heads, length, width] = values.shape as [number, number, number, number];
  return permute(matmul(softmax(scores), values), [0, 2, 1, 3]).reshape([n, length, heads * width]);
}

/**
 * Scaled dot-product attention.
 *
 * @param x queries, keys and values side by side, [N,L,3 * features].
 * @param bias added to the scores, which are [N,heads,L,L]. Default none.
 * @param scale of the scores. Default 1 / sqrt(features / heads).
 * @returns [N,L,features].
 */
export function selfAttention(
  x: Tensor,
  heads: number,
  { bias, scale }: { bias?: Tensor | undefined; scale?: number } = {},
): Tensor {
  const [queries, keys, values] = queriesKeysValues(x, heads);
  const factor = scale ?? 1 / Math.sqrt(queries.shape.at(-1)!);
  const scores = matmul(mul(queries, factor), keys, { transposeB: true });
  return weighted(bias ? add(scores, bias) : scores, values);
}

/**
 * An image [N,H,W,C] as windows of size × size tokens, [N * H/size * W/size, size², C]. H and W are multiples of size.
 */
export function toWindows(x: Tensor, size: number): Tensor {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const apart = x.reshape([n, h / size, size, w / size, size, c]);
  return permute(apart, [0, 1, 3, 2, 4, 5]).reshape([-1, size * size, c]);
}

/** The image [N,height,width,C] that {@link toWindows} made windows of. */
export function fromWindows(windows: Tensor, size: number, [height, width]: readonly [number, number]): Tensor {
  const c = windows.shape.at(-1)!,
    rows = height / size,
    columns = width / size;
  const apart = windows.reshape([-1, rows, columns, size, size, c]);
  return permute(apart, [0, 1, 3, 2, 4, 5]).reshape([-1, height, width, c]);
}

/**
 * For each pair of a window's tokens, the row of a table of (2 size - 1)² offsets between two places.
 *
 * @param shape default [size⁴].
 */
export function offsetRows(size: number, options: ModuleOptions, shape: Shape = [size ** 4]): Tensor<'int32'> {
  const count = size * size,
    rows = new Int32Array(count * count),
    span = 2 * size - 1;
  for (let from = 0; from < count; from++) {
    for (let to = 0; to < count; to++) {
      const down = Math.floor(from / size) - Math.floor(to / size),
        right = (from % size) - (to % size);
      rows[from * count + to] = (down + size - 1) * span + right + size - 1;
    }
  }
  return buffer(tensor(rows, { shape, device: resolveDevice(options.device) }));
}

/** What is added to each head's scores of a window's pairs of tokens, [1,heads,L,L], from a table [offsets,heads]. */
export function offsetBias(table: Tensor, rows: Tensor<'int32'>): Tensor {
  const heads = table.shape[1]!,
    length = Math.sqrt(rows.numel);
  return permute(indexSelect(table, rows.reshape([-1])).reshape([1, length, length, heads]), [0, 3, 1, 2]);
}
