import { fold, unfold, zeros, type FoldOptions, type UnfoldOptions } from '../../lib/ops/index.js';
import { compute, forEachIndex, normal, offset, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';

/** Plain numbers for each axis. */
interface Geometry {
  size: readonly number[];
  kernel: readonly number[];
  stride: readonly number[];
  dilation: readonly number[];
  before: readonly number[];
  after: readonly number[];
}

function geometry(size: readonly number[], kernel: readonly number[], more: Partial<Geometry> = {}): Geometry {
  const each = (value: number) => size.map(() => value);
  return { size, kernel, stride: each(1), dilation: each(1), before: each(0), after: each(0), ...more };
}

function options({ kernel, stride, dilation, before, after }: Geometry): UnfoldOptions {
  return { kernel, stride, dilation, padding: before.map((value, axis) => [value, after[axis]!] as const) };
}

function foldOptions({ size, ...rest }: Geometry): FoldOptions {
  const { stride, dilation, padding } = options({ size, ...rest });
  return { size, stride, dilation, padding };
}

function windows({ size, kernel, stride, dilation, before, after }: Geometry): number[] {
  return size.map((extent, axis) => {
    let count = 0;
    while (count * stride[axis]! + dilation[axis]! * (kernel[axis]! - 1) < extent + before[axis]! + after[axis]!) count++;
    return count;
  });
}

/** The index in the image of an element of a window; null if it lies outside. */
function placeOf(index: readonly number[], { size, stride, dilation, before }: Geometry): number[] | null {
  const axes = size.length;
  const place = size.map((_, axis) => index[1 + axis]! * stride[axis]! + index[1 + axes + axis]! * dilation[axis]! - before[axis]!);
  return place.every((at, axis) => at >= 0 && at < size[axis]!) ? [index[0]!, ...place, index.at(-1)!] : null;
}

function unfolded(x: NdArray, g: Geometry): NdArray {
  return compute([x.shape[0]!, ...windows(g), ...g.kernel, x.shape.at(-1)!], (index) => {
    const place = placeOf(index, g);
    return place ? x.data[offset(x.shape, place)]! : 0;
  });
}

function folded(y: NdArray, g: Geometry): NdArray {
  const x = compute([y.shape[0]!, ...g.size, y.shape.at(-1)!], () => 0);
  forEachIndex(y.shape, (index, at) => {
    const place = placeOf(index, g);
    if (place) x.data[offset(x.shape, place)]! += y.data[at]!;
  });
  return x;
}

const cases: [n: number, c: number, g: Geometry][] = [
  [2, 3, geometry([6], [3], { stride: [2], before: [1], after: [0] })],
  [2, 3, geometry([4, 5], [3, 2])],
  [1, 2, geometry([5, 6], [2, 3], { stride: [2, 1], dilation: [2, 1], before: [1, 0], after: [0, 2] })],
  [1, 1, geometry([3, 2], [5, 4], { before: [2, 2], after: [1, 1] })], // larger than the image
  [1, 2, geometry([7, 7], [2, 2], { stride: [3, 4] })], // elements in no window
  [1, 3, geometry([3, 4, 3], [2, 2, 3], { stride: [1, 2, 1], before: [1, 0, 1], after: [0, 0, 1] })],
  [0, 2, geometry([3, 3], [2, 2])],
  [2, 0, geometry([3, 3], [2, 2])],
];

describeOp<'x', Geometry>({
  name: 'unfold',
  cases: cases.map(([n, c, g]): OpCase<'x', Geometry> => ({ name: `${n} images ${c} channels ${JSON.stringify(g)}`, inputs: { x: normal([n, ...g.size, c]) }, options: g })),
  run: ({ x }, g) => unfold(x!, options(g)),
  reference: ({ x }, g) => unfolded(x!, g),
  errors: [
    {
      name: 'no image',
      act: (on) => unfold(zeros([3, 3], { device: on }), { kernel: 2 }),
      message: 'unfold: expected x to have the axes [N,W,C], [N,H,W,C] or [N,D,H,W,C], but got shape [3,3]',
    },
    {
      name: 'a window that does not fit',
      act: (on) => unfold(zeros([1, 3, 3, 1], { device: on }), { kernel: 4 }),
      message: /^unfold: expected x to be at least 4 long with its padding along axis 1/,
    },
  ],
});

describeOp<'y', Geometry>({
  name: 'fold',
  cases: cases.map(([n, c, g]): OpCase<'y', Geometry> => ({
    name: `${n} images ${c} channels ${JSON.stringify(g)}`,
    inputs: { y: normal([n, ...windows(g), ...g.kernel, c]) },
    options: g,
  })),
  run: ({ y }, g) => fold(y!, foldOptions(g)),
  reference: ({ y }, g) => folded(y!, g),
  errors: [
    {
      name: 'windows of another image',
      act: (on) => fold(zeros([1, 2, 2, 2, 2, 1], { device: on }), { size: [4, 4] }),
      message: 'fold: expected y to have the [3,3] windows of an image of size [4,4], but got shape [1,2,2,2,2,1]',
    },
    {
      name: 'other axes',
      act: (on) => fold(zeros([1, 2, 2, 2, 1], { device: on }), { size: [4, 4] }),
      message: 'fold: expected y to have the axes [N,Q,S,C], [N,P,Q,R,S,C] or [N,Z,P,Q,T,R,S,C], but got shape [1,2,2,2,1]',
    },
    {
      name: 'one extent for two axes',
      act: (on) => fold(zeros([1, 2, 2, 2, 2, 1], { device: on }), { size: [3] }),
      message: 'fold: expected size to be a whole number of at least 0 for each of the 2 spatial axes, but got [3]',
    },
  ],
});
