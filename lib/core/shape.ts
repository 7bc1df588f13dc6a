/** Shapes of dense tensors: extents from the slowest axis to the fastest, channels last. */

export type Shape = readonly number[];

export function numel(shape: Shape): number {
  let count = 1;
  for (const extent of shape) count *= extent;
  return count;
}

/** `[8,16,16,32]`, as error messages print it. */
export function shapeText(shape: Shape): string {
  return `[${shape.join(',')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** The extent of an axis that is known to be there. */
export function extent(shape: Shape, axis: number): number {
  const value = shape.at(axis);
  if (value === undefined) throw new RangeError(`internal: shape ${shapeText(shape)} has no axis ${axis}`);
  return value;
}
