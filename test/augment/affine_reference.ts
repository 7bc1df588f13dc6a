/** The matrix of torchvision's `affine`, in float64, from its formula. */

export type Matrix = [number, number, number, number, number, number];

/** First b, then a. */
export function composed(a: Matrix, b: Matrix): Matrix {
  return [
    a[0] * b[0] + a[1] * b[3], a[0] * b[1] + a[1] * b[4], a[0] * b[2] + a[1] * b[5] + a[2],
    a[3] * b[0] + a[4] * b[3], a[3] * b[1] + a[4] * b[4], a[3] * b[2] + a[4] * b[5] + a[5],
  ];
}

/**
 * From places in the result to places in the image, both [height,width]: the inverse of translation * rotation * shear *
 * scale about the centre. Angles are in degrees.
 */
export function inverseAffine(angle: number, [tx, ty]: readonly [number, number], scale: number, shear: readonly [number, number], [height, width]: readonly [number, number]): Matrix {
  const [rot, sx, sy] = [angle, ...shear].map((degrees) => (degrees * Math.PI) / 180) as [number, number, number];
  const a = Math.cos(rot - sy) / Math.cos(sy);
  const b = (-Math.cos(rot - sy) * Math.tan(sx)) / Math.cos(sy) - Math.sin(rot);
  const c = Math.sin(rot - sy) / Math.cos(sy);
  const d = (-Math.sin(rot - sy) * Math.tan(sx)) / Math.cos(sy) + Math.cos(rot);
  const back: Matrix = [d / scale, -b / scale, 0, -c / scale, a / scale, 0];
  const [x, y] = [width / 2, height / 2];
  return composed(composed([1, 0, x, 0, 1, y], back), [1, 0, -x - tx, 0, 1, -y - ty]);
}
