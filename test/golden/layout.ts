import type { HostTensor } from '../../lib/data/safetensors.js';

/** The axes of a tensor in another order: axis i of the result is axis `order[i]` of what is given. */
export function transposed({ shape, data }: HostTensor, order: readonly number[]): HostTensor {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1));
  const target = order.map((axis) => shape[axis]!), steps = order.map((axis) => strides[axis]!);
  const moved = data.slice(), place = target.map(() => 0);
  for (let i = 0, from = 0; i < moved.length; i++) {
    moved[i] = data[from]!;
    for (let axis = target.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++place[axis]! < target[axis]!) break;
      from -= target[axis]! * steps[axis]!;
      place[axis] = 0;
    }
  }
  return { shape: target, data: moved };
}

/** Torch's [N,C,...] (or weights [K,C,...]) as [N,...,C]; tensors of rank 2 and less stay. */
export function channelsLast(stored: HostTensor): HostTensor {
  const [batch, channels, ...spatial] = stored.shape.keys();
  return spatial.length === 0 ? stored : transposed(stored, [batch!, ...spatial, channels!]);
}
