import { describe, expect, test } from 'vitest';

import { tensor } from '../../lib/core/tensor.js';
import { applyFilter, filterNames, filters, zeros, type Filter } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, normal, offset } from './array.js';
import { describeOp } from './harness.js';

interface Case {
  filter: Parameters<typeof applyFilter>[1];
  rows: Filter;
}

const skewed = [[1, 2, 3, 4, 5], [-1, 0, 0.5, 0, 2]];

describeOp<'x', Case>({
  name: 'applyFilter',
  cases: [
    ...filterNames.map((name) => ({ name, inputs: { x: normal([2, 6, 5, 3]) }, options: { filter: name, rows: filters[name] } })),
    { name: 'rows of its own, of even height', inputs: { x: normal([1, 4, 4, 1]) }, options: { filter: skewed, rows: skewed } },
    { name: 'larger than the image', inputs: { x: normal([1, 1, 2, 2]) }, options: { filter: 'gaussian5' as const, rows: filters.gaussian5 } },
  ],
  run: ({ x }, { filter }) => applyFilter(x!, filter),
  reference: ({ x }, { rows }) => {
    const [, height = 0, width = 0] = x!.shape;
    const top = Math.floor((rows.length - 1) / 2), left = Math.floor((rows[0]!.length - 1) / 2);
    const inside = (at: number, size: number) => Math.min(Math.max(at, 0), size - 1);
    return compute(x!.shape, ([n, h, w, c]) => {
      let sum = 0;
      for (const [r, row] of rows.entries()) {
        for (const [s, weight] of row.entries()) {
          sum += weight * x!.data[offset(x!.shape, [n!, inside(h! + r - top, height), inside(w! + s - left, width), c!])]!;
        }
      }
      return sum;
    });
  },
  errors: [
    {
      name: 'rows of different lengths',
      act: (on) => applyFilter(zeros([1, 3, 3, 1], { device: on }), [[1, 2], [3]]),
      message: 'applyFilter: expected filter to be a name or rows of equally many numbers, but got [[1,2],[3]]',
    },
    {
      name: 'no channels',
      act: (on) => applyFilter(zeros([1, 3, 3, 0], { device: on }), 'sharpen'),
      message: 'applyFilter: expected x to have channels, but got shape [1,3,3,0]',
    },
  ],
});

describe('the filters', () => {
  test('are the ones of the textbooks', () => {
    expect(filterNames).toEqual(['identity', 'edgeDiagonal', 'edgeFour', 'edgeEight', 'sharpen', 'boxBlur', 'gaussian3', 'gaussian5', 'unsharp']);
    const times = (filter: Filter, factor: number) => filter.map((row) => row.map((weight) => Math.round(weight * factor * 1e9) / 1e9));
    expect(times(filters.boxBlur, 9)).toEqual([[1, 1, 1], [1, 1, 1], [1, 1, 1]]);
    expect(times(filters.gaussian3, 16)).toEqual([[1, 2, 1], [2, 4, 2], [1, 2, 1]]);
    expect(times(filters.gaussian5, 256)).toEqual([[1, 4, 6, 4, 1], [4, 16, 24, 16, 4], [6, 24, 36, 24, 6], [4, 16, 24, 16, 4], [1, 4, 6, 4, 1]]);
    expect(times(filters.unsharp, -256)).toEqual([[1, 4, 6, 4, 1], [4, 16, 24, 16, 4], [6, 24, -476, 24, 6], [4, 16, 24, 16, 4], [1, 4, 6, 4, 1]]);
  });

  test.each(filterNames)('%s adds up to 1, or 0 for edges', (name) => {
    const sum = filters[name].flat().reduce((total, weight) => total + weight, 0);
    expect(sum).toBeCloseTo(name.startsWith('edge') ? 0 : 1, 12);
  });
});

describe.each(testDevices)('filters on %s', (device) => {
  test('zeros around the image', async () => {
    const x = tensor(Float32Array.of(1, 2, 3, 4), { shape: [1, 2, 2, 1], device });
    const y = applyFilter(x, 'edgeFour', { paddingMode: 'zeros' });
    expect(await y.data()).toEqual(Float32Array.of(-1, 3, 7, 11));
  });
});
