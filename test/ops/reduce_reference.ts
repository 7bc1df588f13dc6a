/** What references of reductions, and their tests, share: cases over all kinds of axes, and a naive walk over them. */
import type { ReduceOptions } from '../../lib/ops/index.js';
import { compute, count, forEachIndex, normal, offset, type Generator, type NdArray } from './array.js';
import type { OpCase } from './harness.js';

export interface Settings {
  options: ReduceOptions;
  /** What `options.axes` means, from the front. */
  axes: readonly number[];
}

/** Reduces the lists of elements that belong to each result, in the order of memory. */
export function reduceOver(x: NdArray, { options, axes }: Settings, reduceList: (elements: readonly number[]) => number): NdArray {
  const kept = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const lists = Array.from({ length: count(kept) }, (): number[] => []);
  forEachIndex(x.shape, (index, at) => {
    const target = index.map((value, axis) => (axes.includes(axis) ? 0 : value));
    lists[offset(kept, target)]!.push(x.data[at]!);
  });
  const shape = options.keepDims ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
  return { shape, data: compute(kept, (_, at) => reduceList(lists[at]!)).data };
}

export function total(elements: readonly number[]): number {
  return elements.reduce((sum, value) => sum + value, 0);
}

export type MakeInput = (shape: readonly number[]) => Generator;

export function reduceCase(
  name: string,
  shape: readonly number[],
  options: ReduceOptions,
  axes: readonly number[],
  input: MakeInput = (of) => normal(of, 1, 0.5),
): OpCase<'x', Settings> {
  return { name, inputs: { x: input(shape) }, options: { options, axes } };
}

/** Axes in all places, of inputs of one kind. */
export function reduceCases(input?: MakeInput): OpCase<'x', Settings>[] {
  return [
    reduceCase('all axes', [2, 3, 4], {}, [0, 1, 2], input),
    reduceCase('all axes, kept', [2, 3], { keepDims: true }, [0, 1], input),
    reduceCase('the last axis', [3, 2, 5], { axes: -1 }, [2], input),
    reduceCase('the first axis', [4, 3, 2], { axes: 0 }, [0], input),
    reduceCase('a middle axis, kept', [2, 3, 4], { axes: [1], keepDims: true }, [1], input),
    reduceCase('H and W', [2, 3, 4, 5], { axes: [1, 2] }, [1, 2], input),
    reduceCase('axes apart', [2, 3, 2, 3], { axes: [0, 2] }, [0, 2], input),
    reduceCase('axes apart, kept, in any order', [2, 3, 2, 3, 2], { axes: [-1, 0, 2], keepDims: true }, [0, 2, 4], input),
    reduceCase('no axes', [2, 3], { axes: [] }, [], input),
    reduceCase('of one element', [], {}, [], input),
    reduceCase('extents of 1', [1, 3, 1], { axes: [0, 2] }, [0, 2], input),
    reduceCase('many short rows', [40, 7], { axes: 1 }, [1], input),
    reduceCase('more columns than a block is wide', [9, 70], { axes: 0 }, [0], input),
    reduceCase('an empty result', [0, 3], { axes: 1 }, [1], input),
    reduceCase('an empty result, behind', [3, 0], { axes: 0 }, [0], input),
  ];
}
