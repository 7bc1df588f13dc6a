/** The values with which both sides of the LeNet-5 benchmark start; bench/peers/lenet_torch.py has the same formula. */

/** Value i of tensor k, in [-1, 1). */
export function value(k: number, i: number): number {
  return ((Math.imul(i, 2654435761) + Math.imul(k + 1, 40503) * 65537) >>> 0) / 2 ** 31 - 1;
}

/** Torch's tensors in its order: names, shapes, and the fan-in that scales the values. */
export const torchShapes: readonly (readonly number[])[] = [
  [6, 1, 5, 5], [6], [16, 6, 5, 5], [16], [120, 400], [120], [84, 120], [84], [10, 84], [10],
];

/** Tensor k as torch lays it out. */
export function torchTensor(k: number): Float32Array {
  const shape = torchShapes[k] ?? [];
  const count = shape.reduce((product, extent) => product * extent, 1);
  const scale = shape.length > 1 ? Math.sqrt((3 * (shape[0] ?? 1)) / count) : 0;
  return Float32Array.from({ length: count }, (_, i) => Math.fround(value(k, i) * scale));
}

/** The same as convolt lays it out: filters [K,R,S,C], and the first linear layer's inputs by H, W, C. */
export function convoltTensor(k: number): Float32Array {
  const from = torchTensor(k), shape = torchShapes[k] ?? [];
  const [outer = 1, c = 1, h = 1, w = 1] = k === 4 ? [120, 16, 5, 5] : shape;
  if (shape.length === 1 || c * h * w === c) return from;
  const to = new Float32Array(from.length);
  let at = 0;
  for (let o = 0; o < outer; o++)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++)
        for (let channel = 0; channel < c; channel++) to[at++] = from[((o * c + channel) * h + y) * w + x] ?? NaN;
  return to;
}
