/** Images through an affine map, in plain float64 and not rounded. */
import type { Matrix } from './affine_reference.js';
import { rint } from './draws_reference.js';

export interface Image {
  data: ArrayLike<number>; // [h,w,c]
  h: number;
  w: number;
  c: number;
}

export interface ReferenceWarp {
  size: readonly [number, number];
  interpolation: 'nearest' | 'bilinear';
  border: 'fill' | 'edge';
  fill: number;
}

export function warpReference({ data, h, w, c }: Image, [xx, xy, x0, yx, yy, y0]: Matrix, { size: [p, q], interpolation, border, fill }: ReferenceWarp): Float64Array {
  const pixel = (row: number, column: number, channel: number): number => {
    if (border === 'fill' && (row < 0 || column < 0 || row >= h || column >= w)) return fill;
    const y = Math.min(Math.max(row, 0), h - 1), x = Math.min(Math.max(column, 0), w - 1);
    return data[(y * w + x) * c + channel]!;
  };
  const result = new Float64Array(p * q * c);
  for (let row = 0; row < p; row++) {
    for (let column = 0; column < q; column++) {
      const u = column + 0.5, v = row + 0.5;
      const x = xx * u + xy * v + x0 - 0.5, y = yx * u + yy * v + y0 - 0.5;
      for (let channel = 0; channel < c; channel++) {
        const at = (row * q + column) * c + channel;
        if (interpolation === 'nearest') {
          result[at] = pixel(rint(y), rint(x), channel);
          continue;
        }
        const left = Math.floor(x), top = Math.floor(y);
        let sum = 0;
        for (const [dy, dx] of [[0, 0], [0, 1], [1, 0], [1, 1]] as const) {
          const weight = (dy ? y - top : 1 - (y - top)) * (dx ? x - left : 1 - (x - left));
          sum += weight * pixel(top + dy, left + dx, channel);
        }
        result[at] = sum;
      }
    }
  }
  return result;
}
