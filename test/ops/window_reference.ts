/** Convolution and pooling in float64, one element after another, for any number of spatial axes. */
import { compute, forEachIndex, offset, type NdArray } from './array.js';

export interface ReferenceWindow {
  stride: readonly number[];
  dilation: readonly number[];
  /** Before and after each spatial axis. */
  padding: readonly (readonly [number, number])[];
}

/** Fills in what a case leaves out: stride 1, dilation 1, no padding. */
export function window(axes: number, options: Partial<ReferenceWindow> = {}): ReferenceWindow {
  const all = (value: number) => Array<number>(axes).fill(value);
  return {
    stride: options.stride ?? all(1),
    dilation: options.dilation ?? all(1),
    padding: options.padding ?? all(0).map(() => [0, 0] as const),
  };
}

/** Counts the windows of one axis by putting them down one after another. */
function windowsOf(axis: number, input: number, kernel: number, { stride, dilation, padding }: ReferenceWindow, ceil: boolean): number {
  const [before, after] = padding[axis]!;
  const reach = dilation[axis]! * (kernel - 1) + 1;
  let windows = 0, covered = -before;
  for (let start = -before; ; start += stride[axis]!) {
    const fits = start + reach <= input + after;
    const opensRest = ceil && start < input && covered < input + after;
    if (!fits && !opensRest) return windows;
    windows++;
    covered = start + reach;
  }
}

export function outputExtents(spatial: readonly number[], kernel: readonly number[], options: ReferenceWindow, ceil = false): number[] {
  return spatial.map((input, axis) => windowsOf(axis, input, kernel[axis]!, options, ceil));
}

/** Where element `inside` of a window lies in the input. */
function position(window: readonly number[], inside: readonly number[], { stride, dilation, padding }: ReferenceWindow): number[] {
  return inside.map((step, axis) => window[axis]! * stride[axis]! + step * dilation[axis]! - padding[axis]![0]);
}

function isInside(at: readonly number[], spatial: readonly number[]): boolean {
  return at.every((value, axis) => value >= 0 && value < spatial[axis]!);
}

/** x [N,...spatial,C], weight [K,...kernel,C/groups], bias [K] -> [N,...output,K]. */
export function convolution(
  x: NdArray,
  weight: NdArray,
  bias: NdArray | undefined,
  options: ReferenceWindow & { groups: number },
): NdArray {
  const spatial = x.shape.slice(1, -1), kernel = weight.shape.slice(1, -1);
  const filters = weight.shape[0]!, channels = weight.shape.at(-1)!; // per group
  const filtersPerGroup = filters / options.groups;
  const shape = [x.shape[0]!, ...outputExtents(spatial, kernel, options), filters];
  return compute(shape, (index) => {
    const n = index[0]!, k = index.at(-1)!, group = Math.floor(k / filtersPerGroup);
    let total = bias ? bias.data[k]! : 0;
    forEachIndex(kernel, (inside) => {
      const at = position(index.slice(1, -1), inside, options);
      if (!isInside(at, spatial)) return;
      for (let c = 0; c < channels; c++) {
        const value = x.data[offset(x.shape, [n, ...at, group * channels + c])]!;
        total += value * weight.data[offset(weight.shape, [k, ...inside, c])]!;
      }
    });
    return total;
  });
}

/** What lies under a window: values of x, and how many elements of its padding. */
interface Covered {
  values: number[];
  padding: number;
}

/** The values under each window, [N,...output,C] of lists, reduced to one by `reduce`. */
export function pool(
  x: NdArray,
  kernel: readonly number[],
  options: ReferenceWindow,
  ceil: boolean,
  reduce: (covered: Covered) => number,
): NdArray {
  const spatial = x.shape.slice(1, -1);
  const shape = [x.shape[0]!, ...outputExtents(spatial, kernel, options, ceil), x.shape.at(-1)!];
  return compute(shape, (index) => {
    const covered: Covered = { values: [], padding: 0 };
    forEachIndex(kernel, (inside) => {
      const at = position(index.slice(1, -1), inside, options);
      if (isInside(at, spatial)) covered.values.push(x.data[offset(x.shape, [index[0]!, ...at, index.at(-1)!])]!);
      else if (at.every((value, axis) => value < spatial[axis]! + options.padding[axis]![1])) covered.padding++;
    });
    return reduce(covered);
  });
}

export function maxPooling(x: NdArray, kernel: readonly number[], options: ReferenceWindow, ceil = false): NdArray {
  return pool(x, kernel, options, ceil, ({ values }) => (values.some(Number.isNaN) ? NaN : Math.max(...values)));
}

/** @param divisor a number, or whether to count the window's elements with or without those of the padding. */
export function avgPooling(
  x: NdArray,
  kernel: readonly number[],
  options: ReferenceWindow,
  divisor: number | 'with padding' | 'without padding',
  ceil = false,
): NdArray {
  return pool(x, kernel, options, ceil, ({ values, padding }) => {
    const total = values.reduce((sum, value) => sum + value, 0);
    const counted = divisor === 'with padding' ? values.length + padding : values.length;
    return total / (typeof divisor === 'number' ? divisor : counted);
  });
}
