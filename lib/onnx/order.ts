/**
 * Orders of axes. convolt's tensors have channels last and ONNX's have them second, so a tensor is held in an order: axis
 * i of what is held is axis `order[i]` of the tensor.
 */
import { numel, type Shape } from '../core/shape.js';

export type Order = readonly number[];

/** Every axis where it is. */
export function inPlace(rank: number): Order {
  return Array.from({ length: rank }, (_, axis) => axis);
}

/** [N,...,C] as [N,C,...]; in fewer than three axes, every axis where it is. */
export function channelsSecond(rank: number): Order {
  return rank < 3 ? inPlace(rank) : [0, rank - 1, ...inPlace(rank - 1).slice(1)];
}

/** Extents in an order. */
export function ordered<T>(values: readonly T[], order: Order): T[] {
  return order.map((axis) => values[axis]!);
}

/** How to get from one order to another: axis i of the result is this axis of what is there. */
export function between(from: Order, to: Order): Order {
  return to.map((axis) => from.indexOf(axis));
}

/** Whether elements are in the same places of memory in two orders: axes of extent 1 may be anywhere. */
export function sameMemory(shape: Shape, a: Order, b: Order): boolean {
  const [first, second] = [a, b].map((order) => order.filter((axis) => shape[axis] !== 1));
  return first!.every((axis, i) => axis === second![i]);
}

/** Axes of two shapes that hold the same elements: those of each group multiply to the same number in both. */
interface AxisGroup {
  from: number[];
  to: number[];
}

/** The smallest groups of neighbouring axes in which two shapes of as many elements agree. */
function axisGroups(from: Shape, to: Shape): AxisGroup[] {
  const groups: AxisGroup[] = [];
  let i = 0, j = 0;
  while (i < from.length || j < to.length) {
    const group: AxisGroup = { from: [], to: [] };
    let left = 1, right = 1;
    const takeLeft = () => ((left *= from[i]!), group.from.push(i++));
    const takeRight = () => ((right *= to[j]!), group.to.push(j++));
    if (i < from.length) takeLeft();
    if (j < to.length) takeRight();
    while (left !== right) {
      if (left < right) takeLeft();
      else takeRight();
    }
    groups.push(group);
  }
  return groups;
}

/**
 * The order in which a reshaped tensor is held if what is held of it keeps its place in memory; undefined if that needs
 * elements in another order.
 */
export function reshapedOrder(from: Shape, to: Shape, order: Order): Order | undefined {
  if (numel(from) === 0) return undefined;
  const groups = axisGroups(from, to), result: number[] = [];
  const taken = new Set<AxisGroup>();
  for (const [at, axis] of order.entries()) {
    const group = groups.find((one) => one.from.includes(axis))!;
    if (taken.has(group)) continue;
    const inside = group.from.filter((one) => from[one] !== 1);
    const held = order.filter((one) => from[one] !== 1);
    const first = held.indexOf(inside[0] ?? -1);
    if (inside.some((one, i) => held[first + i] !== one)) return undefined;
    if (from[axis] === 1 && inside.length > 0 && order.indexOf(inside[0]!) > at) continue; // the group begins further on
    taken.add(group);
    result.push(...group.to);
  }
  const missing = groups.filter((group) => !taken.has(group)).flatMap((group) => group.to);
  return [...result, ...missing.filter((axis) => !result.includes(axis))];
}
