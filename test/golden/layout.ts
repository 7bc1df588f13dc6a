import type { HostTensor } from '../../lib/data/safetensors.js';

/** Torch's [N,C,...] (or weights [K,C,...]) as [N,...,C]; tensors of rank 2 and less stay. */
export function channelsLast({ shape, data }: HostTensor): HostTensor {
  const [n = 1, c = 1, ...spatial] = shape;
  if (spatial.length === 0) return { shape, data };
  const area = spatial.reduce((product, extent) => product * extent, 1);
  const moved = data.slice();
  for (let i = 0; i < moved.length; i++) {
    const image = Math.floor(i / (c * area)), channel = Math.floor(i / area) % c;
    moved[(image * area + (i % area)) * c + channel] = data[i]!;
  }
  return { shape: [n, ...spatial, c], data: moved };
}
