import { expect } from 'vitest';

import type { WithIndices } from '../../lib/ops/index.js';
import { count, type NdArray } from './array.js';

/** Checks that the indices of a max pooling point to its maxima; x has no two elements alike. */
export async function expectIndices(x: NdArray, { y, indices }: WithIndices): Promise<void> {
  expect(indices.shape).toEqual(y.shape);
  expect(indices.dtype).toBe('int32');
  const values = await y.data(), places = await indices.data();
  const channels = y.shape.at(-1)!, plane = count(x.shape.slice(1, -1)), outputs = count(y.shape.slice(1, -1));
  const found = Array.from(places, (place, i) => {
    const image = Math.floor(i / channels / outputs);
    return x.data[(image * plane + place) * channels + (i % channels)];
  });
  expect(found).toEqual([...values]);
}
